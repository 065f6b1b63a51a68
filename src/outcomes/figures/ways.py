"""One answer by several ways: methods of reliable change, thresholds, shares over the sessions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from outcomes.change import MethodsResult, ThresholdsResult
from outcomes.change.methods import METHODS
from outcomes.change.sessions import OverSessions
from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.figures.shares import PERCENT, notes
from outcomes.figures.strips import Strip, draw, height
from outcomes.privacy import Policy, suppress_rate
from outcomes.showing import format as fmt
from outcomes.showing.sessions import MEASURES, visible_shares

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

_COLUMNS = ["heading", "label", "rate", "low", "high"]


def methods(result: MethodsResult, policy: Policy) -> Figure:
    """Share reliably better by each method, one block for each group, without counts."""
    better = result.rates[result.rates["measure"].eq("reliable_improvement")]
    # Without a cut-off in it the share does not depend on the criterion.
    rows = better.drop_duplicates(["group", "method"])
    strips = []
    for row in rows.itertuples():
        hidden = suppress_rate(int(row.n), int(row.n_total), policy)
        heading = "All" if row.group == "all" else fmt.sentence(str(row.group))
        strips.append((heading, METHODS[str(row.method)].name, row, hidden))
    return _figure(
        "methods",
        strips,
        f"Reliably better by several methods: share with {fmt.level(result.confidence)} interval, "
        "of those with both scores whom the method can classify.",
        policy,
    )


def thresholds(result: ThresholdsResult, policy: Policy) -> Figure:
    """Share reliably better under each threshold."""
    strips = []
    for row in result.table.itertuples():
        hidden = suppress_rate(int(row.improved), int(row.n_pairs), policy)
        label = f"{row.basis}: {fmt.plain(row.points)} {result.unit}"
        strips.append(("Reliably better", label, row, hidden))
    return _figure(
        "thresholds",
        strips,
        "Reliably better by several thresholds of reliable change: share with "
        f"{fmt.level(result.confidence)} interval, of those with both scores.",
        policy,
    )


def over_sessions(result: OverSessions, policy: Policy) -> Figure:
    """Shares of people with an event over the sessions, by group."""
    flags = visible_shares(result, policy)
    strips = []
    for row, flag in zip(result.rates.itertuples(), flags.itertuples(), strict=True):
        label = fmt.group_name(result.split.by, row.group)
        strips.append((MEASURES[str(row.measure)], label, row, not (flag.n and flag.n_total)))
    strips.sort(key=lambda strip: list(MEASURES.values()).index(strip[0]))
    return _figure(
        f"sessions_{result.rates['measure'].iloc[0]}",
        strips,
        f"{result.title}: share of people with {fmt.level(result.confidence)} interval, each of "
        "those it can be told for.",
        policy,
    )


def _figure(
    name: str, rows: Sequence[tuple[str, str, object, bool]], caption: str, policy: Policy
) -> Figure:
    """Marks with intervals under headings; hidden ones are named as hidden."""
    labels = list(dict.fromkeys(label for _, label, _, _ in rows))
    look = theme.styles(labels)
    strips: list[Strip] = []
    data: list[tuple[object, ...]] = []
    last = None
    for heading, label, row, hidden in rows:
        if heading != last:
            strips.append(Strip(heading, heading=True))
            last = heading
        rate, low, high = (float(getattr(row, part, float("nan"))) for part in _COLUMNS[2:])
        if hidden or not fmt.available(rate):
            words = fmt.HIDDEN if hidden else fmt.NOT_AVAILABLE
            strips.append(Strip(label, words))
            data.append((heading, label, None, None, None))
            continue
        words = f"{fmt.percent(rate)} ({fmt.percent_interval(low, high)})"
        strips.append(Strip(label, words, rate, low, high, style=look[label]))
        data.append((heading, label, rate, low, high))

    def paint(canvas: Canvas, width: float) -> None:
        draw(canvas, width, strips, PERCENT)

    svg, narrow = theme.render(name, paint, lambda width: height(strips, width))
    said = [f"{strip.label}: {strip.words}" for strip in strips if not strip.heading]
    return Figure(
        id=name,
        caption=caption,
        alt=f"{caption} {'; '.join(said)}.",
        svg=svg,
        svg_narrow=narrow,
        data=pd.DataFrame(data, columns=_COLUMNS).astype(dict.fromkeys(_COLUMNS[2:], "float64")),
        notes=notes(any(hidden for *_, hidden in rows), policy),
    )
