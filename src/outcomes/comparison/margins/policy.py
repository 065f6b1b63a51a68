"""Conventions of margins, read once from `policy.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class MarginPolicy:
    """`z` of a reliable change, why each basis is used, and the level of each test."""

    z: float
    reasons: dict[str, str]
    levels: dict[str, str]


@cache
def margin_policy() -> MarginPolicy:
    """Read the policy as shipped."""
    text = files("outcomes.comparison.margins").joinpath("policy.toml").read_text(encoding="utf-8")
    body = tomllib.loads(text)
    return MarginPolicy(float(body["reliable_change"]["z"]), body["reasons"], body["level"])
