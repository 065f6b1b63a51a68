"""What every result of this room carries, shows and explains."""

from __future__ import annotations

import html
from dataclasses import dataclass

import pandas as pd

from outcomes.schema.drawing import Drawable

NOT_CAUSE = (
    "What this does not tell: whether the help caused it. People who come, answer and do their "
    "tasks differ from those who do not; everything here is association."
)
SHOWN = ["group", "label", "n", "n_total", "rate", "low", "high", "counted"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Findings(Drawable):
    """Shares with their intervals and definitions, by group.

    `shares` has `SHARE_COLUMNS`: within each group, n of n_total, Wilson limits, what is counted
    (people, appointments, forms, goals) and the definition. `atoms` are the disjoint counts of
    people behind them, which decide what may be shown. `n_in` episodes came in, of which
    `n_used` had something to count. `absent` says what could not be measured, and why.
    """

    by: str | None
    n_in: int
    n_used: int
    confidence: float
    shares: pd.DataFrame
    atoms: pd.DataFrame
    absent: tuple[str, ...]
    warnings: tuple[str, ...]
    method: str
    sources: tuple[str, ...]

    @property
    def unit(self) -> str:
        """Shares are proportions from 0 to 1."""
        return "proportion"

    @property
    def direction(self) -> str:
        """Shares have no good side of their own; each definition says what it means."""
        return "by definition"

    def share(self, group: str, measure: str, family: str | None = None) -> pd.Series:
        """One row of `shares`. Raises KeyError where there is none."""
        rows = self.shares
        wanted = rows["group"].eq(group) & rows["measure"].eq(measure)
        if family is not None:
            wanted &= rows["family"].eq(family)
        if not wanted.any():
            raise KeyError((group, measure, family))
        found: pd.Series = rows[wanted].iloc[0]
        return found

    def to_frame(self) -> pd.DataFrame:
        """The shares, one row for each group and measure."""
        return self.shares.drop(columns=["cases", "base"])

    def _title(self) -> str:
        return type(self).__name__.removesuffix("Result")

    def _head(self) -> str:
        return f"{self._title()}: {self.n_used} of {self.n_in} episodes with something recorded."

    def __repr__(self) -> str:
        lines = [self._head(), self.shares[SHOWN].to_string(index=False, float_format="%.3f")]
        lines += [f"not measurable: {text}" for text in self.absent]
        return "\n".join([*lines, *(f"warning: {text}" for text in self.warnings)])

    def _repr_html_(self) -> str:
        parts = [f"<p>{html.escape(self._head())}</p>"]
        parts += [f"<p>Not measurable: {html.escape(text)}</p>" for text in self.absent]
        parts += [f"<p>Warning: {html.escape(text)}</p>" for text in self.warnings]
        table = self.shares[SHOWN].to_html(index=False, escape=True, na_rep="not known")
        return "".join([*parts, str(table)])

    def explain(self) -> str:
        """Say what was computed, with formula and source, and what it does not tell."""
        definitions = list(dict.fromkeys(self.shares["definition"]))
        lines = [
            self._head(),
            self.method,
            *definitions,
            f"Intervals of shares: Wilson 1927, {100 * self.confidence:g} %, on n / design effect "
            "(Kish 1965) where people belong together. Shares are within each group.",
            *(f"Not measurable: {text}" for text in self.absent),
            NOT_CAUSE,
            "Sources: " + "; ".join(self.sources) + ".",
            *(f"Warning: {text}" for text in self.warnings),
        ]
        return "\n".join(lines)
