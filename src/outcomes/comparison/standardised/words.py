"""What a `StandardisedResult` says in words; everything follows from stored numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from outcomes.comparison.standardised.result import StandardisedResult

ABOVE, BELOW, CANNOT_TELL, TOO_FEW = "above", "below", "cannot tell", "too few"
EACH_ITS_OWN = (
    "ratios of two units are not compared with each other: each is held against what its own case "
    "mix lets expect, so two units with different people have different yardsticks"
)


def standing(row: pd.Series) -> str:
    """Above or below what is expected where the interval of O/E excludes 1."""
    if not row["enough"]:
        return TOO_FEW
    if row["low"] > 1:
        return ABOVE
    return BELOW if row["high"] < 1 else CANNOT_TELL


def sentence(result: StandardisedResult) -> str:
    """The ratio of one practice, or how many units lie above and below."""
    if len(result.table) == 1:
        return _one(result, result.table.iloc[0])
    found = [standing(row) for _, row in result.table.iterrows()]
    told = len(found) - found.count(TOO_FEW)
    text = (
        f"Of {len(found)} units {told} have enough people to be held against what their case mix "
        f"lets expect; {found.count(ABOVE)} lie above it and {found.count(BELOW)} below by more "
        f"than chance (about {told * (1 - result.confidence):.1f} would by chance)."
    )
    if result.spread is not None:
        text += (
            f" Their ratios vary {result.spread.phi:.1f} times as much as chance alone would have "
            f"it (standard deviation between units {result.spread.tau:.2f})."
        )
    return text


def _one(result: StandardisedResult, row: pd.Series) -> str:
    head = (
        f"{row['observed']:,} of {row['n']:,} observed, {row['expected']:.1f} expected: ratio "
        f"{row['ratio']:.2f} ({100 * result.confidence:g} % interval {row['low']:.2f} to "
        f"{row['high']:.2f})"
    )
    rate = ""
    if math.isfinite(row["standardised"]):
        rate = (
            f"; standardised rate {100 * row['standardised']:.1f} % "
            f"({100 * row['standardised_low']:.1f} to {100 * row['standardised_high']:.1f} %)"
        )
    where = {
        ABOVE: "more than people like these were expected to have",
        BELOW: "fewer than people like these were expected to have",
        CANNOT_TELL: "whether that differs from what is expected cannot be told",
        TOO_FEW: "too few people or expected events to say anything",
    }[standing(row)]
    return f"{head}{rate}: {where}."


def warnings(result: StandardisedResult) -> tuple[str, ...]:
    """Everything a reader has to know beside the ratios."""
    said = [*result.notes]
    if result.n_used < result.n_in:
        said.append("some people have no outcome and are in neither observed nor expected")
    if len(result.table) > 1:
        said.append(EACH_ITS_OWN)
    if result.origin.startswith("published"):
        said.append("the published rates are taken as exact")
    else:
        said.append(
            "expected events come from the same people, each unit's own included, and count as "
            "known; with few units each is held against itself in part"
        )
    if result.interval in ("byar", "exact") and _common(result):
        said.append("events are common, so that Poisson limits are too wide; use interval='mid_p'")
    if result.direct is not None and not result.direct["enough"].all():
        said.append("some units have too few people in a stratum for a direct rate")
    if math.isnan(result.reference_rate):
        said.append("no rate of the reference is given, so there are ratios and no rates")
    return tuple(said)


def _common(result: StandardisedResult) -> bool:
    return bool(result.table["expected"].sum() > 0.1 * result.table["n"].sum())


_LIMITS = {
    "mid_p": "mid-P limits of the count, each person with their own chance, all log-odds moved by "
    "one amount (Lancaster 1961; Berry & Armitage 1995)",
    "byar": "Byar's approximation to Poisson limits (Breslow & Day 1987)",
    "exact": "exact Poisson limits (Ulm 1990)",
}


def explain(result: StandardisedResult) -> str:
    """What, formula, source, and what it does not tell."""
    rules = result.rules
    mix = ", ".join(result.case_mix or result.strata) or "nothing"
    lines = [
        f"{result.outcome}: observed events over those expected, {result.n_used} of {result.n_in} "
        "people.",
        f"Expected: {result.origin} ({mix}). Indirectly standardised rate = O / E times the rate "
        "of the reference"
        + (
            f" ({100 * result.reference_rate:.1f} %)."
            if math.isfinite(result.reference_rate)
            else " (not given)."
        ),
        f"Interval of O / E: {_LIMITS[result.interval]}; E counts as known."
        + (
            f" People with the same {result.clustered.replace('_', ' ')} are not independent: the "
            "logarithm of the limits is stretched by the variance of their summed residuals."
            if result.clustered
            else ""
        ),
        f"Too few: fewer than {rules.minimum} people, or fewer than {rules.expected:g} expected "
        "events or non-events.",
        "Spread beyond chance: mean square of the winsorised z scores (Spiegelhalter 2005). The "
        "funnel (`plot(kind='funnel')`) adds the usual spread between units to its limits.",
    ]
    if result.direct is not None:
        lines.append(
            "Direct rate: own rates by stratum weighed as the standard population, Wilson limits "
            f"combined (Zou, Huang & Zhang 2009); needs {rules.stratum} people in each stratum."
        )
    lines.append(
        "What this does not tell: what the case mix does not hold (who refers, who is given the "
        "harder clients, who left without a score) is part of the ratio; above or below is a "
        "reason to look, not a judgement."
    )
    return "\n".join([*lines, *(f"Warning: {text}." for text in warnings(result))])
