"""Shares of people who got better or worse, with intervals, arm beside arm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from outcomes.change import ChangeResult
from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.figures.forest import SHARES, Mark, forest, share_words
from outcomes.privacy import Policy
from outcomes.showing import format as fmt
from outcomes.showing.disclosure import visible_rates

if TYPE_CHECKING:
    pass

# What is drawn, from good to bad; the finer split is in the table.
_DRAWN = {
    ("reliable_improvement", "paired"): "Reliably better",
    ("reliable_recovery", "clinical at start"): "Recovered",
    ("unchanged", "paired"): "No reliable change",
    ("reliable_deterioration", "paired"): "Reliably worse",
}
_AMONG = {
    "paired": "of those with both scores",
    "clinical at start": "of those in the clinical range at the start, with both scores",
}


@dataclass(frozen=True, slots=True)
class _Mark:
    """One share of one group; None where it is hidden."""

    measure: str
    group: str
    label: str
    n: int | None
    n_total: int | None
    rate: float
    low: float
    high: float

    def words(self) -> str:
        """The share with its denominator, or why it is not there."""
        if self.n is None or self.n_total is None:
            return fmt.HIDDEN
        return share_words(self.n, self.n_total, self.rate, visible=True)

    def drawn(self, heading: str) -> Mark:
        """The mark as `forest` draws it; without numbers where there is no share."""
        there = self.n is not None and bool(self.n_total)
        value, low, high = (self.rate, self.low, self.high) if there else (None, None, None)
        return Mark(heading, self.label, self.group, self.words(), value, low, high)


def rates(result: ChangeResult, policy: Policy) -> Figure:
    """Dots with intervals: reliably better, recovered, no change, reliably worse, by group.

    Every dot carries its share and its n of N. A hidden share is named as hidden.
    """
    groups = fmt.ordered_groups(result.by, result.rates["group"])
    marks = _marks(result, policy, groups)
    titles = {measure: title for (measure, _), title in _DRAWN.items()}
    drawn = [mark.drawn(titles[mark.measure]) for mark in marks]
    svg, narrow = forest("rates", drawn, SHARES, theme.styles(groups))
    return Figure(
        id="rates",
        caption=_caption(result),
        alt=_alt(marks, result),
        svg=svg,
        svg_narrow=narrow,
        data=pd.DataFrame(
            [(m.measure, m.group, m.n, m.n_total, m.rate, m.low, m.high) for m in marks],
            columns=["measure", "group", "n", "n_total", "rate", "low", "high"],
        ).astype({"n": "Int64", "n_total": "Int64"}),
        notes=_notes(marks, policy),
    )


def _marks(result: ChangeResult, policy: Policy, groups: list[str]) -> list[_Mark]:
    visible = visible_rates(result, policy)
    index = result.rates.reset_index().set_index(["group", "measure", "denominator"])["index"]
    marks = []
    for measure, denominator in _DRAWN:
        for group in groups:
            if (group, measure, denominator) not in index:
                continue
            place = index[group, measure, denominator]
            row = result.rates.loc[place]
            ok = bool(visible.loc[place].all())
            nan = float("nan")
            marks.append(
                _Mark(
                    measure,
                    group,
                    fmt.group_name(result.by, group),
                    int(row["n"]) if ok else None,
                    int(row["n_total"]) if ok else None,
                    float(row["rate"]) if ok else nan,
                    float(row["low"]) if ok else nan,
                    float(row["high"]) if ok else nan,
                )
            )
    return marks


def _caption(result: ChangeResult) -> str:
    by = "" if result.by is None else f" by {result.by.replace('_', ' ')}"
    recovered = "" if result.cutoff is None else f"; recovered: {_AMONG['clinical at start']}"
    amount = (
        f"{'at least' if result.threshold_rule == 'at_least' else 'more than'} "
        f"{fmt.plain(result.threshold)} {result.unit}"
    )
    return (
        f"Reliable change{by}: share with {100 * result.confidence:g} % interval, "
        f"{_AMONG['paired']}{recovered}. Reliable: "
        f"{amount if result.method in ('jt', 'anchor') else result.rule_text}."
    )


def _alt(marks: list[_Mark], result: ChangeResult) -> str:
    titles = {measure: title for (measure, _), title in _DRAWN.items()}
    parts = []
    for mark in marks:
        said = f"{titles[mark.measure]}, {mark.label}: "
        if mark.n is None or not mark.n_total:
            parts.append(said + mark.words())
            continue
        span = fmt.percent_interval(mark.low, mark.high)
        parts.append(
            f"{said}{fmt.n_of(mark.n, mark.n_total)}, {fmt.percent(mark.rate)}, interval {span}"
        )
    return f"Shares with {100 * result.confidence:g} % intervals. {'; '.join(parts)}."


def _notes(marks: list[_Mark], policy: Policy) -> tuple[str, ...]:
    if all(mark.n is not None for mark in marks):
        return ()
    return (
        f"'{fmt.HIDDEN}': counts from 1 to {policy.minimum_count - 1} are not shown, nor are "
        "numbers from which they could be computed.",
    )
