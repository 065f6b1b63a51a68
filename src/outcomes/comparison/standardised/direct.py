"""Direct standardisation: a unit's own rates by stratum, weighed as the standard population."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from outcomes.proportions import wilson

FloatArray = npt.NDArray[np.float64]


def direct_rate(
    events: FloatArray, people: FloatArray, weights: FloatArray, confidence: float = 0.95
) -> tuple[float, float, float]:
    """Σ w p with limits, from `events` of `people` in k strata; `weights` add up to 1.

    Limits: the Wilson limits of the strata combined by their distances from the rates
    (MOVER: Zou, Huang & Zhang 2009; Newcombe 1998 for two strata).
    """
    rates = events / people
    ends = np.array(
        [wilson(float(e), float(n), confidence) for e, n in zip(events, people, strict=True)]
    )
    rate = float(weights @ rates)
    down = math.sqrt(float(((weights * (rates - ends[:, 0])) ** 2).sum()))
    up = math.sqrt(float(((weights * (ends[:, 1] - rates)) ** 2).sum()))
    return rate, max(rate - down, 0.0), min(rate + up, 1.0)
