"""`first_change`: how long until people are reliably better, with ending before it beside it."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Unpack

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes import proportions
from outcomes.change.rates import group_masks
from outcomes.change.sessions.grid import Grid
from outcomes.change.sessions.incidence import COMPETING, EVENT, OPEN, Observed, incidence
from outcomes.change.sessions.policy import sessions_policy
from outcomes.change.sessions.rule import Rule, Scale
from outcomes.change.sessions.terms import SessionsResult, begin
from outcomes.errors import UsageError

CURVE_COLUMNS = ["group", "week", "n", "improved", "low", "high", "ended_before"]
_WORDS = ("improved", "ended before", "still open")


@dataclass(frozen=True, slots=True, eq=False)
class FirstChange(SessionsResult):
    """Time from the start score to the first reliable improvement.

    `curve`: group, week, n, cumulative share improved with interval, and share that ended
    before. `medians`: group, n, week by which half had improved with limits (missing where
    fewer than half did), n improved, n ended before. `frame` has one row for each person
    with `outcome` and the weeks it lies between.
    """

    curve: pd.DataFrame
    medians: pd.DataFrame
    seed: int
    converged: bool

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know before using the numbers."""
        found = list(self.limit.warnings)
        if not self.converged:
            found.append("The estimate of the curve did not settle: do not use it.")
        return tuple(found)

    def to_frame(self) -> pd.DataFrame:
        """The curve: one row for each group and week."""
        return self.curve.copy()

    def explain(self) -> str:
        """What was estimated, how, and what it does not tell."""
        lines = [
            f"First reliable improvement: {self.n_used} of {self.n_in} people have a second score.",
            self._reliable(),
            "It happened between two scores, so its week is known only as an interval; the "
            "curve is the maximum-likelihood estimate for such intervals, in whole weeks.",
            "Ending before it (a finished episode without improvement) competes with it: who "
            "has left cannot improve here any more and is not treated as if still on the way. "
            "Episodes still open count up to their last score.",
            f"Limits: percentile bootstrap of people or clusters, {100 * self.confidence:g} %, "
            f"seed {self.seed}.",
            "What this does not tell: that the help caused it, or that it lasted.",
            f"Source: {self.source}.",
            *(f"Warning: {text}" for text in self.warnings),
        ]
        return "\n".join(lines)

    def __repr__(self) -> str:
        head = f"FirstChange({self.n_used} of {self.n_in} people with a second score)"
        shown = self.medians.to_string(index=False, na_rep="not reached")
        return "\n".join([head, shown, *(f"warning: {text}" for text in self.warnings)])

    def _repr_html_(self) -> str:
        head = (
            f"First reliable improvement: {self.n_used} of {self.n_in} people have a second score."
        )
        table = self.medians.to_html(index=False, escape=True, na_rep="not reached")
        return f"<p>{html.escape(head)}</p>{table}"


def first_change(
    frame: pd.DataFrame,
    *,
    by: str | None = None,
    cluster: str | None = None,
    seed: int = 0,
    **scale: Unpack[Scale],
) -> FirstChange:
    """Estimate when people of a frame of trajectories first are reliably better.

    An episode with `ended_on` is finished; without that column nobody is. Raises
    UsageError, InstrumentError or NotEnoughData as `oc.change`.
    """
    known, terms = begin(frame, by, cluster, scale)
    rule = terms.rule
    policy = sessions_policy("first_change")
    used = known.n_scores > 1
    if not used.any():
        raise UsageError(
            "Nobody has a second score.", where="trajectories", fix="Read more scores."
        )
    observed = _observed(known, rule, int(policy["weeks_of_days"]))
    curves, medians, converged = [], [], True
    for name, mask in group_masks(None if by is None else known.people[by], len(used)):
        rows = mask & used
        if not rows.any():
            continue
        part = Observed(observed.left[rows], observed.right[rows], observed.cause[rows])
        clusters = _clusters(known.people[rows], cluster)
        draws = _Draws(clusters, int(policy["bootstrap"]), seed)
        curve, median, settled = _group(name, part, draws, terms.confidence)
        curves.append(curve)
        medians.append(median)
        converged &= settled
    people = known.people.assign(
        outcome=pd.Series(np.array(_WORDS)[observed.cause], dtype="string").mask(~used),
        after_week=pd.Series(observed.left).astype("Int64").mask(~used),
        by_week=pd.Series(observed.right).astype("Int64").mask(~used | (observed.cause == OPEN)),
    )
    return FirstChange(
        frame=people,
        curve=pd.concat(curves, ignore_index=True),
        medians=pd.DataFrame(medians),
        terms=terms,
        n_in=len(people),
        n_used=int(used.sum()),
        seed=seed,
        converged=converged,
        source=str(policy["source"]),
    )


def _observed(known: Grid, rule: Rule, days_of_week: int) -> Observed:
    """Left and right week and cause of each person; the event in (left, right]."""
    better = rule.better(rule.gain(known.scores[:, :1], known.scores))
    has = better.any(axis=1)
    place = better.argmax(axis=1)
    # Week 1 is days 1 to 7: a score on day 7 says what had happened by week 1.
    week = np.ceil(known.days / days_of_week)
    rows = np.arange(len(week))
    last = np.nanmax(week, axis=1)
    left = np.where(has, week[rows, np.maximum(place - 1, 0)], last).astype(np.int64)
    right = np.where(has, np.nan_to_num(week[rows, place]), last).astype(np.int64)
    finished = np.zeros(len(week), dtype=bool)
    if "ended_on" in known.people.columns:
        finished = known.people["ended_on"].notna().to_numpy()
    cause = np.where(has, EVENT, np.where(finished, COMPETING, OPEN))
    # Two scores in one week: the event is placed in the week of the second.
    left = np.where(has & (left >= right), right - 1, left)
    # An ending is known to the week: it comes right after the last score.
    left = np.where(cause == COMPETING, last.astype(np.int64), left)
    right = np.where(cause == COMPETING, left + 1, right)
    return Observed(left, right, cause.astype(np.int64))


def _clusters(people: pd.DataFrame, cluster: str | None) -> npt.NDArray[np.intp]:
    if cluster is None:
        return np.arange(len(people))
    return proportions.cluster_codes(people[cluster])


@dataclass(frozen=True, slots=True, eq=False)
class _Draws:
    """How to resample: whole clusters, `count` times."""

    clusters: npt.NDArray[np.intp]
    count: int
    seed: int

    def curves(self, part: Observed, steps: int) -> npt.NDArray[np.float64]:
        """The curve of each resample, one row each."""
        rng = np.random.default_rng(self.seed)
        _, codes = np.unique(self.clusters, return_inverse=True)
        k = int(codes.max()) + 1
        found = np.empty((self.count, steps))
        for draw in range(self.count):
            weight = np.bincount(rng.integers(k, size=k), minlength=k).astype(np.float64)
            found[draw] = incidence(part, weight[codes]).event
        return found


def _group(
    name: str, part: Observed, draws: _Draws, confidence: float
) -> tuple[pd.DataFrame, dict[str, object], bool]:
    """The curve of one group with its limits, and its median."""
    found = incidence(part)
    replicates = draws.curves(part, len(found.step))
    tail = (1 - confidence) / 2
    low, high = np.quantile(replicates, [tail, 1 - tail], axis=0)
    curve = pd.DataFrame(
        {
            "group": name,
            "week": found.step,
            "n": len(part.left),
            "improved": found.event,
            "low": low,
            "high": high,
            "ended_before": found.competing,
        },
        columns=CURVE_COLUMNS,
    )
    median: dict[str, object] = {
        "group": name,
        "n": len(part.left),
        "n_improved": int((part.cause == EVENT).sum()),
        "n_ended_before": int((part.cause == COMPETING).sum()),
        "n_open": int((part.cause == OPEN).sum()),
        "median_week": _reached(found.step, found.event),
        # The upper limit of the curve reaches a half first: it gives the lower week.
        "low": _reached(found.step, high),
        "high": _reached(found.step, low),
    }
    return curve, median, found.converged


def _reached(step: npt.NDArray[np.int64], share: npt.NDArray[np.float64]) -> object:
    """The first week by which half had improved; NA where fewer than half did."""
    there = share >= 0.5 - 1e-9
    return int(step[there.argmax()]) if there.any() else pd.NA
