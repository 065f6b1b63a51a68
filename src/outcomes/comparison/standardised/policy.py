"""When a standardised rate may be read, read once."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

# Every statistic of this room; each has a reference in the tests.
METHODS = ("mid_p", "byar", "exact", "direct", "overdispersion", "expected_by_stratum")


@dataclass(frozen=True, slots=True)
class StandardisedPolicy:
    """People and expected cases a unit needs, people in a stratum, and the overdispersion rule."""

    minimum: int
    expected: float
    stratum: int
    winsorise: float
    units: int


@cache
def standardised_policy() -> StandardisedPolicy:
    """The policy as shipped."""
    place = files("outcomes.comparison.standardised").joinpath("policy.toml")
    body = tomllib.loads(place.read_text(encoding="utf-8"))
    return StandardisedPolicy(
        minimum=body["units"]["minimum"],
        expected=body["units"]["expected"],
        stratum=body["direct"]["stratum"],
        winsorise=body["overdispersion"]["winsorise"],
        units=body["overdispersion"]["units"],
    )
