"""The difference by subgroup: each one's own and the partially pooled one, under each other."""

from __future__ import annotations

import math

import pandas as pd

from outcomes.comparison.modification import WhoBenefits
from outcomes.comparison.modification.words import name_of
from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.figures.forest import Mark, Scale, forest
from outcomes.privacy import Policy
from outcomes.privacy import policy as named_policy
from outcomes.showing import format as fmt
from outcomes.showing.modification import STATES, visible_subgroups

_OWN, _POOLED = "own", "pooled"
_STYLES = {_OWN: theme.Style(theme.MUTED, "o"), _POOLED: theme.Style(theme.INK, "D")}
_COLUMNS = ["modifier", "status", "level", "kind", "estimate", "low", "high"]


def subgroups(result: WhoBenefits, policy: Policy | None = None) -> Figure:
    """A forest: for each modifier its subgroups, own difference above the pooled one.

    The heading says whether the modifier was declared or is exploratory, and whether it is known
    at the start. Counts that the policy hides are not in it.
    """
    rules = named_policy() if policy is None else policy
    flags = visible_subgroups(result, rules)
    marks: list[Mark] = []
    data: list[tuple[object, ...]] = []
    for name in result.tests["modifier"]:
        test = result.test(name)
        heading = _heading(result, name)
        rows = result.subgroups[result.subgroups["modifier"].eq(name)]
        for place, row in rows.iterrows():
            people = _people(row, flags.loc[place])
            for mark, line in _both(row, heading, people):
                marks.append(mark)
                if mark.value is not None:
                    data.append((name, test["status"], row["level"], *line))
    svg, narrow = forest("subgroups", marks, _scale(marks), _STYLES)
    main = result.main
    arms = [fmt.group_name("arm", arm).lower() for arm in (main.other, main.reference)]
    better = "" if main.direction is None else f" {fmt.sentence(main.direction)} is better."
    said = "; ".join(f"{mark.heading}, {mark.label}: {mark.words}" for mark in marks)
    return Figure(
        id="subgroups",
        caption=(
            f"{fmt.sentence(arms[0])} minus {arms[1]} within subgroups, {main.unit}, with "
            f"{fmt.level(main.confidence)} intervals.{better} Grey circles: each subgroup on its "
            f"own. Black diamonds: partially pooled. Counts: {arms[1]} and {arms[0]}. "
            "Only the test between subgroups says whether they differ."
        ),
        alt=f"Differences by subgroup around a line at zero. {said}.",
        svg=svg,
        svg_narrow=narrow,
        data=pd.DataFrame(data, columns=_COLUMNS),
        notes=_notes(result, flags, rules),
    )


def _heading(result: WhoBenefits, name: str) -> str:
    test = result.test(name)
    late = ", after the start" if test["timing"] == "after_start" else ""
    return f"{fmt.sentence(name_of(name))} ({test['status']}{late})"


def _people(row: pd.Series, seen: pd.Series) -> str:
    """'; 55 and 24' after the word pooled; nothing where both counts are hidden."""
    columns = ("n_reference", "n_other")
    if not any(seen[column] for column in columns):
        return ""
    counts = [fmt.count(row[column]) if seen[column] else "hidden" for column in columns]
    return f"; {counts[0]} and {counts[1]}"


def _both(
    row: pd.Series, heading: str, people: str
) -> list[tuple[Mark, tuple[str, float, float, float]]]:
    level = str(row["level"])
    if row["state"] != "estimated":
        none = (_OWN, math.nan, math.nan, math.nan)
        words = STATES[str(row["state"])]
        return [(Mark(heading, level, _OWN, words, None, None, None), none)]
    found = []
    sets = ((_OWN, level, "estimate", "low", "high"),
            (_POOLED, f"pooled{people}", "pooled", "pooled_low", "pooled_high"))  # fmt: skip
    for kind, label, *columns in sets:
        value, low, high = (float(row[column]) for column in columns)
        if not fmt.available(value):
            continue
        words = f"{fmt.points(value)} ({fmt.interval(low, high)})"
        drawn = (value, low, high) if fmt.available(low) else (None, None, None)
        found.append((Mark(heading, label, kind, words, *drawn), (kind, value, low, high)))
    return found


def _scale(marks: list[Mark]) -> Scale:
    ends = [abs(end) for mark in marks for end in (mark.low, mark.high) if end is not None]
    reach = 1.05 * max([1.0, *ends])
    step = _step(reach)
    count = int(reach // step)
    ticks = tuple(step * place for place in range(-count, count + 1))
    return Scale(-reach, reach, ticks, tuple(fmt.plain(tick) for tick in ticks), zero=0)


def _step(reach: float) -> float:
    """A round distance of ticks, two to four on either side."""
    rough = float(10 ** math.floor(math.log10(reach / 2)))
    return next(rough * times for times in (1, 2, 2.5, 5, 10) if reach / (rough * times) < 4)


def _notes(result: WhoBenefits, flags: pd.DataFrame, policy: Policy) -> tuple[str, ...]:
    notes = [result.sentence(name) for name in result.tests["modifier"]]
    if not flags.to_numpy().all():
        notes.append(
            f"'{fmt.HIDDEN}': counts from 1 to {policy.minimum_count - 1} are not shown, nor are "
            "numbers from which they could be computed."
        )
    return tuple(notes)
