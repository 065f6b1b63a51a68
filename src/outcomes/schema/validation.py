"""Rules of the tables, checked row by row; every failure names its row, column and rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from outcomes.schema.column import Column, Kind, Table
from outcomes.schema.tables import TABLES
from outcomes.schema.vocabulary import vocabularies

FAILURE_COLUMNS = ["row", "column", "rule"]


def failures(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Cells and rows of `frame` that break the declaration of `table`.

    Returns row (position, from 0), column (None for a whole row) and rule: absent_column,
    wrong_type, required, range, vocabulary or duplicate_key. An empty frame means valid.
    `frame` must be typed (`Column.dtype`); text cells are for the reader to convert.
    """
    found: list[tuple[int, str | None, str]] = []
    for column in table.columns:
        if column.name not in frame.columns:
            found.append((-1, column.name, "absent_column"))
            continue
        for rule, broken in _column_rules(frame[column.name], column):
            found += [(int(row), column.name, rule) for row in np.flatnonzero(broken)]
    if set(table.key) <= set(frame.columns):
        twice = frame.duplicated(list(table.key), keep="first").to_numpy()
        found += [(int(row), None, "duplicate_key") for row in np.flatnonzero(twice)]
    return pd.DataFrame(found, columns=FAILURE_COLUMNS)


def dangling(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """References that lead nowhere: table, row, column, rule ("orphan")."""
    found: list[tuple[str, int, str, str]] = []
    for name, frame in tables.items():
        for reference in TABLES[name].references:
            target = tables.get(reference.table)
            if target is None or reference.column not in frame.columns:
                continue
            key = TABLES[reference.table].key[0]
            column = frame[reference.column]
            lost = column.notna().to_numpy() & ~column.isin(target[key]).to_numpy()
            found += [(name, int(row), reference.column, "orphan") for row in np.flatnonzero(lost)]
    return pd.DataFrame(found, columns=["table", *FAILURE_COLUMNS])


def _column_rules(cells: pd.Series, column: Column) -> Iterator[tuple[str, np.ndarray]]:
    if str(cells.dtype) != str(pd.Series([], dtype=column.dtype).dtype):
        yield "wrong_type", np.ones(len(cells), dtype=bool)
        return
    empty = cells.isna().to_numpy(dtype=bool)
    if not column.nullable:
        yield "required", empty
    if column.vocabulary is not None:
        yield "vocabulary", ~empty & ~cells.isin(vocabularies()[column.vocabulary].words).to_numpy()
    if column.kind in (Kind.INTEGER, Kind.NUMBER, Kind.DATE):
        outside = np.zeros(len(cells), dtype=bool)
        if column.minimum is not None:
            outside |= (cells < _bound(column.minimum, column)).fillna(False).to_numpy(dtype=bool)
        if column.maximum is not None:
            outside |= (cells > _bound(column.maximum, column)).fillna(False).to_numpy(dtype=bool)
        yield "range", outside


def _bound(limit: object, column: Column) -> object:
    return pd.Timestamp(limit) if column.kind is Kind.DATE else limit
