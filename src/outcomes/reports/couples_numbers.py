"""Everything the report on couples shows, made from one cohort in one place.

A part that the data do not allow (one kind of help, no alliance measured) is kept as the
reason why.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from outcomes.change import ChangeResult, change
from outcomes.change.partners import CoupleResult, couples
from outcomes.comparison import WithinArm, within_arms
from outcomes.derive import Cohort, Dyads, cohort, dyads, only_episodes, trajectories
from outcomes.errors import NotEnoughData
from outcomes.instruments import RiskFlags, risk_flags
from outcomes.models.dyads import (
    ApimResult,
    DyadicGrowthResult,
    PartnerAgreement,
    apim,
    dyadic_growth,
    partner_agreement,
)
from outcomes.models.dyads.policy import dyads_policy
from outcomes.privacy import Policy
from outcomes.process.ratings import forms
from outcomes.reports.companions import Absent, tried
from outcomes.schema import Study

KEY = ["couple_id", "episode_id"]
WEEK = 7
# Columns of the models, named as readers meet them.
WEEKS, SATISFACTION, ALLIANCE = "weeks", "satisfaction", "alliance"
WHEN = {"pre": "At the start", "post": "At the end", "change": "Change"}


@dataclass(frozen=True, slots=True)
class Means:
    """Start, end and change of the people of one arm (and role), couples as clusters."""

    role: str | None
    start: WithinArm
    end: WithinArm
    change: WithinArm


@dataclass(frozen=True, slots=True, eq=False)
class Couples:
    """The results of one report; a part is `Absent` where the data do not allow it."""

    study: Study
    cohort: Cohort
    dyads: Dyads
    n_people: int
    risk: RiskFlags
    changes: ChangeResult
    couples: CoupleResult
    means: tuple[Means, ...]
    agreement: dict[str, PartnerAgreement | Absent]
    growth: DyadicGrowthResult | Absent
    apim: ApimResult | Absent
    measures: tuple[str, str]
    policy: Policy
    seed: int


def couples_cohort(
    study: Study,
    instrument: str,
    *,
    interventions: list[str],
    period: str = "all",
    practice: str | None = None,
) -> tuple[Study, Cohort]:
    """The couples' episodes as a study, and the cohort of their partners.

    Raises NotEnoughData where there is no couple's episode, and as `cohort`.
    """
    episodes = study.episodes
    together = episodes[episodes["unit"].eq("couple").fillna(False)]
    if together.empty:
        raise NotEnoughData(
            "There is no couple in these data.",
            where="table episodes, column unit",
            fix="Give data with episodes of couples, or use the report on individual change.",
        )
    part = only_episodes(study, together["episode_id"].unique())
    chosen = cohort(part, instrument, interventions=interventions, period=period, practice=practice)
    return part, chosen


def couples_numbers(
    study: Study,
    chosen: Cohort,
    *,
    policy: Policy,
    tell_apart: str = "alike",
    satisfaction: str = "csq8",
    alliance: str = "srs",
    reliability: float | None = None,
    seed: int = 0,
) -> Couples:
    """Compute all parts for the couples of a cohort (see `couples_cohort`).

    `tell_apart`: "alike" (partners are exchangeable) or "gender" (couples of one man and one
    woman). `satisfaction` and `alliance` are the ratings of the actor-partner model: the person's
    mean over the forms of the episode. Raises as `change` where change cannot be classified.
    """
    frame, name = chosen.frame, chosen.instrument.id
    pairs = dyads(study, frame, tell_apart=tell_apart)
    people = pairs.frame
    if people.empty:
        raise NotEnoughData(
            "There is no couple of one man and one woman.",
            where="parameter partners",
            fix="Use partners='alike'.",
        )
    part = only_episodes(study, people["episode_id"].unique())
    changes = change(
        people, instrument=name, by="arm", cluster="couple", reliability=reliability,
        confidence=policy.confidence,
    )  # fmt: skip
    return Couples(
        study=study,
        cohort=chosen,
        dyads=pairs,
        n_people=int(people["client_id"].nunique()),
        risk=risk_flags(part),
        changes=changes,
        couples=couples(changes, couple=KEY),
        means=_means(pairs, chosen, policy),
        agreement=_agreement(people, policy),
        growth=tried(lambda: _growth(part, pairs, chosen, policy)),
        apim=tried(lambda: _apim(part, pairs, (satisfaction, alliance), policy)),
        measures=(satisfaction, alliance),
        policy=policy,
        seed=seed,
    )


def _means(pairs: Dyads, chosen: Cohort, policy: Policy) -> tuple[Means, ...]:
    """Mean start, end and change by arm and, where told apart, role, of those with both."""
    frame = pairs.frame.dropna(subset=["pre", "post"]).assign(nothing=0.0)
    least = policy.minimum_count if policy.suppress else 0
    found: list[Means] = []
    for role in pairs.roles or (None,):
        rows = frame if role is None else frame[frame["role"].eq(role)]
        start, end, moved = (
            within_arms(
                rows, direction=chosen.instrument.direction, arms=chosen.arms, pre=before,
                post=after, cluster="couple", confidence=policy.confidence, minimum_count=least,
            )
            for before, after in (("nothing", "pre"), ("nothing", "post"), ("pre", "post"))
        )  # fmt: skip
        found += [Means(role, *three) for three in zip(start, end, moved, strict=True)]
    return tuple(found)


def _agreement(people: pd.DataFrame, policy: Policy) -> dict[str, PartnerAgreement | Absent]:
    """How alike partners are at the start, at the end, and in their change."""
    frame = people.assign(change=people["post"] - people["pre"])

    def one(column: str) -> PartnerAgreement:
        return partner_agreement(frame, column, level=policy.confidence)

    return {label: tried(lambda column=column: one(column)) for column, label in WHEN.items()}  # type: ignore[misc]


def course_rows(study: Study, pairs: Dyads, chosen: Cohort) -> pd.DataFrame:
    """Scores of both partners during the episode, in weeks since the couple's first one."""
    rows = trajectories(study, chosen.instrument.id)
    mine = pairs.frame[["client_id", "episode_id", "couple", "role", "arm"]]
    found = rows.drop(columns="arm").merge(mine, on=["client_id", "episode_id"], how="inner")
    taken = pd.to_datetime(found["taken_on"])
    first = taken.groupby(found["couple"]).transform("min")
    days = (taken - first).dt.days.to_numpy(dtype="float64")
    return found.assign(**{WEEKS: days / WEEK})


def _growth(
    study: Study, pairs: Dyads, chosen: Cohort, policy: Policy
) -> DyadicGrowthResult | Absent:
    name = f"{chosen.instrument.name} score"
    rows = course_rows(study, pairs, chosen).rename(columns={"score": name})
    rules = dyads_policy()
    by_arm = _enough_in_each(rows, rules["enough"]["arm_couples"]) and len(chosen.arms) > 1
    return dyadic_growth(
        rows, outcome=name, time=WEEKS, within=rules["occasion"]["within_days"] / WEEK,
        arm="arm" if by_arm else None, distinguishable=pairs.roles is not None,
        roles=pairs.roles, direction=chosen.instrument.direction, level=policy.confidence,
    )  # fmt: skip


def _enough_in_each(rows: pd.DataFrame, least: int) -> bool:
    """Whether each arm has so many couples in whom both partners gave two scores or more."""
    many = rows.groupby(["arm", "couple", "role"], observed=True).size()
    both = many[many >= 2].groupby(level=["arm", "couple"], observed=True).size()
    counts = (both == 2).groupby(level="arm", observed=True).sum()
    return bool(counts.reindex(rows["arm"].unique(), fill_value=0).ge(least).all())


def _apim(
    study: Study, pairs: Dyads, measures: tuple[str, str], policy: Policy
) -> ApimResult | Absent:
    """Satisfaction on the own and the partner's alliance, each a person's mean rating."""
    people = pairs.frame[["client_id", "episode_id", "couple", "role"]]
    for column, measure in zip((SATISFACTION, ALLIANCE), measures, strict=True):
        given = forms(study, measure)
        if given.empty:
            return Absent(f"Not measurable: {measure.upper()} was not given to these couples.")
        means = given.groupby(["client_id", "episode_id"], as_index=False)["score"].mean()
        means = means.rename(columns={"score": column})
        people = people.merge(means, on=["client_id", "episode_id"], how="left")
    return apim(
        people, outcome=SATISFACTION, actor=ALLIANCE, level=policy.confidence,
        distinguishable=pairs.roles is not None, roles=pairs.roles,
    )  # fmt: skip
