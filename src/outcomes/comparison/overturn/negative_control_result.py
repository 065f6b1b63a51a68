"""`NegativeControl`: a comparison where nothing should be found, and what was found."""

from __future__ import annotations

import html
from dataclasses import dataclass

import pandas as pd

from outcomes.comparison.overturn.words import number
from outcomes.comparison.result import ComparisonResult
from outcomes.schema.drawing import Drawable

_SAID = {
    "suspicious": "A difference was found where the help can have made none: {gap}. Something that "
    "was not adjusted for is likely to distort the comparison itself too.",
    "quiet": "Where the help can have made no difference none larger than {small} was found. That "
    "speaks against hidden differences that would show here, and only against those.",
    "cannot tell": "Where the help can have made no difference the data are too few to say whether "
    "there is one. That speaks neither for nor against hidden differences.",
    "not comparable": "The control could not be looked at: among people with a value for it the "
    "arms are not comparable.",
}


@dataclass(frozen=True, slots=True, eq=False)
class NegativeControl(Drawable):
    """The comparison of a control, and a verdict on it.

    `kind` "outcome" or "exposure"; `arm` the column of the arms; `why` the reason given for
    nothing to be found; `sd` of the outcome within arms; `quiet` the small difference in
    standard deviations; `of` the number of controls whose intervals share the confidence.
    `verdict` is "suspicious", "quiet", "cannot tell" or "not comparable".
    """

    kind: str
    arm: str
    why: str
    comparison: ComparisonResult
    sd: float
    quiet: float
    of: int
    verdict: str

    @property
    def name(self) -> str:
        """What the control is."""
        return self.comparison.outcome if self.kind == "outcome" else self.arm

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings of its comparison."""
        return self.comparison.warnings

    @property
    def sentence(self) -> str:
        """What was found, in words that fit the verdict."""
        found = self.comparison
        gap = (
            f"{found.other} minus {found.reference} in {self.name.replace('_', ' ')} is "
            f"{number(found.estimate, 2)} ({number(found.low, 2)} to {number(found.high, 2)})"
        )
        return _SAID[self.verdict].format(gap=gap, small=f"{self.quiet:g} standard deviations")

    def to_frame(self) -> pd.DataFrame:
        """One row: the contrast in its own unit and in standard deviations, and the verdict."""
        found = self.comparison
        row = {
            "control": self.name,
            "kind": self.kind,
            "estimate": found.estimate,
            "low": found.low,
            "high": found.high,
            "in_sd": found.estimate / self.sd if self.sd > 0 else float("nan"),
            "verdict": self.verdict,
            "n_used": found.n_used,
            "why": self.why,
        }
        return pd.DataFrame([row])

    def explain(self) -> str:
        """What a negative control is, and what it cannot show."""
        shared = (
            ""
            if self.of == 1
            else f" The intervals of {self.of} controls are wider, so that together they keep "
            "the confidence of one (Bonferroni)."
        )
        return (
            f"The same comparison, with the same adjustment, of an {self.kind} for which the help "
            f"can make no difference ({self.why or 'no reason was given'}). Suspicious: the "
            "interval excludes no difference. Quiet: it lies within "
            f"{self.quiet:g} standard deviations.{shared} A control shows only those hidden "
            "differences that would show in it too; a quiet one does not prove that there are "
            "none. Source: Lipsitch, Tchetgen Tchetgen and Cohen 2010."
        )

    def __repr__(self) -> str:
        return f"NegativeControl({self.kind} {self.name}: {self.verdict})\n  {self.sentence}"

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(self.sentence)}</p>{self.to_frame().to_html(index=False)}"
