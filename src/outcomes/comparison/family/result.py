"""`FamilyResult`: several comparisons read as one declared family."""

from __future__ import annotations

import html
from dataclasses import dataclass

import pandas as pd

from outcomes.schema.drawing import Drawable

_HOW = {
    "holm": "Holm: among all tests of the family, the chance of one or more false findings is at "
    "most {alpha:.0%}, whatever the tests have to do with each other. The intervals of the family "
    "hold all at once (Bonferroni); they are wider than Holm's test, so one can include 0 where "
    "Holm finds a difference.",
    "bh": "Benjamini and Hochberg: of the findings in the family, at most {alpha:.0%} are false on "
    "average, for independent or positively dependent tests. Intervals stand for the members "
    "found only, and at most {alpha:.0%} of those shown miss on average (false coverage rate).",
}
_SOURCES = {
    "holm": ("Holm 1979", "intervals: Dunn 1961"),
    "bh": ("Benjamini and Hochberg 1995", "intervals: Benjamini and Yekutieli 2005"),
}


@dataclass(frozen=True, slots=True, eq=False)
class FamilyResult(Drawable):
    """`table`: one row for each member, in the order declared.

    Columns: name, role (primary, family, exploratory), contrast, outcome, estimate, low, high,
    p, p_adjusted, low_adjusted, high_adjusted, level_adjusted, unit, verdict (alone), reading
    (in the family). Exploratory members have no adjusted numbers, and their reading is
    "exploratory". `size` counts the declared members of the family, tested or not.
    """

    table: pd.DataFrame
    method: str
    size: int
    tested: int
    n_exploratory: int
    primary: str | None
    confidence: float
    warnings: tuple[str, ...]

    @property
    def sources(self) -> tuple[str, ...]:
        """Who proposed the adjustment."""
        return _SOURCES[self.method]

    @property
    def sentence(self) -> str:
        """How many were declared, how many found, and what was not declared."""
        found = self.table["role"].eq("family") & self.table["reading"].eq("supported")
        name = {"holm": "Holm", "bh": "Benjamini and Hochberg"}[self.method]
        lines = [f"Family of {self.size} declared comparisons, {self.tested} of them tested."]
        if self.primary is not None:
            row = self.table[self.table["role"].eq("primary")].iloc[0]
            lines.append(
                f"The primary one, {self.primary}, was declared to stand alone and is not "
                f"adjusted: {row['reading']}."
            )
        lines.append(f"After adjustment by {name}, {int(found.sum())} of {self.size} differ.")
        if self.n_exploratory:
            lines.append(
                f"{self.n_exploratory} more were not declared; they are exploratory: ideas to be "
                "tested with other people, no findings."
            )
        return " ".join(lines)

    def to_frame(self) -> pd.DataFrame:
        """One row for each member."""
        return self.table.copy()

    def explain(self) -> str:
        """How p values and intervals were adjusted, and what that does not tell."""
        alpha = 1 - self.confidence
        lines = [
            self.sentence,
            _HOW[self.method].format(alpha=alpha),
            "A member that could not be tested stays in the size of the family: its size is what "
            "was declared, not what worked out.",
            "A family with a primary member protects the others among themselves; the chance that "
            f"the primary or one of the others is false is at most {2 * alpha:.0%}.",
            "What this does not tell: whether the family was declared before the outcomes were "
            "seen. Comparisons that were tried and left out are not counted here.",
            f"Sources: {'; '.join(self.sources)}.",
            *(f"Warning: {text}" for text in self.warnings),
        ]
        if self.primary is None:
            del lines[3]
        return "\n".join(lines)

    def __repr__(self) -> str:
        shown = self.table[
            ["name", "role", "estimate", "low", "high", "p", "p_adjusted", "reading"]
        ]
        return "\n".join(
            [
                f"FamilyResult({self.method}, {self.size} declared, "
                f"{self.n_exploratory} exploratory)",
                shown.to_string(index=False, float_format=lambda value: f"{value:.4g}"),
                *(f"warning: {text}" for text in self.warnings),
            ]
        )

    def _repr_html_(self) -> str:
        table = self.table.to_html(index=False, float_format=lambda value: f"{value:.4g}")
        said = "".join(f"<p>{html.escape(text)}</p>" for text in (self.sentence, *self.warnings))
        return f"{table}{said}"
