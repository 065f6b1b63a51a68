"""The figures that belong to comparisons of arms, their weights and what is missing, by type."""

from __future__ import annotations

from outcomes.comparison import (
    AgainstMargin,
    ArmsComparison,
    ComparisonResult,
    MissingAnswers,
    TimesComparison,
)
from outcomes.comparison.benchmarks import BenchmarkResult
from outcomes.comparison.concurrent import ConcurrentResult, LandmarkResult
from outcomes.comparison.family import FamilyResult
from outcomes.comparison.modification import WhoBenefits
from outcomes.comparison.standardised import StandardisedResult
from outcomes.figures.balance import balance
from outcomes.figures.beliefs import beliefs
from outcomes.figures.benchmarks import beside, ratios
from outcomes.figures.chains import chains
from outcomes.figures.concurrent import added_service, landmarks
from outcomes.figures.effect import effect
from outcomes.figures.family import family
from outcomes.figures.figure import Figure
from outcomes.figures.margins import against_margin
from outcomes.figures.modification import subgroups
from outcomes.figures.overlap import overlap
from outcomes.figures.plot import check_kind, plot, rules_of
from outcomes.figures.several_arms import overlap_of_several, pairs_of_arms
from outcomes.figures.tipping import tipping
from outcomes.models import (
    WeightResult,
)
from outcomes.models.missing import Imputations, TippingPoint
from outcomes.models.weighting import SeveralWeights
from outcomes.privacy import Policy


@plot.register
def plot_comparison(
    result: ComparisonResult, *, kind: str = "effect", policy: Policy | None = None
) -> Figure:
    """Draw a comparison: its `kind` is "effect" (default), "overlap" or "balance"."""
    check_kind(kind, ("effect", "overlap", "balance"))
    if kind == "effect":
        return effect([result], rules_of(policy))
    if kind == "balance" and result.weights is not None:
        return balance(result.weights, rules_of(policy))
    return overlap(result, rules_of(policy))


@plot.register
def _times(result: TimesComparison, *, kind: str = "share", policy: Policy | None = None) -> Figure:
    check_kind(kind, ("share", "time"))
    return effect([result.share if kind == "share" else result.mean], rules_of(policy))


@plot.register
def _weights(
    result: WeightResult, *, kind: str = "balance", policy: Policy | None = None
) -> Figure:
    check_kind(kind, ("balance", "overlap"))
    return (balance if kind == "balance" else overlap)(result, rules_of(policy))


@plot.register
def _several_weights(
    result: SeveralWeights, *, kind: str = "balance", policy: Policy | None = None
) -> Figure:
    check_kind(kind, ("balance", "overlap"))
    return (balance if kind == "balance" else overlap_of_several)(result, rules_of(policy))


@plot.register
def _arms(result: ArmsComparison, *, kind: str = "effect", policy: Policy | None = None) -> Figure:
    check_kind(kind, ("effect", "balance", "overlap"))
    if kind == "effect" or result.weights is None:
        return pairs_of_arms(result, rules_of(policy))
    return _several_weights(result.weights, kind=kind, policy=policy)


@plot.register
def _missing(
    result: MissingAnswers, *, kind: str = "beliefs", policy: Policy | None = None
) -> Figure:
    check_kind(kind, ("beliefs", "tipping"))
    if kind == "tipping" and result.main is not None:
        return tipping(result.main, rules_of(policy))
    return beliefs(result, rules_of(policy))


@plot.register
def _tipping(result: TippingPoint, *, policy: Policy | None = None) -> Figure:
    return tipping(result, rules_of(policy))


@plot.register
def _imputations(result: Imputations, *, policy: Policy | None = None) -> Figure:  # noqa: ARG001
    return chains(result)


@plot.register
def _family(result: FamilyResult, *, policy: Policy | None = None) -> Figure:  # noqa: ARG001
    return family(result)


@plot.register
def _against_margin(result: AgainstMargin, *, policy: Policy | None = None) -> Figure:  # noqa: ARG001
    return against_margin(result)


@plot.register
def _landmark(result: LandmarkResult, *, policy: Policy | None = None) -> Figure:
    return landmarks(result, rules_of(policy))


@plot.register
def _concurrent(result: ConcurrentResult, *, policy: Policy | None = None) -> Figure:
    return added_service(result, rules_of(policy))


@plot.register
def _who(result: WhoBenefits, *, policy: Policy | None = None) -> Figure:
    return subgroups(result, rules_of(policy))


@plot.register
def _beside(result: BenchmarkResult, *, policy: Policy | None = None) -> Figure:
    return beside(result, rules_of(policy))


@plot.register
def _standardised(
    result: StandardisedResult, *, kind: str = "ratio", policy: Policy | None = None
) -> Figure:
    check_kind(kind, ("ratio", "funnel"))
    return ratios(result, rules_of(policy), kind=kind)
