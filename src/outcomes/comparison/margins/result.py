"""`AgainstMargin`: a difference held against a margin that was declared before."""

from __future__ import annotations

import html
from dataclasses import dataclass

import pandas as pd

from outcomes.comparison.margins.margin import Margin
from outcomes.comparison.margins.policy import margin_policy
from outcomes.schema.drawing import Drawable
from outcomes.schema.verdicts import Verdict

EQUIVALENCE, NONINFERIORITY = "equivalence", "noninferiority"


@dataclass(frozen=True, slots=True, eq=False)
class AgainstMargin(Drawable):
    """`estimate` = other − reference in `unit`; low and high bound the interval that decides.

    That is the 1 − 2α interval for equivalence and the 1 − α interval for non-inferiority, of
    `level`. `p_lower` and `p_upper` are the one-sided tests against − margin and + margin;
    `p` is the larger of both (equivalence) or the one that matters (non-inferiority). Under
    verdicts that forbid an estimate every number is nan. `n_in`, `n_used` people, or None.
    """

    question: str
    estimate: float
    se: float
    df: float
    low: float
    high: float
    level: float
    p_lower: float
    p_upper: float
    p: float
    margin: Margin
    direction: str | None
    reference: str
    other: str
    outcome: str
    unit: str
    verdict: Verdict
    reasons: tuple[str, ...]
    n_in: int | None
    n_used: int | None
    method: str
    source: str

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know beside the verdict."""
        return self.margin.warnings

    @property
    def sentence(self) -> str:
        """What the data say, for a reader; never that there is no difference."""
        pair = f"{self.other} and {self.reference}"
        size = f"{self.margin.points:.3g} {self.unit}"
        span = f"({self.level:.0%} interval {self.low:.2f} to {self.high:.2f})"
        if self.verdict is Verdict.EQUIVALENT:
            return f"The difference between {pair} is smaller than {size} either way {span}."
        if self.verdict is Verdict.SUPPORTED:
            return f"{self.other} is not worse than {self.reference} by {size} or more {span}."
        if self.verdict is Verdict.NOT_SUPPORTED and self.question == EQUIVALENCE:
            return f"{pair} differ by more than {size} {span}."
        if self.verdict is Verdict.NOT_SUPPORTED:
            return f"{self.other} is worse than {self.reference} by more than {size} {span}."
        if self.reasons == ("interval_crosses_margin",):
            return (
                f"The data cannot tell whether {self._claim(size)}: differences on both sides of "
                f"the margin fit them {span}. That is not evidence that the two are alike."
            )
        why = "too few people" if self.verdict is Verdict.CANNOT_TELL else str(self.verdict)
        return f"Whether {self._claim(size)} cannot be said: {why} ({', '.join(self.reasons)})."

    def _claim(self, size: str) -> str:
        if self.question == EQUIVALENCE:
            return f"{self.other} and {self.reference} differ by less than {size}"
        return f"{self.other} is worse than {self.reference} by less than {size}"

    def to_frame(self) -> pd.DataFrame:
        """One row: the difference, the margin, both one-sided tests, the verdict."""
        row = {
            "question": self.question,
            "contrast": f"{self.other} - {self.reference}",
            "outcome": self.outcome,
            "estimate": self.estimate,
            "se": self.se,
            "df": self.df,
            "low": self.low,
            "high": self.high,
            "level": self.level,
            "margin": self.margin.points,
            "p_lower": self.p_lower,
            "p_upper": self.p_upper,
            "p": self.p,
            "unit": self.unit,
            "verdict": str(self.verdict),
            "reasons": ", ".join(self.reasons),
            "n_in": self.n_in,
            "n_used": self.n_used,
        }
        return pd.DataFrame([row])

    def explain(self) -> str:
        """What was tested, by which rule, from whom, and what it does not tell."""
        return "\n".join(
            [
                self.sentence,
                margin_policy().levels[self.question],
                "Each one-sided test: t = (estimate ∓ margin) / se with the degrees of freedom of "
                "the estimate.",
                self.margin.explain(),
                "What this does not tell: anything beyond the comparison it rests on. Confounding "
                "and people without an end score can make two different services look alike.",
                f"Source: {self.source}.",
            ]
        )

    def __repr__(self) -> str:
        lines = [
            f"AgainstMargin({self.question}, {self.outcome}: {self.other} - {self.reference}, "
            f"margin {self.margin.points:.3g} {self.unit})",
            f"  {self.sentence}",
            f"  verdict: {self.verdict} ({', '.join(self.reasons)})",
        ]
        if self.estimate == self.estimate:
            lines.insert(
                1,
                f"  {self.estimate:.3f} {self.unit}, {self.level:.0%} interval {self.low:.3f} to "
                f"{self.high:.3f} (se {self.se:.3f}, df {self.df:.1f}, p {self.p:.4f})",
            )
        return "\n".join([*lines, *(f"warning: {text}" for text in self.warnings)])

    def _repr_html_(self) -> str:
        said = "".join(f"<p>{html.escape(text)}</p>" for text in (self.sentence, *self.warnings))
        return f"{self.to_frame().to_html(index=False)}{said}"
