"""From the episodes read to the people with both scores, a bar for each step and arm."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from outcomes.derive import Cohort
from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.privacy import Policy
from outcomes.showing import format as fmt
from outcomes.showing.disclosure import visible_flow

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas


# Letters of a step's name that fit on a line above its bars, and beside them.
_PHONE, _PAGE = 40, 30


@dataclass(frozen=True, slots=True)
class _Bar:
    """Persons of one arm after one step; None where the number is hidden."""

    step: str
    label: str
    arm: str
    name: str
    persons: int | None

    def words(self) -> str:
        """The number at the end of the bar."""
        return fmt.HIDDEN if self.persons is None else fmt.count(self.persons)


def flow(cohort: Cohort, policy: Policy) -> Figure:
    """Persons left after each step, by arm; a hidden number has no bar and says so."""
    bars = _telling(_bars(cohort, policy))
    steps = list(dict.fromkeys(bar.step for bar in bars))

    def draw(canvas: Canvas, width: float) -> None:
        _draw(canvas, width, bars, steps)

    def height(width: float) -> float:
        titles = [_wrapped(bar.label, _PHONE) for bar in bars if bar.arm == bars[0].arm]
        lines = sum(len(title) + 0.4 for title in titles)
        room = lines if width == theme.NARROW else 0.6 * len(steps)
        return 0.3 + 0.26 * (len(bars) + room)

    svg, narrow = theme.render("flow", draw, height)
    return Figure(
        id="flow",
        caption=_caption(bars),
        alt=_alt(bars, steps),
        svg=svg,
        svg_narrow=narrow,
        data=pd.DataFrame(
            [(bar.step, bar.label, bar.arm, bar.persons) for bar in bars],
            columns=["step", "label", "arm", "persons"],
        ).astype({"persons": "Int64"}),
        notes=_notes(bars, policy),
    )


def _bars(cohort: Cohort, policy: Policy) -> list[_Bar]:
    visible = visible_flow(cohort.flow, cohort.arms, policy)["persons"]
    rows = cohort.flow[cohort.flow["arm"].isin(cohort.arms)]
    return [
        _Bar(
            str(row.step),
            str(row.label),
            str(row.arm),
            fmt.group_name("arm", row.arm),
            int(row.persons) if visible[row.Index] else None,
        )
        for step in dict.fromkeys(rows["step"])
        for arm in cohort.arms
        for row in rows[(rows["step"] == step) & (rows["arm"] == arm)].itertuples()
    ]


def _telling(bars: list[_Bar]) -> list[_Bar]:
    """Without the steps at which no number changes; the first and the last always stay."""
    steps = list(dict.fromkeys(bar.step for bar in bars))
    numbers = {step: [bar.persons for bar in bars if bar.step == step] for step in steps}
    kept = [
        step
        for before, step in zip([None, *steps], steps, strict=False)
        if before is None or step == steps[-1] or numbers[step] != numbers[before]
    ]
    return [bar for bar in bars if bar.step in kept]


def _wrapped(words: str, letters: int) -> list[str]:
    return textwrap.wrap(words, letters)


def _draw(canvas: Canvas, width: float, bars: list[_Bar], steps: list[str]) -> None:
    ax = canvas.subplots()
    narrow = width == theme.NARROW
    arms = list(dict.fromkeys(bar.arm for bar in bars))
    look = theme.styles(arms)
    top = max((bar.persons or 0 for bar in bars), default=0) or 1
    place = 0.0
    for number, step in enumerate(steps):
        part = [bar for bar in bars if bar.step == step]
        if narrow:
            lines = _wrapped(part[0].label, _PHONE)
            middle = place + (len(lines) - 1) / 2
            ax.text(0, middle, "\n".join(lines), va="center", ha="left", fontweight="bold")
            place += len(lines)
        else:
            middle = place + (len(part) - 1) / 2
            _left_of_axis(ax, middle, "\n".join(_wrapped(part[0].label, _PAGE)))
        for bar in part:
            ax.barh(place, bar.persons or 0, height=0.82, color=look[bar.arm].color, linewidth=0)
            # The name of an arm is needed once; the order and the colour do not change.
            name = f"{bar.words()} {bar.name.lower()}" if number == 0 else bar.words()
            ax.annotate(
                name,
                (bar.persons or 0, place),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
            )
            place += 1.0
        place += 0.4 if narrow else 0.6
    ax.set_ylim(place - 0.6, -0.8)
    ax.set_xlim(0, top * (1.42 if narrow else 1.25))
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines["bottom"].set_visible(False)


def _left_of_axis(ax: Axes, place: float, words: str) -> None:
    ax.annotate(
        words,
        (0, place),
        xycoords=("axes fraction", "data"),
        xytext=(-8, 0),
        textcoords="offset points",
        ha="right",
        va="center",
    )


def _caption(bars: list[_Bar]) -> str:
    last = [bar for bar in bars if bar.step == bars[-1].step]
    ends = ", ".join(f"{bar.name} {bar.words()}" for bar in last)
    return (
        f"Persons left after each step, by arm. With both scores: {ends}. Steps at which no "
        "number changes are not drawn."
    )


def _alt(bars: list[_Bar], steps: list[str]) -> str:
    parts = []
    for step in steps:
        part = [bar for bar in bars if bar.step == step]
        said = ", ".join(f"{bar.name} {bar.words()}" for bar in part)
        parts.append(f"{part[0].label}: {said}")
    return f"Bars of persons left after each of {len(steps)} steps. {'; '.join(parts)}."


def _notes(bars: list[_Bar], policy: Policy) -> tuple[str, ...]:
    if all(bar.persons is not None for bar in bars):
        return ()
    return (
        f"'{fmt.HIDDEN}': counts from 1 to {policy.minimum_count - 1} are not shown, and two "
        "counts are not both shown where they differ by so few.",
    )
