"""Service measures with their intervals, group beside group."""

from __future__ import annotations

import pandas as pd

from outcomes.change.service import ServiceMeasures
from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.figures.forest import SHARES, Mark, forest, share_words
from outcomes.privacy import Policy
from outcomes.showing import format as fmt
from outcomes.showing.share_rows import SERVICE_MEASURES, shown_service

_DRAWN = {
    "Of all finished courses": (
        "reliable_improvement",
        "no_reliable_change",
        "reliable_deterioration",
        "unpaired",
    ),
    "Of those not below caseness": (
        "recovery",
        "reliable_recovery",
    ),
}


def service_rates(result: ServiceMeasures, policy: Policy) -> Figure:
    """Improvement, no change, deterioration, unpaired, recovery and reliable recovery."""
    rates = shown_service(result, policy)
    groups = fmt.ordered_groups(result.by, rates["group"])
    marks, rows = [], []
    for heading, measures in _DRAWN.items():
        for measure in measures:
            for group in groups:
                row = rates[rates["measure"].eq(measure) & rates["group"].eq(group)].iloc[0]
                ok = bool(row["shown"]) and row["n_total"] > 0
                label = SERVICE_MEASURES[measure]
                if result.by is not None:
                    label = f"{label}, {fmt.group_name(result.by, group)}"
                words = share_words(
                    row["n"], row["n_total"], row["rate"], visible=bool(row["shown"])
                )
                numbers = (row["rate"], row["low"], row["high"]) if ok else (None, None, None)
                marks.append(Mark(heading, label, group, words, *numbers))
                if ok:
                    rows.append(row[["group", "measure", "n", "n_total", "rate", "low", "high"]])
    svg, narrow = forest("service", marks, SHARES, theme.styles(groups))
    caption = (
        "Service measures as NHS Talking Therapies defines them: share with "
        f"{100 * result.confidence:g} % interval."
    )
    alt = "; ".join(f"{mark.label}: {mark.words}" for mark in marks)
    notes: tuple[str, ...] = ()
    if any(mark.words == fmt.HIDDEN for mark in marks):
        notes = (
            f"'{fmt.HIDDEN}': counts from 1 to {policy.minimum_count - 1} are not shown, nor are "
            "numbers from which they could be computed.",
        )
    return Figure("service", caption, f"{alt}.", svg, narrow, pd.DataFrame(rows), notes)
