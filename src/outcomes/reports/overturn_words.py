"""The sentences and the records about what would overturn a comparison."""

from __future__ import annotations

import math
from collections.abc import Iterator

from outcomes.comparison.overturn import Overturn
from outcomes.privacy import Policy
from outcomes.reports.results import Result
from outcomes.showing.overturn import threats_kept_back, threats_said

HEADING = "What would overturn the answer"
LEAD = (
    "Every answer stands on something that cannot be checked from the data. Here is what each "
    "thing would have to be like to change the verdict, the easiest first."
)
METHODS = "Do the methods agree?"
HIDDEN = "Something that was not measured"
CHOICES = "Other choices that could have been made"
DRIFT = "Drifting back by itself"


def said(result: Overturn, policy: Policy) -> tuple[str, ...]:
    """The one thing that would most easily overturn it, then what could not be looked at."""
    return (threats_said(result, policy), *(f"{text}." for text in result.warnings))


def records(result: Overturn, base: str, policy: Policy) -> Iterator[Result]:
    """E-values, the robustness value, and how much each threat takes; kept-back ones as such."""
    kept = threats_kept_back(result, policy)
    for threat in result.threats:
        hidden = threat.name in kept
        yield Result.told(
            f"{base}.overturn.{threat.name.replace(' ', '_')}",
            (threat.needed, math.nan, math.nan),
            known=not hidden,
            unit=threat.unit,
            method="" if hidden else f"how much of the unit it takes: {threat.state}",
        )
    if not result.threats:
        return
    for name, value in (
        ("evalue.estimate", result.evalues.estimate),
        ("evalue.limit", result.evalues.limit),
    ):
        yield Result(
            id=f"{base}.{name}",
            value=value,
            unit="risk ratio",
            method="E-value",
            source="VanderWeele and Ding 2017",
        )
    yield Result(
        id=f"{base}.robustness",
        value=result.hidden.robustness,
        unit="proportion",
        method="share of arm and outcome that a hidden variable must explain to undo the estimate",
        source="Cinelli and Hazlett 2020",
    )
