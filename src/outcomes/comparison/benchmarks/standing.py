"""Where a practice stands against a published number: range-null tests.

The claim that is tested is not "equal" but "within a margin": a range, so that many people do
not make a trivial distance a finding (Serlin & Lapsley 1985; Minami et al. 2008).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from scipy.special import nctdtrit
from scipy.stats import nct

from outcomes.comparison.benchmarks.library import Benchmark
from outcomes.comparison.benchmarks.observed import Observed, effect_limits
from outcomes.comparison.benchmarks.policy import benchmark_policy
from outcomes.proportions import critical_value, newcombe, wilson

Limits = tuple[float, float]


class Standing(StrEnum):
    """What can be said of a practice's number beside a published one."""

    ABOVE = "above"
    BELOW = "below"
    COMPATIBLE = "compatible"
    CANNOT_TELL = "cannot tell"
    NOT_COMPARABLE = "not comparable"


@dataclass(frozen=True, slots=True)
class Range:
    """Practice less benchmark: its interval, that of two one-sided tests, and the band (a, b).

    The band runs from `a` below the benchmark to `b` above it.
    """

    difference: float
    low: float
    high: float
    test_low: float
    test_high: float
    a: float
    b: float

    @property
    def standing(self) -> Standing:
        """Above: the whole interval lies above the band; below likewise.

        Compatible: the interval of two one-sided tests lies inside the band. Cannot tell:
        everything else; an interval that includes the benchmark is not yet compatible.
        """
        if math.isnan(self.low):
            return Standing.CANNOT_TELL
        if self.low > self.b:
            return Standing.ABOVE
        if self.high < self.a:
            return Standing.BELOW
        inside = self.a < self.test_low and self.test_high < self.b
        return Standing.COMPATIBLE if inside else Standing.CANNOT_TELL

    @property
    def good_enough(self) -> bool:
        """Whether 'worse than the lower end of the band' is ruled out, one-sided."""
        return self.test_low > self.a

    @property
    def bad_enough(self) -> bool:
        """Whether 'higher than the upper end of the band' is ruled out, one-sided."""
        return self.test_high < self.b


def band(entry: Benchmark, margin: float | None, *, spread: bool) -> Limits:
    """The band around a benchmark: the margin either way, or the published range."""
    if spread and entry.spread is not None:
        return entry.spread[0] - entry.value, entry.spread[1] - entry.value
    policy = benchmark_policy()
    default = policy.share if entry.kind == "share" else policy.effect
    size = default if margin is None else margin
    return -size, size


def place(seen: Observed, entry: Benchmark, ends: Limits) -> Range:
    """Practice less benchmark with both intervals.

    Shares: Newcombe's where the benchmark's counts are known, else Wilson's less a fixed
    number. Effects divided by the own SD at the start: limits of the non-central t. Other
    effects: the interval they came with. A benchmark without counts is taken as fixed.
    """
    levels = seen.confidence, 2 * seen.confidence - 1
    (low, high), (test_low, test_high) = (_limits(seen, entry, level) for level in levels)
    return Range(seen.value - entry.value, low, high, test_low, test_high, *ends)


def critical_effect(delta: float, n: float, r: float = 0.5, level: float = 0.95) -> float:
    """The effect a sample of `n` must exceed to show more than `delta` (one-sided 1 − level).

    t(level; df n − 1, non-centrality δ √m) / √m with m = n / 2(1 − r). With r = 0.5, m = n
    and this is the critical value of Minami et al. 2008.
    """
    m = n / (2 * (1 - r))
    return float(nctdtrit(n - 1, delta * math.sqrt(m), level)) / math.sqrt(m)


def p_range(effect: float, delta: float, n: float, r: float = 0.5) -> float:
    """One-sided p of an uncorrected `effect` against 'at most delta'."""
    m = n / (2 * (1 - r))
    return float(nct.sf(effect * math.sqrt(m), n - 1, delta * math.sqrt(m)))


def _limits(seen: Observed, entry: Benchmark, level: float) -> Limits:
    if seen.kind == "share":
        return _share(seen, entry, level)
    if seen.standardiser == "sd_pre":
        known = not math.isnan(seen.correlation)
        r = seen.correlation if known else benchmark_policy().correlation
        small = 1 - 3 / (4 * seen.n - 5)
        low, high = effect_limits(seen.value / small, seen.n_effective, r, level)
        return small * low - entry.value, small * high - entry.value
    scale = critical_value(level) / critical_value(seen.confidence)
    return (
        seen.value - entry.value - scale * (seen.value - seen.low),
        seen.value - entry.value + scale * (seen.high - seen.value),
    )


def _share(seen: Observed, entry: Benchmark, level: float) -> Limits:
    if not seen.total:
        return math.nan, math.nan
    cases = min(seen.value * seen.n_effective, seen.n_effective)
    if entry.n is not None and entry.total is not None:
        return newcombe(cases, seen.n_effective, entry.n, entry.total, level)
    low, high = wilson(cases, seen.n_effective, level)
    return low - entry.value, high - entry.value
