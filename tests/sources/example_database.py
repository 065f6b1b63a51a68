"""The example practice as a database has it: columns with real types, and a row number."""

from __future__ import annotations

import csv
import re
from datetime import datetime
from itertools import zip_longest
from pathlib import Path

DATES = {"Enquiry date", "First session", "Closed on", "Completed on", "Date", "Set on",
         "Referred on"}  # fmt: skip
TRUTH = {"Previous therapy", "Medication", "Task set", "Task done", "Shared goal", "Taken up"}
NUMBERS = {"Minutes", "Importance", "Rating"}
# Moments: the practice's programs store them in UTC, so that late evenings are the day before.
MOMENTS = {"sessions": {"Date"}}
ZONE = "Asia/Tokyo"
ITEM = re.compile(r"[A-Z0-9]+_\d+")


def kind(table: str, column: str) -> str:
    if column in MOMENTS.get(table, ()):
        return "timestamptz"
    if column in DATES:
        return "date"
    if column in TRUTH:
        return "boolean"
    if column in NUMBERS or ITEM.fullmatch(column):
        return "numeric(8,2)"
    return "text"


def typed(table: str, column: str, cell: str) -> str | None:
    """A cell as SQL text of its type, or None where it is empty or not of that type."""
    wanted = kind(table, column)
    cell = cell.strip()
    if cell in ("", "NA"):
        return None
    if wanted in ("date", "timestamptz"):
        try:
            day = datetime.strptime(cell, "%d/%m/%Y").date()
        except ValueError:  # a planted fault, which no column of dates could hold
            return None
        return str(day) if wanted == "date" else f"{day} 03:30:00+09:00"
    if wanted == "boolean":
        return {"Yes": "true", "No": "false"}[cell]
    if wanted.startswith("numeric"):
        return cell if re.fullmatch(r"-?\d+(\.\d+)?", cell) else None
    return cell


def tables(folder: Path) -> dict[str, tuple[list[str], list[list[str | None]]]]:
    """Header and rows by table; the first column counts the rows."""
    found = {}
    for path in sorted(folder.glob("*.csv")):
        if path.stem == "faults":
            continue
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = list(csv.reader(file))
        cells = [
            [
                str(n),
                *(typed(path.stem, c, cell) for c, cell in zip_longest(header, row, fillvalue="")),
            ]
            for n, row in enumerate(rows, start=1)
        ]
        found[path.stem] = (["row", *header], cells)
    return found


def layout(folder: Path, file: str = "{}", zone: str = ZONE) -> str:
    """The example's layout for the tables of a database, leaving out the row number."""
    text = (folder / "layout.toml").read_text(encoding="utf-8")
    text = re.sub(r'file = "(\w+)\.csv"', lambda m: f'file = "{file.format(m[1])}"', text)
    text = text.replace('ignore = ["Contact preference"]', "")
    text = re.sub(r"ignore = .*faults.*\n", f'timezone = "{zone}"\n', text)
    parts = text.split("[[files]]\n")
    extra = {True: 'ignore = ["row", "Contact preference"]\n', False: 'ignore = ["row"]\n'}
    return parts[0] + "".join(f"[[files]]\n{extra['clients' in p[:40]]}{p}" for p in parts[1:])


def as_csv(folder: Path, target: Path) -> Path:
    """The same typed rows as CSV files with the same layout, for comparison."""
    target.mkdir()
    for name, (header, rows) in tables(folder).items():
        with (target / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(header)
            writer.writerows([["" if cell is None else cell for cell in row] for row in rows])
    (target / "layout.toml").write_text(layout(folder, "{}.csv"), encoding="utf-8")
    return target
