"""The specification: small tables as text, and what cleaning makes of them."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd
from openpyxl import Workbook

from outcomes.cleaning import Forgotten, clean
from outcomes.errors import OutcomesError
from outcomes.schema import TABLES, Kind
from outcomes.sources import read

HERE = Path(__file__).parent
BEHIND = "practice"
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
ENTRY = ["reason", "table", "action", "line", "column", "n"]


@dataclass(frozen=True)
class Example:
    """One case: what is read, what is kept of it, and what the ledger says."""

    reason: str
    body: dict

    @property
    def title(self):
        return f"{self.reason}: {self.body['says']}"


@dataclass(frozen=True)
class Rule:
    """What is done for one reason, with its examples."""

    group: str
    reason: str
    does: str
    examples: tuple[Example, ...]


@cache
def rules():
    """All rules in the order of the manual."""
    found = []
    for path in sorted((HERE / "rules").glob("*.toml")):
        body = tomllib.loads(path.read_text(encoding="utf-8"))
        for rule in body["rule"]:
            examples = tuple(Example(rule["reason"], e) for e in rule["example"])
            found.append(Rule(body["title"], rule["reason"], rule["does"], examples))
    return tuple(found)


@cache
def practice():
    """The practice behind every example, and the day of its export."""
    body = tomllib.loads((HERE / "practice.toml").read_text(encoding="utf-8"))
    day = body.pop("exported_on")
    return day, {name: table(text) for name, text in body.items()}


def table(text):
    """A table drawn with bars, as a list of rows; empty cells are empty texts."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    if not lines:
        return []
    head, *rows = lines
    return [dict(zip(head, row, strict=True)) for row in rows]


def columns(text):
    """The names over a table drawn with bars."""
    return [cell.strip() for cell in text.strip().splitlines()[0].split("|")]


def run(example, folder):
    """The study of an example, or the error that stops it."""
    body = example.body
    try:
        return _read(body, folder) if "file" in body else _clean(body)
    except OutcomesError as error:
        return error


def _read(body, folder):
    day, _ = practice()
    layout = f"schema = 1\nexported_on = {day}\n{body.get('layout', '')}"
    (folder / "layout.toml").write_text(layout, encoding="utf-8")
    for name, text in body["file"].items():
        if name.endswith(".xlsx"):
            _workbook(text).save(folder / name)
            continue
        (folder / name).write_bytes(text.lstrip("\n").encode(body.get("encoding", "utf-8")))
    return read(folder)


def _workbook(text):
    """A workbook drawn with bars: [Name] starts a sheet, [Name, hidden] one that is hidden.

    ^ is merged with the cell above, #N/A an error, and = a formula whose result is not stored.
    """
    book = Workbook()
    book.remove(book.active)
    for line in text.strip().splitlines():
        if line.startswith("["):
            name, _, state = line.strip("[]").partition(", ")
            sheet = book.create_sheet(name)
            sheet.sheet_state = state or "visible"
            continue
        cells = [cell.strip() for cell in line.split("|")]
        sheet.append([float(cell) if _NUMBER.fullmatch(cell) else cell or None for cell in cells])
        for column, cell in enumerate(cells, start=1):
            if cell == "^":
                row = sheet.max_row
                sheet.cell(row, column).value = None
                sheet.merge_cells(None, row - 1, column, row, column)
    return book


def _clean(body):
    day, behind = practice()
    given = {name: table(text) for name, text in body["given"].items()}
    raw = {}
    for name in [name for name in TABLES if name in behind or name in given]:
        parts = [_frame(behind.get(name, []), name, BEHIND)]
        parts.append(_frame(given.get(name, []), name, f"{name}.csv"))
        raw[name] = pd.concat(parts, ignore_index=True)
        if body.get("find_episode") and name in ("responses", "satisfaction", "sessions"):
            raw[name]["_find_episode"] = pd.array(["yes"] * len(raw[name]), dtype="string")
    lines = {f"{name}.csv": len(rows) for name, rows in given.items()}
    lines |= {f"{BEHIND}.{name}": len(rows) for name, rows in behind.items()}
    erased = {kind: frozenset(ids) for kind, ids in body.get("forgotten", {}).items()}
    accept = body.get("accept", ())
    return clean(raw, exported_on=day, lines=lines, accept=accept, forgotten=Forgotten(**erased))


def _frame(rows, name, file):
    frame = pd.DataFrame(rows, columns=TABLES[name].names, dtype="string")
    file = f"{file}.{name}" if file == BEHIND else file
    frame["_file"] = pd.array([file] * len(rows), dtype="string")
    frame["_line"] = range(2, len(rows) + 2)
    return frame


def kept(study, name, wanted):
    """The rows of a clean table that come from the example, as texts, in these columns."""
    frame = study.tables()[name]
    _, behind = practice()
    (first, *_) = TABLES[name].key
    known = {row[first] for row in behind.get(name, [])} if len(TABLES[name].key) == 1 else set()
    frame = frame[~frame[first].isin(known)]
    rows = []
    for _, row in frame.iterrows():
        rows.append({column: _text(row[column], TABLES[name].column(column)) for column in wanted})
    return rows


def _text(value, column):
    if pd.isna(value):
        return ""
    if column.kind is Kind.DATE:
        return f"{value:%Y-%m-%d}"
    return f"{value:g}" if column.kind in (Kind.NUMBER, Kind.INTEGER) else str(value)


def ledger(study):
    """The entries of a study as texts."""
    rows = []
    for row in study.ledger.to_frame().to_dict("records"):
        assert not str(row["file"]).startswith(BEHIND), "an example touches the practice behind it"
        rows.append(
            {
                "reason": row["reason"],
                "table": row["table"] or "(file)",
                "action": row["action"],
                "line": str(int(row["line"])),
                "column": "" if pd.isna(row["column"]) else row["column"],
                "n": str(int(row["n"])),
            }
        )
    return rows


def expected(example):
    """The entries an example says there are, completed: its own reason, no column, one."""
    empty = {"reason": example.reason, "column": "", "n": "1"}
    return [{**empty, **row} for row in table(example.body.get("ledger", ""))]
