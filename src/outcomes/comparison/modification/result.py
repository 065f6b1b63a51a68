"""`WhoBenefits`: the difference by subgroup, pooled, with the test between the subgroups."""

from __future__ import annotations

import html
from dataclasses import dataclass

import pandas as pd

from outcomes.comparison.modification import words
from outcomes.comparison.modification.policy import ModificationPolicy
from outcomes.comparison.result import ComparisonResult
from outcomes.schema.drawing import Drawable

DECLARED, EXPLORATORY = words.DECLARED, words.EXPLORATORY


@dataclass(frozen=True, slots=True, eq=False)
class WhoBenefits(Drawable):
    """other − reference by subgroup of each modifier, in the unit of the outcome.

    `main` is the comparison of everybody. `subgroups` has a row for each modifier and level:
    people by arm, the difference with t limits, the partially pooled one, effective sizes,
    overlap, worst standardised difference, and `state` ("estimated", "too few",
    "one arm only", "not comparable", "too many", "not estimated"). `tests` has a row for each
    modifier: the test between its subgroups or along its scale, p after Holm and after
    Benjamini and Hochberg, spread τ, `status` (declared or exploratory), `timing`, verdict and
    reason. `cells` counts people by arm and level of every modifier (who may be shown together is
    decided from it). `rules` are the limits used.
    """

    main: ComparisonResult
    subgroups: pd.DataFrame
    tests: pd.DataFrame
    cells: pd.DataFrame
    rules: ModificationPolicy

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know before reading a subgroup."""
        return words.warnings(self)

    @property
    def sources(self) -> tuple[str, ...]:
        """Who proposed what was used."""
        return words.SOURCES

    def test(self, modifier: str) -> pd.Series:
        """The test of one modifier. Raises KeyError for one that was not analysed."""
        return self.tests.set_index("modifier").loc[modifier]

    def verdict(self, modifier: str) -> str:
        """The verdict on one modifier."""
        return str(self.test(modifier)["verdict"])

    def sentence(self, modifier: str) -> str:
        """What the data say of one modifier, in words."""
        return words.sentence(self, modifier)

    def to_frame(self) -> pd.DataFrame:
        """One row for each modifier and level, with the status and verdict of the modifier."""
        kept = ["modifier", "status", "timing", "p_holm", "verdict"]
        return self.subgroups.merge(self.tests[kept], on="modifier", validate="many_to_one")

    def explain(self) -> str:
        """What was computed, how, by whom, and what it does not tell."""
        return words.explain(self)

    def __repr__(self) -> str:
        main = self.main
        lines = [
            f"WhoBenefits({main.outcome}: {main.other} - {main.reference}, "
            f"{len(self.tests)} modifiers, {main.n_used} people)"
        ]
        shown = ["level", "n_reference", "n_other", "estimate", "low", "high"]
        shown += ["pooled", "pooled_low", "pooled_high", "state"]
        for name in self.tests["modifier"]:
            rows = self.subgroups[self.subgroups["modifier"].eq(name)]
            lines.append(f"{words.title(self, name)}")
            lines.append(rows[shown].round(2).to_string(index=False))
            lines.append(self.sentence(name))
        return "\n".join([*lines, *(f"warning: {text}" for text in self.warnings)])

    def _repr_html_(self) -> str:
        parts = []
        for name in self.tests["modifier"]:
            rows = self.subgroups[self.subgroups["modifier"].eq(name)]
            parts.append(f"<h4>{html.escape(words.title(self, name))}</h4>")
            parts.append(
                rows.drop(columns="modifier").to_html(index=False, escape=True, na_rep="not known")
            )
            parts.append(f"<p>{html.escape(self.sentence(name))}</p>")
        parts += [f"<p>Warning: {html.escape(text)}</p>" for text in self.warnings]
        return "".join(parts)
