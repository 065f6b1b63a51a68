"""A folder of practices: one by one, several at a time, on a cluster, and read as one."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pandas as pd
import pytest
from test_sources_short_road import LAYOUT, NAMES, SEPARATOR, sound, write

import outcomes as oc
from outcomes.cli import main
from outcomes.derive.pairs import pairs
from outcomes.errors import InputError, UsageError
from outcomes.sources.stream import clean_practices


def exports(folder, codes, days=("2026-03-01", "2026-03-16")):
    """Practices of the same shape with people of their own."""
    folder.mkdir()
    for code in codes:
        rows = [["c1", "e1", day, "session", *"12345", ""] for day in days]
        write(folder / code, sound(who5=rows))
        (folder / code / "practice_id=north").rename(folder / f"practice_id={code}")
        for name in NAMES:
            file = folder / f"practice_id={code}" / f"{name}.csv"
            text = file.read_text(encoding="utf-8").splitlines()
            sign = SEPARATOR.get(name, ",")
            rows = [
                text[0],
                *(sign.join(_own(cell, code) for cell in t.split(sign)) for t in text[1:]),
            ]
            file.write_text("\n".join(rows) + "\n", encoding="utf-8")
        (folder / code / "layout.toml").unlink()
        (folder / code).rmdir()
    (folder / "layout.toml").write_text(LAYOUT, encoding="utf-8")
    return folder


def _own(cell, code):
    known = len(cell) == 2 and cell[0] in "cekt" and cell[1].isdigit()
    return f"{code}{cell}" if known else cell


def tables(folder):
    return {
        str(path.relative_to(folder)): pd.read_parquet(path)
        for path in sorted(folder.rglob("*.parquet"))
    }


def assert_same(one, other):
    first, second = tables(one), tables(other)
    assert list(first) == list(second)
    for name, frame in first.items():
        pd.testing.assert_frame_equal(frame, second[name])


def test_it_is_the_study_of_the_whole_folder(tmp_path):
    source = exports(tmp_path / "exports", ["north", "south"])
    done = clean_practices(source, tmp_path / "out", keep_ids=True)
    whole = oc.read(source)
    found = pd.concat(
        [pd.read_parquet(p) for p in sorted((tmp_path / "out").rglob("pairs_who5.parquet"))]
    )
    wanted = pairs(whole, "who5")
    assert set(wanted["practice_id"]) == {"north", "south"}
    order = ["client_id", "episode_id"]
    pd.testing.assert_frame_equal(
        found.sort_values(order, ignore_index=True).astype(wanted.dtypes),
        wanted.sort_values(order, ignore_index=True),
    )
    sums = done.balance.groupby("table", sort=False)["rows_kept"].sum()
    kept = whole.ledger.balance().set_index("table")["rows_kept"]
    pd.testing.assert_series_equal(sums[kept.index], kept)
    assert done.scores == len(oc.score(whole))


@pytest.mark.slow
def test_several_at_a_time_write_the_same(tmp_path):
    source, key = exports(tmp_path / "exports", ["a", "b", "d"]), tmp_path / "key"
    clean_practices(source, tmp_path / "one", key=key)
    clean_practices(source, tmp_path / "two", key=key, jobs=2)
    assert_same(tmp_path / "one", tmp_path / "two")
    for name, frame in tables(tmp_path / "one").items():
        if "client_id" in frame and "ledger" not in name:
            assert frame["client_id"].dropna().str.fullmatch("C[a-z2-7]{20}").all()


def test_one_id_in_two_practices_is_refused_and_nothing_written(tmp_path):
    source = exports(tmp_path / "exports", ["a", "b"])
    for name in ("clients", "couples", "episodes", "who5", "gad7"):
        text = (source / "practice_id=a" / f"{name}.csv").read_text(encoding="utf-8")
        (source / "practice_id=b" / f"{name}.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="more than one practice"):
        clean_practices(source, tmp_path / "out", keep_ids=True)
    assert [item.name for item in tmp_path.iterdir()] == ["exports"]


def test_a_fault_in_one_practice_leaves_nothing(tmp_path):
    source = exports(tmp_path / "exports", ["a", "b"])
    (source / "practice_id=b" / "who5.csv").write_bytes(b"")
    for jobs in (1, 2):
        with pytest.raises(InputError):
            clean_practices(source, tmp_path / "out", keep_ids=True, jobs=jobs)
    assert [item.name for item in tmp_path.iterdir()] == ["exports"]


def test_the_command(tmp_path, capsys):
    source = exports(tmp_path / "exports", ["a"])
    out = str(tmp_path / "out")
    assert main(["clean", str(source), "--out", out, "--keep-ids", "--jobs", "1"]) == 0
    assert "scores" in capsys.readouterr().err
    assert main(["clean", str(source), "--out", out, "--keep-ids", "--jobs", "0"]) == 2


def test_a_scheduler_that_is_not_there(tmp_path, monkeypatch):
    from outcomes.sources import cluster

    monkeypatch.setattr(cluster, "_PATIENCE", 1)
    source = exports(tmp_path / "exports", ["a"])
    with pytest.raises(UsageError, match="no scheduler answers"):
        clean_practices(
            source, tmp_path / "out", keep_ids=True, scheduler=f"tcp://127.0.0.1:{free()}"
        )


def free():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture
def cluster(tmp_path):
    """A scheduler and two workers, each a process of its own."""
    port, started = free(), []

    def start(*words):
        command = [sys.executable, "-m", *words]
        log = (tmp_path / f"cluster{len(started)}.log").open("w")
        started.append(subprocess.Popen(command, stdout=log, stderr=log, cwd=tmp_path))
        return started[-1]

    address = f"tcp://127.0.0.1:{port}"
    start(
        "distributed.cli.dask_scheduler",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--no-dashboard",
    )
    workers = [
        start(
            "distributed.cli.dask_worker",
            address,
            "--nthreads",
            "1",
            "--no-nanny",
            "--no-dashboard",
        )
        for _ in range(2)
    ]
    yield address, workers
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.slow
@pytest.mark.parametrize("killed", [False, True], ids=["whole", "one_worker_killed"])
def test_a_cluster_of_processes_writes_the_same(tmp_path, cluster, killed):
    address, workers = cluster
    codes = [f"p{n:02}" for n in range(24)]
    source, key = exports(tmp_path / "exports", codes), tmp_path / "key"
    clean_practices(source, tmp_path / "here", key=key)
    done = threading.Event()

    def kill_half_way():
        while not done.is_set():
            if len(list(tmp_path.glob(".there.*/new/practice_id=*"))) >= 6:
                os.kill(workers[0].pid, signal.SIGKILL)
                return
            time.sleep(0.005)

    killer = threading.Thread(target=kill_half_way)
    if killed:
        killer.start()
    clean_practices(source, tmp_path / "there", key=key, scheduler=address)
    done.set()
    if killed:
        killer.join()
        assert workers[0].wait(timeout=10) == -signal.SIGKILL
    assert_same(tmp_path / "here", tmp_path / "there")
