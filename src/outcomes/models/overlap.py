"""How far two propensity distributions overlap."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from outcomes.models.balance import distribution_distance

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


def overlap_coefficient(probability: FloatArray, in_other: BoolArray) -> float:
    """Area shared by the two arms' propensity densities, 0 (none) to 1 (the same).

    Estimated as 1 − the largest distance between the two distribution functions. The
    shared area ∫ min(f₁, f₀) (Inman and Bradley 1989) equals that wherever the densities
    cross once, and the densities of a propensity e do: their ratio is proportional to
    e / (1 − e), which rises. No bins and no bandwidth are chosen. In small arms it is a
    little too low, because the two sample distributions differ by chance.
    """
    distance = distribution_distance(probability, in_other, np.ones(len(probability)))
    return min(1.0, max(0.0, 1 - distance))


def common_support(probability: FloatArray, in_other: BoolArray) -> tuple[float, float]:
    """The range that both arms reach (Dehejia and Wahba 1999): low, high.

    It goes from the larger of the two minima to the smaller of the two maxima.
    """
    first, second = probability[in_other], probability[~in_other]
    low = max(first.min(), second.min())
    return float(low), float(min(first.max(), second.max()))


def outside_support(probability: FloatArray, in_other: BoolArray) -> float:
    """Share of all rows outside the range that both arms reach."""
    low, high = common_support(probability, in_other)
    return float(((probability < low) | (probability > high)).mean())
