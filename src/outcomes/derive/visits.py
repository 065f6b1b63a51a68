"""Scores over time placed at planned visits, so that people can be compared at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.errors import UsageError

WEEK = 7


@dataclass(frozen=True, slots=True, eq=False)
class Visits:
    """One row for each person and visit at which there is a score.

    `frame` has the columns given and `visit` (an ordered category, "week 4" and so on) and
    `week` (the planned one). The `n_scores` after the start are placed, lie outside every
    window (`n_outside`) or are further from the visit than another score of the same person
    (`n_further`).
    """

    frame: pd.DataFrame
    weeks: tuple[float, ...]
    half_width: float
    n_scores: int
    n_outside: int
    n_further: int

    @property
    def n_placed(self) -> int:
        """Scores that stand for a visit."""
        return len(self.frame)


def visits(
    frame: pd.DataFrame,
    weeks: Sequence[float] = (4, 8, 12),
    *,
    half_width: float | None = None,
    person: Sequence[str] = ("client_id", "episode_id"),
    day: str = "day",
) -> Visits:
    """Place each person's scores at the nearest planned visit.

    `frame` has one row for each score and person, with `day` days since the start score, as
    `oc.trajectories` gives; the start (day 0) is no visit. A score belongs to the visit whose
    planned week is at most `half_width` weeks away (default: half of the smallest gap
    between visits, so that no score fits two). Of several scores of one person the nearest
    counts, of two equally near the earlier.

    Raises UsageError where a column is missing or the windows overlap.
    """
    planned = np.array(sorted(float(week) for week in weeks))
    _check(frame, (*person, day), planned)
    gaps = np.diff(planned)
    narrowest = float(gaps.min()) / 2 if gaps.size else float(planned[0]) / 2
    reach = min(narrowest, float(planned[0]) / 2) if half_width is None else float(half_width)
    if reach <= 0 or (gaps.size and reach > narrowest):
        raise UsageError(
            "The windows of the visits overlap, or are empty.",
            where="parameter half_width",
            fix=f"Give more than 0 and at most {narrowest:g} weeks.",
        )
    later = frame[frame[day] > 0]
    week = later[day].to_numpy(dtype="float64") / WEEK
    nearest = np.searchsorted((planned[1:] + planned[:-1]) / 2, week, side="right")
    away = np.abs(week - planned[nearest])
    # A score midway belongs to the later visit: the lower edge counts, the upper does not.
    inside = (away < reach) | ((away == reach) & (week < planned[nearest]))
    placed = later[inside].assign(_visit=nearest[inside], _away=away[inside])
    keys = [*person, "_visit"]
    kept = placed.sort_values([*keys, "_away", day], kind="stable").drop_duplicates(keys)
    labels = [f"week {value:g}" for value in planned]
    named = pd.Categorical.from_codes(kept["_visit"], categories=labels, ordered=True)
    return Visits(
        frame=kept.assign(visit=named, week=planned[kept["_visit"]])
        .drop(columns=["_visit", "_away"])
        .reset_index(drop=True),
        weeks=tuple(planned.tolist()),
        half_width=reach,
        n_scores=len(later),
        n_outside=int((~inside).sum()),
        n_further=len(placed) - len(kept),
    )


def _check(
    frame: pd.DataFrame, columns: Sequence[str], planned: np.typing.NDArray[np.float64]
) -> None:
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise UsageError(
            "Columns are missing.",
            where=f"columns {', '.join(missing)}",
            fix="Give one row for each score, as oc.trajectories does.",
        )
    if not planned.size or planned[0] <= 0 or len(np.unique(planned)) < len(planned):
        raise UsageError(
            "Visits need different weeks after the start.",
            where="parameter weeks",
            fix="Give weeks above 0, each once, as in (4, 8, 12).",
        )
