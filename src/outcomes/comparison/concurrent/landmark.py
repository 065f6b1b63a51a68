"""Landmark analysis: who had added the other service by a day, among people still in care."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from outcomes.comparison.compare import compare
from outcomes.comparison.concurrent.courses import ADDED, LEFT, MEASURED
from outcomes.comparison.concurrent.landmark_result import AtLandmark, LandmarkResult
from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.arms import require_columns

ALONE, TOGETHER = "one service", "both services"
ARM = "at_landmark"


def landmark(
    frame: pd.DataFrame,
    at: float | Sequence[float],
    *,
    covariates: Sequence[str],
    outcome: str = "post",
    added: str = ADDED,
    left: str = LEFT,
    measured: str = MEASURED,
    **options: Any,  # noqa: ANN401 - those of compare
) -> LandmarkResult:
    """Compare people who had both services by day `at` with those who had one, from then on.

    `frame` has a row for each person as `oc.added_care` gives it: `added`, `left` and
    `measured` in days after the start, NaN for never, still in care and no end score. Only
    people still in care on the day are in it, and only end scores given after it count, so
    that nobody has to survive into a group. Somebody who adds the service later stays with
    one service. Several days give an analysis each; the first is the one declared. `options`
    are those of `oc.compare` (cluster, direction, estimand, method, margin). Raises UsageError
    for columns and days that cannot be used, NotEnoughData where a group is empty.

    Source: Anderson, Cain & Gelber 1983 (J Clin Oncol 1:710); Dafni 2011.
    """
    days = [float(day) for day in (at if isinstance(at, Sequence) else [at])]
    if not days or any(not day >= 0 for day in days):
        raise UsageError("A landmark is a number of days after the start.", where="parameter at")
    require_columns(frame, [added, left, measured, outcome])
    for name in (added, left, measured):
        if (frame[name] < 0).any():
            raise UsageError(
                "Days before the start.",
                where=f"column {name!r}",
                how_many=int((frame[name] < 0).sum()),
            )
    late = {"reference", "other", "arm"} & set(options)
    if late:
        raise UsageError(
            "At a landmark the groups are one service and both services.",
            where=f"parameter {', '.join(sorted(late))}",
        )
    found = [_at(frame, day, (added, left, measured, outcome), covariates, options) for day in days]
    return LandmarkResult(tuple(found), outcome)


def at_landmark(
    frame: pd.DataFrame, day: float, columns: tuple[str, str, str, str]
) -> tuple[pd.DataFrame, dict[str, int]]:
    """People in care on the day with their group and the outcome after it, and the left out."""
    added, left, measured, outcome = columns
    gone = frame[left].le(day).fillna(False).to_numpy(dtype=bool)
    by_then = frame[added].le(day).fillna(False).to_numpy(dtype=bool)
    people = frame[~gone].copy()
    people[ARM] = np.where(by_then[~gone], TOGETHER, ALONE)
    early = people[measured].le(day).fillna(False) & people[outcome].notna()
    people[outcome] = people[outcome].mask(early)
    later = people[added].gt(day).fillna(False)
    return people, {
        "in": len(frame),
        "care had ended": int(gone.sum()),
        "both among them": int((gone & frame[added].notna().to_numpy()).sum()),
        "end score by then": int(early.sum()),
        "added later, stays in one service": int(later.sum()),
    }


def _at(
    frame: pd.DataFrame,
    day: float,
    columns: tuple[str, str, str, str],
    covariates: Sequence[str],
    options: dict[str, Any],
) -> AtLandmark:
    people, counts = at_landmark(frame, day, columns)
    groups = set(people[ARM])
    if groups != {ALONE, TOGETHER}:
        raise NotEnoughData(
            f"Of the people in care on day {day:g}, all have the same services.",
            where="parameter at",
            how_many=len(people),
            fix="Choose a day by which some, but not all, had added the other service.",
        )
    effect = compare(
        people, outcome=columns[3], arm=ARM, reference=ALONE, other=TOGETHER,
        covariates=covariates, **options,
    )  # fmt: skip
    return AtLandmark(day, effect, counts)
