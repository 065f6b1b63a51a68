"""How near counts as like, read once."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

# Every statistic of this room; each has a reference in the tests.
METHODS = ("range_share", "range_effect", "pre_post_effect")


@dataclass(frozen=True, slots=True)
class BenchmarkPolicy:
    """Margins for shares and effects, the correlation taken where unknown, people needed."""

    share: float
    effect: float
    correlation: float
    minimum: int


@cache
def benchmark_policy() -> BenchmarkPolicy:
    """The policy as shipped."""
    place = files("outcomes.comparison.benchmarks").joinpath("policy.toml")
    body = tomllib.loads(place.read_text(encoding="utf-8"))
    return BenchmarkPolicy(
        share=body["margin"]["share"],
        effect=body["margin"]["effect"],
        correlation=body["effect"]["correlation"],
        minimum=body["effect"]["minimum"],
    )
