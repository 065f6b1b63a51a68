"""The sentence of a comparison: words that follow from its stored quantities and nothing else.

Causal words need three things: an assumption that the user states (`identification`), every
check passed, and the verdict supported. Otherwise the sentence tells of an association.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from outcomes.schema.verdicts import Verdict

if TYPE_CHECKING:
    from outcomes.comparison.result import ComparisonResult

CONSTANT = "everybody in either arm, if the difference is the same for all"
_PEOPLE = {
    "ATE": "people in either arm",
    "ATT": "people like those in {other}",
    "ATC": "people like those in {reference}",
    "ATO": "people who could have had either",
    "ATM": "people who would find a match in the other arm",
}
# Cautions under which the arms are alike enough to show, but not enough for causal words.
_UNLIKE = ("smd", "separation", "max_share", "variance_ratio_low", "variance_ratio_high")
_USUAL = ("lower", "higher")
_WAYS = dict.fromkeys(("days", "weeks", "months", "years", "sessions"), ("shorter", "longer"))
_WHY = {
    "overlap": "hardly anybody had the same chance of either",
    "outside_support": "many had nobody like them in the other arm",
    "ess": "few people stand for a whole arm",
    "worst_smd": "they stayed unlike after weighting",
    "separation": "some kinds of people were in one arm only",
    "n": "too few people",
    "columns": "too many covariates for so few people",
    "outcome_varies": "everybody has the same outcome",
    "clusters": "too few practitioners or couples in an arm",
    "df": "too few practitioners or couples for an interval to be trusted",
    "not_converged": "the model of who came to which arm has no solution",
    "not_estimated": "the model cannot be fitted to these people",
}


def sentence(effect: ComparisonResult) -> str:
    """One to three plain sentences with the verdict's words; see the top of this module."""
    words = {
        Verdict.NOT_MEASURABLE: _not_measurable,
        Verdict.SUPPRESSED: _suppressed,
        Verdict.NOT_COMPARABLE: _not_comparable,
        Verdict.CANNOT_TELL: _cannot_tell,
        Verdict.SUPPORTED: _supported,
        Verdict.EQUIVALENT: _equivalent,
        Verdict.NOT_SUPPORTED: _not_supported,
    }
    return words[effect.verdict](effect)


def short(effect: ComparisonResult) -> str:
    """Verdict, size and interval alone, for a second number beside a full sentence."""
    if not abs(effect.estimate) >= 0:
        return sentence(effect)
    return f"{str(effect.verdict).capitalize()}: {_size(effect)} {_sure(effect)}."


def causal(effect: ComparisonResult) -> bool:
    """Whether the sentence may speak of an effect."""
    found = effect.diagnostics
    unlike = [rule for rule, _, _ in found.cautions if rule in _UNLIKE]
    return bool(
        effect.identification
        and effect.verdict is Verdict.SUPPORTED
        and effect.converged
        and not (found.failed or found.few or unlike)
    )


def _not_measurable(effect: ComparisonResult) -> str:
    arms = f"{effect.other} and {effect.reference}"
    return f"Not measurable: {arms} share no measure of {_what(effect)}."


def _suppressed(effect: ComparisonResult) -> str:
    return f"Suppressed: the comparison of {_what(effect)} rests on too few people to be shown."


def _not_comparable(effect: ComparisonResult) -> str:
    return (
        f"Not comparable: people in {effect.other} and in {effect.reference} were too unlike at "
        f"the start for a fair comparison of {_what(effect)}{_why(effect)}. No difference is shown."
    )


def _cannot_tell(effect: ComparisonResult) -> str:
    start = (
        f"The data cannot tell whether {_what(effect)} differs between {effect.other} and "
        f"{effect.reference}"
    )
    if not abs(effect.estimate) >= 0:
        return f"{start}{_why(effect)}. Nothing is shown."
    return (
        f"{start}{_why(effect)}. Among {_people(effect)}, the best guess is that {_size(effect)} "
        f"{_sure(effect)}; that does not show that they are the same."
    )


def _supported(effect: ComparisonResult) -> str:
    if causal(effect):
        assumed = str(effect.identification).strip().removeprefix("assumed:").strip(" .")
        return (
            f"Supported: among {_people(effect)}, {effect.other} instead of {effect.reference} "
            f"{_made(effect)} {_sure(effect)}{_good(effect)}. This holds on the assumption that "
            f"{assumed}, which the data cannot show."
        )
    return (
        f"Supported: among {_people(effect)}, {_size(effect)} {_sure(effect)}{_good(effect)}. This "
        f"is an association after adjustment for {_names(effect)}, not proof that the kind of help "
        "made the difference."
    )


def _equivalent(effect: ComparisonResult) -> str:
    margin = effect.margin if effect.margin is not None else float("nan")
    within = f"within {1 / margin:.2f} to {margin:.2f}"
    if effect.effect != "ratio":
        within = f"within {_number(margin, effect)} {_unit(effect)} either way"
    level = f"{100 * (2 * effect.confidence - 1):g} %"
    low, high = (_number(end, effect) for end in (effect.equivalence_low, effect.equivalence_high))
    return (
        f"Equivalent: among {_people(effect)}, {_what(effect)} was close enough in {effect.other} "
        f"and {effect.reference} to count as the same by the margin set beforehand: the {level} "
        f"interval of the difference, {low} to {high}, lies {within} ({_counts(effect)})."
    )


def _not_supported(effect: ComparisonResult) -> str:
    margin = effect.margin if effect.margin is not None else float("nan")
    by = f"{_number(margin, effect)} {_unit(effect)}"
    by = f"a factor of {margin:.2f}" if effect.effect == "ratio" else by
    return (
        f"Not supported: that {effect.other} does better than {effect.reference} by {by} or more "
        f"is ruled out. Among {_people(effect)}, {_size(effect)} {_sure(effect)}."
    )


def _what(effect: ComparisonResult) -> str:
    return effect.outcome.replace("_", " ")


def _names(effect: ComparisonResult) -> str:
    return ", ".join(name.replace("_", " ") for name in effect.covariates)


def _why(effect: ComparisonResult) -> str:
    said = [_WHY[reason] for reason in effect.reasons if reason in _WHY]
    return f" ({'; '.join(dict.fromkeys(said))})" if said else ""


def _people(effect: ComparisonResult) -> str:
    if effect.method == "ancova":
        return CONSTANT
    who = _PEOPLE[effect.estimand].format(other=effect.other, reference=effect.reference)
    trimmed = None if effect.weights is None else effect.weights.trimmed
    if trimmed is None or not trimmed.share > 0:
        return who
    return f"{who} with a chance of {effect.other} from {trimmed.low:.0%} to {trimmed.high:.0%}"


def _counts(effect: ComparisonResult) -> str:
    return ", ".join(f"{effect.n[arm]} people in {arm}" for arm in (effect.other, effect.reference))


def _sure(effect: ComparisonResult) -> str:
    level = f"{100 * effect.confidence:g} % interval"
    if not abs(effect.low) >= 0:
        return f"(no interval; {_counts(effect)})"
    low, high = (_number(end, effect) for end in (effect.low, effect.high))
    return f"({level} {low} to {high}; {_counts(effect)})"


def _good(effect: ComparisonResult) -> str:
    if effect.better is None:
        return ""
    return ", which is better" if effect.better == effect.other else ", which is worse"


def _unit(effect: ComparisonResult) -> str:
    return "percentage points" if effect.binary else effect.unit


def _number(value: float, effect: ComparisonResult) -> str:
    """Percentage points and points with one decimal, ratios with two, minus as a sign."""
    if effect.effect == "ratio":
        return f"{value:.2f}"
    shown = f"{100 * value if effect.binary else value:.1f}"
    return "0.0" if shown == "-0.0" else shown.replace("-", "−")


def _amount(effect: ComparisonResult) -> str:
    """How much, as '2.1 points lower' or '12.0 percentage points more frequent'."""
    if effect.effect == "ratio":
        return f"{effect.estimate:.2f} times as frequent"
    words = ("less frequent", "more frequent") if effect.binary else _WAYS.get(effect.unit, _USUAL)
    way = words[effect.estimate > 0]
    return f"{_number(abs(effect.estimate), effect)} {_unit(effect)} {way}"


def _size(effect: ComparisonResult) -> str:
    joined = "as" if effect.effect == "ratio" else "than"
    return f"{_what(effect)} was {_amount(effect)} in {effect.other} {joined} in {effect.reference}"


def _made(effect: ComparisonResult) -> str:
    return f"made {_what(effect)} {_amount(effect)}"
