"""Shares of people with an event over the sessions, by group, and the result that holds them."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes import proportions
from outcomes.change.rates import RATE_COLUMNS, group_masks
from outcomes.change.sessions.terms import SessionsResult, Terms

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Question:
    """One share: who counts (`hits`) of whom (`base`), both over all people."""

    measure: str
    denominator: str
    hits: Flags
    base: Flags
    definition: str


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """Shares, and the smallest groups of people that they add up.

    `rates` has the columns `RATE_COLUMNS`. `atoms` has group, n, and for each share two
    columns of True and False, `measure n` and `measure n_total`: whether these people
    are counted there. With them it can be decided what may be shown.
    """

    rates: pd.DataFrame
    atoms: pd.DataFrame


def count_shares(people: pd.DataFrame, questions: Sequence[Question], terms: Terms) -> Counted:
    """One row for each group and question; never a share of the grand total."""
    split, clusters = terms.split, None
    if split.cluster is not None:
        clusters = proportions.cluster_codes(people[split.cluster])
    rows: list[dict[str, object]] = []
    for name, mask in group_masks(None if split.by is None else people[split.by], len(people)):
        for asked in questions:
            base = asked.base & mask
            found = proportions.counted_share(
                asked.hits[base], None if clusters is None else clusters[base], terms.confidence
            )
            rows.append(
                {
                    "group": name,
                    "measure": asked.measure,
                    "denominator": asked.denominator,
                    "n": found.n,
                    "n_total": found.total,
                    "rate": found.rate,
                    "low": found.low,
                    "high": found.high,
                    "n_effective": found.n_effective,
                    "definition": asked.definition,
                }
            )
    flags = {
        f"{asked.measure} {part}": asked.base & asked.hits if part == "n" else asked.base
        for asked in questions
        for part in ("n", "n_total")
    }
    groups = np.full(len(people), "", dtype=object)
    for name, mask in group_masks(None if split.by is None else people[split.by], len(people)):
        groups[mask] = name
    cells = pd.DataFrame({"group": groups, **flags})
    atoms = cells.value_counts(sort=False).rename("n").reset_index()
    return Counted(pd.DataFrame(rows, columns=RATE_COLUMNS), atoms)


@dataclass(frozen=True, slots=True, eq=False)
class SharesResult(SessionsResult):
    """A result whose numbers are shares of people: `rates`, made from `counted`."""

    counted: Counted

    @property
    def rates(self) -> pd.DataFrame:
        """One row for each group and share, with denominator, interval and definition."""
        return self.counted.rates

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know before using the numbers."""
        return self.limit.warnings

    def to_frame(self) -> pd.DataFrame:
        """The people or scores that were counted."""
        return self.frame.copy()

    def _head(self) -> str:
        return f"{self.n_used} of {self.n_in} people used"

    def __repr__(self) -> str:
        shown = self.rates.drop(columns=["definition", "n_effective"]).to_string(index=False)
        head = f"{type(self).__name__}({self._head()})"
        return "\n".join([head, shown, *(f"warning: {text}" for text in self.warnings)])

    def _repr_html_(self) -> str:
        parts = [f"<p>{html.escape(self._head())}.</p>"]
        parts += [f"<p>Warning: {html.escape(text)}</p>" for text in self.warnings]
        table = self.rates.drop(columns=["n_effective"])
        return "".join([*parts, table.to_html(index=False, escape=True, na_rep="not known")])


@dataclass(frozen=True, slots=True, eq=False)
class OverSessions(SharesResult):
    """Events of each person over the sessions, and the shares of people who have them.

    `frame` has one row for each person and episode. `told` is what `explain` says, one
    sentence each.
    """

    title: str
    told: tuple[str, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know before using the numbers."""
        few = () if self.n_used else (f"Nobody has enough scores for {self.title.lower()}.",)
        return (*self.limit.warnings, *few)

    def explain(self) -> str:
        """What was counted, by which definition, and what it does not tell."""
        shared = self.split.cluster
        together = "" if shared is None else f", people with the same {shared} counted together"
        lines = [
            f"{self.title}: {self.n_used} of {self.n_in} people have enough scores; a "
            f"{self.direction} score is better.",
            self._reliable(),
            *self.told,
            f"Intervals: Wilson 1927, {100 * self.confidence:g} %{together}.",
            "What this does not tell: whether the help caused it.",
            f"Source: {self.source}.",
            *(f"Warning: {text}" for text in self.warnings),
        ]
        return "\n".join(lines)

    def _head(self) -> str:
        return f"{self.title}: {self.n_used} of {self.n_in} people have enough scores"
