"""`ConcurrentResult`: what adding the other service goes with, from when it is added."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.schema.drawing import Drawable
from outcomes.schema.verdicts import Verdict

MAIN, PLAIN, EVER = "weighted", "not weighted", "ever had both (immortal time)"


@dataclass(frozen=True, slots=True, eq=False)
class ConcurrentResult(Drawable):
    """`estimate` of having added the other service against not yet, period by period.

    For a score in `unit` (points), for an event the log odds ratio in a period. `beside` has
    one row for each way (way, estimate, se, df, low, high, unit): the weighted one, the same
    without weights, and 'ever had both', which is biased and there for comparison. `weights`
    (part, value) describes the stabilised weights. `n` counts persons, persons who added,
    person-periods, and events.
    """

    kind: str
    estimate: float
    se: float
    df: float
    low: float
    high: float
    p: float
    confidence: float
    verdict: Verdict
    reasons: tuple[str, ...]
    beside: pd.DataFrame
    weights: pd.DataFrame
    n: dict[str, int]
    n_in: int
    n_used: int
    n_clusters: int
    converged: bool
    warnings: tuple[str, ...]
    outcome: str
    baseline: tuple[str, ...]
    varying: tuple[str, ...]
    unit: str
    direction: str | None
    reference: str = "not yet added"
    other: str = "other service added"
    method: str = "marginal structural model"
    source: str = (
        "Robins, Hernan and Brumback 2000; Hernan, Brumback and Robins 2002; Cole and Hernan 2008"
    )

    @property
    def odds_ratio(self) -> tuple[float, float, float]:
        """Ratio, low, high for an event; nan for a score."""
        if self.kind != "event":
            return (math.nan,) * 3
        ratio, low, high = np.exp([self.estimate, self.low, self.high])
        return float(ratio), float(low), float(high)

    def to_frame(self) -> pd.DataFrame:
        """One row: the estimate with its interval, verdict and counts."""
        row = {
            "outcome": self.outcome,
            "contrast": f"{self.other} - {self.reference}",
            "estimate": self.estimate,
            "se": self.se,
            "df": self.df,
            "low": self.low,
            "high": self.high,
            "p": self.p,
            "unit": self.unit,
            "verdict": str(self.verdict),
            "reasons": ", ".join(self.reasons),
            **self.n,
            "n_clusters": self.n_clusters,
        }
        return pd.DataFrame([row])

    def explain(self) -> str:
        """What was estimated, how, and what it does not tell."""
        what = (
            "the score at the end of a period, in points"
            if self.kind == "score"
            else "the log odds of the event in a period"
        )
        changing = ", ".join(self.varying) or "nothing that changes over time"
        return "\n".join(
            [
                f"Person-periods before the other service is added count as without it, those "
                f"from then on as with it; compared is {what}. So nobody has to survive into a "
                "group.",
                f"Rows are weighted so that, given the start ({', '.join(self.baseline)}), adding "
                f"no longer hangs on {changing}: stabilised inverse probability weights, with "
                "weights for staying in care and for having an outcome; then a pooled regression "
                "on the service, time and the start, rows of one cluster together.",
                "That the weights were estimated is not in the interval, which makes it wider "
                "than needed rather than too narrow.",
                "What this does not tell: an effect, unless everything that makes people add the "
                "service or leave, and that goes with the outcome, was recorded in every period. "
                "It says how people in care would compare if nobody left.",
                f"Source: {self.source}.",
                *(f"Warning: {text}" for text in self.warnings),
            ]
        )

    def __repr__(self) -> str:
        lines = [
            f"ConcurrentResult({self.outcome}: {self.other} - {self.reference}, {self.kind}, "
            f"{self.n['persons']} persons, {self.n['added']} of them added, "
            f"{self.n['periods']} periods)",
            f"  verdict: {self.verdict} ({', '.join(self.reasons)})",
        ]
        if math.isfinite(self.estimate):
            lines.insert(
                1,
                f"  {self.estimate:.3f} {self.unit}, {self.confidence:.0%} interval "
                f"{self.low:.3f} to {self.high:.3f} (se {self.se:.3f}, df {self.df:.1f}, "
                f"p {self.p:.4f})",
            )
        return "\n".join([*lines, *(f"warning: {text}" for text in self.warnings)])

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{html.escape(text)}</p>" for text in self.warnings)
        return f"{self.to_frame().to_html(index=False)}{notes}"
