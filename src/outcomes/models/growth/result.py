"""`GrowthCourse`: the mean course of each group, its change and how the changes differ."""

from __future__ import annotations

import html
from dataclasses import dataclass

import pandas as pd

from outcomes.models.growth.shapes import Shape
from outcomes.models.mixed import MixedResult
from outcomes.schema.drawing import Drawable


@dataclass(frozen=True, slots=True, eq=False)
class GrowthCourse(Drawable):
    """Mean scores over time by group, in points of the score.

    `curve`: group, time, estimate, se, df, low, high (statistic and p stand beside).
    `change`: the same for horizon minus start, by group; `differences`: group, reference
    and contrast ("group - reference") of those changes. `observed`: group, bin, time and
    score (means of the scores in a bin of time), n. `shapes`: shape, aic, chosen (models
    fitted by maximum likelihood). Nothing of it is an effect: the groups are as they came.
    """

    curve: pd.DataFrame
    change: pd.DataFrame
    differences: pd.DataFrame
    observed: pd.DataFrame
    shapes: pd.DataFrame
    fit: MixedResult
    formula: str
    by: str | None
    unit: str
    shape: Shape
    horizon: float
    n_people: dict[str, int]
    n_at_horizon: dict[str, int]
    left_out: tuple[str, ...]
    level: float

    @property
    def usable(self) -> bool:
        """Whether the estimates may be shown."""
        return self.fit.convergence.usable

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know before using the numbers."""
        return (*self.fit.warnings, *self.left_out)

    def to_frame(self) -> pd.DataFrame:
        """The curve: one row for each group and time."""
        return self.curve.copy()

    def explain(self) -> str:
        """What was estimated, how, and what it does not tell."""
        lines = [
            f"Growth model: {self.formula}",
            f"The mean score moves as {self.shape.sentence}, in {self.unit} since the start "
            "score; each person has an own start and an own speed.",
            f"The change is told from the start to {self.horizon:g} {self.unit}.",
            "Everybody with a score counts, also those with a start score only; those who left "
            "are taken to have gone on as people with the same scores did (missing at random).",
            f"Intervals: t with {self.fit.ddf} degrees of freedom, {100 * self.level:g} %.",
            self.fit.convergence.sentence,
            "What this does not tell: that the help caused the change, or that the groups were "
            "alike at the start. Regression to the mean is part of every change.",
            f"Source: {self.fit.source}.",
            *(f"Warning: {text}" for text in self.warnings),
        ]
        return "\n".join(lines)

    def __repr__(self) -> str:
        if not self.usable:
            return f"GrowthCourse: NOT CONVERGED. {self.fit.convergence.sentence}"
        head = (
            f"GrowthCourse({sum(self.n_people.values())} people, change over "
            f"{self.horizon:g} {self.unit})"
        )
        tables = [self.change.to_string(index=False)]
        if len(self.differences):
            tables.append(self.differences.to_string(index=False))
        return "\n".join([head, *tables, *(f"warning: {text}" for text in self.warnings)])

    def _repr_html_(self) -> str:
        if not self.usable:
            return f"<p>{html.escape(repr(self))}</p>"
        head = f"Change over {self.horizon:g} {self.unit}, {self.shape.sentence}"
        parts = [self.change.to_html(index=False, escape=True)]
        if len(self.differences):
            parts.append(self.differences.to_html(index=False, escape=True))
        notes = "".join(f"<p>{html.escape(text)}</p>" for text in self.warnings)
        return f"<p>{html.escape(head)}</p>{''.join(parts)}{notes}"
