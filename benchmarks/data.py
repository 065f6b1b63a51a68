"""Time and memory of a folder of practices, cleaned, scored and paired, in one run.

    python benchmarks/data.py [--rows 100000 1000000 10000000] [--jobs 2] [--work FOLDER]

CPU is user plus system of all processes; memory the highest sum of their proportional set
sizes (PSS: a page shared by two processes counts half for each).
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from practices import write

OURS = """
import sys
from outcomes.sources.stream import clean_practices
if __name__ == "__main__":
    source, out, key, jobs = sys.argv[1:]
    done = clean_practices(source, out, key=key, jobs=int(jobs))
    print(done.scores, done.pairs, int(done.balance["rows_read"].sum()))
"""


def measured(command: list[str]) -> tuple[float, float, float, str]:
    """Wall seconds, CPU seconds and peak megabytes of a command with all it starts."""
    start, cpu, peak = time.perf_counter(), {}, 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
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
                    cpu[member.pid] = times.user + times.system
                    memory += member.memory_full_info().pss
                except psutil.Error:
                    continue
            peak = max(peak, memory)
            time.sleep(0.05)
        said = process.stdout.read().strip() if process.stdout else ""
    return time.perf_counter() - start, sum(cpu.values()), peak / 1e6, said


def main() -> None:
    """Print one line for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000, 10_000_000])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--work", type=Path, help="keep the made folders here and use them again")
    options = parser.parse_args()
    work = options.work or Path(tempfile.mkdtemp())
    work.mkdir(parents=True, exist_ok=True)
    script = work / "ours.py"
    script.write_text(OURS, encoding="utf-8")
    print(f"{'rows':>10} {'wall s':>8} {'CPU s':>8} {'MB':>6}   scores, pairs, rows of all tables")
    for rows in options.rows:
        source, out = work / f"rows{rows}", work / "out"
        if not source.exists():
            write(source, rows)
        command = [
            sys.executable,
            str(script),
            *map(str, (source, out, work / "key", options.jobs)),
        ]
        wall, cpu, peak, said = measured(command)
        print(f"{rows:>10} {wall:>8.1f} {cpu:>8.1f} {peak:>6.0f}   {said}", flush=True)
        shutil.rmtree(out, ignore_errors=True)
    if options.work is None:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
