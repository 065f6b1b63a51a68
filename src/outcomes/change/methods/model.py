"""What a method of individual change is: its card, what it needs, and the line it draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from outcomes.change.jacobson_truax import Numbers

TWO_SIDED, ONE_SIDED, AMOUNT = "two-sided", "one-sided", "amount"


@dataclass(frozen=True, slots=True)
class Sample:
    """What a method may use: two reliabilities, an SD, and the moments of the sample.

    `sd` is the one behind the standard error of measurement (given, or of all start scores),
    `mean` the mean of all start scores. `mean_pre`, `mean_post`, `sd_pre`, `sd_post` and
    `correlation` are of those with both scores. All in points.
    """

    reliability: float
    reliability_post: float
    sd: float
    mean: float
    mean_pre: float
    mean_post: float
    sd_pre: float
    sd_post: float
    correlation: float


@dataclass(frozen=True, slots=True)
class Line:
    """The end score expected without change, constant + slope * start, and its error.

    index = (end - expected) / error. `error` is in points, or with `relative` a share of
    the start score (error * |start|). A change is reliable where |index| passes `critical`
    by `rule`: "exceeds" (equal does not count) or "at_least" (equal counts).
    """

    slope: float
    constant: float
    error: float
    critical: float
    rule: str = "exceeds"
    relative: bool = False

    def expected(self, pre: Numbers) -> Numbers:
        """End score expected of somebody who did not change, in points."""
        return self.constant + self.slope * pre

    def scale(self, pre: Numbers) -> Numbers | float:
        """Size of one unit of the index, in points."""
        return self.error * np.abs(pre) if self.relative else self.error

    def index(self, pre: Numbers, post: Numbers) -> Numbers:
        """Standardised distance of the end score from the expected one, of its own sign.

        Positive where the score ended higher, whichever direction is better. With a
        relative error a start of zero gives plus or minus infinity, and 0 without change.
        """
        away = post - self.expected(pre)
        if not self.relative:
            return np.asarray(away / self.error, dtype=np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            found = away / self.scale(pre)
        return np.where(away == 0, 0.0, found)

    def limits(self, pre: Numbers) -> tuple[Numbers, Numbers]:
        """Lowest and highest end score that is not yet reliable change, in points."""
        half = self.critical * self.scale(pre)
        expected = self.expected(pre)
        return expected - half, expected + half


@dataclass(frozen=True, slots=True)
class Method:
    """The card of a method: what it computes, from what, and when to use it.

    `line` draws the line from a sample and a critical value; None for methods that are no
    line through two scores (hlm, stat). `needs` names the parameters of `change` beyond
    start and end scores. `caution` is said with every result of the method.
    """

    id: str
    name: str
    formula: str
    source: str
    use: str
    avoid: str
    needs: tuple[str, ...]
    sided: str = TWO_SIDED
    caution: str = ""
    line: Callable[[Sample, float], Line] | None = None
