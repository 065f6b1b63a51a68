"""`LandmarkResult`: comparisons from a day on, for one or several days."""

from __future__ import annotations

import html
from dataclasses import dataclass

import pandas as pd

from outcomes.comparison.result import ComparisonResult
from outcomes.schema.drawing import Drawable
from outcomes.schema.verdicts import Verdict


@dataclass(frozen=True, slots=True, eq=False)
class AtLandmark:
    """The comparison from one day on; `counts` says who is in it and who was left out."""

    day: float
    effect: ComparisonResult
    counts: dict[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class LandmarkResult(Drawable):
    """Both services minus one service from the landmark on; the first day is the declared one."""

    analyses: tuple[AtLandmark, ...]
    outcome: str

    @property
    def effect(self) -> ComparisonResult:
        """The comparison at the declared day."""
        return self.analyses[0].effect

    @property
    def estimate(self) -> float:
        """Both minus one service at the declared day."""
        return self.effect.estimate

    @property
    def se(self) -> float:
        """Standard error of the estimate."""
        return self.effect.se

    @property
    def df(self) -> float:
        """Degrees of freedom of the estimate."""
        return self.effect.df

    @property
    def low(self) -> float:
        """Lower limit."""
        return self.effect.low

    @property
    def high(self) -> float:
        """Upper limit."""
        return self.effect.high

    @property
    def p(self) -> float:
        """Of the two-sided test against 0."""
        return self.effect.p

    @property
    def unit(self) -> str:
        """Of the outcome."""
        return self.effect.unit

    @property
    def reference(self) -> str:
        """The group compared with."""
        return self.effect.reference

    @property
    def other(self) -> str:
        """The group with both services."""
        return self.effect.other

    @property
    def verdict(self) -> Verdict:
        """Of the comparison at the declared day."""
        return self.effect.verdict

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know beside the numbers."""
        said = list(self.effect.warnings)
        lost = self.analyses[0].counts
        if lost["in"] and lost["care had ended"] / lost["in"] > 0.5:
            said.append(
                "More than half had left before the landmark: the answer is about people who stay."
            )
        return tuple(said)

    def to_frame(self) -> pd.DataFrame:
        """One row for each landmark: difference, interval, verdict, who is in it."""
        rows = []
        for one in self.analyses:
            effect = one.effect
            rows.append(
                {
                    "day": one.day,
                    "estimate": effect.estimate,
                    "low": effect.low,
                    "high": effect.high,
                    "p": effect.p,
                    "unit": effect.unit,
                    "verdict": str(effect.verdict),
                    "n_one": effect.n.get(effect.reference, 0),
                    "n_both": effect.n.get(effect.other, 0),
                    "n_left_before": one.counts["care had ended"],
                    "n_added_later": one.counts["added later, stays in one service"],
                }
            )
        return pd.DataFrame(rows)

    def explain(self) -> str:
        """How a landmark works and what it does not tell."""
        return "\n".join(
            [
                f"People still in care on day {self.analyses[0].day:g} are grouped by what they "
                "had begun by then, and compared in what came after. Calling everybody who ever "
                "had both 'both' gives that group people who had to stay long enough to add a "
                "service (immortal time).",
                self.effect.explain(),
                "What this does not tell: anything about people who left before the day, and "
                "people who add the other service later count as having one.",
                "Source: Anderson, Cain and Gelber 1983; Dafni 2011.",
                *(f"Warning: {text}" for text in self.warnings),
            ]
        )

    def __repr__(self) -> str:
        return "\n".join(
            [
                f"LandmarkResult({self.outcome}: {self.other} - {self.reference}, verdict "
                f"{self.verdict})",
                self.to_frame().to_string(index=False, float_format=lambda value: f"{value:.3f}"),
                *(f"warning: {text}" for text in self.warnings),
            ]
        )

    def _repr_html_(self) -> str:
        table: str = self.to_frame().to_html(index=False, float_format=lambda value: f"{value:.3f}")
        return table + "".join(f"<p>{html.escape(text)}</p>" for text in self.warnings)
