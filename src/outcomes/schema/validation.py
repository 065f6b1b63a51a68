"""Rules of the tables, checked row by row; every failure names its row, column and rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api import types

from outcomes.schema.column import Column, Kind, Table
from outcomes.schema.tables import TABLES
from outcomes.schema.vocabulary import vocabularies

FAILURE_COLUMNS = ["row", "column", "rule"]
DANGLING_COLUMNS = ["table", *FAILURE_COLUMNS]

Mask = npt.NDArray[np.bool_]
Broken = tuple[npt.NDArray[np.int64], str | None, str]

TEXTS = (Kind.KEY, Kind.CATEGORY, Kind.TEXT, Kind.TIME)
# Hours and minutes on a clock of 24 hours.
TIME = r"([01]\d|2[0-3]):[0-5]\d"


def failures(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Cells and rows of `frame` that break the declaration of `table`.

    Returns row (position, from 0; -1 for the whole table), column (None for a whole row) and
    rule: absent_column, wrong_type, required, range (also an infinite number), vocabulary, time or
    duplicate_key (the second and later rows of a key; empty cells of a key are equal). An
    empty frame means valid. `frame` must be typed: any width of number and any resolution
    of date will do, but text cells are for the reader to convert. Columns that are not
    declared are passed over.
    """
    found: list[Broken] = []
    for column in table.columns:
        if column.name not in frame.columns:
            found.append((np.array([-1]), column.name, "absent_column"))
            continue
        for rule, broken in _column_rules(frame[column.name], column):
            found.append((np.flatnonzero(broken), column.name, rule))
    if set(table.key) <= set(frame.columns):
        twice = frame.duplicated(list(table.key), keep="first").to_numpy(dtype=bool)
        found.append((np.flatnonzero(twice), None, "duplicate_key"))
    return _report(found)


def dangling(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """References between tables that do not hold: table, row, column, rule.

    Rules: orphan (no such row in the other table) and not_unique (a one-to-one reference
    used by an earlier row already). Empty cells refer to nothing. A reference to a table
    that is not in `tables` is not checked.
    """
    parts = []
    for name, frame in tables.items():
        found: list[Broken] = []
        for reference in TABLES[name].references:
            target = tables.get(reference.table)
            if target is None or reference.column not in frame.columns:
                continue
            cells = frame[reference.column]
            there = cells.notna().to_numpy(dtype=bool)
            known = cells.isin(target[TABLES[reference.table].key[0]]).to_numpy(dtype=bool)
            found.append((np.flatnonzero(there & ~known), reference.column, "orphan"))
            if reference.cardinality == "one-to-one":
                again = there & cells.duplicated(keep="first").to_numpy(dtype=bool)
                found.append((np.flatnonzero(again), reference.column, "not_unique"))
        parts.append(_report(found).assign(table=name))
    filled = [part for part in parts if len(part)]
    joined = pd.concat(filled, ignore_index=True) if filled else _report([]).assign(table="")
    return joined[DANGLING_COLUMNS]


def _report(found: list[Broken]) -> pd.DataFrame:
    hits = [(rows, column, rule) for rows, column, rule in found if len(rows)]
    if not hits:
        return pd.DataFrame({"row": np.array([], "int64"), "column": [], "rule": []})
    sizes = [len(rows) for rows, _, _ in hits]
    columns = np.array([column for _, column, _ in hits], dtype=object)
    rules = np.array([rule for _, _, rule in hits], dtype=object)
    return pd.DataFrame(
        {
            "row": np.concatenate([rows for rows, _, _ in hits]),
            "column": np.repeat(columns, sizes),
            "rule": np.repeat(rules, sizes),
        },
        columns=FAILURE_COLUMNS,
    )


def _column_rules(cells: pd.Series, column: Column) -> Iterator[tuple[str, Mask]]:
    empty = cells.isna().to_numpy(dtype=bool)
    if not column.nullable:
        yield "required", empty
    if not _fits(cells, column.kind):
        # A column without any value has no type of its own.
        yield "wrong_type", ~empty
        return
    if column.vocabulary is not None:
        known = cells.isin(vocabularies()[column.vocabulary].words).to_numpy(dtype=bool)
        yield "vocabulary", ~empty & ~known
    if column.kind is Kind.TIME:
        yield "time", ~empty & ~cells.str.fullmatch(TIME).fillna(False).to_numpy(dtype=bool)
    if column.kind in (Kind.INTEGER, Kind.NUMBER):
        yield "range", _outside_numbers(cells, column)
    elif column.kind is Kind.DATE:
        yield "range", _outside_dates(cells, column)


def _fits(cells: pd.Series, kind: Kind) -> bool:
    if kind in TEXTS:
        return bool(types.is_string_dtype(cells))
    if kind is Kind.BOOLEAN:
        return bool(types.is_bool_dtype(cells))
    if kind is Kind.DATE:
        return cells.dtype.kind == "M" and getattr(cells.dtype, "tz", None) is None
    numeric = types.is_numeric_dtype(cells) and not types.is_bool_dtype(cells)
    return bool(types.is_integer_dtype(cells) if kind is Kind.INTEGER else numeric)


def _outside_numbers(cells: pd.Series, column: Column) -> Mask:
    values = cells.to_numpy(dtype="float64", na_value=np.nan)
    outside: Mask = np.isinf(values)
    with np.errstate(invalid="ignore"):
        if isinstance(column.minimum, int | float):
            outside |= values < column.minimum
        if isinstance(column.maximum, int | float):
            outside |= values > column.maximum
    return outside


def _outside_dates(cells: pd.Series, column: Column) -> Mask:
    outside: Mask = np.zeros(len(cells), dtype=bool)
    if isinstance(column.minimum, date):
        outside |= (cells < pd.Timestamp(column.minimum)).to_numpy(dtype=bool)
    if isinstance(column.maximum, date):
        outside |= (cells > pd.Timestamp(column.maximum)).to_numpy(dtype=bool)
    return outside
