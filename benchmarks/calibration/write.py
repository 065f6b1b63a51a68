"""Run simulations of calibration and write their tables into docs.

`make validation` runs all; `python benchmarks/calibration/write.py mixed mmrm` some of them.
Each script prints Markdown; it replaces what stands between the marks of its name, so that
one can be run again alone.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

HERE = Path(__file__).resolve().parent
DOCS = HERE.parents[1] / "docs"
# Comparisons stand on the general page, models on their own.
PAGES = {"laboratory": DOCS / "validation.md"}
MODELS = DOCS / "validation-models.md"


def main(names: list[str]) -> None:
    """Run the scripts named, or all, and write the page after each."""
    scripts = [path for path in sorted(HERE.glob("*.py")) if path != Path(__file__).resolve()]
    unknown = set(names) - {path.stem for path in scripts}
    if unknown:
        sys.exit(f"There is no script called {', '.join(sorted(unknown))}.")
    for path in scripts:
        if not names or path.stem in names:
            print(f"{path.stem} ...", flush=True)
            command = [sys.executable, str(path)]
            quiet = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
            done = subprocess.run(
                command, capture_output=True, text=True, check=True, env={**os.environ, **quiet}
            )
            page = PAGES.get(path.stem, MODELS)
            text = filled(page.read_text(encoding="utf-8"), path.stem, done.stdout.strip())
            page.write_text(text, encoding="utf-8")


def filled(page: str, name: str, table: str) -> str:
    """The page with a table between the marks of its name; marks are added at the end."""
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    if begin not in page:
        page = f"{page.rstrip()}\n\n{begin}\n{end}\n"
    body = f"{begin}\n{table}\n\nRun on {date.today().isoformat()}.\n{end}"
    return re.sub(f"{re.escape(begin)}.*?{re.escape(end)}", lambda _: body, page, flags=re.DOTALL)


if __name__ == "__main__":
    main(sys.argv[1:])
