"""Courses of treatment with first and last scores of both measures, and what follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.change.categories import ROUNDING, Flags
from outcomes.change.service.policy import ServiceMeasure, service_policy
from outcomes.errors import InstrumentError, RangeError, UsageError
from outcomes.instruments.registry import library

Values = npt.NDArray[np.float64]
SCORES = ("depression_first", "depression_last", "anxiety_first", "anxiety_last")


@dataclass(frozen=True, slots=True, eq=False)
class Status:
    """Flags of each course, as NHS Talking Therapies defines them."""

    caseness: Flags
    not_caseness: Flags
    unknown_caseness: Flags
    paired: Flags
    recovery: Flags
    improvement: Flags
    deterioration: Flags
    no_change: Flags


def joined(
    depression: pd.DataFrame, anxiety: Sequence[pd.DataFrame], key: Sequence[str]
) -> pd.DataFrame:
    """One row for each course in either, with `SCORES` and the anxiety measure's name.

    Of several anxiety frames the first that has both scores of a course counts, else the
    first that has one. Other columns come from the first frame that has the course.
    """
    for frame in (depression, *anxiety):
        _check_keys(frame, key)
    courses = pd.concat([depression, *anxiety]).drop_duplicates(list(key), keep="first")
    courses = courses.drop(columns=["pre", "post", "instrument"], errors="ignore")
    courses = courses.merge(
        _scores(depression, key, service_policy().depression)
        .rename(columns={"pre": SCORES[0], "post": SCORES[1]})
        .drop(columns="instrument"),
        on=list(key),
        how="left",
        validate="one_to_one",
    )
    named = [_scores(frame, key, "gad7") for frame in anxiety]
    pooled = pd.concat([frame.assign(turn=turn) for turn, frame in enumerate(named)])
    there = pooled[["pre", "post"]].notna().sum(axis=1)
    best = pooled.assign(there=there).sort_values(["there", "turn"], ascending=[False, True])
    best = best.drop_duplicates(list(key)).drop(columns=["there", "turn"])
    best = best.rename(
        columns={"pre": SCORES[2], "post": SCORES[3], "instrument": "anxiety_measure"}
    )
    return courses.merge(best, on=list(key), how="left", validate="one_to_one")


def limits(names: pd.Series, *, allow_unverified: bool) -> tuple[Values, Values]:
    """Caseness and reliable change of each row's measure; NaN where no measure is named.

    Raises InstrumentError for a measure that is unknown here, or not verified and not asked
    for.
    """
    known = service_policy().measures
    asked = sorted(map(str, names.dropna().unique()))
    unknown = [name for name in asked if name not in known]
    if unknown:
        raise InstrumentError(
            f"There are no NHS thresholds for {', '.join(unknown)}.",
            where="column instrument",
            fix=f"Known are {', '.join(known)}.",
        )
    unsafe = [name for name in asked if not known[name].verified]
    if unsafe and not allow_unverified:
        raise InstrumentError(
            f"The thresholds of {', '.join(unsafe)} are not verified.",
            where="column instrument",
            fix="Check them against the NHS manual, then give allow_unverified=True.",
        )
    found: list[Values] = []
    for what in ("caseness", "reliable_change"):
        table = {name: getattr(known[name], what) for name in asked}
        found.append(names.map(table).to_numpy(dtype="float64", na_value=np.nan))
    return found[0], found[1]


def classify(courses: pd.DataFrame, *, allow_unverified: bool) -> Status:
    """Flags of each course.

    Case: either first score at or above its cut-off; not a case: both known and below.
    Recovery: a case at first, both last scores known and below. Improvement: all four scores
    known, either measure better by its threshold and neither worse by it; deterioration: the
    reverse; no change: all other courses with four scores, also where one measure improved
    and the other deteriorated. A comparison with a missing score is false, as in SQL.
    """
    depression = service_policy().measures[service_policy().depression]
    first_d, last_d, first_a, last_a = (
        courses[name].to_numpy(dtype="float64", na_value=np.nan) for name in SCORES
    )
    _check_ranges(courses, depression)
    line, step = limits(courses["anxiety_measure"], allow_unverified=allow_unverified)
    case_d, case_a = first_d >= depression.caseness, first_a >= line
    case = case_d | case_a
    below = (first_d < depression.caseness) & (first_a < line)
    paired = ~np.isnan(first_d + last_d + first_a + last_a)
    recovered = case & (last_d < depression.caseness) & (last_a < line)
    gain_d, gain_a = first_d - last_d, first_a - last_a
    reach_d, reach_a = depression.reliable_change - ROUNDING, step - ROUNDING
    up = (gain_d >= reach_d) | (gain_a >= reach_a)
    down = (-gain_d >= reach_d) | (-gain_a >= reach_a)
    improved, worse = paired & up & ~down, paired & down & ~up
    return Status(
        caseness=case,
        not_caseness=below,
        unknown_caseness=~case & ~below,
        paired=paired,
        recovery=recovered,
        improvement=improved,
        deterioration=worse,
        no_change=paired & ~improved & ~worse,
    )


def _check_keys(frame: pd.DataFrame, key: Sequence[str]) -> None:
    absent = [name for name in (*key, "pre", "post") if name not in frame.columns]
    if absent:
        raise UsageError(
            f"A frame of pairs has no column {', '.join(map(repr, absent))}.",
            where="service_measures(depression, anxiety)",
            fix="Give frames as from pairs(study, 'phq9'), or name the key columns with key=.",
        )
    repeated = int(frame.duplicated(list(key)).sum())
    if repeated:
        raise UsageError(
            "A course stands in several rows of one frame.",
            where=f"columns {', '.join(key)}",
            how_many=repeated,
            fix="Keep one row for each course, or give anxiety as a list of frames, the "
            "disorder's own measure first.",
        )


def _scores(frame: pd.DataFrame, key: Sequence[str], default: str) -> pd.DataFrame:
    named = frame["instrument"] if "instrument" in frame.columns else default
    return frame[[*key, "pre", "post"]].assign(instrument=named)


def _check_ranges(courses: pd.DataFrame, depression: ServiceMeasure) -> None:
    """Refuse scores the questionnaire cannot give; only those of known instruments."""
    known = library()
    measures = courses["anxiety_measure"].astype("object")
    for columns, names in ((SCORES[:2], None), (SCORES[2:], measures)):
        for name in [depression.id] if names is None else names.dropna().unique():
            if name not in known:
                continue
            rows = slice(None) if names is None else names.eq(name).to_numpy(dtype=bool)
            values = courses.loc[rows, list(columns)].to_numpy(dtype="float64", na_value=np.nan)
            top = float(known[name].total_max)
            outside = int(((values < known[name].total_min) | (values > top)).sum())
            if outside:
                raise RangeError(
                    f"Scores of {known[name].name} lie outside 0 to {top:g}.",
                    where=f"columns {columns[0]} and {columns[1]}",
                    how_many=outside,
                    fix="Check that the columns hold total scores.",
                )
