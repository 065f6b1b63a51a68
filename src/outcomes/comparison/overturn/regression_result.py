"""`RegressionToMean`: how far each arm would be expected to move with no help at all."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from outcomes.comparison.overturn.words import number
from outcomes.schema.drawing import Drawable

SOURCES = ("Galton 1886", "Davis 1976", "Barnett, van der Pols and Dobson 2005")


@dataclass(frozen=True, slots=True)
class Population:
    """A population that people may be drawn from: mean and SD of its scores."""

    name: str
    mean: float
    sd: float
    source: str


@dataclass(frozen=True, slots=True)
class ArmDrift:
    """One arm: people with a start score, with both; start mean, mean change, expected drift.

    `drift` gives the expected change by population; `reach` is half the width of its
    interval, from the uncertainty of the start mean alone.
    """

    arm: str
    n: int
    n_both: int
    start: float
    change: float
    drift: Mapping[str, float]
    reach: float


@dataclass(frozen=True, slots=True, eq=False)
class RegressionToMean(Drawable):
    """Expected drift of each arm towards the mean of each population that may be behind it.

    `selected` has the expected change of people taken in beyond `cut`, by population. `told`
    is False where the reliability is so low that no drift is told.
    """

    reliability: float
    reliability_kind: str
    populations: tuple[Population, ...]
    arms: tuple[ArmDrift, ...]
    cut: float | None
    selected: Mapping[str, float]
    direction: str
    confidence: float
    told: bool
    sources: tuple[str, ...] = SOURCES

    @property
    def warnings(self) -> tuple[str, ...]:
        """What makes the drift doubtful."""
        said = []
        if not self.told:
            said.append("the reliability is too low for a drift to be told")
        if self.reliability_kind.startswith("alpha"):
            said.append(
                "the reliability is alpha, which does not see what changes from week to week: "
                "the drift may be larger"
            )
        return tuple(said)

    def drift(self, arm: str, population: str | None = None) -> float:
        """Expected change of an arm, towards the first population or the one named."""
        name = self.populations[0].name if population is None else population
        return next(one for one in self.arms if one.arm == arm).drift[name]

    def between(self, other: str, reference: str) -> float:
        """Expected change of `other` minus that of `reference`; the same for each population."""
        if not self.populations:
            return math.nan
        return self.drift(other) - self.drift(reference)

    def to_frame(self) -> pd.DataFrame:
        """One row for each arm and population."""
        rows = [
            {
                "arm": one.arm,
                "population": place.name,
                "population_mean": place.mean,
                "n": one.n,
                "start": one.start,
                "expected_drift": one.drift[place.name],
                "low": one.drift[place.name] - one.reach,
                "high": one.drift[place.name] + one.reach,
                "change": one.change,
                "n_both": one.n_both,
                "share": _share(one.drift[place.name], one.change),
            }
            for one in self.arms
            for place in self.populations
        ]
        return pd.DataFrame(rows)

    def selection_frame(self) -> pd.DataFrame:
        """Expected change of people taken in beyond the cut, by population."""
        rows = [
            {"population": name, "cut": self.cut, "expected_drift": value}
            for name, value in self.selected.items()
        ]
        return pd.DataFrame(rows, columns=["population", "cut", "expected_drift"])

    @property
    def sentence(self) -> str:
        """How much of each arm's change would be expected with no help at all."""
        if not self.told:
            return "The measure is too unreliable for its drift towards the mean to be told."
        parts = []
        for one in self.arms:
            values = [one.drift[place.name] for place in self.populations]
            if not values or not math.isfinite(one.change):
                continue
            low, high = min(values), max(values)
            ends = [number(end, signed=True) for end in (low, high)]
            span = ends[0] if ends[0] == ends[1] else f"between {ends[0]} and {ends[1]}"
            parts.append(
                f"{one.arm}: {span} points of a mean change of {number(one.change, signed=True)}"
            )
        said = "; ".join(parts) or "no arm has a mean change"
        return f"With no help at all the mean would be expected to move, {said}."

    def explain(self) -> str:
        """Formula, source, and what it does not tell."""
        return (
            "Expected drift = (1 − r)(population mean − start mean of the arm), r = "
            f"{self.reliability:g} ({self.reliability_kind.replace('_', ' ')}). Of people taken in "
            "beyond a cut: (1 − r) SD φ(z) / (1 − Φ(z)), z = (cut − mean) / SD, if scores are "
            "normal. Which population people are drawn from is not known, so each is shown; "
            "its mean and r count as known. The difference of the drifts of two arms is the same "
            "whichever population both come from. Adjusting for the start score takes the drift "
            "out of a comparison if both arms come from one population, and not if each has its "
            f"own. Sources: {'; '.join(self.sources)}."
        )

    def __repr__(self) -> str:
        lines = [f"RegressionToMean(reliability {self.reliability:g}, {self.reliability_kind})"]
        lines.append(self.to_frame().to_string(index=False, float_format="{:.2f}".format))
        if self.selected:
            lines.append(self.selection_frame().to_string(index=False))
        return "\n".join([*lines, *(f"warning: {text}" for text in self.warnings)])

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{html.escape(text)}</p>" for text in (self.sentence, *self.warnings))
        return f"{self.to_frame().to_html(index=False)}{notes}"


def _share(drift: float, change: float) -> float:
    """Share of a change that the drift accounts for; nan where they go different ways."""
    same = math.isfinite(change) and drift * change > 0
    return drift / change if same else math.nan
