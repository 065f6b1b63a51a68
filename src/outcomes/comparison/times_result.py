"""`TimesComparison`: who reaches something sooner, as a share by a time and as a mean time."""

from __future__ import annotations

import html
from dataclasses import dataclass

import pandas as pd

from outcomes.comparison.result import ComparisonResult
from outcomes.comparison.sentence import short
from outcomes.schema.drawing import Drawable
from outcomes.schema.verdicts import Verdict

CURVE_COLUMNS = ["arm", "time", "reached", "left", "at_risk"]
SOURCES = (
    "Aalen and Johansen 1978",
    "Andersen, Klein and Rosthøj 2003",
    "Overgaard, Parner and Pedersen 2017",
)


@dataclass(frozen=True, slots=True, eq=False)
class TimesComparison(Drawable):
    """Two differences, other − reference, between weighted arms.

    `share` is of the share that has reached it by `horizon` (0 to 1), `mean` of the mean time
    without it up to then, in `unit`. `curves` has the weighted shares reached and left after
    each time, by arm; it is empty where the arms are not comparable. `events` counts people.
    """

    share: ComparisonResult
    mean: ComparisonResult
    horizon: float
    unit: str
    label: str
    curves: pd.DataFrame
    events: pd.DataFrame

    @property
    def verdict(self) -> Verdict:
        """The verdict on the share that has reached it by the horizon."""
        return self.share.verdict

    @property
    def sentence(self) -> str:
        """Both differences in plain words; one where nothing may be shown."""
        if not abs(self.share.estimate) >= 0:
            return self.share.sentence
        return f"{self.share.sentence} {short(self.mean)}"

    @property
    def warnings(self) -> tuple[str, ...]:
        """Everything a reader has to know beside the numbers."""
        return tuple(dict.fromkeys((*self.share.warnings, *self.mean.warnings)))

    @property
    def sources(self) -> tuple[str, ...]:
        """Who proposed what was used."""
        return tuple(dict.fromkeys((*SOURCES, *self.share.sources)))

    def to_frame(self) -> pd.DataFrame:
        """Two rows: the difference in shares and in mean times."""
        return pd.concat([self.share.to_frame(), self.mean.to_frame()], ignore_index=True)

    def explain(self) -> str:
        """What was estimated, how, and what it does not tell."""
        return (
            f"How soon people reach {self.label}: the share that has by {self.horizon:g} "
            f"{self.unit}, and the mean time without it up to then (the area above the curve of "
            "shares). Leaving competes with it: who has left without it cannot reach it here any "
            "more and counts as not having reached it, also up to the horizon. Who is still open "
            "counts up to the last time seen (Aalen-Johansen, weighted). Change is only seen when "
            "somebody is measured, so a time is the first measurement that showed it; arms that "
            "are measured more often look sooner. "
            f"Both are {self.share.other} minus {self.share.reference}, weighted to be alike in "
            f"{', '.join(self.share.covariates)}; they hold for {self.share.population}. "
            f"Uncertainty: {self.share.uncertainty or 'none, because nothing was estimated'}, of "
            "pseudo-values. Weights balance what was recorded at the start and nothing else; an "
            "interval that includes 0 does not show that the arms are the same."
        )

    def __repr__(self) -> str:
        return f"{self.share!r}\n{self.mean!r}"

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{html.escape(text)}</p>" for text in self.warnings)
        said = f"<p>{html.escape(self.sentence)}</p>"
        return f"{said}{self.to_frame().to_html(index=False)}{notes}"
