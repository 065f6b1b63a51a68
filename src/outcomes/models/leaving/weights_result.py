"""`DropoutWeights`: weights for dropout, what they are worth, and what they change."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from outcomes.models.leaving.policy import leaving_policy
from outcomes.models.leaving.weighted import ADJUSTED, DIFFERENCE, MEAN
from outcomes.schema.drawing import Drawable
from outcomes.schema.verdicts import Verdict

if TYPE_CHECKING:
    from outcomes.models.inference.convergence import Convergence

WEIGHT_COLUMNS = [
    *("visit", "arm", "n", "n_seen", "mean_weight", "largest_weight", "ess", "largest_share"),
]


@dataclass(frozen=True, slots=True, eq=False)
class DropoutWeights(Drawable):
    """Weights by row of the frame (missing where there is no score).

    `table` (visit, arm, n, n_seen, mean_weight, largest_weight, ess, largest_share): ess is
    how many people with equal weights those seen are worth. `estimates` (visit, analysis,
    what, group, n, estimate, se, df, low, high, p): complete cases beside weighted.
    `coefficients` of the log odds of staying at a visit. `limits` are the smallest and
    largest weight allowed, `n_cut` how many rows they changed, `n_gaps` scores missing
    before somebody's last visit.
    """

    weights: pd.Series
    table: pd.DataFrame
    estimates: pd.DataFrame
    coefficients: pd.DataFrame
    convergence: Convergence
    limits: tuple[float, float]
    n_cut: int
    n_gaps: int
    arms: tuple[str, ...]
    outcome: str
    visit: str
    cluster: str
    formula: str
    dropped: dict[str, int]
    n_rows: int
    n_used: int
    level: float

    @property
    def converged(self) -> bool:
        """Whether the model of staying arrived; the weights are not to be used otherwise."""
        return self.convergence.converged

    @property
    def largest_share(self) -> float:
        """The largest share of an arm's weight at a visit that one person carries."""
        return float(self.table["largest_share"].max())

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know before using the weights."""
        rule = leaving_policy("weights")
        found = [] if self.converged else [self.convergence.sentence]
        times = float((self.table["largest_weight"] / self.table["mean_weight"]).max())
        if times > float(rule["largest_times"]):
            found.append(f"One person counts {times:.1f} times as much as others of the arm.")
        worth = (self.table["ess"] / self.table["n_seen"]).min()
        if worth < float(rule["least_effective"]):
            found.append(
                f"At a visit the weighted people of an arm are worth {100 * worth:.0f} % of "
                "their number."
            )
        mean = float((self.table["mean_weight"] - 1).abs().max())
        if mean > float(rule["mean_off"]):
            found.append(
                "Mean weights are not near 1 at a visit of an arm: some who leave have nobody "
                "like them among those who stay, or the model of staying is wrong."
            )
        return tuple(found)

    def verdict(self) -> Verdict:
        """Whether the arms differ at the last visit, adjusted and weighted for dropout."""
        rows = self.estimates
        rows = rows[rows["analysis"].ne("complete cases") & rows["what"].eq(ADJUSTED)]
        if not self.converged or rows.empty or len(self.arms) != 2:
            return Verdict.CANNOT_TELL
        low, high = float(rows["low"].iloc[-1]), float(rows["high"].iloc[-1])
        return Verdict.SUPPORTED if low > 0 or high < 0 else Verdict.CANNOT_TELL

    def to_frame(self) -> pd.DataFrame:
        """The estimates: complete cases and weighted, one row each; empty if not usable."""
        return self.estimates.copy() if self.converged else self.estimates.iloc[:0].copy()

    def explain(self) -> str:
        """What was computed, and what it cannot do."""
        low, high = self.limits
        lines = [
            f"Weights for dropout: {self.n_used} of {self.n_rows} people with a start score, "
            f"{int(self.table['n_seen'].sum())} scores of {self.outcome}.",
            "A person who is still seen stands for those who left and looked the same: the weight "
            "is the chance of staying given visit and arm, over that chance given also what was "
            "known at the start and the last score (its effect may differ by arm), multiplied up "
            "over the visits.",
            f"Model of staying (logistic, all visits together): {self.formula}.",
            f"Weights were cut to between {low:.3g} and {high:.3g} ({self.n_cut} rows): "
            f"{leaving_policy('weights')['truncate_source']}.",
            f"Estimates: weighted least squares, CR2 covariance with {self.cluster} as cluster, "
            f"{100 * self.level:g} %; weights taken as known.",
            *(
                [f"{self.n_gaps} scores are missing before somebody's last visit; these visits "
                 "are left out and not weighted for."]
                if self.n_gaps
                else []
            ),
            "What this does not tell: anything about people who left for reasons that neither "
            "the start nor the last score shows. If those who left got worse afterwards, "
            "unseen, the weighted estimate is as wrong as the other.",
            "Source: Robins, Rotnitzky & Zhao 1995; Hernán, Brumback & Robins 2000.",
            *(f"Warning: {text}" for text in self.warnings),
        ]  # fmt: skip
        return "\n".join(lines)

    def _shown(self) -> pd.DataFrame:
        last = self.estimates["visit"].iloc[-1] if len(self.estimates) else None
        wanted = [MEAN] if len(self.arms) == 1 else [DIFFERENCE, ADJUSTED]
        rows = self.estimates[self.estimates["visit"].eq(last)]
        rows = rows[rows["what"].isin(wanted)]
        return rows[["visit", "analysis", "what", "group", "n", "estimate", "low", "high"]]

    def _head(self) -> str:
        return (
            f"DropoutWeights({self.n_used} of {self.n_rows} people; weights "
            f"{self.limits[0]:.2f} to {self.limits[1]:.2f}; smallest worth "
            f"{self.table['ess'].min():.1f} people)"
        )

    def __repr__(self) -> str:
        said = [f"warning: {text}" for text in self.warnings]
        if not self.converged:
            return "\n".join(["NOT CONVERGED: the weights are not to be used", self._head(), *said])
        shown = self._shown().to_string(index=False, float_format=lambda value: f"{value:.3f}")
        return "\n".join([self._head(), shown, *said])

    def _repr_html_(self) -> str:
        said = "".join(f"<p>Warning: {html.escape(text)}</p>" for text in self.warnings)
        head = f"<p>{html.escape(self._head())}</p>"
        if not self.converged:
            return f"<p>NOT CONVERGED: the weights are not to be used.</p>{head}{said}"
        table = self._shown().to_html(index=False, float_format=lambda value: f"{value:.3f}")
        return f"{head}{table}{said}"
