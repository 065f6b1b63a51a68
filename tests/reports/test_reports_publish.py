"""A run folder appears whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from outcomes.errors import OutputError
from outcomes.reports import publish as room
from outcomes.reports.publish import publish, staging


def listing(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def write(folder: Path, text: str) -> None:
    (folder / "a.txt").write_text(text)


def test_a_published_folder_holds_everything_and_nothing_stays_beside_it(tmp_path):
    with staging(tmp_path / "out") as folder:
        write(folder, "one")
        publish(folder, tmp_path / "out" / "n" / "r")
    assert listing(tmp_path / "out") == {"n", "n/r", "n/r/a.txt"}


def test_an_older_run_is_replaced_whole(tmp_path):
    target = tmp_path / "n" / "r"
    target.mkdir(parents=True)
    (target / "old.txt").write_text("old")
    with staging(tmp_path) as folder:
        write(folder, "new")
        publish(folder, target)
    assert listing(tmp_path) == {"n", "n/r", "n/r/a.txt"}


def test_an_error_before_publishing_leaves_nothing_not_even_the_out_folder(tmp_path):
    with pytest.raises(KeyboardInterrupt), staging(tmp_path / "deep" / "out") as folder:
        write(folder, "half")
        raise KeyboardInterrupt
    assert listing(tmp_path) == set()


def test_an_error_while_renaming_gives_the_older_run_back(tmp_path, monkeypatch):
    target = tmp_path / "n" / "r"
    target.mkdir(parents=True)
    write(target, "old")
    rename = Path.rename

    def fail(self, to):
        if self.name == "run":
            raise OSError(28, "No space left on device")
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(OutputError), staging(tmp_path) as folder:
        write(folder, "new")
        publish(folder, target)
    assert listing(tmp_path) == {"n", "n/r", "n/r/a.txt"}
    assert (target / "a.txt").read_text() == "old"


def test_a_folder_that_cannot_be_written_is_refused_before_anything_starts(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"), staging(tmp_path / "file" / "out"):
        raise AssertionError("never reached")


@pytest.mark.skipif(os.name != "posix", reason="asks whether a process lives, as POSIX can")
def test_what_a_killed_run_left_is_removed_and_a_living_one_is_let_alone(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    dead = tmp_path / f"{room._own_prefix(ended.pid)}-abc"
    alive = tmp_path / f"{room._own_prefix(os.getppid())}-abc"
    dead.mkdir()
    alive.mkdir()
    with staging(tmp_path):
        assert not dead.exists()
        assert alive.exists()


def test_two_runs_publish_the_same_folder_at_once(tmp_path):
    target = tmp_path / "n" / "r"
    start, failures = threading.Barrier(2), []

    def race(name):
        start.wait()
        try:
            for _ in range(20):
                with staging(tmp_path) as folder:
                    for part in "abc":
                        (folder / part).write_text(name)
                    publish(folder, target)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=race, args=(name,)) for name in ("x", "y")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert listing(tmp_path) == {"n", "n/r", "n/r/a", "n/r/b", "n/r/c"}
    assert len({(target / part).read_text() for part in "abc"}) == 1
