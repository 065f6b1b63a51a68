"""The choices that decide who is told apart and which limits are drawn, read once."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

# Every statistic of this room; each has a reference in the tests.
METHODS = (
    "share",
    "shrunken",
    "comparison_interval",
    "mean_limits",
    "count_limits",
    "case_mix",
    "equal_variances",
)


@dataclass(frozen=True, slots=True)
class PractitionerPolicy:
    """The numbers of `policy.toml`, where each has its reason beside it.

    `minimum` practitioners for a verdict; `minimum_clients` and `reliability` for saying
    anything of one practitioner; `inner` and `outer` are levels of the control limits,
    `negligible` a share of variance, `comparison` the level of comparison intervals.
    """

    minimum: int
    minimum_clients: int
    reliability: float
    inner: float
    outer: float
    negligible: float
    comparison: float


@cache
def practitioner_policy() -> PractitionerPolicy:
    """The policy as shipped."""
    place = files("outcomes.models.practitioners").joinpath("policy.toml")
    body = tomllib.loads(place.read_text(encoding="utf-8"))
    return PractitionerPolicy(
        minimum=body["practitioners"]["minimum"],
        minimum_clients=body["judging"]["minimum_clients"],
        reliability=body["judging"]["reliability"],
        inner=body["limits"]["inner"],
        outer=body["limits"]["outer"],
        negligible=body["share"]["negligible"],
        comparison=body["comparison"]["level"],
    )
