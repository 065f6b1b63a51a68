"""Reads malformed files for as long as it is told, and keeps those that do harm.

python tests/fuzz/long.py --minutes 10 [--seed N] [--out DIR]
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from corpus import Case, random_case
from judge import judged


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def endless(seed: int, until: float) -> Iterator[Case]:
    number = 0
    while time.monotonic() < until:
        yield random_case(number, random.Random(f"{seed}-{number}"))
        number += 1


def main() -> int:
    parser = argparse.ArgumentParser(description="Fuzz the readers of exports.")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 10**9)
    parser.add_argument("--out", type=Path, help="where files that do harm are kept")
    given = parser.parse_args()
    out = given.out or Path(tempfile.mkdtemp(prefix="outcomes-fuzz-"))
    if out.resolve().is_relative_to(Path(__file__).resolve().parents[2]):
        parser.error("--out lies in the repository; what is kept there might be committed")
    say(f"seed {given.seed}, {given.minutes:g} minutes; files that do harm are kept in {out}")
    done = faults = 0
    with tempfile.TemporaryDirectory() as aside:
        until = time.monotonic() + given.minutes * 60
        for case, wrong in judged(endless(given.seed, until), Path(aside)):
            folder = Path(aside) / str(done)
            done += 1
            if wrong:
                faults += 1
                shutil.copytree(folder, out / case.id, symlinks=True, dirs_exist_ok=True)
                say(f"{case.id}: {wrong}\n")
            shutil.rmtree(folder, ignore_errors=True)
    say(f"{done} files read, {faults} did harm")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
