"""`Agreement`: one comparison by several methods, and whether they agree."""

from __future__ import annotations

import html
from dataclasses import dataclass

import pandas as pd

from outcomes.comparison.overturn.methods import MethodAnswer
from outcomes.comparison.overturn.words import number
from outcomes.comparison.result import ComparisonResult
from outcomes.schema.drawing import Drawable

SOURCES = ("Steegen, Tuerlinckx, Gelman and Vanpaemel 2016", "Freedman and Berk 2008")


@dataclass(frozen=True, slots=True, eq=False)
class Agreement(Drawable):
    """Answers of several methods to one question.

    `stands` is "agree", "size" (further apart than the limits), "verdict" (verdicts
    differ), "direction" (they point different ways) or "blocked" (fewer than two could
    answer). `gap` is the largest minus the smallest estimate, `gap_in_se` in the smallest
    standard error, `gap_in_margin` in the margin (nan without one).
    """

    answers: tuple[MethodAnswer, ...]
    stands: str
    gap: float
    gap_in_se: float
    gap_in_margin: float
    limit_se: float
    limit_margin: float
    comparison: ComparisonResult
    sources: tuple[str, ...] = SOURCES

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings of the comparison itself."""
        return self.comparison.warnings

    @property
    def agrees(self) -> bool:
        """Whether nothing was found that has to be said."""
        return self.stands == "agree"

    @property
    def unit(self) -> str:
        """In what estimates are told."""
        return "percentage points" if self.comparison.binary else self.comparison.unit

    @property
    def factor(self) -> int:
        """What an estimate is multiplied by to be told: 100 for shares."""
        return 100 if self.comparison.binary else 1

    def to_frame(self) -> pd.DataFrame:
        """One row for each method."""
        names = ["method", "estimate", "se", "df", "low", "high"]
        columns = [*names, "verdict", "reasons", "assumes"]
        rows = [
            {**{name: getattr(one, name) for name in names}, "verdict": str(one.verdict),
             "reasons": ", ".join(one.reasons), "assumes": one.assumes}
            for one in self.answers
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=columns)

    @property
    def sentence(self) -> str:
        """Whether the methods agree, in a sentence or two."""
        shown = [one for one in self.answers if one.shown]
        if self.stands == "blocked":
            return "Fewer than two methods could answer, so none can be held against another."
        low = min(shown, key=lambda one: one.estimate)
        high = max(shown, key=lambda one: one.estimate)
        unit = self.unit
        ends = [number(self.factor * one.estimate) for one in (low, high)]
        span = f"from {ends[0]} ({low.name}) to {ends[1]} {unit} ({high.name})"
        if self.stands == "agree":
            return (
                f"{len(shown)} methods agree: their estimates lie {span}, and every verdict is "
                f"'{shown[0].verdict}'."
            )
        if self.stands == "size":
            return (
                f"The methods agree in the verdict '{shown[0].verdict}' but not in the size: "
                f"estimates lie {span}, more apart than their uncertainty explains."
            )
        if self.stands == "verdict":
            each = ", ".join(f"{one.name} '{one.verdict}'" for one in shown)
            return (
                f"The methods disagree: {each}. Which of them is right hangs on what each "
                "takes for granted, so the verdict should not be relied on alone."
            )
        return (
            f"The methods point different ways: estimates lie {span}. Nothing should be "
            "concluded from one of them."
        )

    def explain(self) -> str:
        """What is the same, what differs, and the rule of disagreement."""
        each = "; ".join(f"{one.name}: right if {one.assumes}" for one in self.answers)
        return (
            "The same people, covariates and clusters by several methods. "
            f"{each[:1].upper()}{each[1:]}. They disagree in size when the largest and the "
            f"smallest estimate are more than {self.limit_se:g} (the smallest) standard errors, "
            f"or {self.limit_margin:g} of the margin, apart; in verdict when verdicts differ; "
            "in direction when findings have opposite signs. All adjust for what was measured "
            "and for nothing else, so agreement says nothing of what was not. Weighting and "
            f"augmented weighting are about {self.comparison.population}, covariance and mixed "
            "model about everybody with one difference for all, so a gap can also mean that the "
            f"difference is not the same for all. Sources: {'; '.join(self.sources)}."
        )

    def __repr__(self) -> str:
        table = self.to_frame().drop(columns=["reasons", "assumes"])
        text = table.to_string(index=False, float_format="{:.3f}".format)
        return f"Agreement({self.stands})\n{text}\n{self.sentence}"

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(self.sentence)}</p>{self.to_frame().to_html(index=False)}"
