"""How a mean score may move with time: straight, fast then slow, or with one bend.

Each shape is a set of functions of time that are zero at the start, so that the intercept
is the start score. Log-linear change is the usual finding over sessions.

Source: Howard, K. I., Kopta, S. M., Krause, M. S. & Orlinsky, D. E. (1986). The dose-effect
relationship in psychotherapy. Am. Psychol. 41:159-164; Singer, J. D. & Willett, J. B.
(2003). Applied longitudinal data analysis, chapter 6 (piecewise).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from outcomes.errors import UsageError

FloatArray = npt.NDArray[np.float64]
SHAPES = ("linear", "log", "piecewise")


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape by name; `knot` is where a piecewise line bends, in units of time."""

    name: str
    knot: float | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of its columns in a model."""
        return ("elapsed", "after_bend") if self.name == "piecewise" else ("elapsed",)

    @property
    def sentence(self) -> str:
        """The shape in words."""
        words = {
            "linear": "a straight line over time",
            "log": "fast at first and slower later, a straight line over the logarithm of time + 1",
            "piecewise": f"two straight lines that meet at {self.knot:g}"
            if self.knot is not None
            else "two straight lines",
        }
        return words[self.name]

    def values(self, time: npt.ArrayLike) -> FloatArray:
        """The columns (n × k) for times (n), which are 0 at the start and never negative."""
        elapsed = np.asarray(time, dtype="float64")
        if self.name == "log":
            return np.asarray(np.log1p(elapsed)[:, None])
        if self.name == "piecewise":
            return np.column_stack([elapsed, np.maximum(elapsed - float(self.knot or 0), 0)])
        return np.asarray(elapsed[:, None])


def shape(name: str, knot: float | None = None) -> Shape:
    """A shape by name. Raises UsageError for another name, or a knot that is missing."""
    if name not in SHAPES:
        raise UsageError(
            "There is no such shape of growth.",
            where="parameter shape",
            fix=f"One of {', '.join(SHAPES)}.",
        )
    if name == "piecewise" and (knot is None or knot <= 0):
        raise UsageError(
            "A piecewise course needs the time at which it bends.",
            where="parameter knot",
            fix="Give a time after the start, as knot=4.",
        )
    return Shape(name, knot if name == "piecewise" else None)
