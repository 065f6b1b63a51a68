"""`ZonesResult`: the moves between zones, their intervals, and what error makes of them."""

from __future__ import annotations

import html
from dataclasses import dataclass

import pandas as pd

from outcomes.change.scores import Columns
from outcomes.schema.drawing import Drawable

ZONES = ("clinical", "functional", "flourishing")


@dataclass(frozen=True, slots=True)
class ZoneLimit:
    """A limit in points, whether a score equal to it is in the worse zone, and its origin."""

    value: float
    includes_worse: bool
    source: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class ZonesResult(Drawable):
    """Moves between clinical, functional and flourishing, within each group.

    `matrix` has one row for each group, zone at the start and zone at the end: people `n`,
    of `n_total` who started there, `share` with Wilson limits `low` and `high`.
    `misclassified` has, for each group and occasion, the share of people whose true zone is
    expected to be another one. `frame` is the input with `zone_start` and `zone_end`.
    """

    frame: pd.DataFrame
    matrix: pd.DataFrame
    misclassified: pd.DataFrame
    clinical: ZoneLimit
    flourishing: ZoneLimit
    direction: str
    unit: str
    instrument: str | None
    reliability: float | None
    confidence: float
    n_in: int
    n_used: int
    columns: Columns
    warnings: tuple[str, ...]

    @property
    def by(self) -> str | None:
        """Column of the groups; None where all are one group."""
        return self.columns.by

    def to_frame(self) -> pd.DataFrame:
        """The matrix in long form."""
        return self.matrix.copy()

    def counts(self, group: str | None = None) -> pd.DataFrame:
        """People by zone at the start (rows) and at the end (columns), of one group."""
        rows = self.matrix[self.matrix["group"] == (group or self.matrix["group"].iloc[0])]
        table = rows.pivot_table(index="start", columns="end", values="n", sort=False)
        names = list(ZONES)
        return table.reindex(index=names, columns=names).astype(int)

    def sentences(self) -> list[str]:
        """What therapy and coaching are each meant to do, and how often it happened.

        Exact counts: use the table under a policy where small numbers must not show.
        """
        said = []
        wanted: tuple[tuple[str, str, tuple[str, ...]], ...] = (
            ("clinical", "left the clinical zone", ("functional", "flourishing")),
            ("functional", "moved on to flourishing", ("flourishing",)),
        )
        for group, rows in self.matrix.groupby("group", sort=False):
            for start, words, ends in wanted:
                mine = rows[rows["start"] == start]
                total = int(mine["n_total"].iloc[0])
                n = int(mine.loc[mine["end"].isin(ends), "n"].sum())
                name = "" if group == "all" else f"{group}: "
                text = f"{name}{n} of {total} who started {start} {words}."
                said.append(text if total else f"{name}nobody started {start}.")
        return said

    def __repr__(self) -> str:
        lines = [f"ZonesResult({self.n_used} of {self.n_in} people with both scores)"]
        for group in self.matrix["group"].unique():
            lines += [f"{group}: start in rows, end in columns", self.counts(group).to_string()]
        return "\n".join([*lines, *(f"warning: {text}" for text in self.warnings)])

    def _repr_html_(self) -> str:
        said = "".join(f"<p>Warning: {html.escape(text)}</p>" for text in self.warnings)
        return said + str(self.matrix.to_html(index=False, escape=True, na_rep="not known"))

    def explain(self) -> str:
        """Say what the zones are, how the shares were made, and what they do not tell."""
        better = "above" if self.direction == "higher" else "below"
        lines = [
            f"Zones of {self.n_used} people with both scores ({self.direction} is better): the "
            f"clinical zone ends at {self.clinical.value:.4g} {self.unit} (a score equal to it is "
            f"{'clinical' if self.clinical.includes_worse else 'functional'}; "
            f"{self.clinical.source}), flourishing lies {better} {self.flourishing.value:.4g} "
            f"(equal is {'functional' if self.flourishing.includes_worse else 'flourishing'}; "
            f"{self.flourishing.source}).",
            "Each share is of those of the group who started in the row's zone; intervals: "
            f"Wilson 1927, {100 * self.confidence:g} %.",
        ]
        if self.reliability is not None:
            lines.append(
                f"Misclassification: with reliability {self.reliability:.3g} the true score given "
                "the observed one is normal with mean M + r (x - M) and SD SEM * sqrt(r) (Kelley "
                "1947), M and SD those of the group on that occasion; the share is the mean "
                "probability of another zone."
            )
            for row in self.misclassified.itertuples():
                lines.append(
                    f"{row.group}, {row.occasion}: {100 * row.expected_misclassified:.1f} % of "
                    f"{row.n} people are expected to belong to another zone."
                )
        lines.append(
            "What this does not tell: whether the help moved anybody. A move across a limit may "
            "be smaller than measurement error; people who start at an extreme drift to the mean."
        )
        lines += [f"Warning: {text}" for text in self.warnings]
        return "\n".join(lines)
