"""Satisfaction and alliance: shares in the best range, at the top, below the alarm value."""

from __future__ import annotations

from outcomes.figures.figure import Figure
from outcomes.figures.shares import share_figure
from outcomes.privacy import Policy
from outcomes.process import SatisfactionResult
from outcomes.showing import format as fmt


def satisfaction(result: SatisfactionResult, policy: Policy) -> Figure:
    """Bars with intervals for each rating: who answered, best range, highest score, alarm."""
    by = "" if result.by is None else f" by {result.by.replace('_', ' ')}"
    return share_figure(
        result,
        policy,
        result.shares,
        name="satisfaction",
        caption=(
            f"Satisfaction and alliance{by}: shares of people, each counted once, with "
            f"{fmt.level(result.confidence)} intervals."
        ),
        about="Shares of people with intervals.",
    )
