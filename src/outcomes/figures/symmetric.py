"""An axis around zero that favours neither side."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from outcomes.figures.forest import Scale

# Sizes of a step in the leading digit, the first that leaves at most three ticks to a side.
_STEPS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_MOST_TICKS = 3.5


def around_zero(ends: npt.NDArray[np.float64]) -> Scale:
    """A symmetric scale that holds every finite end, with a tick at zero."""
    known = ends[np.isfinite(ends)]
    reach = 1.1 * float(np.abs(known).max(initial=0.0)) or 1.0
    decade = 10.0 ** np.floor(np.log10(reach))
    step = next(size * decade for size in _STEPS if reach / (size * decade) <= _MOST_TICKS)
    most = int(np.floor(reach / step))
    ticks = tuple(float(step * place) for place in range(-most, most + 1))
    return Scale(
        -reach,
        reach,
        ticks,
        tuple(f"{tick:g}".replace("-", "\N{MINUS SIGN}") for tick in ticks),
        zero=0.0,
    )
