"""Source columns to canonical ones: text stays text, and each row keeps its file and line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta, tzinfo

import numpy as np
import pandas as pd

from outcomes.cleaning import CELL, parse_date, tidy
from outcomes.errors import LayoutError
from outcomes.ledger import FILE, LINE, Action, entries
from outcomes.schema import TABLES, Kind
from outcomes.sources.entry import FileLayout, Visit
from outcomes.sources.files import RawFile
from outcomes.sources.section import near

_STEP = "map_columns"
_NUMERIC = (Kind.NUMBER, Kind.INTEGER)


def map_entry(
    raw: RawFile, entry: FileLayout, *, missing: Sequence[str], zone: tzinfo | None = None
) -> pd.DataFrame:
    """Make the rows of one settled entry: all columns of its table as text, `_file`, `_line`.

    Dates become ISO days here, where the order of their file is known.
    A wide line gives one row for each answer that is not empty, which also has `_cell`, the
    source column. The columns have passed `check_columns`.
    """
    rows = pd.DataFrame({FILE: raw.cells[FILE], LINE: raw.cells[LINE]})
    for column, constant in entry.constants.items():
        rows[column] = pd.array([constant] * len(rows), dtype="string")
    for column, source in entry.columns.items():
        rows[column] = coded(tidy(raw.cells[source.strip()], missing), entry, column)
    for declared in TABLES[entry.table].columns:
        if declared.kind is Kind.DATE and declared.name in rows:
            rows[declared.name] = iso_days(rows[declared.name], str(entry.date_order), zone)
    if entry.visits:
        parts = [
            part for visit in entry.visits for part in _answers(raw, entry, visit, rows, missing)
        ]
        rows = pd.concat(parts, ignore_index=True)
    names = [*TABLES[entry.table].names, FILE, LINE]
    return rows.reindex(columns=[*names, CELL] if CELL in rows else names)


def check_columns(raw: RawFile, entry: FileLayout) -> None:
    """Refuse, with a LayoutError, a mapped column that is absent or stands twice."""
    wanted = [*entry.columns.values(), *(c for v in entry.visits for c in v.items.values())]
    known = [header for header in raw.headers if header]
    alone = len(raw.headers) == 1
    for source in wanted:
        count = raw.headers.count(source.strip())
        if count == 1:
            continue
        fix = near(source, known) if count == 0 else "rename one of the two columns"
        if count == 0 and alone:
            fix = "the file reads as a single column: is another separator needed in the layout?"
        raise LayoutError(
            f"the file has no column {source!r}"
            if count == 0
            else f"the file has {count} columns called {source!r}",
            where=f"{entry.where}, line {raw.header_line} of {raw.name}",
            fix=fix,
        )


def coded(cells: pd.Series, entry: FileLayout, column: str) -> pd.Series:
    """Decimal signs as points, and source words as canonical words, matched without case."""
    kind = TABLES[entry.table].column(column).kind
    codes = entry.codes.get(column)
    if codes:
        exact = {word.strip(): target for word, target in codes.items()}
        loose = {word.casefold(): target for word, target in exact.items()}
        found = cells.map(exact).astype("string")
        found = found.fillna(cells.str.casefold().map(loose).astype("string"))
        cells = found.fillna(cells)
    if kind in _NUMERIC and entry.decimal != ".":
        cells = cells.str.replace(entry.decimal, ".", regex=False)
    return cells


def _answers(
    raw: RawFile,
    entry: FileLayout,
    visit: Visit,
    rows: pd.DataFrame,
    missing: Sequence[str],
) -> list[pd.DataFrame]:
    lines = rows
    if visit.occasion is not None:
        lines = lines.assign(occasion=pd.array([visit.occasion] * len(lines), dtype="string"))
    if visit.offset_days:
        lines = lines.assign(taken_on=iso_days(lines["taken_on"], "ymd", days=visit.offset_days))
    parts = []
    for item, source in visit.items.items():
        values = coded(tidy(raw.cells[source.strip()], missing), entry, "value")
        answered = values.notna()
        part = lines[answered].assign(value=values[answered])
        part["item"] = pd.array([item] * len(part), dtype="string")
        part[CELL] = pd.array([source] * len(part), dtype="string")
        parts.append(part)
    return parts


def iso_days(dates: pd.Series, order: str, zone: tzinfo | None = None, *, days: int = 0) -> pd.Series:
    """ISO days, shifted by some days. What is no date stays, for cleaning to report."""
    codes, distinct = pd.factorize(dates)
    texts: list[str | None] = []
    for text in distinct:
        day = parse_date(str(text), order, zone)
        try:
            texts.append(str(text) if day is None else (day + timedelta(days=days)).isoformat())
        except OverflowError:
            texts.append(str(text))
    return pd.Series(pd.array([*texts, None], dtype="string")[codes], index=dates.index)


def join_tables(parts: Mapping[str, Sequence[pd.DataFrame]]) -> dict[str, pd.DataFrame]:
    """Put the parts of each table into the order of the source: file by file, line by line."""
    tables = {}
    for name, found in parts.items():
        whole = pd.concat(found, ignore_index=True)
        order, _ = pd.factorize(whole[FILE])
        position = np.lexsort((whole[LINE].to_numpy(), order))
        tables[name] = whole.iloc[position].reset_index(drop=True)
    return tables


def unused_lines(raw: RawFile, made: Sequence[pd.DataFrame], wide: bool) -> list[pd.DataFrame]:
    """Make ledger entries for lines without any answer, given all rows made from the file.

    A line that gave no row to any table is dropped; one that gave rows only to other tables
    than those of its questionnaires is flagged.
    """
    if not wide:
        return []
    lines = raw.cells[[FILE, LINE]]
    in_any = lines[LINE].isin(np.concatenate([part[LINE].to_numpy() for part in made]))
    answers = [part[LINE].to_numpy() for part in made if CELL in part]
    answered = lines[LINE].isin(np.concatenate(answers))
    log = []
    for mask, action in ((~in_any, Action.DROPPED), (in_any & ~answered, Action.FLAGGED)):
        if mask.any():
            log.append(
                entries(
                    lines[mask],
                    table="",
                    action=action,
                    step=_STEP,
                    reason="no_answer",
                    scope="file",
                )
            )
    return log


def unused_columns(raw: RawFile, used: set[str]) -> list[pd.DataFrame]:
    """Flag, once for each file, every column with a name that no entry maps or ignores."""
    known = {source.strip() for source in used}
    place = pd.DataFrame({FILE: [raw.name], LINE: [raw.header_line]})
    return [
        entries(
            place,
            table="",
            action=Action.FLAGGED,
            step=_STEP,
            reason="unmapped_column",
            column=header,
            scope="file",
        )
        for header in dict.fromkeys(raw.headers)
        if header and header not in known
    ]
