"""`DoseResult`: outcomes of those who had so many sessions, and never what sessions did."""

from __future__ import annotations

import html
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.models.dose.policy import dose_policy
from outcomes.models.dose.shares import DEFINITIONS
from outcomes.schema.drawing import Drawable
from outcomes.schema.verdicts import Verdict

_SHOWN = ["group", "stratum", "measure", "n", "n_total", "rate", "low", "high"]
_PATTERNS = {
    -1: "changed less with each session (as where people end once they are well enough)",
    0: "may have changed as much, more or less with each session,",
    1: "changed more with each session",
}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DoseResult(Drawable):
    """Of those who had so many sessions: who got better, recovered, ended as agreed.

    `strata` and `counts` have a row for each group, stratum (or single number of sessions) and
    measure, with Wilson limits, denominator and definition. `means` has the mean change and the
    mean change per session by stratum, in points of improvement. `courses` (None without
    trajectories) has the mean improvement at each score of the course, by stratum and for
    everybody still there. `contrasts` compares change per session of the longest and the
    shortest stratum. `left_out` counts people by reason, `left_by_group` by group.
    """

    strata: pd.DataFrame
    counts: pd.DataFrame
    means: pd.DataFrame
    courses: pd.DataFrame | None
    contrasts: pd.DataFrame
    cells: pd.DataFrame
    by: str | None
    cluster: str | None
    direction: str
    unit: str
    instrument: str | None
    n_in: int
    n_used: int
    left_out: dict[str, int]
    left_by_group: dict[str, int]
    level: float
    notes: tuple[str, ...]

    @property
    def ending(self) -> str:
        """The warning that belongs to every number here."""
        return str(dose_policy("words")["ending"])

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know before using the numbers; that of the ending comes first."""
        return (self.ending, *self.notes)

    @property
    def method(self) -> str:
        """How it was computed."""
        return "shares and means of people by their total of attended sessions"

    @property
    def source(self) -> str:
        """Where the display comes from."""
        return str(dose_policy("display")["source"]).rstrip(".")

    @property
    def pattern(self) -> pd.DataFrame:
        """For each group what `contrasts` lets one say: group, verdict, words."""
        rows = []
        for row in self.contrasts.itertuples():
            if np.isnan(row.low):
                words = "Too few people to compare short and long courses."
                rows.append((row.group, Verdict.CANNOT_TELL, words))
                continue
            side = int(row.low > 0) - int(row.high < 0)
            verdict = Verdict.CANNOT_TELL if side == 0 else Verdict.SUPPORTED
            whom = "Those" if self.by is None else f"In {row.group}, those"
            words = (
                f"{whom} who had {row.longest} {_PATTERNS[side]} compared with those who had "
                f"{row.shortest} ({row.difference:+.2f} {self.unit} of improvement a session, "
                f"{row.low:+.2f} to {row.high:+.2f})."
            )
            rows.append((row.group, verdict, words))
        return pd.DataFrame(rows, columns=["group", "verdict", "words"])

    def share(self, stratum: str, measure: str, group: str = "all") -> pd.Series:
        """One row of `strata`. Raises KeyError where there is none."""
        table = self.strata
        rows = table[
            table["group"].eq(group) & table["stratum"].eq(stratum) & table["measure"].eq(measure)
        ]
        if rows.empty:
            raise KeyError((group, stratum, measure))
        found: pd.Series = rows.iloc[0]
        return found

    def to_frame(self) -> pd.DataFrame:
        """The shares by stratum, one row for each group, stratum and measure."""
        return self.strata.copy()

    def sentences(self, measure: str = "reliable_improvement") -> list[str]:
        """'Of those who had 5 to 8 sessions, 43 of 100 (43 %) ...', one for each stratum."""
        words = {
            "reliable_improvement": ("were reliably better", "with both scores"),
            "reliable_recovery": (
                "recovered",
                "with both scores and in the clinical range at the start",
            ),
            "planned_ending": ("ended as agreed", ""),
            "both_scores": ("had both scores", ""),
        }[measure]
        rows = self.strata[self.strata["measure"].eq(measure) & self.strata["n_total"].gt(0)]
        among = f", {words[1]}" if words[1] else ""
        return [
            f"{'Of' if self.by is None else f'In {row.group}, of'} those who had {row.stratum}"
            f"{among}, {row.n} of {row.n_total} {words[0]} "
            f"({100 * row.rate:.0f} %, {100 * self.level:g} % interval {100 * row.low:.0f} to "
            f"{100 * row.high:.0f} %)."
            for row in rows.itertuples()
        ]

    def _head(self) -> str:
        left = "; ".join(f"{n} left out: {reason}" for reason, n in self.left_out.items())
        return (
            f"Outcome by number of sessions: {self.n_used} of {self.n_in} people"
            f"{f' ({left})' if left else ''}."
        )

    def __repr__(self) -> str:
        shown = self.strata[_SHOWN].to_string(index=False, float_format="%.3f", na_rep="not known")
        said = list(self.pattern["words"])
        return "\n".join([self._head(), shown, *said, *(f"warning: {w}" for w in self.warnings)])

    def _repr_html_(self) -> str:
        parts = [f"<p>{html.escape(self._head())}</p>"]
        parts += [f"<p><strong>{html.escape(text)}</strong></p>" for text in self.warnings]
        table = self.strata[_SHOWN].to_html(
            index=False, escape=True, na_rep="not known", float_format="%.3f"
        )
        return "".join([*parts, str(table), *(f"<p>{html.escape(w)}</p>" for w in self._said())])

    def _said(self) -> list[str]:
        return [str(words) for words in self.pattern["words"]]

    def explain(self) -> str:
        """What was counted, by which definitions, and what it does not tell."""
        together = "" if self.cluster is None else f", people of one {self.cluster} together"
        there = dict.fromkeys(self.strata["measure"])
        lines = [
            self._head(),
            self.ending,
            "People whose episode has ended, by their total of attended sessions. Every sentence "
            "reads 'of those who had so many sessions'; no model has the number of sessions as a "
            "cause, and it is not to be adjusted for.",
            *(DEFINITIONS[measure] for measure in there),
            "Change per session is a person's improvement divided by their sessions. It falls "
            "with the number of sessions where people end once they are well enough (the "
            "good-enough level), and also where sessions have nothing to do with change.",
            "The curve of everybody still there flattens when those who improve fast have left; "
            "it is not the course of any person. When people first are reliably better, with "
            "leaving before it as a competing ending, is oc.first_change.",
            f"Intervals: Wilson 1927 for shares, t for means, {100 * self.level:g} %{together}.",
            f"Source: {self.source}.",
            *(f"Warning: {text}" for text in self.notes),
        ]
        return "\n".join(lines)
