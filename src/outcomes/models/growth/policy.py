"""The limits of growth models, read once from `policy.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class GrowthPolicy:
    """Limits of growth models.

    `least` levels of a grouping factor, `share` of people at the horizon, `bins` of scores,
    and the difference in `aic` from which another shape is named.
    """

    least: int
    share: float
    bins: int
    aic: float


@cache
def growth_policy() -> GrowthPolicy:
    """Read the policy as shipped."""
    text = files("outcomes.models.growth").joinpath("policy.toml").read_text(encoding="utf-8")
    body = tomllib.loads(text)
    return GrowthPolicy(
        least=int(body["groups"]["least"]),
        share=float(body["horizon"]["share"]),
        bins=int(body["bins"]["count"]),
        aic=float(body["shapes"]["aic"]),
    )
