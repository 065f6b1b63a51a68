"""`StandardisedResult`: observed over expected, and the rate with the case mix taken out."""

from __future__ import annotations

import html
from dataclasses import dataclass

import pandas as pd

from outcomes.comparison.standardised import words
from outcomes.comparison.standardised.policy import StandardisedPolicy
from outcomes.comparison.standardised.ratios import Overdispersion
from outcomes.models import PractitionersResult
from outcomes.schema.drawing import Drawable


@dataclass(frozen=True, slots=True, eq=False)
class StandardisedResult(Drawable):
    """Units (practices, practitioners, or "all") with observed and expected events.

    `table`: n, observed, expected, ratio O/E with low and high, crude share with limits,
    standardised share with limits (nan where no rate of the reference is known), `enough`
    (people and expected events for anything to be said), `factor` (variance lost to clusters).
    `direct` has direct rates by unit, None without strata. `spread`: how much the ratios spread
    beyond chance, None with few units. `units` is the random-intercept model behind the funnel.
    """

    table: pd.DataFrame
    direct: pd.DataFrame | None
    spread: Overdispersion | None
    units: PractitionersResult | None
    outcome: str
    by: str | None
    case_mix: tuple[str, ...]
    strata: tuple[str, ...]
    origin: str
    reference_rate: float
    interval: str
    better: str
    confidence: float
    n_in: int
    n_used: int
    notes: tuple[str, ...]
    clustered: str | None
    rules: StandardisedPolicy

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know before comparing."""
        return words.warnings(self)

    def standing(self, unit: str = "all") -> str:
        """'above', 'below' or 'cannot tell', from the stored ratio and its interval."""
        rows = self.table[self.table["unit"].eq(unit)]
        if not len(rows):
            raise KeyError(unit)
        return words.standing(rows.iloc[0])

    def to_frame(self) -> pd.DataFrame:
        """One row for each unit, with its standing and, where there is one, its direct rate."""
        found = self.table.assign(
            standing=[words.standing(row) for _, row in self.table.iterrows()]
        )
        if self.direct is None:
            return found
        more = self.direct.drop(columns="enough").rename(
            columns={"rate": "direct", "low": "direct_low", "high": "direct_high"}
        )
        return found.merge(more, on="unit", validate="one_to_one")

    def sentence(self) -> str:
        """How many units lie above and below what is expected, and the spread; or the one ratio."""
        return words.sentence(self)

    def explain(self) -> str:
        """What was computed, how, and what it does not tell."""
        return words.explain(self)

    def __repr__(self) -> str:
        shown = ["unit", "n", "observed", "expected", "ratio", "low", "high", "crude"]
        shown += ["standardised", "standardised_low", "standardised_high", "enough"]
        lines = [
            f"StandardisedResult({self.outcome}: {len(self.table)} units, {self.n_used} of "
            f"{self.n_in} people)",
            self.table[shown].round(3).to_string(index=False),
            self.sentence(),
        ]
        return "\n".join([*lines, *(f"warning: {text}" for text in self.warnings)])

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>Warning: {html.escape(text)}</p>" for text in self.warnings)
        table = self.to_frame().to_html(index=False, escape=True, na_rep="not known")
        return f"<p>{html.escape(self.sentence())}</p>{table}{notes}"
