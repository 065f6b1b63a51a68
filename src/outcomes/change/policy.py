"""Limits of individual change, read once from `policy.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class ChangePolicy:
    """`minimum_own_sample`: start scores below which own-sample statistics are warned of."""

    minimum_own_sample: int
    reason: str


@cache
def change_policy() -> ChangePolicy:
    """Read the policy as shipped."""
    text = files("outcomes.change").joinpath("policy.toml").read_text(encoding="utf-8")
    own = tomllib.loads(text)["own_sample"]
    return ChangePolicy(int(own["minimum"]), own["reason"])
