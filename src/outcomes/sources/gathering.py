"""Several lines of one person, episode or session made into one row (`one_row_each`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import numpy as np
import pandas as pd

from outcomes.cleaning.shared import OF_FILE, OF_LINE
from outcomes.ledger import FILE, LINE, Action, entries
from outcomes.schema import TABLES
from outcomes.sources.entry import PARTNERS, TOTAL, FileLayout

_STEP = "gather_rows"
_DAY = r"\d{4}-\d{2}-\d{2}"


def join_table(
    table: str, parts: Sequence[tuple[FileLayout, pd.DataFrame]], exported_on: date
) -> tuple[pd.DataFrame, list[pd.DataFrame], pd.DataFrame | None]:
    """Put the parts of a table into the order of the source: file by file, line by line.

    Rows of entries that ask for one row of each key are gathered first, across files.
    Returns the table, the ledger entries of gathering, and where rows were gathered the lines
    behind each (`cleaning.shared`).
    """
    plain = [rows for entry, rows in parts if not entry.one_row_each]
    several = [(entry, rows) for entry, rows in parts if entry.one_row_each]
    log: list[pd.DataFrame] = []
    lines = None
    for entry, rows in parts:
        log += _equal_answers(table, rows) if entry.equal_answers else []
    whole = _in_order(pd.concat([rows for _, rows in parts], ignore_index=True))
    if several:
        rows = _in_order(pd.concat([rows for _, rows in several], ignore_index=True))
        if any(entry.partners is not None for entry, _ in several):
            rows, found = _partners(rows)
            log += found
        rows, found, lines = gather(
            table,
            rows,
            earliest=sorted({column for entry, _ in several for column in entry.earliest}),
            latest=sorted({column for entry, _ in several for column in entry.latest}),
            until=exported_on,
        )
        log += found
        files = pd.unique(whole[FILE])
        whole = _in_order(pd.concat([*plain, rows], ignore_index=True), files)
    return whole, log, lines


def _in_order(rows: pd.DataFrame, files: Iterable[str] | None = None) -> pd.DataFrame:
    """Rows by file, in the order the files come in `rows` or in `files`, then by line."""
    place = {name: n for n, name in enumerate(pd.unique(rows[FILE]) if files is None else files)}
    position = np.lexsort((rows[LINE].to_numpy(), rows[FILE].map(place).to_numpy()))
    return rows.iloc[position].reset_index(drop=True)


def gather(
    table: str,
    rows: pd.DataFrame,
    *,
    earliest: Sequence[str],
    latest: Sequence[str],
    until: date,
) -> tuple[pd.DataFrame, list[pd.DataFrame], pd.DataFrame | None]:
    """Make one row for each key of the table, and flag the lines that say something else.

    `rows` are mapped rows in the order of the source, with days as ISO texts. A column holds
    the first value that is not empty; the `earliest` and `latest` dates are chosen among the
    days, and days after `until` (of appointments still to come) and texts that are no day
    yield to them. Rows without a complete key stay as they are.
    """
    key = list(TABLES[table].key)
    complete = rows[key].notna().all(axis=1)
    whole, rest = rows[complete], rows[~complete]
    lines = whole[[FILE, LINE]].astype({FILE: "object"})
    if whole.empty:
        return rows, [], None
    group = pd.Series(whole.groupby(key, sort=False).ngroup().to_numpy(), index=whole.index)
    choice = whole.copy()
    for columns, last in ((earliest, False), (latest, True)):
        for column in columns:
            choice[column] = _end(whole[column], group, until, last=last)
    found = choice.groupby(group, sort=False).first()
    for name, of in ((FILE, OF_FILE), (LINE, OF_LINE)):
        lines[of] = lines[name].groupby(group).transform("first")
    log = []
    for column in TABLES[table].names:
        told = found[column].reindex(group).set_axis(whole.index)
        differs = whole[column].notna() & (whole[column] != told).fillna(False)
        if column in (*earliest, *latest):
            differs &= ~whole[column].str.fullmatch(_DAY).fillna(False)
        log += _flagged(whole[differs], table, "lines_differ", column)
    return pd.concat([found[rows.columns], rest], ignore_index=True), log, lines


def _flagged(
    rows: pd.DataFrame, table: str, reason: str, column: str | None = None
) -> list[pd.DataFrame]:
    if rows.empty:
        return []
    return [
        entries(rows, table=table, action=Action.FLAGGED, step=_STEP, reason=reason, column=column)
    ]


def _partners(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """Give every line of a couple both partners, whose names its lines hold one by one.

    A couple whose lines do not name two people keeps no partner, so that cleaning drops it.
    """
    key, (first, second) = TABLES["couples"].key[0], PARTNERS
    named = rows[[key, first]].dropna().drop_duplicates().sort_values(first)
    people = named.groupby(key)[first]
    two = people.nunique().loc[lambda n: n == len(PARTNERS)].index
    found = {first: people.first().loc[two], second: people.last().loc[two]}
    given = rows.assign(**{column: rows[key].map(cells) for column, cells in found.items()})
    single = rows[rows[key].notna() & ~rows[key].isin(two)].drop_duplicates(key)
    return given.astype(dict.fromkeys(found, "string")), _flagged(
        single, "couples", "not_two_partners", key
    )


def _equal_answers(table: str, rows: pd.DataFrame) -> list[pd.DataFrame]:
    """Flag questionnaires whose answers are all alike, once for each line."""
    items = rows[rows["item"] != TOTAL]
    form = [items[FILE], items[LINE], items["taken_on"].fillna("")]
    numbers = pd.to_numeric(items["value"], errors="coerce")
    spread = numbers.groupby(form, sort=False).agg(["min", "max", "size"]).reset_index()
    alike = spread[(spread["min"] == spread["max"]) & (spread["size"] > 1)]
    return _flagged(alike[[FILE, LINE]], table, "equal_answers")


def _end(cells: pd.Series, group: pd.Series, until: date, *, last: bool) -> pd.Series:
    """The first or last day of each group for all its rows; its own text where there is none."""
    days = cells.where(cells.str.fullmatch(_DAY).fillna(False))
    past = (days <= until.isoformat()).fillna(False)
    days = days.where(past | ~past.groupby(group).transform("any"))
    codes, distinct = pd.factorize(days, sort=True)
    place = pd.Series(codes, index=cells.index).where(days.notna())
    chosen = place.groupby(group).transform("max" if last else "min")
    none = chosen.isna()
    texts = pd.array([*map(str, distinct), None], dtype="string")
    found = pd.Series(texts[chosen.fillna(-1).astype(int).to_numpy()], index=cells.index)
    return found.where(~none, cells)
