"""The choices that say what is strong, quiet or in agreement, read once."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

# Every statistic of this room; each has a reference in the tests.
METHODS = (
    "e_value",
    "odds_and_hazard_ratios",
    "bias",
    "robustness_value",
    "bounds",
    "drift",
    "negative_control",
    "agreement",
    "specifications",
)


@dataclass(frozen=True, slots=True)
class OverturnPolicy:
    """The numbers of `policy.toml`, where each has its reason beside it.

    `multiple` of a measured covariate's strength, `fewest` people of an arm in a level;
    `gap_in_se` and `gap_in_margin` between methods; `quiet` in standard deviations;
    `same_sign` and `same_verdict` as shares of specifications; `reliable` the lowest
    reliability from which a drift is told; `easy` in units of a threat.
    """

    multiple: float
    fewest: int
    gap_in_se: float
    gap_in_margin: float
    quiet: float
    same_sign: float
    same_verdict: float
    reliable: float
    easy: float


@cache
def overturn_policy() -> OverturnPolicy:
    """The policy as shipped."""
    place = files("outcomes.comparison.overturn").joinpath("policy.toml")
    body = tomllib.loads(place.read_text(encoding="utf-8"))
    return OverturnPolicy(
        multiple=float(body["hidden"]["multiple"]),
        fewest=int(body["hidden"]["fewest"]),
        gap_in_se=float(body["agreement"]["gap_in_se"]),
        gap_in_margin=float(body["agreement"]["gap_in_margin"]),
        quiet=float(body["negative_control"]["quiet"]),
        same_sign=float(body["specifications"]["same_sign"]),
        same_verdict=float(body["specifications"]["same_verdict"]),
        reliable=float(body["drift"]["reliable"]),
        easy=float(body["threats"]["easy"]),
    )
