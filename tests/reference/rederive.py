"""Derive the stored reference numbers again with R, and compare: `make reference`.

Each `*.R` here prints "entry/path<TAB>value"; the number is looked up in the JSON of the
same name. In a list, a step of the path is a position or the name that a row carries.
Needs Rscript with the packages that the scripts load (see the README of this folder).
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
JUDGING = {"leaving"}  # compares by itself, entry by entry, with tolerances of its own
NAMES = ("term", "_row", "Coef", "par", "strata", "visit", "contrast")
# Numbers that end an iterative search agree to the search's own tolerance.
RELATIVE = 1e-5
# nlme's gls stops on a flat optimum: with the rows in another order it moves by up to 8e-5.
LOOSER = {"mmrm": 2e-4}
# Variances near zero (a therapist variance of 4e-9) are zero to every search.
ABSOLUTE = 1e-6


def main(shared: Path, only: list[str]) -> int:
    """Run the scripts (all, or those named) and print what differs; 1 if anything does."""
    failed = 0
    for script in sorted(HERE.rglob("*.R")):
        if script.stem == "say" or (only and script.stem not in only):
            continue
        if script.stem in JUDGING:
            failed += judged(script, shared)
            continue
        stored = kept_numbers(script, shared)
        found = derive(script, shared / "data")
        relative = LOOSER.get(script.stem, RELATIVE)
        told = [differs(path, value, stored, relative) for path, value in found]
        apart = [line for line in told if line]
        print(f"{script.name}: {len(found)} numbers, {len(apart)} differ")
        for line in apart:
            print(f"  {line}")
        failed += len(apart) + (not found)
    return int(failed > 0)


def judged(script: Path, shared: Path) -> int:
    """Run a script that compares by itself, and print what it says; 1 where something differs."""
    command = ["Rscript", "--vanilla", script.name, str(shared)]
    done = subprocess.run(command, cwd=script.parent, capture_output=True, text=True, check=False)
    print(f"{script.name}: {'nothing differs' if done.returncode == 0 else done.stdout}")
    return int(done.returncode != 0)


def kept_numbers(script: Path, shared: Path) -> Any:
    """The stored numbers: beside the script where they were made here, else shared."""
    beside, table = script.with_suffix(".json"), script.with_suffix(".tsv")
    if table.exists():
        rows = [line.rsplit("\t", 1) for line in table.read_text().splitlines() if "\t" in line]
        return {path: float("nan" if value == "NA" else value) for path, value in rows}
    kept = beside if beside.exists() else shared / "reference" / beside.name
    return json.loads(kept.read_text())


def derive(script: Path, data: Path) -> list[tuple[str, float]]:
    """What a script prints. Raises RuntimeError with R's message where it stops."""
    command = ["Rscript", "--vanilla", script.name, str(data)]
    done = subprocess.run(command, cwd=script.parent, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{script.name} stopped:\n{done.stderr.strip()}")
    rows = [line.rsplit("\t", 1) for line in done.stdout.splitlines() if "\t" in line]
    return [(path, float("nan" if value == "NA" else value)) for path, value in rows]


def differs(path: str, value: float, stored: Any, relative: float) -> str:
    """One sentence where the stored number is another, or is not there."""
    expected = look_up(stored, path.split("/"))
    if expected is None:
        return f"{path}: {value!r} is not stored"
    if math.isclose(value, float(expected), rel_tol=relative, abs_tol=ABSOLUTE):
        return ""
    return f"{path}: {value!r}, stored {expected!r}"


def look_up(stored: Any, steps: list[str]) -> Any:
    """The number at a path, or None."""
    if isinstance(stored, dict) and "/".join(steps) in stored:
        return stored["/".join(steps)]
    for step in steps:
        if isinstance(stored, dict):
            stored = stored.get(step)
        elif isinstance(stored, list):
            named = [row for row in stored if isinstance(row, dict) and named_as(row, step)]
            if named:
                stored = named[0]
            else:
                stored = stored[int(step)] if step.isdigit() and int(step) < len(stored) else None
        else:
            return None
    return stored if isinstance(stored, int | float) else None


def named_as(row: dict[str, Any], name: str) -> bool:
    """Whether a row of a stored table carries this name."""
    return any(str(row.get(key)) == name for key in NAMES)


if __name__ == "__main__":
    where = os.environ.get("OUTCOMES_SHARED")
    if not where:
        sys.exit("Set OUTCOMES_SHARED to the folder with the reference numbers and their data.")
    sys.exit(main(Path(where), sys.argv[1:]))
