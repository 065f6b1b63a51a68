"""What the results of models of leaving share: their table, their words, their warnings."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from outcomes.models.leaving.policy import leaving_policy
from outcomes.models.leaving.survival import quantile
from outcomes.schema.drawing import Drawable
from outcomes.schema.verdicts import Verdict

if TYPE_CHECKING:
    from outcomes.models.inference.convergence import Convergence

COEFFICIENTS = ["term", "estimate", "se", "df", "statistic", "p", "low", "high"]
RATIOS = ["ratio", "ratio_low", "ratio_high"]


def coefficient_table(
    names: tuple[str, ...], beta: np.ndarray, covariance: np.ndarray, df: float, level: float
) -> pd.DataFrame:
    """Columns `COEFFICIENTS` and `RATIOS`: exp of the estimate and of its limits."""
    from scipy.special import ndtr, stdtr

    se = np.sqrt(np.diag(covariance))
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = beta / se
    beyond = -np.abs(statistic)
    reach = quantile(level, df) * se
    with np.errstate(over="ignore"):
        return pd.DataFrame(
            {
                "term": pd.array(names, dtype="string"),
                "estimate": beta,
                "se": se,
                "df": float(df),
                "statistic": statistic,
                "p": 2 * (ndtr(beyond) if np.isinf(df) else stdtr(df, beyond)),
                "low": beta - reach,
                "high": beta + reach,
                "ratio": np.exp(beta),
                "ratio_low": np.exp(beta - reach),
                "ratio_high": np.exp(beta + reach),
            }
        )


@dataclass(frozen=True, slots=True, eq=False)
class ModelResult(Drawable):
    """Base: coefficients of the log of a ratio (hazards or odds), above 0 for leaving sooner.

    `coefficients` (term, estimate, se, df, statistic, p, low, high, ratio, ratio_low,
    ratio_high). `dropped` counts rows left out by the column that had no value; `endless`
    names terms whose coefficient has no finite value. `n_rows` people in, `n_used` used.
    """

    coefficients: pd.DataFrame
    covariance: np.ndarray
    covariance_kind: str
    loglik: float
    convergence: Convergence
    endless: tuple[str, ...]
    formula: str
    event: str
    cause: str | None
    cluster: str | None
    n_rows: int
    n_used: int
    n_events: int
    n_clusters: int | None
    dropped: dict[str, int]
    dropped_terms: tuple[str, ...]
    level: float
    method: str
    source: str

    @property
    def converged(self) -> bool:
        """Whether the estimates are a maximum of the likelihood, with finite coefficients."""
        return self.convergence.converged

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know before using the numbers."""
        return (*self._of_convergence(), *self._of_size())

    def verdict(self, term: str) -> Verdict:
        """Whether the data say that a term goes with leaving: supported, or cannot tell.

        An interval that includes a ratio of 1 never means that there is no association.
        """
        row = self.coefficients[self.coefficients["term"].eq(term)]
        few = self.n_events < int(leaving_policy("verdict")["fewest_events"])
        if row.empty or few or not self.converged:
            return Verdict.CANNOT_TELL
        low, high = float(row["low"].iloc[0]), float(row["high"].iloc[0])
        return Verdict.SUPPORTED if low > 0 or high < 0 else Verdict.CANNOT_TELL

    def to_frame(self) -> pd.DataFrame:
        """The coefficients, one row each; empty where they may not be used."""
        return self.coefficients.copy() if self.converged else self.coefficients.iloc[:0].copy()

    def _of_convergence(self) -> tuple[str, ...]:
        if self.endless:
            terms = ", ".join(self.endless)
            return (
                f"Cannot tell: {terms} parts those who leave from the others so that its "
                "coefficient has no end (monotone likelihood).",
            )
        return () if self.converged else (self.convergence.sentence,)

    def _of_size(self) -> tuple[str, ...]:
        rule = leaving_policy("model")
        found = []
        if self.n_events < int(rule["events_per_coefficient"]) * len(self.coefficients):
            found.append(
                f"{self.n_events} people with the event are few for {len(self.coefficients)} "
                "coefficients: intervals may be too narrow."
            )
        few = int(leaving_policy("clusters")["few"])
        if self.n_clusters is not None and self.n_clusters < few:
            found.append(f"{self.n_clusters} clusters are too few for a reliable interval.")
        if self.dropped_terms:
            found.append(
                f"Left out, since they follow from others: {', '.join(self.dropped_terms)}."
            )
        return tuple(found)

    def _people(self) -> str:
        what = self.event if self.cause is None else f"{self.event} = {self.cause}"
        return f"{self.n_used} of {self.n_rows} people, {self.n_events} with the event ({what})"

    def _lines(self) -> list[str]:
        """Lines after the heading: the table, or why there is none; then the warnings."""
        if not self.converged:
            return [f"warning: {text}" for text in self.warnings]
        shown = self.coefficients[["term", "ratio", "ratio_low", "ratio_high", "p"]]
        return [
            shown.to_string(index=False, float_format=lambda value: f"{value:.3f}"),
            *(f"warning: {text}" for text in self.warnings),
        ]

    def __repr__(self) -> str:
        head = f"{type(self).__name__}({self._people()}; {self.method})"
        first = [] if self.converged else ["NOT CONVERGED: no estimate is shown"]
        return "\n".join([*first, head, *self._lines()])

    def _repr_html_(self) -> str:
        said = "".join(f"<p>Warning: {html.escape(text)}</p>" for text in self.warnings)
        head = f"<p>{html.escape(self._people())}; {html.escape(self.method)}.</p>"
        if not self.converged:
            return f"<p>NOT CONVERGED: no estimate is shown.</p>{head}{said}"
        table = self.coefficients.to_html(index=False, float_format=lambda value: f"{value:.3f}")
        return f"{head}{table}{said}"

    def _uncertainty(self) -> str:
        if self.cluster is None:
            return f"Intervals: normal limits, {100 * self.level:g} %, people independent."
        df = float(self.coefficients["df"].iloc[0])
        return (
            f"Intervals: {100 * self.level:g} %, t with {df:g} degrees of freedom ("
            f"{self.n_clusters} clusters of {self.cluster} less one), "
            f"{self.covariance_kind} covariance."
        )
