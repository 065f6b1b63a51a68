"""Whatever ends a writer, the store is the old or the new version, and never a mix."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from store_quarters import HEADERS, Q3, Q4, contents, replaced, write_export

from outcomes.errors import OutputError
from outcomes.sources import merge, open_store, read
from outcomes.sources.commit import LOCK
from outcomes.sources.locks import exclusive

pytestmark = pytest.mark.slow

WRITER = Path(__file__).with_name("store_writer.py")
KILLS = 200
SHARES = 2
slow = pytest.mark.slow
posix = pytest.mark.skipif(os.name != "posix", reason="needs fork and signals of POSIX")
SMALL = ("clients", "episodes", "sessions", "responses")


def correction() -> dict[str, list[str]]:
    """Both quarters with corrections, so that every partition and the history are written."""
    both = {name: [*Q3.get(name, []), *Q4.get(name, [])] for name in HEADERS}
    fixed = replaced(both, "attended,50", "attended,51")
    return replaced(fixed, "south,woman", "south,other")


@pytest.fixture
def next_export(tmp_path):
    return write_export(tmp_path / "next", correction(), "2026-12-31")


@pytest.fixture
def store(tmp_path):
    merge(write_export(tmp_path / "first", Q3, "2026-09-30"), tmp_path / "store")
    return tmp_path / "store"


@slow
@posix
def test_kill_at_any_point_leaves_the_old_or_the_new_version(tmp_path):
    runs = []
    for share in range(SHARES):
        folder = tmp_path / str(share)
        first, later = ({t: lines[t] for t in SMALL} for lines in (Q3, correction()))
        for tables in (first, later):  # without couples and practitioners, to be quick
            tables["episodes"] = [
                line.replace("Dr Zoe Zimmer", "").replace("Yan Young", "")
                for line in tables["episodes"]
                if "couple" not in line
            ]
        merge(write_export(folder / "first", first, "2026-09-30"), folder / "old",
              key=folder / "key")  # fmt: skip
        write_export(folder / "next", later, "2026-12-31")
        command = [sys.executable, str(WRITER), str(folder), str(KILLS), str(share)]
        command += [str(share), str(SHARES)]
        runs.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
    found = [json.loads(run.communicate(timeout=300)[0].splitlines()[-1]) for run in runs]
    total = {name: sum(one[name] for one in found) for name in ("old", "new", "mix", "litter")}
    assert total["mix"] == 0
    assert total["old"] + total["new"] >= KILLS + found[0]["steps"]
    assert found[0]["steps"] > 50
    assert total["old"] > KILLS / 2  # most were killed before the end
    assert total["new"] > 0  # and some after
    assert total["litter"] > 10  # many while files were being written
    for one in found:
        assert one["in the end"]
        assert one["left"] == []


def start(*lines: str) -> subprocess.Popen[str]:
    code = "from outcomes.sources import *\nfrom outcomes.errors import *\n" + "\n".join(lines)
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)


@slow
def test_many_writers_at_once_lose_nothing(store, tmp_path):
    runs = []
    for n in range(6):
        one = {
            "clients": [f"new {n},north,woman"],
            "sessions": [f"S-9{n},E-1001,2026-09-0{n + 1},attended,50"],
        }
        folder = write_export(tmp_path / f"one{n}", one, "2026-12-31")
        runs.append(start(f"print(merge({str(folder)!r}, {str(store)!r}).record.number)"))
    numbers = sorted(int(run.communicate(timeout=120)[0]) for run in runs)
    assert numbers == [2, 3, 4, 5, 6, 7]
    assert len(read(store).clients) == 10
    assert len(read(store).sessions) == 11
    open_store(store).verify()


@slow
def test_two_writers_of_a_new_store(tmp_path):
    runs = []
    for n in range(2):
        folder = write_export(tmp_path / f"in{n}", {"clients": [f"new {n},north,woman"]}, None)
        runs.append(start(f"merge({str(folder)!r}, {str(tmp_path / 'store')!r})"))
    assert [run.wait(timeout=120) for run in runs] == [0, 0]
    assert len(read(tmp_path / "store").clients) == 2


@slow
def test_readers_see_one_version_while_others_write(store, tmp_path):
    """Each version has one more client and one more session; a mix would differ."""
    lines = [
        "import time",
        "end, seen = time.time() + 8, set()",
        "while time.time() < end:",
        f"    study = read({str(store)!r})",
        "    seen.add((len(study.clients), len(study.sessions)))",
        "print(sorted(seen))",
    ]
    readers = [start(*lines) for _ in range(2)]
    for n in range(6):
        one = {
            "clients": [f"new {n},north,woman"],
            "sessions": [f"S-9{n},E-1001,2026-09-0{n + 1},attended,50"],
        }
        merge(write_export(tmp_path / f"one{n}", one, "2026-12-31"), store)
    for reader in readers:
        said = reader.communicate(timeout=120)[0]
        seen = json.loads(said.replace("(", "[").replace(")", "]"))
        assert len(seen) > 1
        assert all(sessions - clients == 1 for clients, sessions in seen)


def test_a_second_writer_waits_and_then_says_so(store, next_export):
    before = contents(store)
    with exclusive(store / LOCK), pytest.raises(OutputError, match="another run is writing"):
        merge(next_export, store, wait=0.2)
    assert contents(store) == before
    merge(next_export, store, wait=0.2)


def test_the_lock_of_a_dead_writer_is_free(store, next_export):
    code = [
        "import os, pathlib",
        "from outcomes.sources.locks import exclusive",
        f"with exclusive(pathlib.Path({str(store / LOCK)!r})): os.kill(os.getpid(), 9)",
    ]
    assert start(*code).wait(timeout=60) != 0
    merge(next_export, store, wait=0.0)


@posix
@pytest.mark.parametrize("room", [0, 100, 3000, 4000, 8000])
def test_a_full_disk_leaves_the_old_version(store, next_export, room):
    before = contents(store)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        with pytest.raises(OutputError, match="disk is full") as error:
            merge(next_export, store)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "make room" in error.value.fix
    assert contents(store) == before
    assert not merge(next_export, store).repeated


def test_a_real_full_disk(store, next_export, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=96k", "tmpfs", str(small)]
    try:
        if subprocess.run(mount, check=False, capture_output=True).returncode:
            pytest.skip("no right to mount a small disk")
    except FileNotFoundError:
        pytest.skip("no mount here")
    try:
        shutil.copytree(store, small / "store")
        filled = 0
        with pytest.raises(OSError, match="space"), (small / "filler").open("wb") as file:
            while True:
                filled += file.write(b"x" * 1024)
                file.flush()
        before = contents(small / "store")
        with pytest.raises(OutputError, match="disk is full"):
            merge(next_export, small / "store")
        assert contents(small / "store") == before
        assert len(read(small / "store").clients) == 4
    finally:
        subprocess.run(["umount", str(small)], check=False)
