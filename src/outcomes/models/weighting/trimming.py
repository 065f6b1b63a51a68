"""Setting aside people whose propensity is so near 0 or 1 that nobody answers for them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from outcomes.models.overlap import common_support
from outcomes.models.weighting.recipe import TRIMMINGS

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

# The limit is itself the propensity of somebody who stays.
ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Trimmed:
    """`kept` (n) marks who stays: a propensity from `low` to `high`, by the `rule`.

    `set_aside` counts the others by arm, `share` is their share of everybody.
    """

    rule: str
    low: float
    high: float
    kept: BoolArray
    set_aside: dict[str, int]

    @property
    def share(self) -> float:
        """Share of all rows that were set aside."""
        return float(1 - self.kept.mean())

    @property
    def source(self) -> str:
        """Who proposed the rule."""
        return "Dehejia and Wahba 1999" if self.rule == "support" else "Crump and others 2009"

    def population(self) -> str:
        """Whom the estimate is then about."""
        return f"with a propensity from {self.low:.2f} to {self.high:.2f}"

    def said(self) -> str:
        """What was done, without counts of people."""
        how = TRIMMINGS.get(self.rule, "a limit that was given")
        return (
            f"people with a propensity outside {self.low:.2f} to {self.high:.2f} are set aside: "
            f"{how}; the comparison is about the others, and the model was fitted again to them"
        )


def trim(
    probability: FloatArray, in_other: BoolArray, arms: tuple[str, str], rule: float | str
) -> Trimmed:
    """Who stays by the rule: a limit a, "crump" or "support"."""
    if rule == "support":
        low, high = common_support(probability, in_other)
    elif rule == "crump":
        low = crump_limit(probability)
        high = 1 - low
    else:
        low, high = float(rule), 1 - float(rule)
    kept = (probability >= low - ROUNDING) & (probability <= high + ROUNDING)
    gone = {arms[0]: int((~kept & ~in_other).sum()), arms[1]: int((~kept & in_other).sum())}
    name = rule if isinstance(rule, str) else "fixed"
    return Trimmed(name, low, high, kept, gone)


def crump_limit(probability: FloatArray) -> float:
    """A of Crump and others (2009, theorem 1), 0 where nobody need be set aside.

    Among the sets {e: 1 / (e (1 − e)) ≤ γ} the one with the least Σ 1 / (e (1 − e)) / n²,
    the variance of the average difference when outcomes vary equally.
    """
    spread = probability * (1 - probability)
    cost = np.sort(1 / np.maximum(spread, np.finfo(float).tiny))
    with np.errstate(over="ignore"):
        variance = np.cumsum(cost) / np.arange(1, len(cost) + 1) ** 2
    best = int(np.argmin(variance))
    if best == len(cost) - 1:
        return 0.0
    # e (1 − e) = 1 / γ has the smaller root a.
    return float(0.5 - np.sqrt(max(0.0, 0.25 - 1 / cost[best])))
