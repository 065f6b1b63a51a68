"""Processes that write to a store until they are killed, in a program of its own.

Run as: store_writer.py FOLDER KILLS SEED SHARE SHARES. FOLDER holds `old` (a store), `next`
(an export), and `key`; of the kills, every SHARES-th from SHARE on is done. One line of JSON
tells what was found; the test judges it.

Each job is a process that was forked from this one, which has imported everything, so that
200 of them take seconds. What touches no disk of the store (reading the export, the
meeting of the rows) was done before the fork; everything else is a real merge. It is killed by
SIGKILL after a delay drawn over the whole duration of a merge; and after those, by itself before
one of the steps that touch the disk, each in turn.
"""

from __future__ import annotations

import gc
import importlib
import io
import json
import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

import pyarrow

from outcomes.sources import merge, open_store, read
from outcomes.sources.commit import PRACTICES

pyarrow.set_cpu_count(1)
merging = importlib.import_module("outcomes.sources.merge")
STEPS = ("open", "fsync", "replace", "rename", "unlink", "rmdir", "mkdir", "write", "close")


def fork(store: Path, folder: Path, stop_at: int | None = None, counted: int | None = None) -> int:
    """A process that merges the export; it kills itself before step `stop_at`."""
    child = os.fork()
    if child:
        return child
    try:
        count_steps(stop_at, counted)
        merge(folder / "next", store, key=folder / "key")
        os._exit(0)
    finally:
        os._exit(1)


def count_steps(stop_at: int | None, counted: int | None) -> None:
    """Count the calls that touch the disk, from here on; report, or stop before one."""
    if stop_at is None and counted is None:
        return
    done = 0

    def before(step):
        def stepping(*args, **kwargs):
            nonlocal done
            done += 1
            if done == stop_at:
                os.kill(os.getpid(), signal.SIGKILL)
            if counted is not None:
                real_write(counted, b".")
            return step(*args, **kwargs)

        return stepping

    real_write = os.write
    for name in STEPS:
        setattr(os, name, before(getattr(os, name)))
    io.open = before(io.open)  # what pathlib opens with


def content(store: Path) -> dict[str, str]:
    """What a store holds: all its files, each checked to the last byte."""
    dataset = open_store(store)
    dataset.verify()
    return {file.path: file.sha256 for file in dataset.state.files()}


def think_once(folder: Path) -> None:
    """Do what touches no disk of the store once, for all jobs that are forked after.

    Reading the export beside the old store, the scan for names, and the meeting of the rows
    are the same in each job; so more kills fall on the steps that write.
    """
    kept = {}
    steps = {name: getattr(merging, name) for name in ("_read", "_require_clean", "meet")}

    def keeping(name):
        def step(*arguments):
            kept[name] = steps[name](*arguments)
            return kept[name]

        return step

    for name in steps:
        setattr(merging, name, keeping(name))
    merge(folder / "next", shutil.copytree(folder / "old", folder / "read"), key=folder / "key")
    for name in steps:
        setattr(merging, name, lambda *_, name=name: kept[name])


def steps_of_a_merge(folder: Path) -> int:
    out, into = os.pipe()
    store = shutil.copytree(folder / "old", folder / "counted")
    child = fork(store, folder, counted=into)
    os.close(into)
    with os.fdopen(out, "rb") as dots:
        number = len(dots.read())
    os.waitpid(child, 0)
    return number


def duration_of_a_merge(folder: Path) -> float:
    store = shutil.copytree(folder / "old", folder / "timed")
    start = time.monotonic()
    os.waitpid(fork(store, folder), 0)
    return time.monotonic() - start


def killed(folder: Path, number: int, delay: float | None, step: int | None) -> dict[str, object]:
    store = folder / "store"
    shutil.rmtree(store, ignore_errors=True)
    shutil.copytree(folder / "old", store)
    child = fork(store, folder, stop_at=step)
    if delay is not None:
        time.sleep(delay)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    found = content(store)
    named = {file.path for file in open_store(store).state.files()}
    there = {p.relative_to(store).as_posix() for p in (store / PRACTICES).rglob("*.parquet")}
    return {
        "number": number,
        "killed": os.WIFSIGNALED(status),
        "content": found,
        "litter": len(there - named),
    }


def main(folder: Path, kills: int, seed: int, share: int, shares: int) -> None:
    dice = random.Random(seed)
    merge(folder / "next", shutil.copytree(folder / "old", folder / "new"), key=folder / "key")
    versions = {"old": content(folder / "old"), "new": content(folder / "new")}
    assert versions["old"] != versions["new"]
    think_once(folder)
    gc.freeze()  # a fork copies only what it changes
    whole, steps = duration_of_a_merge(folder), steps_of_a_merge(folder)
    found = {"old": 0, "new": 0, "mix": 0, "finished": 0, "litter": 0, "steps": steps}
    for number in range(share, kills, shares):
        # The delays cover the duration evenly; a little more, for the end and the sweep.
        delay = (number + dice.random()) / kills * whole * 1.1
        tell(found, killed(folder, number, delay, None), versions)
    for number in range(share, steps, shares):
        tell(found, killed(folder, number, None, number + 1), versions)
    # After all that: the next merge succeeds and leaves no litter.
    merge(folder / "next", folder / "store", key=folder / "key")
    found["in the end"] = content(folder / "store") == versions["new"]
    read(folder / "store")
    state = open_store(folder / "store").state
    known = {file.path for file in state.files()} | set(state.superseded)
    left = {p.relative_to(folder / "store").as_posix() for p in (folder / "store").rglob("*.*")}
    found["left"] = sorted(left - known - {"store.json", "store.lock"})
    sys.stdout.write(json.dumps(found) + "\n")


def tell(found: dict[str, int], one: dict[str, object], versions: dict[str, object]) -> None:
    names = [name for name, version in versions.items() if version == one["content"]]
    found[names[0] if names else "mix"] += 1
    found["finished"] += not one["killed"]
    found["litter"] += bool(one["litter"])


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
