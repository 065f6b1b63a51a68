"""Time and memory of a folder of practices, cleaned, scored and paired, in one run.

    python benchmarks/data.py [--rows 100000 1000000 10000000] [--jobs 2] [--work FOLDER]
                              [--engines ours polars duckdb]

Each engine runs in a process of its own, one after the other, on the same files; `peers.py` says
what the others do less. CPU is user plus system of all processes; memory the highest sum of their
proportional set sizes (PSS: a page shared by two processes counts half for each).
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from practices import write

ENGINES = ("ours", "polars", "duckdb")
OURS = """
import sys
from outcomes.sources.stream import clean_practices
if __name__ == "__main__":
    source, out, key, jobs = sys.argv[1:]
    done = clean_practices(source, out, key=key, jobs=int(jobs))
    print(done.scores, "scores,", done.pairs, "pairs")
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """Wall and CPU seconds, and megabytes at the peak."""

    wall: float
    cpu: float
    megabytes: float
    said: str


def measured(command: list[str], jobs: int) -> Measured:
    """Run a command and measure it with all processes it starts."""
    # Ended and waited-for processes are counted by the system, also those too short to be seen.
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    seen: dict[int, float] = {}
    peak = 0
    surroundings = os.environ | {"POLARS_MAX_THREADS": str(jobs)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=surroundings) as process:
        root = psutil.Process(process.pid)
        while process.poll() is None:
            memory = 0
            try:
                family = [root, *root.children(recursive=True)]
            except psutil.Error:
                break
            for member in family:
                try:
                    times = member.cpu_times()
                    seen[member.pid] = times.user + times.system
                    memory += member.memory_full_info().pss
                except psutil.Error:
                    continue
            peak = max(peak, memory)
            time.sleep(0.05)
        said = process.stdout.read().strip() if process.stdout else ""
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    waited = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    cpu = max(waited, sum(seen.values()))
    wall = time.perf_counter() - start
    return Measured(wall, cpu, peak / 1e6, said if not process.returncode else "failed")


def main() -> None:
    """Print one line for each size and engine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000, 10_000_000])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--work", type=Path, help="keep the made folders here and use them again")
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    options = parser.parse_args()
    work = options.work or Path(tempfile.mkdtemp())
    work.mkdir(parents=True, exist_ok=True)
    script = work / "ours.py"
    script.write_text(OURS, encoding="utf-8")
    peers = Path(__file__).with_name("peers.py")
    there = [e for e in options.engines if e == "ours" or importlib.util.find_spec(e) is not None]
    for engine in sorted(set(options.engines) - set(there)):
        print(f"{engine} is not installed and is left out")
    print(f"{'rows':>10} {'engine':>8} {'wall s':>8} {'CPU s':>8} {'MB':>6} {'CPU':>6} {'MB':>6}")
    for rows in options.rows:
        source, out = work / f"rows{rows}", work / "out"
        if not source.exists():
            write(source, rows)
        ours: Measured | None = None
        for engine in there:
            if engine == "ours":
                places = (script, source, out, work / "key", options.jobs)
            else:
                places = (peers, engine, source, out)
            found = measured([sys.executable, *map(str, places)], options.jobs)
            ours = found if engine == "ours" else ours
            ratios = ("", "") if ours is None else (
                f"{found.cpu / ours.cpu:.2f}", f"{found.megabytes / ours.megabytes:.2f}"
            )  # fmt: skip
            print(
                f"{rows:>10} {engine:>8} {found.wall:>8.1f} {found.cpu:>8.1f} "
                f"{found.megabytes:>6.0f} {ratios[0]:>6} {ratios[1]:>6}   {found.said}",
                flush=True,
            )
            shutil.rmtree(out, ignore_errors=True)
    print("the last two numbers: times our CPU, times our memory")
    if options.work is None:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
