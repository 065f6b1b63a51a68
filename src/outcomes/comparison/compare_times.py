"""Compare how soon people of two arms reach something, with leaving as a rival ending."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Unpack

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.comparison.conclude import conclude
from outcomes.comparison.diagnostics import Diagnostics, diagnose
from outcomes.comparison.estimators import (
    Estimation,
    Options,
    options,
    weighting,
)
from outcomes.comparison.estimators.incidence import REACHED, curve, mean_time, share_reached
from outcomes.comparison.policy import ComparisonPolicy, comparison_policy
from outcomes.comparison.prepared import (
    NOTHING,
    Prepared,
    Request,
    given,
    prepare,
    too_few,
    weighed,
)
from outcomes.comparison.result import ComparisonResult
from outcomes.comparison.times_result import CURVE_COLUMNS, TimesComparison
from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.arms import Arms, require_columns, two_arms
from outcomes.models.leaving.policy import leaving_policy
from outcomes.models.weight_result import WeightResult

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]
OPEN_WORDS = ("open", "still open", "censored")
REACHED_WORDS = ("reached", "improved")
_BETTER = {True: "higher", False: "lower"}


def compare_times(
    frame: pd.DataFrame,
    *,
    time: str = "time",
    event: str = "event",
    label: str = "reliable change",
    arm: str = "arm",
    reference: str | None = None,
    other: str | None = None,
    covariates: Sequence[str],
    cluster: str | None = None,
    estimand: str = "ATO",
    horizon: float | None = None,
    margin: float | None = None,
    time_margin: float | None = None,
    good: bool = True,
    unit: str = "weeks",
    confidence: float = 0.95,
    policy: ComparisonPolicy | None = None,
    **how: Unpack[Estimation],
) -> TimesComparison:
    """Differences in the share that has reached something by `horizon`, and in the mean time.

    `frame` has a row for each person: `time` (in `unit`, from the start) of the event, of
    leaving without it, or last seen; `event` is true and false (false: last seen), or words:
    "reached" or "improved", "open" or "still open", and any other word for leaving. Both arms
    are weighted to the population of `estimand`; the share is Aalen and Johansen's, so who left
    counts as never reaching it here. Without `horizon`, the last time at which enough people of
    both arms are still there. `good` says that reaching it is the better outcome. `margin`
    (share) and `time_margin` (in `unit`) allow the verdict equivalent. `how`: uncertainty
    ("stacked" or "fixed") and identification, as in `compare`.

    Raises UsageError for unknown columns, negative times or a horizon that is not followed,
    NotEnoughData for an empty arm. Arms that are not alike give a verdict and no number.
    """
    arms = two_arms(frame, arm, reference, other)
    require_columns(frame, [time, event])
    times, causes, known = _read(frame, time, event)
    end = _horizon(times, arms, known) if horizon is None else float(horizon)
    if not end > 0:
        raise UsageError("the horizon is not after the start", where="horizon")
    rules, chosen = policy or comparison_policy(), _options(how)
    asked = [
        Request(
            name, tuple(covariates), cluster, estimand, "weighting", limit, better, words,
            confidence, rules, chosen, how.get("identification"), how.get("recipe"),
        )
        for name, limit, better, words in (
            (f"{label} within {end:g} {unit}", margin, _BETTER[good], "share of people"),
            (f"time to {label} up to {end:g} {unit}", time_margin, _BETTER[not good], unit),
        )
    ]  # fmt: skip
    people = frame.assign(**{one.outcome: np.where(known, times, np.nan) for one in asked})
    ready = prepare(people, arms, asked[0])
    return _compared(ready, asked, _Observed(times, causes, end), (label, unit))


def _options(how: Estimation) -> Options:
    chosen = options(**how)
    if chosen.uncertainty not in ("stacked", "fixed") or chosen.folds:
        raise UsageError("times are compared with 'stacked' or 'fixed'", where="uncertainty")
    if chosen.effect != "difference":
        raise UsageError("times are compared by differences", where="effect")
    return chosen


@dataclass(frozen=True, slots=True, eq=False)
class _Observed:
    """Times and causes of every row of the frame, and the horizon."""

    times: FloatArray
    causes: IntArray
    end: float

    def arms(self, ready: Prepared) -> Iterator[tuple[str, BoolArray, FloatArray, IntArray]]:
        """Name, rows among the used ones, times and causes of (reference, other)."""
        times, causes = self.times[ready.rows], self.causes[ready.rows]
        names = (ready.arms.reference, ready.arms.other)
        for name, mine in zip(names, (~ready.in_other, ready.in_other), strict=True):
            yield name, mine, times[mine], causes[mine]


def _compared(
    ready: Prepared, asked: list[Request], observed: _Observed, words: tuple[str, str]
) -> TimesComparison:
    weights, checks = None, too_few(ready, asked[0])
    if checks is None:
        _followed(ready, observed)
        ready, weights = weighed(ready, asked[0])
        checks = _checks(ready, asked[0], observed, weights)
    share, mean = (
        _one(replace(ready, binary=one is asked[0]), one, weights, checks, observed)
        for one in asked
    )
    shown = weights is not None and not checks.failed
    curves = _curves(ready, weights, observed) if shown else pd.DataFrame(columns=CURVE_COLUMNS)
    label, unit = words
    events = _events(ready, observed)
    return TimesComparison(share, mean, observed.end, unit, label, curves, events)


def _followed(ready: Prepared, observed: _Observed) -> None:
    """Raise UsageError when the last of an arm was still open before the horizon."""
    for _, _, times, causes in observed.arms(ready):
        last = times == times.max()
        if times.max() < observed.end and (causes[last] == 0).any():
            raise UsageError(
                "an arm is not followed up to the horizon",
                where="horizon",
                fix="choose an earlier horizon, or leave it out",
            )


def _read(frame: pd.DataFrame, time: str, event: str) -> tuple[FloatArray, IntArray, BoolArray]:
    """Times, causes (0 open, 1 reached, 2 left) and which rows have both."""
    if not pd.api.types.is_numeric_dtype(frame[time]):
        raise UsageError("the time is not a number", where=f"column {time!r}")
    times = frame[time].to_numpy(dtype=float, na_value=np.nan)
    wrong = ~(times >= 0) & ~np.isnan(times)
    if wrong.any() or np.isinf(times).any():
        raise UsageError(
            "times are numbers from 0 upwards", where=f"column {time!r}", how_many=int(wrong.sum())
        )
    column = frame[event]
    known = ~np.isnan(times) & column.notna().to_numpy()
    if pd.api.types.is_bool_dtype(column):
        causes = column.fillna(False).to_numpy(dtype=bool).astype(np.intp)
    else:
        words = column.astype("string").fillna(OPEN_WORDS[0])
        reached, still = words.isin(REACHED_WORDS), words.isin(OPEN_WORDS)
        if not reached.any():
            raise UsageError(
                "no event says that somebody reached it",
                where=f"column {event!r}",
                fix=f"true and false, or the words {', '.join((*REACHED_WORDS, *OPEN_WORDS))}",
            )
        causes = np.select([reached.to_numpy(), still.to_numpy()], [REACHED, 0], 2).astype(np.intp)
    return times, causes, known


def _horizon(times: FloatArray, arms: Arms, known: BoolArray) -> float:
    """The last time at which in both arms enough people are still there."""
    fewest = int(leaving_policy("curve")["fewest_at_risk"])
    ends = []
    for rows in (arms.in_reference & known, arms.in_other & known):
        there = np.sort(times[rows])[::-1]
        if not len(there):
            raise NotEnoughData("an arm has nobody with a time", where="time", how_many=0)
        ends.append(float(there[min(fewest, len(there)) - 1]))
    return min(ends)


def _checks(
    ready: Prepared, asked: Request, observed: _Observed, weights: WeightResult
) -> Diagnostics:
    """The checks of a comparison, and whether enough people reached it in each arm."""
    found = diagnose(weights, ready.clusters, method="weighting", policy=asked.policy)
    fewest = min(
        int(((causes == REACHED) & (times <= observed.end)).sum())
        for _, _, times, causes in observed.arms(ready)
    )
    broken = asked.policy.check("events", fewest)
    return replace(found, few=(*found.few, broken)) if broken else found


def _one(
    ready: Prepared,
    asked: Request,
    weights: WeightResult | None,
    checks: Diagnostics,
    observed: _Observed,
) -> ComparisonResult:
    """One of the two differences as a comparison."""
    if weights is None or checks.failed or not weights.converged:
        return conclude(ready, asked, NOTHING, checks, weights)
    arrays = given(ready, asked, weights)
    statistic = share_reached if ready.binary else mean_time
    pseudo = np.empty(len(ready.y))
    for _, mine, times, causes in observed.arms(ready):
        pseudo[mine] = statistic(times, causes, arrays.weights[mine], observed.end)[1]
    moving = arrays.moving if asked.how.uncertainty == "stacked" else None
    found = weighting(
        pseudo, ready.in_other, arrays.covariates, arrays.weights, arrays.clusters,
        adjust=False, moving=moving,
    )  # fmt: skip
    return conclude(ready, asked, found, checks.with_df(found.df, asked.policy), weights)


def _curves(ready: Prepared, weights: WeightResult | None, observed: _Observed) -> pd.DataFrame:
    """Weighted curves of both arms, a row for each time; empty without weights."""
    if weights is None:
        return pd.DataFrame(columns=CURVE_COLUMNS)
    found = weights.weights.to_numpy()[ready.rows]
    parts = []
    for name, mine, times, causes in observed.arms(ready):
        one = curve(times, causes, found[mine])
        values = (name, one.time, one.reached, one.left, one.at_risk)
        parts.append(pd.DataFrame(dict(zip(CURVE_COLUMNS, values, strict=True))))
    return pd.concat(parts, ignore_index=True)


def _events(ready: Prepared, observed: _Observed) -> pd.DataFrame:
    """Counts by arm: people, reached, left, open."""
    rows = []
    for name, _, times, causes in observed.arms(ready):
        counts = np.bincount(causes, minlength=3)
        rows.append((name, len(times), int(counts[1]), int(counts[2]), int(counts[0])))
    return pd.DataFrame(rows, columns=["arm", "n", "reached", "left", "open"])
