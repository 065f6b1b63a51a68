"""`on_track`: who falls behind people who started alike, and how good that alert is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Unpack

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes import proportions
from outcomes.change.sessions.expected import alerts, expected_band, folds
from outcomes.change.sessions.grid import Grid, Matrix, last_of
from outcomes.change.sessions.policy import sessions_policy
from outcomes.change.sessions.rule import Rule, Scale
from outcomes.change.sessions.shares import Question, SharesResult, count_shares
from outcomes.change.sessions.terms import begin

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class OnTrack(SharesResult):
    """Expected course, alerts, and their value on people held out.

    `frame`: one row for each score with `expected`, `limit` and `alert`; the band is
    drawn without the person's own fold. `band`: occasion, n, and the expected score and
    limit at the lower quartile, median and upper quartile of the start scores. `rates`:
    sensitivity, specificity and predictive values for not having improved at the end.
    """

    band: pd.DataFrame
    percentile: float
    seed: int

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know before using the numbers."""
        found = list(self.limit.warnings)
        if self.band.empty:
            found.append("Too few people have scores after the start to draw an expected course.")
        return tuple(found)

    def explain(self) -> str:
        """What was computed, how, and what it does not tell."""
        lines = [
            f"Expected course by start score: {self.n_used} of {self.n_in} people have scores "
            "between the start and the end that can be judged.",
            "At each occasion: a straight line on the start score, and the residual of the "
            f"{100 * self.percentile:g} % who did worst. A score beyond that limit, or reliably "
            "worse than the start, is an alert.",
            "The band of each person is drawn from other people only (folds by person or "
            "cluster). The last score is what is foretold, so it raises no alert itself.",
            "Sensitivity: of people not reliably better at the end, the share with an alert "
            "before. Positive predictive value: of people with an alert, the share not better.",
            "What this does not tell: that an alert helps. Compare with trials of feedback.",
            f"Source: {self.source}.",
            *(f"Warning: {text}" for text in self.warnings),
        ]
        return "\n".join(lines)

    def _head(self) -> str:
        return f"Alerts of {self.n_used} of {self.n_in} people, judged on people held out"


def on_track(
    frame: pd.DataFrame,
    *,
    by: str | None = None,
    cluster: str | None = None,
    percentile: float | None = None,
    seed: int = 0,
    **scale: Unpack[Scale],
) -> OnTrack:
    """Draw the expected course of a frame of trajectories and judge its alerts.

    Raises UsageError, InstrumentError or NotEnoughData as `oc.change`.
    """
    known, terms = begin(frame, by, cluster, scale)
    rule = terms.rule
    policy = sessions_policy("expected")
    worst = float(policy["percentile"]) if percentile is None else percentile
    minimum = int(policy["minimum_people"])
    name = cluster or "client_id"
    fold = folds(proportions.cluster_codes(known.people[name]), int(policy["folds"]), seed)
    expected, limit = _held_out(known, rule, fold, worst, minimum)
    flagged = alerts(known.scores, limit, rule)
    judged, alerted, failed = _judged(known, rule, limit, flagged)
    return OnTrack(
        frame=_long(known, expected, limit, flagged),
        band=_band(known, rule, worst, minimum),
        counted=count_shares(known.people, _questions(judged, alerted, failed), terms),
        terms=terms,
        n_in=len(known.people),
        n_used=int(judged.sum()),
        percentile=worst,
        seed=seed,
        source=str(policy["source"]),
    )


def _held_out(
    known: Grid, rule: Rule, fold: npt.NDArray[np.int64], percentile: float, minimum: int
) -> tuple[Matrix, Matrix]:
    """Expected scores and limits, each person's from the other folds."""
    expected = np.full(known.scores.shape, np.nan)
    limit = np.full(known.scores.shape, np.nan)
    for part in np.unique(fold):
        out = fold == part
        line, worst = expected_band(
            known.scores, rule, learn=~out, percentile=percentile, minimum=minimum
        )
        expected[out], limit[out] = line[out], worst[out]
    return expected, limit


def _judged(known: Grid, rule: Rule, limit: Matrix, flagged: Flags) -> tuple[Flags, Flags, Flags]:
    """Who can be judged, who had an alert before the last score, who did not improve."""
    columns = np.arange(known.scores.shape[1])
    between = (columns[None, :] > 0) & (columns[None, :] < (known.n_scores - 1)[:, None])
    judged = np.asarray((between & ~np.isnan(limit)).any(axis=1), dtype=bool)
    alerted = np.asarray((between & flagged).any(axis=1), dtype=bool)
    improved = rule.better(rule.gain(known.scores[:, 0], last_of(known.scores)))
    return judged, alerted, ~improved


def _long(known: Grid, expected: Matrix, limit: Matrix, flagged: Flags) -> pd.DataFrame:
    """One row for each score there is."""
    row, number = np.nonzero(~np.isnan(known.scores))
    people = known.people.iloc[row].reset_index(drop=True)
    return people.assign(
        number=number,
        day=known.days[row, number].astype("int64"),
        score=known.scores[row, number],
        expected=expected[row, number],
        limit=limit[row, number],
        alert=flagged[row, number],
    )


def _band(known: Grid, rule: Rule, percentile: float, minimum: int) -> pd.DataFrame:
    """The course for three start scores, from everybody."""
    starts = np.quantile(known.scores[:, 0], [0.25, 0.5, 0.75])
    probe = np.full((len(starts), known.scores.shape[1]), np.nan)
    probe[:, 0] = starts
    together = np.vstack([known.scores, probe])
    learn = np.arange(len(together)) < len(known.scores)
    line, worst = expected_band(together, rule, learn=learn, percentile=percentile, minimum=minimum)
    reached = (~np.isnan(known.scores)).sum(axis=0)
    rows = [
        (number, int(reached[number]), float(start), line[place, number], worst[place, number])
        for number in range(1, known.scores.shape[1])
        for place, start in enumerate(starts, len(known.scores))
        if not np.isnan(line[place, number])
    ]
    return pd.DataFrame(rows, columns=["number", "n", "start", "expected", "limit"])


def _questions(judged: Flags, alerted: Flags, failed: Flags) -> list[Question]:
    return [
        Question(
            "alert", "judged", alerted, judged, "An alert before the last score; of people judged."
        ),
        Question(
            "sensitivity",
            "not improved",
            alerted,
            judged & failed,
            "An alert before the last score; of people not reliably better at the end.",
        ),
        Question(
            "specificity",
            "improved",
            ~alerted,
            judged & ~failed,
            "No alert before the last score; of people reliably better at the end.",
        ),
        Question(
            "positive_predictive_value",
            "alert",
            failed,
            judged & alerted,
            "Not reliably better at the end; of people with an alert.",
        ),
        Question(
            "negative_predictive_value",
            "no alert",
            ~failed,
            judged & ~alerted,
            "Reliably better at the end; of people without an alert.",
        ),
    ]
