"""What a `WhoBenefits` says in words; everything follows from stored numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from outcomes.comparison.modification.result import WhoBenefits

DECLARED, EXPLORATORY = "declared", "exploratory"
SOURCES = (
    "Yang and others 2021 (overlap weights in subgroups)",
    "Tipton and Pustejovsky 2015 (test between subgroups)",
    "Hartung and Knapp 2001; Röver and others 2021 (partial pooling)",
    "Holm 1979; Benjamini and Hochberg 1995",
    "Wang and others 2007 (reading subgroups)",
    "Rosenbaum 1984 (what happens after the start)",
)
TIMING = {
    "baseline": "known at the start",
    "chosen": "chosen by the practice as part of the help",
    "after_start": "after the start",
    "not known": "not known whether before or after the start",
}
AFTER = (
    "It is measured after the start, so the help itself may have made it: the subgroups are not "
    "the same kinds of people in both arms, and a difference between them is no answer to who "
    "should be offered which help"
)
_REASONS = {
    "too_few": "Cannot tell: fewer than two subgroups have enough people in both arms",
    "df": "Cannot tell: too few independent people or practitioners for a test",
    "no_difference_shown": "Cannot tell: the test between subgroups does not show that the "
    "difference depends on it; that does not make it the same for all",
    "exploratory_hint": "A hint, no finding: the difference may depend on it, but it was not "
    "declared beforehand; it has to be tested in other people",
    "differs": "The difference depends on it",
    "after_start": "Cannot tell",
    "arms_not_comparable": "Not comparable: the arms as a whole hold too few people who could "
    "have been in either, so no subgroup is read",
}


def name_of(modifier: str) -> str:
    """How a column is called: 'severity at the start' for 'pre'."""
    return "severity at the start" if modifier == "pre" else modifier.replace("_", " ")


def title(result: WhoBenefits, modifier: str) -> str:
    """The modifier with its status and timing."""
    row = result.test(modifier)
    return f"{name_of(modifier).capitalize()} ({row['status']}; {TIMING[row['timing']]})"


def sentence(result: WhoBenefits, modifier: str) -> str:
    """The verdict on one modifier with its test, and what qualifies it."""
    row = result.test(modifier)
    parts = [f"{title(result, modifier)}. {_REASONS[row['reason']]}{_tested(row)}."]
    if row["kind"] == "slope" and math.isfinite(row["estimate"]):
        parts.append(_slope(result, row))
    elif math.isfinite(row["estimate"]):
        parts.append(_apart(result, row))
    if row["timing"] == "after_start":
        parts.append(f"{AFTER}.")
    return " ".join(parts)


def _tested(row: pd.Series) -> str:
    if not math.isfinite(row["p_holm"]) or row["reason"] == "too_few":
        return ""
    what = "slope" if row["kind"] == "slope" else f"{row['levels']} subgroups"
    return f" ({what}, p {_p(row['p_holm'])} after Holm over {row['family']})"


def _p(value: float) -> str:
    return "below 0.001" if value < 0.001 else f"{value:.3f}" if value < 0.1 else f"{value:.2f}"


def _slope(result: WhoBenefits, row: pd.Series) -> str:
    main = result.main
    return (
        f"For each point or unit more, {main.other} minus {main.reference} changes by "
        f"{row['estimate']:.2f} {main.unit} ({_level(result)} interval {row['low']:.2f} to "
        f"{row['high']:.2f})."
    )


def _apart(result: WhoBenefits, row: pd.Series) -> str:
    rows = result.subgroups
    mine = rows["modifier"].eq(str(row.name)) & rows["state"].eq("estimated")
    first, second = rows.loc[mine, "level"]
    main = result.main
    return (
        f"In '{second}' {main.other} minus {main.reference} is {abs(row['estimate']):.1f} "
        f"{main.unit} {'higher' if row['estimate'] > 0 else 'lower'} than in '{first}' "
        f"({_level(result)} interval of that {row['low']:.1f} to {row['high']:.1f})."
    )


def _level(result: WhoBenefits) -> str:
    return f"{100 * result.main.confidence:g} %"


def warnings(result: WhoBenefits) -> tuple[str, ...]:
    """Everything a reader has to know beside the subgroups, a sentence each."""
    tests = result.tests
    said = []
    if tests["status"].eq(EXPLORATORY).any():
        said.append(
            "exploratory modifiers were not declared before the outcomes were seen; what they show "
            "is a question for other data, never a finding"
        )
    late = tests.loc[tests["timing"].eq("after_start"), "modifier"]
    said += [f"{name_of(name)} is no baseline modifier. {AFTER}" for name in late]
    if tests["timing"].eq("not known").any():
        said.append("of some modifiers it is not known whether they were there before the start")
    if tests["timing"].eq("chosen").any():
        said.append(
            "an approach is part of the help, not of the person: its subgroups compare kinds of "
            "help, and many exist in one arm only"
        )
    if tests["weights"].str.startswith("one model").any():
        said.append(
            "some subgroups are too small for a propensity of their own; there the arms may differ "
            "within a subgroup beyond what the regression takes out"
        )
    if result.subgroups["state"].isin(["too few", "one arm only"]).any():
        said.append("some subgroups have too few people in an arm and carry no estimate")
    return tuple(said)


def explain(result: WhoBenefits) -> str:
    """What, how, source, and what it does not tell."""
    main, rules = result.main, result.rules
    weighted = main.method == "weighting"
    return "\n".join(
        [
            f"{main.other} minus {main.reference} in {main.outcome} within subgroups, adjusted for "
            f"{', '.join(main.covariates)} as in the main comparison ({main.method_name}).",
            "Model of a modifier: outcome = subgroup + arm in each subgroup + covariates, "
            + (
                f"weighted ({main.estimand}) by a propensity fitted inside each subgroup where the "
                f"smaller arm has {rules.rows_per_column:g} people for each column, else by one "
                "propensity model with the subgroups in it (`tests.weights` says which). Overlap "
                "weights from within balance the covariate means of each subgroup exactly. Each "
                "subgroup's difference holds for those in it who could have had either."
                if weighted
                else "unweighted, with common slopes."
            ),
            "Uncertainty: CR2, Satterthwaite df; equality of the subgroups by the approximate "
            "Hotelling test. A number is tested along its scale (arm × value, with value²); its "
            "bands are for reading. The weights count as known.",
            "Partial pooling: differences ~ N(mean, τ²) with their CR2 covariance. Pooled "
            f"estimates average over τ with a half-normal prior of {rules.scale:g} standard "
            "deviations of the outcome; they take the standard errors as known. τ, Q and I² are "
            "those of restricted maximum likelihood, the mean's interval is Hartung and Knapp's.",
            f"Fewer than {rules.minimum} people in an arm of a subgroup: counted, nothing else.",
            f"Verdict: from the test alone, p after Holm below {rules.level:g}; declared modifiers "
            "are a family of their own, an exploratory one stands among all that were looked at. "
            "A subgroup's own interval decides nothing: two subgroups of which one excludes 0 and "
            "the other does not may not differ at all.",
            "What this does not tell: a subgroup is not given by lot either. That the difference "
            "depends on a modifier does not make the modifier the cause; something that goes "
            "with it may be. A test between subgroups needs several times the people of the main "
            "comparison, so that most true dependences stay unseen.",
            "Sources: " + "; ".join(SOURCES) + ".",
            *(f"Warning: {text}." for text in warnings(result)),
        ]
    )
