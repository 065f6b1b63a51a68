"""A mixed model in words: plain text, HTML, and the explanation."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from outcomes.models.mixed.result import MixedResult

DDF_NAMES = {
    "satterthwaite": "Satterthwaite degrees of freedom",
    "kenward-roger": "Kenward-Roger covariance and degrees of freedom",
    "none": "normal limits (no small-sample correction)",
}
DDF_SOURCES = {
    "satterthwaite": "Giesbrecht & Burns 1985, Biometrics 41:477-486",
    "kenward-roger": "Kenward & Roger 1997, Biometrics 53:983-997",
    "none": "",
}


def head(result: MixedResult) -> str:
    """The first line: formula, rows, groups."""
    groups = ", ".join(f"{n:,} {name}" for name, n in result.n_groups.items())
    how = "REML" if result.reml else "maximum likelihood"
    return (
        f"{result.formula} by {how}: {result.n_used:,} of {result.n_rows:,} rows; levels: {groups}"
    )


def plain(result: MixedResult) -> str:
    """Plain text; no estimate of a fit that did not converge."""
    lines = [f"MixedResult({head(result)})"]
    if not result.converged:
        return "\n".join([f"NOT CONVERGED. {result.convergence.sentence}", *lines])
    lines += [
        f"log likelihood {result.loglik:.4f}; {DDF_NAMES[result.ddf]}",
        result.coefficients.to_string(index=False, float_format="{:.4g}".format),
        result.variances.astype("object")
        .where(result.variances.notna(), "")
        .to_string(index=False, float_format="{:.4g}".format),
    ]
    return "\n".join([*lines, *(f"warning: {text}" for text in result.warnings)])


def html_text(result: MixedResult) -> str:
    """HTML; no estimate of a fit that did not converge."""
    parts = [f"<p>{html.escape(head(result))}.</p>"]
    if not result.converged:
        return "".join(
            [f"<p><b>Not converged.</b> {html.escape(result.convergence.sentence)}</p>", *parts]
        )
    parts += [f"<p>Warning: {html.escape(text)}</p>" for text in result.warnings]
    shape = {"index": False, "escape": True, "na_rep": "", "float_format": "{:.4g}".format}
    parts += [result.coefficients.to_html(**shape), result.variances.to_html(**shape)]
    return "".join(parts)


def explained(result: MixedResult) -> str:
    """What was computed, formula, source, and what it does not tell."""
    criterion = "restricted likelihood (REML)" if result.reml else "likelihood"
    sources = "; ".join(part for part in (result.source, DDF_SOURCES[result.ddf]) if part)
    lines = [
        f"Linear mixed model: {head(result)}.",
        "score = fixed part + random effects of each group + residual; random effects and "
        f"residuals normal, independent between groups. The {criterion} is highest at these "
        "estimates, in points of the outcome.",
        result.convergence.sentence,
        f"Intervals at {100 * result.level:g} % with {DDF_NAMES[result.ddf]}.",
        _missing(result),
        "What this does not tell: whether anything in the model caused a difference. Rows that "
        "are missing are taken to be missing at random given the scores that were seen. A "
        "variance near zero may be larger: the data have few groups to tell.",
        f"Sources: {sources}.",
        *(f"Warning: {text}" for text in result.warnings),
    ]
    return "\n".join(lines)


def _missing(result: MixedResult) -> str:
    gone = result.n_rows - result.n_used
    if not gone:
        return "Every row had a value in every column; people with a single score count too."
    parts = ", ".join(f"{name} {count:,}" for name, count in result.dropped.items())
    return (
        f"{gone:,} rows lack a value and are left out (by column: {parts}); other rows of the "
        "same people stay in."
    )
