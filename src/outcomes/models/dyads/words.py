"""What models of couples say in words; every sentence follows from stored numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outcomes.models.dyads.distinguishability import SOURCE as TEST_SOURCE
from outcomes.models.dyads.ratio import RATIO_SOURCES
from outcomes.schema.verdicts import Verdict

if TYPE_CHECKING:
    from outcomes.models.dyads.apim_result import ApimResult

APIM_SOURCE = (
    "Kenny, D. A., Kashy, D. A. & Cook, W. L. (2006). Dyadic Data Analysis, Guilford, chapter 7"
)
DDF_WORDS = {
    "satterthwaite": "Satterthwaite degrees of freedom",
    "kenward-roger": "Kenward-Roger errors and degrees of freedom",
    "residual": "t on rows minus coefficients",
    "none": "normal limits",
}
ASSOCIATION = (
    "What this does not tell: that one partner's value changes the other's outcome. Both were "
    "measured, nothing was assigned; what partners share outside the model looks the same."
)


def apim_method(result: ApimResult) -> str:
    """Model, estimation and df in one line."""
    kind = "roles told apart" if result.distinguishable else "one model for both partners"
    way = "REML" if result.reml else "maximum likelihood"
    return f"actor-partner interdependence model, {kind}, {way}, {DDF_WORDS[result.ddf]}"


def apim_sentence(result: ApimResult) -> str:
    """Both effects of each role, and how alike partners stay."""
    if not result.converged:
        return "Cannot tell: the model did not converge."
    said = [_effect_sentence(result, row) for _, row in result.effects.iterrows()]
    last = result.variances.iloc[-1]
    said.append(
        f"Beyond that, partners' outcomes correlate {last['estimate']:.2f} "
        f"({last['low']:.2f} to {last['high']:.2f})."
    )
    return " ".join(said)


def _effect_sentence(result: ApimResult, row: object) -> str:
    word = str(row["role"])  # type: ignore[index]
    role = None if not result.distinguishable else word
    own = row["effect"] == "actor"  # type: ignore[index]
    whose = "own" if own else "partner's"
    who = "" if role is None else f"For the {word}: "
    size = f"{row['estimate']:+.2f}, {row['low']:.2f} to {row['high']:.2f}"  # type: ignore[index]
    outcome, predictor = result.columns.outcome, result.columns.actor
    if result.verdict("actor" if own else "partner", role) is Verdict.CANNOT_TELL:
        return (
            f"{who}whether {outcome} goes with the {whose} {predictor} cannot be told ({size})."
        ).replace("whether", "Whether" if not who else "whether", 1)
    turn = "higher" if row["estimate"] > 0 else "lower"  # type: ignore[index]
    return (
        f"{who}{'a' if who else 'A'} higher {predictor} of the {'person' if own else 'partner'} "
        f"goes with {turn} {outcome} ({size} points for one unit)."
    )


def apim_explained(result: ApimResult) -> str:
    """Formula, sources, counts and limits of the model."""
    columns = result.columns
    own, other = columns.actor, columns.partner or f"the partner's {columns.actor}"
    lines = [
        f"{columns.outcome} = intercept + a * {own} + p * {other}"
        + (f" + {', '.join(columns.covariates)}" if columns.covariates else "")
        + " + residual; residuals of two partners are correlated (of either sign).",
        f"Method: {result.method}.",
        f"{result.n_used} of {result.n_rows} people used, in {result.n_couples} couples, "
        f"{result.n_complete} of them with both partners. Where one partner's outcome is missing "
        "the other stays: right where what is missing depends on what is seen only. A person "
        "without the own or the partner's predictor cannot be used.",
    ]
    lines += [
        f"Left out, because {name} is missing: {n} people." for name, n in result.dropped.items()
    ]
    lines += [*_roles(result), result.convergence.sentence]
    lines += [
        "k = partner effect / actor effect: 1 where both count the same, 0 where only the own "
        "counts, -1 where the difference counts. Its limits: "
        f"{result.ratio} ({RATIO_SOURCES[result.ratio]}).",
        "R² = 1 - residual variance / residual variance of the model with intercepts alone; it can "
        "be below zero.",
        f"Intervals: {100 * result.level:g} %.",
        ASSOCIATION,
        f"Source: {result.source}.",
        *(f"Warning: {text}" for text in result.warnings),
    ]
    return "\n".join(lines)


def _roles(result: ApimResult) -> list[str]:
    if result.test is None:
        return ["Roles were not told apart, so whether they differ was not tested."]
    rows = result.test.table
    said = [
        f"{row.test}: chi-square {row.statistic:.3f} on {row.df} df, p = {row.p:.3f}"
        for row in rows.itertuples()
    ]
    return [f"Do the roles differ? {'; '.join(said)} ({TEST_SOURCE})."]
