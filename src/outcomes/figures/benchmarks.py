"""A practice's number beside a published one, and ratios of observed to expected."""

from __future__ import annotations

import pandas as pd

from outcomes.comparison.benchmarks import BenchmarkResult
from outcomes.comparison.benchmarks.words import amount, facts
from outcomes.comparison.standardised import StandardisedResult
from outcomes.comparison.standardised.words import standing
from outcomes.errors import UsageError
from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.figures.forest import SHARES, Mark, Scale, forest
from outcomes.figures.practitioners import funnel
from outcomes.privacy import Policy
from outcomes.privacy import policy as named_policy
from outcomes.showing import format as fmt
from outcomes.showing.benchmarks import benchmark_shown, visible_units

_OURS, _THEIRS = "practice", "published"
_STYLES = {_OURS: theme.Style("#0072B2", "o"), _THEIRS: theme.Style(theme.MUTED, "s")}
_ROWS = 60


def beside(result: BenchmarkResult, policy: Policy | None = None) -> Figure:
    """The practice's rate or effect with its interval above the published one with its range.

    Not comparable: neither is drawn, and the reasons stand in the note.
    """
    rules = named_policy() if policy is None else policy
    ours, entry = result.observed, result.entry
    seen = benchmark_shown(result, rules)
    drawn = seen and result.range is not None
    heading = f"{fmt.sentence(entry.measure.replace('_', ' '))}, {entry.year}"
    words = f"{amount(ours.kind, ours.value)}" if seen else fmt.HIDDEN
    ends = (ours.value, ours.low, ours.high) if drawn else (None, None, None)
    span = entry.spread or (entry.low, entry.high)
    theirs = (entry.value, *span) if drawn and span[0] is not None else (None, None, None)
    if drawn and theirs[0] is None:
        theirs = (entry.value, entry.value, entry.value)
    marks = [
        Mark(heading, "This practice", _OURS, words, *ends),
        Mark(heading, "Published", _THEIRS, amount(entry.kind, entry.value), *theirs),
    ]
    scale = SHARES if entry.kind == "share" else _effects(marks)
    svg, narrow = forest("benchmark", marks, scale, _STYLES)
    rows = [(m.label, m.value, m.low, m.high) for m in marks if m.value is not None]
    said = result.sentence() if seen else f"{words}; published {amount(entry.kind, entry.value)}"
    return Figure(
        id="benchmark",
        caption=(
            f"{entry.title}, {entry.year}: {entry.meaning}; of {entry.denominator}. "
            f"{fmt.sentence(entry.population)}."
        ),
        alt=said,
        svg=svg,
        svg_narrow=narrow,
        data=pd.DataFrame(rows, columns=["whose", "value", "low", "high"]),
        notes=(*((said,) if seen else ()), *facts(entry)),
    )


def ratios(
    result: StandardisedResult, policy: Policy | None = None, *, kind: str = "ratio"
) -> Figure:
    """Observed over expected of each unit with its interval; kind "funnel" is the funnel.

    Units stand in the order of their names and are not ranked. Raises UsageError where there is
    no funnel (published rates, one unit) or more than sixty units.
    """
    rules = named_policy() if policy is None else policy
    if kind == "funnel":
        if result.units is None:
            raise UsageError(
                "there is no funnel of one unit or of published rates",
                where="parameter kind",
                fix="draw kind='ratio'",
            )
        return funnel(result.units, rules)
    seen = visible_units(result, rules)
    table = result.table[seen]
    if len(table) > _ROWS:
        raise UsageError(
            f"{len(table)} units are too many rows for one picture", fix="draw kind='funnel'"
        )
    heading = f"{fmt.sentence(result.outcome.replace('_', ' '))}, observed over expected"
    marks = [_mark(row, heading) for _, row in table.iterrows()]
    top = max([2.0, *(mark.high for mark in marks if mark.high is not None)]) * 1.02
    ticks = tuple(float(tick) for tick in range(int(top) + 1))
    scale = Scale(0, top, ticks, tuple(fmt.plain(tick) for tick in ticks), zero=1)
    svg, narrow = forest("standardised", marks, scale, _STYLES)
    away = len(result.table) - len(table)
    notes = [f"{fmt.count(away)} units are not shown: their numbers are small."] if away else []
    columns = ["unit", "n", "observed", "expected", "ratio", "low", "high"]
    enough = table["enough"].astype(bool)
    return Figure(
        id="standardised",
        caption=(
            "Events observed over those expected from the case mix, with "
            f"{fmt.level(result.confidence)} intervals; the line is as expected. In the order of "
            "the names, not ranked."
        ),
        alt="; ".join(f"{mark.label}: {mark.words}" for mark in marks) or "Nothing may be shown.",
        svg=svg,
        svg_narrow=narrow,
        data=table.loc[enough, columns].reset_index(drop=True),
        notes=(*notes, *(f"{fmt.sentence(text)}." for text in result.warnings)),
    )


def _mark(row: pd.Series, heading: str) -> Mark:
    name = "This practice" if row["unit"] == "all" else str(row["unit"])
    if not row["enough"]:
        return Mark(heading, name, _THEIRS, standing(row), None, None, None)
    words = f"{fmt.decimal(row['ratio'])} ({fmt.decimal(row['low'])} to {fmt.decimal(row['high'])})"
    ends = (float(row["ratio"]), float(row["low"]), float(row["high"]))
    return Mark(heading, name, _OURS, words, *ends)


def _effects(marks: list[Mark]) -> Scale:
    ends = [end for mark in marks for end in (mark.low, mark.high) if end is not None]
    low, high = min([0.0, *ends]), max([1.0, *ends]) * 1.05
    ticks = tuple(place / 2 for place in range(int(low * 2) - (low < 0), int(high * 2) + 1))
    return Scale(low * 1.05, high, ticks, tuple(fmt.plain(tick) for tick in ticks), zero=0)
