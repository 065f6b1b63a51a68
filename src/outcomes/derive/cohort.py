"""The people a comparison is about, and everybody who was left out on the way."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from outcomes.derive.eligibility import (
    check_enough,
    check_practice,
    checked_arms,
    eligible,
    scored_steps,
)
from outcomes.derive.flow import TOTAL, flow
from outcomes.derive.pairs import one_instrument, pairs, placed_scores
from outcomes.derive.people import people
from outcomes.derive.period import Period
from outcomes.derive.policy import derive_policy
from outcomes.instruments.model import Instrument
from outcomes.instruments.registry import get
from outcomes.schema import Study
from outcomes.schema.drawing import Drawable


@dataclass(frozen=True, slots=True, eq=False)
class Cohort(Drawable):
    """One row for each person, with the flow that led to it.

    `frame` has the columns of `pairs` for each person's index episode: the first eligible
    one, and `practitioner_or_couple`: who is not independent (practitioner, else couple,
    else the person). It holds everybody who started, with or without scores (`status`), so that
    the missing stay visible. `flow` counts persons, couples and episodes after each step.
    `unplaced_scores` counts valid scores whose client has no part in their episode.
    """

    frame: pd.DataFrame
    flow: pd.DataFrame
    instrument: Instrument
    arms: tuple[str, ...]
    period: Period
    practice: str | None
    follow_up_days: int | None
    unplaced_scores: int
    grace_days: int | None = None

    def to_frame(self) -> pd.DataFrame:
        """Return the people, one row each."""
        return self.frame.copy()

    def explain(self) -> str:
        """How people were chosen, step by step, and what that does not tell."""
        policy = derive_policy()
        grace = policy.grace_days if self.grace_days is None else self.grace_days
        lines = ["Each person counts once, with the first episode that meets every step:"]
        totals = self.flow[self.flow["arm"].eq(TOTAL)]
        lines.extend(
            f"  {row.label}: {row.persons} persons, {row.couples} couples, "
            f"{row.episodes} episodes ({row.left_out} persons left out here)"
            for row in totals.itertuples()
        )
        lines += [
            "Scores are chosen by occasion and date, never by position in the file. "
            f"{self.unplaced_scores} scores name a client who has no part in their episode "
            "and were not used.",
            f"Both kinds of care: another kind was open within {grace} days of the "
            f"start. {policy.reasons['concurrent_care']}",
            "What this does not tell: why people lack a score. Those with both scores may "
            "have done better than those without.",
        ]
        return "\n".join(lines)

    def __repr__(self) -> str:
        paired = self.frame["status"].eq("paired")
        parts = [
            f"{arm} {int(self.frame['arm'].eq(arm).sum())} "
            f"({int((paired & self.frame['arm'].eq(arm)).sum())} with both scores)"
            for arm in self.arms
        ]
        where = f", practice {self.practice}" if self.practice else ""
        return f"Cohort({self.instrument.id}, {self.period.label}{where}: {'; '.join(parts)})"

    def _repr_html_(self) -> str:
        table = self.flow.drop(columns="step").to_html(index=False)
        return f"<p><strong>{html.escape(repr(self))}</strong></p>{table}"


def cohort(
    study: Study,
    instrument: str,
    *,
    interventions: Sequence[str],
    period: str | Period = "all",
    practice: str | None = None,
    follow_up_days: int | None = None,
    follow_up_window: int | None = None,
    scores: pd.DataFrame | None = None,
    rater: str = "client",
    grace_days: int | None = None,
) -> Cohort:
    """Select the people whose episodes of `interventions` ended in `period`, one row each.

    `interventions` are arms: coaching, therapy, other, or "both" (two kinds of care at
    once). Open episodes belong to no period except "all". The follow-up arguments,
    `scores`, `rater` and `grace_days` are those of `pairs`. Raises UsageError for an unknown
    intervention, practice or period, NotEnoughData where an arm has nobody or nobody has
    both scores.
    """
    found = get(instrument)
    arms = checked_arms(interventions)
    span = period if isinstance(period, Period) else Period.parse(period)
    check_practice(study, practice)
    if scores is None:
        scores = one_instrument(study, found.id)
    rows = pairs(
        study,
        instrument,
        scores=scores,
        follow_up_days=follow_up_days,
        follow_up_window=follow_up_window,
        rater=rater,
        grace_days=grace_days,
    )
    narrowing = eligible(rows, arms, span, practice)
    counts = flow(rows, [*narrowing, *scored_steps(rows)], arms)
    keep = pd.concat([step.keep for step in narrowing], axis=1).all(axis=1)
    frame = rows[keep].reset_index(drop=True)
    frame["practitioner_or_couple"] = _cluster(frame)
    check_enough(frame, counts, arms, _place(span, practice), found.name)
    _, unplaced = placed_scores(people(study), scores, found.id, rater)
    return Cohort(frame, counts, found, arms, span, practice, follow_up_days, unplaced, grace_days)


def _cluster(frame: pd.DataFrame) -> pd.Series:
    """Name who is not independent: the practitioner's clients, else the couple, else nobody.

    The outermost group that is recorded; partners of a couple's episode share their
    practitioner, so clusters of practitioners contain the couples.
    """
    names = [
        f"{kind} " + frame[f"{kind}_id"].astype("string")
        for kind in ("practitioner", "couple", "client")
    ]
    return names[0].fillna(names[1]).fillna(names[2])


def _place(span: Period, practice: str | None) -> str:
    when = "all dates" if span.start is None else f"episodes that ended in {span.label}"
    return when if practice is None else f"{when}, practice {practice}"
