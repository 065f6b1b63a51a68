"""From text to the declared types; what cannot be read is a reason with its row."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from outcomes.cleaning.dates import parse_dates, parse_times, two_digit_years
from outcomes.cleaning.policy import Settings
from outcomes.cleaning.presence import is_required
from outcomes.cleaning.traced import Tables, Traced, Tracing
from outcomes.schema import TABLES, Column, Kind

TRUTH = {
    "yes": True, "true": True, "1": True, "y": True,
    "no": False, "false": False, "0": False, "n": False,
}  # fmt: skip
REASONS = {
    Kind.DATE: "bad_date",
    Kind.NUMBER: "not_a_number",
    Kind.INTEGER: "not_a_number",
    Kind.BOOLEAN: "not_yes_or_no",
    Kind.TIME: "bad_time",
}
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?")
# What word processors make of a minus.
_MINUS = re.compile(r"^[\u2212\u2013](?=[\d.])")
# Beyond this a whole number is no longer exact as a float, and no count here comes near it.
_LARGEST_WHOLE = 2**53


def convert(cells: pd.Series, column: Column, date_order: str) -> pd.Series:
    """Text in the dtype of the column, missing where it cannot be read."""
    if column.kind is Kind.DATE:
        return parse_dates(cells, date_order)
    if column.kind is Kind.TIME:
        return parse_times(cells)
    if column.kind is Kind.BOOLEAN:
        codes, distinct = pd.factorize(cells)
        read = [TRUTH.get(str(text).casefold()) for text in distinct]
        return pd.Series(pd.array([*read, None], dtype="boolean")[codes], index=cells.index)
    if column.kind is Kind.NUMBER:
        return _numbers(cells)
    if column.kind is Kind.INTEGER:
        numbers = _numbers(cells)
        whole = (numbers % 1 == 0) & (numbers.abs() <= _LARGEST_WHOLE)
        return numbers.where(whole.fillna(False)).astype("Int64")
    return cells.astype("string")


def _numbers(cells: pd.Series) -> pd.Series:
    codes, distinct = pd.factorize(cells)
    texts = [_MINUS.sub("-", str(text)) for text in distinct]
    read = [float(text) if _NUMBER.fullmatch(text) else None for text in texts]
    return pd.Series(pd.array([*read, None], dtype="Float64")[codes], index=cells.index)


def set_types(tables: Tables, settings: Settings) -> Traced:
    """Give every column its declared dtype.

    A cell that cannot be read is emptied, or costs the row where the column is required.
    """
    tracing = Tracing("set_types", tables)
    for name in tables:
        typed = {}
        for column in TABLES[name].columns:
            before = tracing[name][column.name]
            if column.kind not in REASONS and before.dtype == column.dtype:
                continue
            if before.isna().all():
                typed[column.name] = _nothing(before.index, column.dtype)
                continue
            after = convert(before, column, settings.date_order)
            if column.kind in REASONS:
                lost = after.isna() & before.notna()
                if lost.any():
                    _lose(tracing, name, column, before.where(lost))
            typed[column.name] = after.astype(column.dtype)
        index = tracing[name].index
        tracing.replace(
            name, {c: cells.reindex(index) if len(cells) != len(index) else cells
                   for c, cells in typed.items()},
        )  # fmt: skip
    return tracing.done()


def _nothing(index: pd.Index, dtype: str) -> pd.Series:
    """A column without any value."""
    none = pd.Series([], dtype=dtype).array.take(np.full(len(index), -1), allow_fill=True)
    return pd.Series(none, index=index)


def _lose(tracing: Tracing, name: str, column: Column, lost: pd.Series) -> None:
    """Give up the cells that could not be read; those that could are missing in `lost`."""
    required, reason = is_required(name, column), REASONS[column.kind]
    if column.kind is Kind.DATE:
        short = two_digit_years(lost)
        tracing.lose(name, short, "two_digit_year", column.name, required=required)
        lost = lost.mask(short).reindex(tracing[name].index)
    tracing.lose(name, lost.notna(), reason, column.name, required=required)
