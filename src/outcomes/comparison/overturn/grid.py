"""Every combination of choices that is declared, before anything is estimated."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from outcomes.errors import UsageError

LEFT_OUT = "left out"
UNCHANGED = "counted as unchanged"
MISSING = (LEFT_OUT, UNCHANGED)
NO_ESTIMAND = "one for all"


@dataclass(frozen=True, slots=True)
class Choices:
    """The words to choose from, each a tuple."""

    definitions: tuple[str, ...]
    adjustments: tuple[str, ...]
    estimands: tuple[str, ...]
    methods: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """One specification."""

    definition: str
    adjustment: str
    estimand: str
    method: str
    missing: str


def declared(choices: Choices) -> tuple[Way, ...]:
    """All combinations; a method without an estimand is in them once."""
    unknown = sorted(set(choices.missing) - set(MISSING))
    if unknown:
        raise UsageError(
            f"unknown rule for missing outcomes: {', '.join(unknown)}",
            where="parameter missing",
            fix=f"some of {', '.join(MISSING)}",
        )
    pairs = [
        (method, estimand)
        for method in choices.methods
        for estimand in ((NO_ESTIMAND,) if method == "ancova" else choices.estimands)
    ]
    return tuple(
        Way(definition, adjustment, estimand, method, missing)
        for definition, missing, adjustment, (method, estimand) in product(
            choices.definitions, choices.missing, choices.adjustments, pairs
        )
    )
