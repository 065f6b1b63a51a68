"""Everything that could overturn a comparison, each by how much of something known it needs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from outcomes.comparison.missing_result import MissingAnswers
from outcomes.comparison.overturn.agreement_result import Agreement
from outcomes.comparison.overturn.evalue_result import EValues
from outcomes.comparison.overturn.hidden_result import HiddenConfounding, named
from outcomes.comparison.overturn.negative_control_result import NegativeControl
from outcomes.comparison.overturn.regression_result import RegressionToMean
from outcomes.comparison.overturn.specification_result import Specifications
from outcomes.comparison.overturn.turning import room
from outcomes.comparison.overturn.words import number
from outcomes.comparison.result import ComparisonResult

OVERTURNS, EASY, HARD, HOLDS, UNKNOWN = (
    "overturns it",
    "easily",
    "with more",
    "holds",
    "not known",
)


@dataclass(frozen=True, slots=True)
class Threat:
    """One thing that could overturn the comparison.

    `needed`: how many times `unit` it takes; 0 where it does so already, inf where nothing
    that was searched does, nan where that is not known. `words` finishes the sentence 'it
    would be overturned by ...'; `found` says what was found. `state` is "overturns it",
    "easily" (no more than the policy's number of units), "with more", "holds" or "not known".
    """

    name: str
    unit: str
    needed: float
    words: str
    found: str
    state: str


def state_of(needed: float, easy: float) -> str:
    """The state that goes with how much is needed."""
    if math.isnan(needed):
        return UNKNOWN
    if needed <= 0:
        return OVERTURNS
    if math.isinf(needed):
        return HOLDS
    return EASY if needed <= easy else HARD


def hidden_threat(hidden: HiddenConfounding, easy: float) -> Threat:
    """Something that was not measured, in units of the nearest measured covariate."""
    near = hidden.nearest
    needed = math.nan if near is None else near.times
    words = "something that was not measured"
    unit = "the strength of a measured covariate"
    if near is not None:
        unit = f"the strength of {named(near.covariate)}"
        if math.isfinite(near.times):
            words = f"something that was not measured, {near.strength}"
    return Threat(
        "hidden confounding", unit, needed, words, hidden.sentence, state_of(needed, easy)
    )


def evalue_threat(evalues: EValues, easy: float) -> Threat:
    """Something that was not measured, of a ratio: in what the strongest covariate could do."""
    strongest = evalues.strongest
    unit, words = "what a measured covariate could do", "something that was not measured"
    if strongest is not None:
        unit = f"what {named(strongest.covariate)} could do"
        words = f"something that does {evalues.times:.1f} times {unit}"
    return Threat(
        "hidden confounding", unit, evalues.times, words, evalues.sentence,
        state_of(evalues.times, easy),
    )  # fmt: skip


def missing_threat(missing: MissingAnswers, sd: float, easy: float) -> Threat:
    """People without an end score, in reliable changes (else in standard deviations)."""
    size = missing.reliable_change
    unit = "a reliable change" if size else "a standard deviation"
    size = size or sd
    tip = missing.main
    needed = {"disagree": 0.0, "blocked": math.nan}.get(missing.stands, math.inf)
    words = "what became of people without an end score"
    if missing.stands == "turns" and tip is not None:
        needed = abs(tip.value) / size if size > 0 else math.nan
        words = (
            f"people without an end score in {' and '.join(tip.shifted)} having done worse by "
            f"{abs(tip.value):.1f} {missing.unit} than people like them who stayed"
        )
    return Threat(
        "missing outcomes", unit, needed, words, missing.sentence(), state_of(needed, easy)
    )


def drift_threat(
    drift: RegressionToMean, comparison: ComparisonResult, easy: float, *, adjusted: bool
) -> Threat:
    """Drift towards the mean, in units of the difference that it would make between the arms.

    Adjusted for the start score the estimate has no drift if the arms come from one
    population; if each has its own mean, it is off the other way round.
    """
    gap = drift.between(comparison.other, comparison.reference) if drift.told else math.nan
    # What the drift, or its removal where there was none, has put into the estimate.
    put_in = -gap if adjusted else gap
    needed = math.nan
    if math.isfinite(gap):
        needed = room(comparison, -put_in) / abs(gap) if gap != 0 else math.inf
    if adjusted:
        words = (
            "arms that come from different populations, each drifting to its own mean, so that "
            "adjusting for the start score took out too much"
        )
    else:
        words = "scores drifting back by themselves, since the start score was not adjusted for"
    found = (
        f"{drift.sentence} Between the arms that makes {number(gap, signed=True)} points."
        if math.isfinite(gap)
        else drift.sentence
    )
    return Threat(
        "regression to the mean", "the expected drift between the arms", needed, words, found,
        state_of(needed, easy),
    )  # fmt: skip


def control_threat(controls: Sequence[NegativeControl], easy: float) -> Threat:
    """What the negative controls found; one that is suspicious overturns."""
    worst = min(controls, key=lambda one: _GRAVITY.get(one.verdict, 3))
    needed = {"suspicious": 0.0, "quiet": math.inf}.get(worst.verdict, math.nan)
    words = f"the negative control '{worst.name.replace('_', ' ')}', where something was found"
    return Threat(
        "negative controls", "suspicious or not", needed, words, worst.sentence,
        state_of(needed, easy),
    )  # fmt: skip


_GRAVITY = {"suspicious": 0, "not comparable": 1, "cannot tell": 1, "quiet": 2}


def method_threat(agreement: Agreement, easy: float) -> Threat:
    """Another method; one that contradicts overturns, one that differs in size does not."""
    needed = {"blocked": math.nan, "direction": 0.0, "verdict": 0.0}.get(agreement.stands, math.inf)
    return Threat(
        "another method", "agree or not", needed,
        "another method, which gives another verdict", agreement.sentence, state_of(needed, easy),
    )  # fmt: skip


def choice_threat(curve: Specifications, easy: float) -> Threat:
    """Other choices; too few on the same side or with the same verdict overturn."""
    needed = {"blocked": math.nan, "sign": 0.0, "verdict": 0.0}.get(curve.stands, math.inf)
    turned = "some of which point the other way"
    if curve.stands != "sign":
        turned = "most of which do not give this verdict"
    return Threat(
        "other choices", "share on the same side", needed,
        f"other choices of outcome, adjustment, people or method, {turned}",
        curve.sentence, state_of(needed, easy),
    )  # fmt: skip
