"""What a growth model of couples says in words; every sentence follows from stored numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from outcomes.models.dyads.words import DDF_WORDS
from outcomes.schema.verdicts import Verdict

if TYPE_CHECKING:
    from outcomes.models.dyads.growth_result import DyadicGrowthResult

GROWTH_SOURCE = (
    "Kenny, D. A., Kashy, D. A. & Cook, W. L. (2006). Dyadic Data Analysis, Guilford, chapter 13; "
    "Lyons, K. S. & Sayer, A. G. (2005). J. Marriage Fam. 67:1048-1060"
)
BETTER = {("lower", -1): "better", ("lower", 1): "worse", ("higher", 1): "better",
          ("higher", -1): "worse"}  # fmt: skip


def growth_method(result: DyadicGrowthResult) -> str:
    """Model, estimation and df in one line."""
    kind = "roles told apart" if result.model.distinguishable else "partners may be exchanged"
    varies = "own starts and slopes" if result.model.slopes else "own starts"
    way = "REML" if result.reml else "maximum likelihood"
    return f"dyadic growth model, {kind}, {varies}, {way}, {DDF_WORDS[result.ddf]}"


def growth_sentence(result: DyadicGrowthResult) -> str:
    """The slope of each cell, and how alike partners' courses are."""
    if not result.converged:
        return "Cannot tell: the model did not converge."
    slopes = result.slopes()
    said = [
        _slope(result, row, result.verdict(place))
        for place, (_, row) in enumerate(slopes.iterrows())
    ]
    said += [_alike(result, word) for word in ("starts", "slopes") if word == "starts"
             or result.model.slopes]  # fmt: skip
    return " ".join(said)


def cell_name(row: pd.Series) -> str:
    """How a cell is called: 'wife, coaching'."""
    return ", ".join(str(row[name]) for name in ("role", "arm") if name in row.index)


def _slope(result: DyadicGrowthResult, row: pd.Series, verdict: Verdict) -> str:
    size = (
        f"{row['estimate']:+.2f} points for one unit of {result.columns.time}, "
        f"{row['low']:.2f} to {row['high']:.2f}"
    )
    name = cell_name(row)
    if verdict is Verdict.CANNOT_TELL:
        return f"{name.capitalize()}: whether the mean moves cannot be told ({size})."
    sign = 1 if row["estimate"] > 0 else -1
    turn = BETTER.get((result.direction, sign), "up" if sign > 0 else "down")
    verb = "gets" if turn in ("better", "worse") else "goes"
    return f"{name.capitalize()}: the mean {verb} {turn} over time ({size})."


def _alike(result: DyadicGrowthResult, word: str) -> str:
    table = result.variances.set_index("name")
    row = table.loc[f"correlation of partners' {word}"]
    if not result.enough or math.isnan(row["low"]):
        return f"How alike partners' {word} are cannot be told."
    return (
        f"Partners' {word} correlate {row['estimate']:.2f} ({row['low']:.2f} to {row['high']:.2f})."
    )


def growth_explained(result: DyadicGrowthResult) -> str:
    """Formula, sources, counts, what is shared and limits of the model."""
    columns = result.columns
    cells = "role and arm" if columns.arm else "role"
    lines = [
        f"{columns.outcome} = start of the {cells} + slope of the {cells} * {columns.time}"
        + (f" + {', '.join(columns.covariates)}" if columns.covariates else "")
        + " + own start" + (" + own slope * time" if result.model.slopes else "")
        + " of the partner in the couple + residual.",
        "Own starts and slopes of the two partners are correlated; residuals of two answers at one "
        "occasion are correlated, of either sign"
        + (", with a variance for each role." if result.model.distinguishable else "."),
        f"Method: {result.method}.",
        f"{result.n_used} of {result.n_rows} answers used: {result.n_couples} couples, "
        f"{result.n_complete} with both partners, {result.n_courses} of them with both at two "
        f"occasions or more; {result.n_together} occasions with both answers. A partner who is "
        "missing leaves the other in: right where what is missing depends on what is seen only.",
    ]  # fmt: skip
    lines += [
        f"Left out, because {name} is missing: {n} answers." for name, n in result.dropped.items()
    ]
    lines += _alone(result)
    if result.test is not None:
        row = result.test.table.iloc[0]
        lines.append(
            f"Do the roles differ? Likelihood ratio {row['statistic']:.3f} on {row['df']} df, "
            f"p = {row['p']:.3f}."
        )
    lines += [
        result.convergence.sentence,
        f"Intervals: {100 * result.level:g} %; of variances and correlations from the curvature of "
        "the likelihood, which is rough with few couples.",
        "What this does not tell: whether the help moved the scores. People also change without "
        "help, who starts high moves towards the mean, and who stays longer differs from who "
        "leaves. Practitioners are not in the model.",
        f"Source: {result.source}.",
        *(f"Warning: {text}" for text in result.warnings),
    ]
    return "\n".join(lines)


def _alone(result: DyadicGrowthResult) -> list[str]:
    """What people seen alone share with partners."""
    if not result.model.alone:
        return []
    shared = (
        "variances of their own; only the coefficients of covariates are shared"
        if result.model.alone == "own"
        else "the variances of a partner, so that both add to what is known of them"
    )
    return [
        f"{result.n_alone} people seen alone are in the model, each a unit with one answer at a "
        f"time. They have a mean course of their own and {shared}."
    ]
