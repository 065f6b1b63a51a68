"""Numbers outside the range their column declares."""

from __future__ import annotations

from datetime import date

import pandas as pd

from outcomes.cleaning.context import known
from outcomes.cleaning.policy import Settings
from outcomes.cleaning.presence import is_required
from outcomes.cleaning.traced import Tables, Traced, Tracing
from outcomes.schema import TABLES, Column


def check_ranges(tables: Tables, settings: Settings) -> Traced:
    """Empty numbers a column cannot hold; drop the row where the column is required.

    A number that is one of the source's codes for missing is told apart from a plain
    impossible value; a code that the range allows is an answer (-1 in goal attainment).
    """
    tracing = Tracing("check_ranges", tables)
    for name in tables:
        for column in TABLES[name].columns:
            required = is_required(name, column)
            outside = _outside(tracing[name][column.name], column)
            if outside is None:
                continue
            codes = tracing[name][column.name].isin(settings.sentinels)
            tracing.lose(name, outside & codes, "sentinel", column.name, required=required)
            rest = (outside & ~codes).reindex(tracing[name].index)
            tracing.lose(name, rest, "out_of_range", column.name, required=required)
    return tracing.done()


def _outside(cells: pd.Series, column: Column) -> pd.Series | None:
    low, high = column.minimum, column.maximum
    if isinstance(low, date) or isinstance(high, date) or (low is None and high is None):
        return None
    outside = pd.Series(False, index=cells.index)
    if low is not None:
        outside |= (cells < low).fillna(False).astype(bool)
    if high is not None:
        outside |= (cells > high).fillna(False).astype(bool)
    return outside


def check_goal_scales(tables: Tables, settings: Settings) -> Traced:
    """Drop ratings that the scale of their goal does not have."""
    tracing = Tracing("check_goal_scales", tables)
    goals = known(tables, "goals", settings)
    if "goal_ratings" in tables and goals is not None:
        scales = goals.set_index("goal_id")["scale"]
        ratings = tables["goal_ratings"]
        # As objects: a map over an empty column of text would stay text and not compare.
        scale = scales.reindex(ratings["goal_id"]).set_axis(ratings.index).astype("object")
        ends = settings.policy.goal_scales
        low = scale.map({word: limits[0] for word, limits in ends.items()}).astype("float64")
        high = scale.map({word: limits[1] for word, limits in ends.items()}).astype("float64")
        value = ratings["value"].astype("float64")
        tracing.drop("goal_ratings", (value < low) | (value > high), "out_of_range", "value")
    return tracing.done()
