"""A practice's own number, with everything that decides what it may be held against."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import singledispatch

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import brentq
from scipy.special import nctdtr

from outcomes.change import ChangeResult
from outcomes.change.service import ServiceMeasures
from outcomes.comparison.benchmarks.library import Benchmark
from outcomes.comparison.benchmarks.policy import benchmark_policy
from outcomes.errors import NotEnoughData, UsageError
from outcomes.proportions import wilson

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Observed:
    """A share (`n` of `total`, 0 to 1) or an effect size (`n` people, positive is better).

    `n_effective` is what the people are worth where they are not independent; `correlation`
    that of start and end scores (effects only).
    """

    kind: str
    value: float
    low: float
    high: float
    n: int
    total: int
    n_effective: float
    instrument: str
    measure: str
    definition: str
    denominator: str
    unit: str
    standardiser: str = ""
    correlation: float = float("nan")
    confidence: float = 0.95


def observed_share(
    n: int,
    total: int,
    *,
    instrument: str,
    measure: str,
    definition: str,
    denominator: str,
    unit: str = "person",
    confidence: float = 0.95,
) -> Observed:
    """A share that was counted elsewhere, with its Wilson interval."""
    low, high = wilson(n, total, confidence)
    value = n / total if total else math.nan
    return Observed(
        "share", value, low, high, n, total, float(total), instrument, measure, definition,
        denominator, unit, confidence=confidence,
    )  # fmt: skip


def pre_post_effect(
    pre: npt.ArrayLike,
    post: npt.ArrayLike,
    *,
    direction: str,
    instrument: str,
    clusters: npt.ArrayLike | None = None,
    confidence: float = 0.95,
) -> Observed:
    """Standardised mean change of people with both scores: improvement / SD at the start.

    d = (1 − 3 / (4n − 5)) · improvement / SD_pre (Becker 1988); the interval turns the
    non-central t with n − 1 df round, t = d √(n / 2(1 − r)), r the correlation of start and
    end. `clusters`: n is divided by the design effect of the changes. `direction` says which
    score is better. Raises NotEnoughData below the policy's number of people or where start
    scores do not vary.
    """
    first, last = (np.asarray(values, dtype=float) for values in (pre, post))
    there = ~np.isnan(first + last)
    first, last = first[there], last[there]
    n = len(first)
    if n < benchmark_policy().minimum or np.ptp(first) == 0:
        raise NotEnoughData(
            "too few people with both scores for an effect size",
            where="pre_post_effect",
            how_many=n,
        )
    sign = 1.0 if direction == "higher" else -1.0
    sd = float(first.std(ddof=1))
    r = float(np.corrcoef(first, last)[0, 1]) if np.ptp(last) > 0 else 0.0
    worth = float(n)
    if clusters is not None:
        worth = n / _design_effect(last - first, np.asarray(clusters)[there])
    small = 1 - 3 / (4 * n - 5)
    raw = sign * float((last - first).mean()) / sd
    low, high = (small * end for end in effect_limits(raw, worth, r, confidence))
    return Observed(
        "effect", small * raw, low, high, n, n, worth, instrument, "pre_post", "mean change",
        "paired", "person", "sd_pre", r, confidence,
    )  # fmt: skip


def effect_limits(d: float, n: float, r: float, confidence: float) -> tuple[float, float]:
    """Limits of a standardised change d (Hedges & Olkin 1985) from the non-central t."""
    root = math.sqrt(n / (2 * (1 - r)))
    df, t = n - 1, d * math.sqrt(n / (2 * (1 - r)))
    tail = (1 - confidence) / 2
    found = [
        brentq(lambda nc, p=p: _below(df, nc, t) - p, t - 12 - abs(t), t + 12 + abs(t))
        for p in (1 - tail, tail)
    ]
    return float(found[0]) / root, float(found[1]) / root


def _design_effect(changes: FloatArray, clusters: npt.NDArray[np.object_]) -> float:
    """At least 1: 1 + (m − 1) ICC by analysis of variance (Kish 1965)."""
    codes = np.unique(clusters.astype(str), return_inverse=True)[1]
    sizes = np.bincount(codes).astype(float)
    k, n = len(sizes), len(codes)
    if k < 2 or k == n:
        return 1.0
    means = np.bincount(codes, weights=changes) / sizes
    between = float((sizes * (means - changes.mean()) ** 2).sum()) / (k - 1)
    within = float(((changes - means[codes]) ** 2).sum()) / (n - k)
    typical = (n - float((sizes**2).sum()) / n) / (k - 1)
    icc = (between - within) / (between + (typical - 1) * within)
    return max(1.0, 1 + (float((sizes**2).sum() / n) - 1) * icc)


@singledispatch
def observe(result: object, against: Benchmark, group: str) -> Observed:  # noqa: ARG001
    """The number of a result that comes nearest to what the benchmark measures."""
    raise UsageError(
        f"nothing is known of how to hold {type(result).__name__} against a benchmark",
        fix="give a result of oc.change or oc.service_measures, or oc.observed_share(...)",
    )


@observe.register
def _given(result: Observed, against: Benchmark, group: str) -> Observed:  # noqa: ARG001
    return result


@observe.register
def _change(result: ChangeResult, against: Benchmark, group: str) -> Observed:
    name = result.instrument or "not named"
    if against.kind == "effect":
        frame = result.frame
        if result.by is not None and group != "all":
            frame = frame[frame[result.by].astype("string").eq(group).fillna(False)]
        return pre_post_effect(
            frame[result.pre].to_numpy(dtype=float, na_value=np.nan),
            frame[result.post].to_numpy(dtype=float, na_value=np.nan),
            direction=result.direction,
            instrument=name,
            clusters=None if result.cluster is None else frame[result.cluster],
            confidence=result.confidence,
        )
    rates = result.rates[result.rates["group"].eq(group)]
    wanted = rates[rates["measure"].eq(against.measure)]
    exact = wanted[wanted["denominator"].eq(against.denominator)]
    return _row(exact if len(exact) else wanted, result, name, result.method, "person")


@observe.register
def _service(result: ServiceMeasures, against: Benchmark, group: str) -> Observed:
    if against.kind == "effect":
        return _service_effect(result, against, group)
    rates = result.rates[result.rates["group"].eq(group)]
    wanted = rates[rates["measure"].eq(against.measure)]
    return _row(wanted, result, "phq9 and anxiety measure", "nhs", "course")


def _row(
    rows: pd.DataFrame,
    result: ChangeResult | ServiceMeasures,
    instrument: str,
    definition: str,
    unit: str,
) -> Observed:
    if not len(rows):
        raise UsageError(
            "the result has no such measure or group",
            where="parameters name and group",
            fix=f"groups are: {', '.join(map(str, result.rates['group'].unique()))}",
        )
    row = rows.iloc[0]
    return Observed(
        "share", float(row["rate"]), float(row["low"]), float(row["high"]), int(row["n"]),
        int(row["n_total"]), float(row["n_effective"]), instrument, str(row["measure"]), definition,
        str(row["denominator"]), unit, confidence=result.confidence,
    )  # fmt: skip


def _service_effect(result: ServiceMeasures, against: Benchmark, group: str) -> Observed:
    if result.effects is None:
        raise UsageError(
            "the service measures hold no effect sizes", fix="service_measures(..., effect=True)"
        )
    rows = result.effects
    rows = rows[rows["group"].eq(group) & rows["among"].eq("finished")]
    rows = rows[rows["measure"].isin(against.instruments)]
    if not len(rows):
        raise UsageError("no effect size of this measure and group", where="parameter group")
    row = rows.iloc[0]
    n = int(row["n"])
    return Observed(
        "effect", float(row["effect_size"]), float(row["low"]), float(row["high"]), n, n, float(n),
        str(row["measure"]), "pre_post", "mean change", "finished", "course", "england_sd",
        confidence=result.confidence,
    )  # fmt: skip


def _below(df: float, nc: float, t: float) -> float:
    """The non-central t distribution function; far out, where SciPy gives nan, its limit."""
    value = float(nctdtr(df, nc, t))
    return value if math.isfinite(value) else float(nc < t)
