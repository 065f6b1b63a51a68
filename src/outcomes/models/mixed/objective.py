"""The deviance with its gradient and average information, at given relative covariances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from outcomes.models.mixed.backward import Scores, corners, scores
from outcomes.models.mixed.directions import directions, products
from outcomes.models.mixed.likelihood import Sweep, degrees, deviance, sweep
from outcomes.models.mixed.parameters import Parameters
from outcomes.models.mixed.prepare import Prepared
from outcomes.models.mixed.stacks import Numbers


@dataclass(slots=True, eq=False)
class Point:
    """Deviance and the gradients of its log determinants and of r^2 by the elements of D.

    `slope` holds matrices G with d(deviance) = tr(G dD), one for each factor.
    """

    swept: Sweep
    value: float
    logdet_gradient: Numbers
    r2_gradient: Numbers
    slope: list[Numbers]
    scores: Scores

    @property
    def gradient(self) -> Numbers:
        """Gradient of the profiled deviance by the elements of D."""
        return self.logdet_gradient + self.weight * self.r2_gradient

    @property
    def weight(self) -> float:
        """What a unit of r^2 adds to the profiled deviance: 1 / sigma^2."""
        return self._df / self.swept.r2

    _df: int = 0


@dataclass(slots=True, eq=False)
class Objective:
    """The deviance of one prepared model; `evaluations` counts sweeps with gradient."""

    prepared: Prepared
    parameters: Parameters
    reml: bool
    evaluations: int = 0

    def value(self, D: Sequence[Numbers]) -> tuple[float, Sweep | None]:
        """The deviance alone; infinite outside the model's space."""
        swept = sweep(self.prepared, D)
        if swept is None:
            return np.inf, None
        return deviance(swept, self.reml), swept

    def point(self, swept: Sweep) -> Point:
        """The gradients where a sweep has been made."""
        self.evaluations += 1
        found = scores(swept, np.r_[-swept.beta, 1.0])
        inverse = swept.fixed_inverse if self.reml else None
        traces = corners(swept, inverse).traces
        outer = self._outer(found)
        df = degrees(self.prepared, self.reml)
        weight = df / swept.r2
        return Point(
            swept=swept,
            value=deviance(swept, self.reml),
            logdet_gradient=self.parameters.symmetric_gradient(traces),
            r2_gradient=-self.parameters.symmetric_gradient(outer),
            slope=[trace - weight * square for trace, square in zip(traces, outer, strict=True)],
            scores=found,
            _df=df,
        )

    def _outer(self, found: Scores) -> list[Numbers]:
        """Sums over levels of the scores' outer products, for each factor."""
        made = [a @ a.T for a in found.chain]
        cross = self.prepared.crossed
        if cross is not None:
            for number in range(int(cross.factor_of.max()) + 1):
                mine = cross.factor_of == number
                size = int(cross.place_of[mine].max()) + 1
                a = found.crossed[mine].reshape(-1, size)
                made.append(a.T @ a)
        return made

    def information(self, point: Point) -> Numbers:
        """Average information of the profiled deviance by the elements of D."""
        swept = point.swept
        along = directions(swept, self.parameters, point.scores)
        squares = products(swept, along)
        df, r2 = degrees(self.prepared, self.reml), swept.r2
        first = point.r2_gradient
        return df * (squares / r2 - np.outer(first, first) / r2**2)
