"""Start and end scores of a frame as arrays, after checking that the frame can be used."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.change.jacobson_truax import Numbers
from outcomes.errors import NotEnoughData, RangeError, UsageError
from outcomes.instruments.model import Instrument

ADDED = ("change", "index", "healthy_at_start", "category")


@dataclass(frozen=True, slots=True)
class Columns:
    """Names of the columns used: scores, grouping, and who is not independent."""

    pre: str
    post: str
    by: str | None
    cluster: str | None


def start_and_end(
    frame: pd.DataFrame, columns: Columns, instrument: Instrument | None
) -> tuple[Numbers, Numbers]:
    """Return start and end scores in points, NaN where there is none.

    Raises UsageError for a missing or taken column, scores that are not numbers or belong
    to another instrument; RangeError for scores the instrument cannot give; NotEnoughData
    where nobody has both.
    """
    named = (columns.pre, columns.post, columns.by, columns.cluster)
    absent = [name for name in named if name is not None and name not in frame.columns]
    if absent:
        raise UsageError(
            f"The frame has no column {', '.join(map(repr, absent))}.",
            where="change(frame, ...)",
            fix=f"Its columns are {', '.join(map(str, frame.columns))}.",
        )
    taken = [name for name in ADDED if name in frame.columns]
    if taken:
        raise UsageError(
            f"The frame already has a column {', '.join(taken)}.",
            where="change(frame, ...)",
            fix="Rename or drop it; the result adds columns of these names.",
        )
    _check_instrument(frame, instrument)
    before = _numbers(frame, columns.pre, instrument)
    after = _numbers(frame, columns.post, instrument)
    if np.isnan(after - before).all():
        raise NotEnoughData(
            "Nobody has a score both at the start and at the end.",
            where=f"columns {columns.pre} and {columns.post}",
            how_many=len(frame),
            fix="Choose a period or an instrument with scores at both times.",
        )
    return before, after


def occasion_scores(
    frame: pd.DataFrame, occasions: Sequence[str], instrument: Instrument | None
) -> Numbers:
    """Scores of several occasions, (people, occasions), NaN where there is none."""
    absent = [name for name in occasions if name not in frame.columns]
    if absent or len(set(occasions)) != len(occasions):
        raise UsageError(
            f"The frame has no column {', '.join(map(repr, absent))}."
            if absent
            else "An occasion is named twice.",
            where="parameter occasions",
            fix=f"Its columns are {', '.join(map(str, frame.columns))}.",
        )
    return np.column_stack([_numbers(frame, name, instrument) for name in occasions])


def _check_instrument(frame: pd.DataFrame, instrument: Instrument | None) -> None:
    """Refuse to apply one instrument's thresholds to another instrument's scores."""
    if "instrument" not in frame.columns:
        return
    there = sorted(map(str, frame["instrument"].dropna().unique()))
    if len(there) > 1 or (instrument is not None and there not in ([], [instrument.id])):
        asked = "" if instrument is None else f", the thresholds are those of {instrument.id}"
        raise UsageError(
            f"The frame holds scores of {', '.join(there)}{asked}.",
            where="column instrument",
            fix="Select the rows of one instrument and name that instrument.",
        )


def _numbers(frame: pd.DataFrame, column: str, instrument: Instrument | None) -> Numbers:
    """Read one column as floats."""
    values = frame[column]
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        try:
            values = pd.to_numeric(values)
        except (ValueError, TypeError):
            values = None
    if values is None:
        raise UsageError(
            "The scores are not numbers.", where=f"column {column}", fix="Convert them first."
        )
    numbers: Numbers = values.to_numpy(dtype="float64", na_value=np.nan)
    low, high = -sys.float_info.max, sys.float_info.max
    if instrument is not None:
        low, high = float(instrument.total_min), float(instrument.total_max)
    outside = int(((numbers < low) | (numbers > high)).sum())
    if outside:
        whole = "finite numbers" if instrument is None else f"{low:g} to {high:g}"
        raise RangeError(
            f"Scores lie outside the possible range, {whole}.",
            where=f"column {column}",
            how_many=outside,
            fix="Check that the column holds total scores of this instrument.",
        )
    return numbers
