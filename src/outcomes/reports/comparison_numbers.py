"""Everything the comparison report shows, made from one cohort in one place.

Two arms are one pair; three arms are three, each with its verdict. A part that the data do
not allow is kept as the reason why.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from outcomes.change import ChangeResult, change
from outcomes.comparison import (
    ArmsComparison,
    ComparisonResult,
    MissingAnswers,
    WithinArm,
    baseline_covariates,
    compare,
    compare_arms,
    contrast,
    within_arms,
)
from outcomes.comparison.benchmarks import BenchmarkResult, benchmark, pre_post_effect
from outcomes.comparison.benchmarks.library import library
from outcomes.comparison.margins import margin
from outcomes.comparison.modification import WhoBenefits, who_benefits
from outcomes.comparison.overturn import Overturn, overturn
from outcomes.comparison.question import Question
from outcomes.derive import Cohort
from outcomes.privacy import Policy
from outcomes.reports.companions import Absent, Companions, companions, leaving, tried
from outcomes.reports.shares import Shares
from outcomes.schema import Study, Verdict

SHARED = "practitioner_or_couple"


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Two arms compared: `effects` holds the answer first, then the other ways of adjusting.

    `overturn` is what would overturn the answer, `leaving` the comparison under several
    beliefs about missing end scores, `benefit` the difference within subgroups.
    """

    effects: tuple[ComparisonResult, ...]
    overturn: Overturn
    leaving: MissingAnswers | Absent
    benefit: WhoBenefits | Absent

    @property
    def primary(self) -> ComparisonResult:
        """The comparison that answers the question."""
        return self.effects[0]

    @property
    def reference(self) -> str:
        """The arm that is subtracted."""
        return self.primary.reference

    @property
    def other(self) -> str:
        """The arm held against it."""
        return self.primary.other


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """The results of one report on two or three arms; see `compared`.

    `together` compares three arms or more in one common population; `published` holds each
    arm's effect size beside published ones.
    """

    study: Study
    cohort: Cohort
    question: Question | Absent
    changes: ChangeResult
    within: tuple[WithinArm, ...]
    pairs: tuple[Pair, ...]
    together: ArmsComparison | Absent | None
    published: dict[str, tuple[BenchmarkResult, ...]]
    beside: Companions
    policy: Policy
    seed: int

    @property
    def shares(self) -> Shares:
        """The rates, each with the word whether it may be said."""
        return Shares.of(self.changes, self.policy)

    @property
    def refused(self) -> bool:
        """Whether some pair of arms may not be compared, so that plain differences are hidden."""
        return any(pair.primary.verdict is Verdict.NOT_COMPARABLE for pair in self.pairs)

    def effects(self) -> Iterator[ComparisonResult]:
        """Every comparison of every pair."""
        for pair in self.pairs:
            yield from pair.effects


@dataclass(frozen=True, slots=True)
class Asked:
    """What the parameters of a report ask of every pair.

    `subgroups` are the characteristics declared beforehand as deciding who benefits; the
    recorded others that vary are looked at as exploratory. `identification` states in words on
    which assumption a difference would be an effect of the help.
    """

    covariates: tuple[str, ...] | None = None
    margin: float | None = None
    estimand: str = "ATO"
    subgroups: tuple[str, ...] = ()
    identification: str | None = None
    reliability: float | None = None
    seed: int = 0


def compared(study: Study, cohort: Cohort, asked: Asked, *, policy: Policy) -> Compared:
    """Change within the arms, every pair compared, and what stands beside it.

    The pairs come in the order of the cohort's arms; in each the earlier arm is the reference.
    """
    sure = policy.confidence
    changes = change(
        cohort.frame, instrument=cohort.instrument.id, by="arm", cluster=SHARED,
        reliability=asked.reliability, confidence=sure,
    )  # fmt: skip
    within = within_arms(
        cohort.frame, direction=cohort.instrument.direction, arms=cohort.arms, cluster=SHARED,
        confidence=sure, minimum_count=policy.minimum_count if policy.suppress else 0,
    )  # fmt: skip
    return Compared(
        study=study,
        cohort=cohort,
        question=tried(lambda: _question(cohort, asked, sure)),
        changes=changes,
        within=within,
        pairs=tuple(
            _pair(cohort, arms, changes, asked, sure) for arms in combinations(cohort.arms, 2)
        ),
        together=_together(cohort, asked, sure),
        published={arm: _published(cohort, arm, sure) for arm in cohort.arms},
        beside=companions(study, cohort, changes, reliability=asked.reliability),
        policy=policy,
        seed=asked.seed,
    )


def _pair(
    cohort: Cohort, arms: tuple[str, str], changes: ChangeResult, asked: Asked, sure: float
) -> Pair:
    question = contrast(cohort, arms=arms, covariates=asked.covariates, margin=asked.margin)
    question["confidence"] = sure
    frame, estimand = question["frame"], asked.estimand
    question["identification"] = asked.identification or None
    primary = compare(**question, method="weighting", estimand=estimand)
    second = compare(**question, method="ancova")
    del question["identification"]
    doubts = overturn(
        primary, frame, instrument=cohort.instrument, reliability=asked.reliability,
        reliable_change=changes.threshold if changes.threshold > 0 else None, seed=asked.seed,
    )  # fmt: skip
    left = doubts.missing or leaving(question, cohort, changes, estimand=estimand, seed=asked.seed)
    columns = dict.fromkeys([*asked.subgroups, "pre", "unit", *question["covariates"]])
    modifiers = [name for name in columns if frame[name].nunique() > 1]
    benefit = tried(
        lambda: who_benefits(
            **question, estimand=estimand, instrument=cohort.instrument.id,
            declared=asked.subgroups, modifiers=modifiers,
        )
    )  # fmt: skip
    return Pair((primary, second), doubts, left, benefit)


def _question(cohort: Cohort, asked: Asked, sure: float) -> Question:
    """The question that the parameters of the report ask."""
    size = asked.margin
    return Question(
        strategies=cohort.arms,
        instrument=cohort.instrument.id,
        follow_up_days=cohort.follow_up_days,
        estimand=asked.estimand,
        covariates=asked.covariates,
        margin=None if size is None else margin(points=size, source="parameter of the report"),
        subgroups=asked.subgroups,
        identification=asked.identification or "",
        confidence=sure,
    )


def _together(cohort: Cohort, asked: Asked, sure: float) -> ArmsComparison | Absent | None:
    """Three arms or more in one common population; None for two."""
    if len(cohort.arms) < 3:
        return None
    # The start score is asked of everybody, as in each pair.
    frame = cohort.frame[cohort.frame["pre"].notna()]
    chosen = asked.covariates or baseline_covariates(frame)
    return tried(
        lambda: compare_arms(
            frame, arms=cohort.arms, covariates=chosen, cluster=SHARED, margin=asked.margin,
            direction=cohort.instrument.direction, confidence=sure,
        )
    )  # fmt: skip


def _published(cohort: Cohort, arm: str, sure: float) -> tuple[BenchmarkResult, ...]:
    """An arm's effect size from start to end beside those published for the measure."""
    people = cohort.frame[cohort.frame["arm"].eq(arm)]
    seen = tried(
        lambda: pre_post_effect(
            people["pre"], people["post"], direction=cohort.instrument.direction,
            instrument=cohort.instrument.id, clusters=people[SHARED], confidence=sure,
        )
    )  # fmt: skip
    if isinstance(seen, Absent):
        return ()
    return tuple(
        benchmark(seen, entry.name)
        for entry in library().values()
        if entry.verified and entry.kind == "effect" and cohort.instrument.id in entry.instruments
    )
