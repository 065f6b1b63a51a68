"""Look-ups: lists of the practice that turn one way of naming a client into another.

Where one export knows a client by name and another by code, people belong together only
through a list that has both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from outcomes.cleaning import LOOK_UP, tidy
from outcomes.schema import Kind, Table
from outcomes.sources.files import RawFile
from outcomes.sources.section import Section, near

NOT_LISTED, LISTED_TWICE = "not_in_look_up", "twice_in_look_up"


@dataclass(frozen=True, slots=True)
class LookUp:
    """Where a list stands: `known` columns name what exports say, `target` what it becomes."""

    name: str
    where: str
    file: str
    sheet: str | None
    header_line: int
    header_rows: int
    known: tuple[str, ...]
    target: str


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """One list as read: folded text to target; None where two lines disagree."""

    targets: dict[str, str | None]

    def find(self, cells: pd.Series) -> tuple[pd.Series, pd.Series]:
        """Return the cells as the list has them, and why a cell is not found.

        A cell that is a target already stays. A cell that is not found becomes empty, since
        it may be a name, and has a reason: `not_in_look_up`, or `twice_in_look_up` where it
        may be either of two.
        """
        own = {target for target in self.targets.values() if target is not None}
        codes, distinct = pd.factorize(cells.astype("string"))
        found: list[str | None] = []
        why: list[str | None] = []
        for text in map(str, distinct):
            target = text if text in own else self.targets.get(folded(text))
            found.append(target)
            lost = LISTED_TWICE if folded(text) in self.targets else NOT_LISTED
            why.append(lost if target is None else None)
        texts = pd.Series(pd.array([*found, None], dtype="string")[codes], index=cells.index)
        reasons = pd.Series(pd.array([*why, None], dtype="string")[codes], index=cells.index)
        return texts, reasons


def folded(text: str) -> str:
    """The text without case and surplus space, by which it is looked up."""
    return " ".join(text.split()).casefold()


def parse_look_ups(top: Section) -> dict[str, LookUp]:
    """Read `[look_ups.NAME]`. Raises LayoutError."""
    lists = Section(top.table("look_ups"), f"{top.where}, look_ups")
    found = {}
    for name in lists.table_keys():
        body = Section(lists.table(name), f"{lists.where}.{name}")
        known = body.either("from", str, list)
        if isinstance(known, list):
            known = body.texts("from")
        if not known:
            raise body.refuse("the look-up does not say what to look up", 'add from = "Column"')
        found[name] = LookUp(
            name=name,
            where=body.where,
            file=body.required("file"),
            sheet=body.text("sheet"),
            header_line=body.whole("header_line", 1),
            header_rows=body.whole("header_rows", 1),
            known=(known,) if isinstance(known, str) else tuple(known),
            target=body.required("to"),
        )
        body.finish()
    return found


def parse_uses(section: Section, table: Table) -> dict[str, str]:
    """Read `[files.look_up]`: canonical id column to the name of a list. Raises LayoutError."""
    uses = Section(section.table("look_up"), f"{section.where}, look_up")
    ids = [column.name for column in table.columns if column.kind is Kind.KEY]
    found = {}
    for column in uses.table_keys():
        if column not in ids:
            raise uses.refuse(f"{column!r} is no id of {table.name}", near(column, ids))
        found[column] = uses.required(column)
    return found


def listed(raw: RawFile, look_up: LookUp, missing: Sequence[str]) -> Listed:
    """Take a list from its file. Raises LayoutError for a column that is not there."""
    section = Section({}, look_up.where)
    for name in (*look_up.known, look_up.target):
        if name not in raw.headers:
            raise section.refuse(
                f"{raw.name} has no column {name!r}", near(name, [h for h in raw.headers if h])
            )
    parts = [tidy(raw.cells[name], missing) for name in look_up.known]
    targets = tidy(raw.cells[look_up.target], missing)
    found: dict[str, str | None] = {}
    for *texts, target in zip(*parts, targets, strict=True):
        there = [str(text) for text in texts if not pd.isna(text)]
        if not there or pd.isna(target):
            continue
        key = folded(" ".join(there))
        found[key] = str(target) if found.get(key, target) == target else None
    return Listed(found)


def looked_up(
    rows: pd.DataFrame, uses: Mapping[str, str], lists: Mapping[str, Listed]
) -> pd.DataFrame:
    """Put the listed ids into mapped rows; rows without one say why in `_look_up`."""
    if not uses:
        return rows
    why = pd.Series(pd.NA, index=rows.index, dtype="string")
    for column, name in uses.items():
        if column in rows:
            texts, reasons = lists[name].find(rows[column])
            rows = rows.assign(**{column: texts})
            why = why.fillna(reasons)
    return rows.assign(**{LOOK_UP: why})
