"""The choices behind subgroups, their pooling and their tests, read once."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

# Every statistic of this room; each has a reference in the tests.
METHODS = ("htz", "slope", "random_effects", "hartung_knapp", "shrinkage", "holm", "fdr")


@dataclass(frozen=True, slots=True)
class ModificationPolicy:
    """The numbers of `policy.toml`, where each has its reason beside it.

    `minimum` people in each arm of a subgroup; `rows_per_column` of the smaller arm for a
    propensity of the subgroup's own; `scale` of the prior of the spread, in SD of the outcome;
    `level` of the test after adjustment; `timing` by column: "baseline", "chosen" or
    "after_start".
    """

    minimum: int
    rows_per_column: float
    most_levels: int
    bands: int
    scale: float
    level: float
    goal_days: int
    timing: dict[str, str]


@cache
def modification_policy() -> ModificationPolicy:
    """The policy as shipped."""
    place = files("outcomes.comparison.modification").joinpath("policy.toml")
    body = tomllib.loads(place.read_text(encoding="utf-8"))
    kinds = ("baseline", "chosen", "after_start")
    timing = {name: kind for kind in kinds for name in body["timing"][kind]}
    return ModificationPolicy(
        minimum=body["subgroups"]["minimum"],
        rows_per_column=body["subgroups"]["rows_per_column"],
        most_levels=body["subgroups"]["most_levels"],
        bands=body["subgroups"]["bands"],
        scale=body["pooling"]["scale"],
        level=body["test"]["level"],
        goal_days=body["goals"]["days"],
        timing=timing,
    )
