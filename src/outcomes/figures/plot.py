"""`plot`: the figure that belongs to a result, by its type."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from outcomes.change import ChangeResult, MethodsResult, ThresholdsResult, ZonesResult
from outcomes.change.claims import ClaimResult
from outcomes.change.differences import RateDifferences
from outcomes.change.partners import CoupleResult
from outcomes.change.service import ServiceMeasures
from outcomes.change.sessions import FirstChange, OnTrack, OverSessions
from outcomes.derive import Cohort
from outcomes.errors import UsageError
from outcomes.figures.benefits import benefits
from outcomes.figures.coefficients import coefficients
from outcomes.figures.couples import couple_rates, couple_table
from outcomes.figures.course import course
from outcomes.figures.differences import differences
from outcomes.figures.dose import dose_counts, dose_courses, dose_shares
from outcomes.figures.dyads import agreement, dyad_paths
from outcomes.figures.figure import Figure
from outcomes.figures.flow import flow
from outcomes.figures.goal_board import goal_board
from outcomes.figures.leaving import leaving_curves, leaving_endings
from outcomes.figures.leaving_models import dropout_weighting, leaving_ratios
from outcomes.figures.odds import odds_ratios
from outcomes.figures.partner_courses import partner_courses
from outcomes.figures.phases import attendance, phases
from outcomes.figures.practitioners import funnel, shrunken
from outcomes.figures.rates import rates
from outcomes.figures.satisfaction import satisfaction
from outcomes.figures.scores import start_against_end
from outcomes.figures.service import service_rates
from outcomes.figures.sessions import expected_course, first_change
from outcomes.figures.specification import specification_curve
from outcomes.figures.visits import visit_means
from outcomes.figures.ways import methods, over_sessions, thresholds
from outcomes.figures.zones import transitions
from outcomes.models import (
    Beside,
    DoseResult,
    GeeResult,
    MixedLogistic,
    MmrmResult,
    PractitionersResult,
)
from outcomes.models.dyads import ApimResult, DyadicGrowthResult, PartnerAgreement
from outcomes.models.growth import GrowthCourse
from outcomes.models.leaving import CoxResult, DropoutWeights, LeavingResult, VisitResult
from outcomes.models.mixed import MixedResult
from outcomes.privacy import Policy
from outcomes.privacy import policy as named_policy
from outcomes.process import BenefitsResult, GoalsResult, ProcessResult, SatisfactionResult


@singledispatch
def plot(result: object, **options: Any) -> Figure:  # noqa: ANN401, ARG001 - by type
    """Draw a result. Options: `policy` (default "default"), `kind`, and the builder's own.

    ChangeResult: kind "rates" (default) or "scores" (with `seed`); ComparisonResult: "effect"
    (default), "overlap" or "balance"; TimesComparison: "share" (default) or "time";
    ArmsComparison: "effect" (default), "balance" or "overlap"; WeightResult and
    SeveralWeights: "balance" (default) or "overlap"; CoupleResult: "rates" (default) or
    "partners"; ProcessResult: "phases" (default) or "attendance"; PractitionersResult: "funnel"
    (default) or "shrunken"; LeavingResult: "dropout" (default), "in care" or "endings";
    DoseResult: "shares" (default), "counts" or "courses"; MissingAnswers: "beliefs" (default)
    or "tipping". Every other result has one figure. Raises UsageError for another type or kind.
    """
    raise UsageError(
        f"nothing is known of how to draw {type(result).__name__}",
        fix="Give a result of oc.change, oc.compare, oc.claim or another function that has one.",
    )


@plot.register
def _change(
    result: ChangeResult, *, kind: str = "rates", policy: Policy | None = None, seed: int = 0
) -> Figure:
    rules = rules_of(policy)
    if kind == "scores":
        return start_against_end(result, rules, seed)
    check_kind(kind, ("rates", "scores"))
    return rates(result, rules)


@plot.register
def _mmrm(result: MmrmResult, *, policy: Policy | None = None, group: str | None = None) -> Figure:
    return visit_means(result, rules_of(policy), group)


@plot.register
def _cohort(result: Cohort, *, kind: str = "flow", policy: Policy | None = None) -> Figure:
    check_kind(kind, ("flow",))
    return flow(result, rules_of(policy))


@plot.register
def _growth(result: GrowthCourse, *, policy: Policy | None = None) -> Figure:
    return course(result, rules_of(policy))


@plot.register
def _mixed(result: MixedResult, *, policy: Policy | None = None) -> Figure:
    return coefficients(result, rules_of(policy))


@plot.register
def _first_change(result: FirstChange, *, policy: Policy | None = None) -> Figure:
    return first_change(result, rules_of(policy))


@plot.register
def _on_track(result: OnTrack, *, policy: Policy | None = None) -> Figure:
    return expected_course(result, rules_of(policy))


@plot.register
def _over_sessions(result: OverSessions, *, policy: Policy | None = None) -> Figure:
    return over_sessions(result, rules_of(policy))


@plot.register
def _methods(result: MethodsResult, *, policy: Policy | None = None) -> Figure:
    return methods(result, rules_of(policy))


@plot.register
def _thresholds(result: ThresholdsResult, *, policy: Policy | None = None) -> Figure:
    return thresholds(result, rules_of(policy))


@plot.register
def _zones(result: ZonesResult, *, kind: str = "zones", policy: Policy | None = None) -> Figure:
    check_kind(kind, ("zones",))
    return transitions(result, rules_of(policy))


@plot.register
def _claim(
    result: ClaimResult, *, kind: str = "specification", policy: Policy | None = None
) -> Figure:
    check_kind(kind, ("specification",))
    return specification_curve(result, rules_of(policy))


@plot.register
def _couples(result: CoupleResult, *, kind: str = "rates", policy: Policy | None = None) -> Figure:
    check_kind(kind, ("rates", "partners"))
    return (couple_table if kind == "partners" else couple_rates)(result, rules_of(policy))


@plot.register
def _service(
    result: ServiceMeasures, *, kind: str = "rates", policy: Policy | None = None
) -> Figure:
    check_kind(kind, ("rates",))
    return service_rates(result, rules_of(policy))


@plot.register
def _differences(
    result: RateDifferences, *, kind: str = "differences", policy: Policy | None = None
) -> Figure:
    check_kind(kind, ("differences",))
    return differences(result, rules_of(policy))


@plot.register
def _process(
    result: ProcessResult, *, kind: str = "phases", policy: Policy | None = None
) -> Figure:
    check_kind(kind, ("phases", "attendance"))
    return (phases if kind == "phases" else attendance)(result, rules_of(policy))


@plot.register
def _practitioners(
    result: PractitionersResult, *, kind: str = "funnel", policy: Policy | None = None
) -> Figure:
    check_kind(kind, ("funnel", "shrunken"))
    return (funnel if kind == "funnel" else shrunken)(result, rules_of(policy))


@plot.register
def _satisfaction(result: SatisfactionResult, *, policy: Policy | None = None) -> Figure:
    return satisfaction(result, rules_of(policy))


@plot.register
def _goals(result: GoalsResult, *, policy: Policy | None = None) -> Figure:
    return goal_board(result, rules_of(policy))


@plot.register
def _benefits(result: BenefitsResult, *, policy: Policy | None = None) -> Figure:
    return benefits(result, rules_of(policy))


@plot.register
def _apim(result: ApimResult, *, policy: Policy | None = None, **options: Any) -> Figure:  # noqa: ANN401
    return dyad_paths(result, rules_of(policy), **options)


@plot.register
def _dyadic_growth(
    result: DyadicGrowthResult,
    *,
    policy: Policy | None = None,
    **options: Any,  # noqa: ANN401
) -> Figure:
    return partner_courses(result, rules_of(policy), **options)


@plot.register
def _agreement(result: PartnerAgreement, *, policy: Policy | None = None) -> Figure:
    return agreement(result, rules_of(policy))


@plot.register
def _leaving(
    result: LeavingResult, *, kind: str = "dropout", policy: Policy | None = None
) -> Figure:
    check_kind(kind, ("dropout", "in care", "endings"))
    if kind == "endings":
        return leaving_endings(result, rules_of(policy))
    return leaving_curves(result, rules_of(policy), "in care" if kind == "in care" else None)


@plot.register
def _ratios(result: CoxResult | VisitResult, *, policy: Policy | None = None) -> Figure:
    return leaving_ratios(result, rules_of(policy))


@plot.register
def _dropout_weights(result: DropoutWeights, *, policy: Policy | None = None) -> Figure:
    return dropout_weighting(result, rules_of(policy))


@plot.register(MixedLogistic)
@plot.register(GeeResult)
@plot.register(Beside)
def _yes_no(result: MixedLogistic | GeeResult | Beside, *, policy: Policy | None = None) -> Figure:
    return odds_ratios(result, rules_of(policy))


@plot.register
def _dose(
    result: DoseResult,
    *,
    kind: str = "shares",
    policy: Policy | None = None,
    measure: str = "reliable_recovery",
) -> Figure:
    check_kind(kind, ("shares", "counts", "courses"))
    if kind == "counts":
        return dose_counts(result, rules_of(policy), measure)
    return (dose_shares if kind == "shares" else dose_courses)(result, rules_of(policy))


def rules_of(policy: Policy | None) -> Policy:
    """The policy given, or the default one."""
    return named_policy() if policy is None else policy


def check_kind(kind: str, known: tuple[str, ...]) -> None:
    """Raise UsageError for a kind of figure that a result does not have."""
    if kind not in known:
        raise UsageError(
            f"this result cannot be drawn as {kind!r}",
            where="parameter kind",
            fix=f"Choose from {', '.join(known)}.",
        )
