"""What every result over the sessions shares: the rule, the groups, and who is not independent."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from outcomes.change.sessions.grid import Grid, grid
from outcomes.change.sessions.rule import Measure, Rule, Scale, find_rule
from outcomes.change.threshold import Threshold
from outcomes.errors import UsageError
from outcomes.schema.drawing import Drawable


@dataclass(frozen=True, slots=True)
class Split:
    """The columns that make groups and that say who is not independent."""

    by: str | None = None
    cluster: str | None = None

    def check(self, people: pd.DataFrame) -> None:
        """Raise UsageError where a named column is not there."""
        absent = [n for n in (self.by, self.cluster) if n is not None and n not in people.columns]
        if absent:
            raise UsageError(
                f"The frame has no column {', '.join(absent)}.",
                where="parameters by and cluster",
                fix=f"Its columns are {', '.join(map(str, people.columns))}.",
            )


@dataclass(frozen=True, slots=True)
class Terms:
    """By which rule, in which groups and at which level a question was answered."""

    rule: Rule
    split: Split
    confidence: float


def begin(
    frame: pd.DataFrame, by: str | None, cluster: str | None, scale: Scale
) -> tuple[Grid, Terms]:
    """The scores of a frame of trajectories as matrices, and the terms of the answer.

    Raises UsageError, InstrumentError or NotEnoughData as `oc.change`.
    """
    split = Split(by, cluster)
    known = grid(frame)
    split.check(known.people)
    measure = Measure(**scale)
    return known, Terms(find_rule(known, measure), split, measure.confidence)


@dataclass(frozen=True, slots=True, eq=False)
class SessionsResult(Drawable):
    """Base of the results: `n_in` people have a score, `n_used` have enough of them."""

    frame: pd.DataFrame
    terms: Terms
    n_in: int
    n_used: int
    source: str

    @property
    def limit(self) -> Threshold:
        """What counts as reliable change."""
        return self.terms.rule.limit

    @property
    def direction(self) -> str:
        """Which score is better: "lower" or "higher"."""
        return self.terms.rule.direction

    @property
    def unit(self) -> str:
        """Unit of the scores."""
        return self.terms.rule.unit

    @property
    def instrument(self) -> str | None:
        """Registry id of the questionnaire; None where none is named."""
        return self.terms.rule.instrument

    @property
    def split(self) -> Split:
        """Columns of the groups and of who is not independent."""
        return self.terms.split

    @property
    def confidence(self) -> float:
        """Level of the intervals."""
        return self.terms.confidence

    def _reliable(self) -> str:
        """The rule in words."""
        words = {"at_least": "at least", "exceeds": "more than"}[self.limit.rule]
        size = f"{self.limit.value:.4g} {self.unit}"
        return f"Reliable change: {words} {size} ({self.limit.basis})."
