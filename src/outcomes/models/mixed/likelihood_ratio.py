"""Likelihood-ratio test of two nested models, with the reference law at the boundary.

A variance that is zero lies on the edge of what is possible, and the statistic follows a
mixture of chi-squares there: for one more column correlated with q others half chi2(q),
half chi2(q + 1); for m variances by themselves binomial weights.

Source: Self, S. G. & Liang, K.-Y. (1987). J. Am. Stat. Assoc. 82:605-610, cases 5, 6 and 9;
Stram, D. O. & Lee, J. W. (1994). Biometrics 50:1171-1177.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from outcomes.errors import UsageError
from outcomes.schema.drawing import Drawable

if TYPE_CHECKING:
    from outcomes.models.mixed.result import MixedResult

SOURCE = "Self & Liang 1987, J Am Stat Assoc 82:605-610; Stram & Lee 1994, Biometrics 50:1171-1177"


@dataclass(frozen=True, slots=True, eq=False)
class LikelihoodRatio(Drawable):
    """`statistic` is twice the difference of the log likelihoods, `df` that of the parameters.

    `p` follows from `mixture`, pairs of (degrees of freedom, weight); `p_plain` from a
    chi-square with `df`, which is too large where a variance is tested.
    """

    larger: str
    smaller: str
    statistic: float
    df: int
    p: float
    p_plain: float
    mixture: tuple[tuple[int, float], ...]
    converged: bool
    method: str
    warnings: tuple[str, ...]
    source: str = SOURCE

    def to_frame(self):  # type: ignore[no-untyped-def]  # noqa: ANN201
        """One row: statistic, df, p, p_plain."""
        import pandas as pd

        names = ("larger", "smaller", "statistic", "df", "p", "p_plain")
        return pd.DataFrame([{name: getattr(self, name) for name in names}])

    def __repr__(self) -> str:
        if not self.converged:
            return "LikelihoodRatio: NOT CONVERGED, no test can be given."
        law = " + ".join(f"{weight:.3g} chi2({df})" for df, weight in self.mixture)
        lines = [
            f"LikelihoodRatio({self.smaller} within {self.larger}; {self.method})",
            f"  {self.statistic:.4f}, p = {self.p:.4g} against {law}",
        ]
        return "\n".join([*lines, *(f"warning: {text}" for text in self.warnings)])

    def _repr_html_(self) -> str:
        import html

        return f"<pre>{html.escape(repr(self))}</pre>"

    def explain(self) -> str:
        """Say what was computed, with source, and what it does not tell."""
        return "\n".join(
            [
                repr(self),
                "Twice the difference of the log likelihoods of two models of which the larger "
                "holds the smaller. Where a variance is tested its law is a mixture of "
                "chi-squares; with few groups that law is approximate.",
                "What this does not tell: that the smaller model is true where p is large.",
                f"Source: {self.source}.",
            ]
        )


def likelihood_ratio(one: MixedResult, two: MixedResult) -> LikelihoodRatio:
    """Test the smaller of two models within the larger.

    Restricted likelihoods are compared where both models have them and the same fixed part;
    otherwise both are fitted by maximum likelihood. Raises UsageError for models of
    different rows, or of which neither holds the other.
    """
    if one.n_used != two.n_used or not np.array_equal(one.data.outcome, two.data.outcome):
        raise UsageError(
            "The models do not use the same rows.",
            where="parameter other",
            fix="Fit both to the rows that are complete for both.",
        )
    larger, smaller = (one, two) if one.n_parameters >= two.n_parameters else (two, one)
    fixed, columns, covariances = _difference(larger, smaller)
    if larger.reml and smaller.reml and not fixed:
        method = "restricted likelihoods"
    else:
        method = "maximum likelihood"
        larger, smaller = (model.refit(reml=False) if model.reml else model
                           for model in (larger, smaller))  # fmt: skip
    statistic = max(2 * (larger.loglik - smaller.loglik), 0.0)
    mixture, note = _mixture(fixed, columns, covariances)
    df = fixed + columns + covariances
    p = sum(weight * _tail(statistic, k) for k, weight in mixture)
    return LikelihoodRatio(
        larger=larger.formula,
        smaller=smaller.formula,
        statistic=statistic,
        df=df,
        p=float(p),
        p_plain=float(stats.chi2.sf(statistic, df)) if df else 1.0,
        mixture=mixture,
        converged=larger.converged and smaller.converged,
        method=method,
        warnings=(note,) if note else (),
    )


def _tail(statistic: float, df: int) -> float:
    """P(chi2(df) > statistic); with no degrees of freedom it is never above zero."""
    return float(statistic <= 0) if df == 0 else float(stats.chi2.sf(statistic, df))


def _difference(larger: MixedResult, smaller: MixedResult) -> tuple[int, int, int]:
    """How many fixed effects, variances and covariances the larger model has more."""
    fixed = _extra_rank(larger, smaller)
    small, large = _terms(smaller), _terms(larger)
    for name, held in small:
        if not any(name == other and held <= wider for other, wider in large):
            raise _not_nested()
    columns = sum(len(one) for _, one in large) - sum(len(one) for _, one in small)
    pairs = sum(comb(len(one), 2) for _, one in large) - sum(comb(len(one), 2) for _, one in small)
    if columns < 0 or pairs < 0:
        raise _not_nested()
    return fixed, columns, pairs


def _extra_rank(larger: MixedResult, smaller: MixedResult) -> int:
    """Fixed columns of the larger model beyond the smaller's, whose columns it must span."""
    wide, narrow = larger.data.fixed, smaller.data.fixed
    extra = len(wide.names) - len(narrow.names)
    if set(narrow.names) <= set(wide.names):
        return extra
    X, W = wide.matrix, narrow.matrix
    scale = np.sqrt((X**2).sum(axis=0))
    scaled = X / scale
    rest = W - scaled @ np.linalg.solve(scaled.T @ scaled, scaled.T @ W)
    if np.abs(rest).max() > 1e-8 * np.abs(W).max():
        raise _not_nested()
    return extra


def _terms(model: MixedResult) -> list[tuple[str, frozenset[str]]]:
    """Each random term: its group and columns."""
    return [
        (g.name, frozenset(g.column_names[place] for place in places))
        for g in model.data.groupings
        for places in g.blocks
    ]


def _mixture(
    fixed: int, columns: int, covariances: int
) -> tuple[tuple[tuple[int, float], ...], str]:
    """Degrees of freedom and weights, and a note where the law is not known."""
    if columns == 0:
        return ((fixed + covariances, 1.0),), ""
    if columns == 1:
        return ((fixed + covariances, 0.5), (fixed + covariances + 1, 0.5)), ""
    if covariances == 0:
        weights = tuple((fixed + k, comb(columns, k) / 2**columns) for k in range(columns + 1))
        return weights, "The weights take the variances' estimates as independent."
    return (
        ((fixed + columns + covariances, 1.0),),
        "Several correlated variances are tested at once: p is an upper limit.",
    )


def _not_nested() -> UsageError:
    return UsageError(
        "Neither model holds the other.",
        where="parameter other",
        fix="Compare models of which one has all terms of the other.",
    )
