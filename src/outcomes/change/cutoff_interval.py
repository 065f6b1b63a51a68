"""How certain a computed cut-off is: a bootstrap over people, or over those who belong together.

Source: Efron, B. (1987). Better bootstrap confidence intervals. J Am Stat Assoc 82:171-185
(bias-corrected and accelerated, with the acceleration of the jackknife over clusters).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from outcomes.change.cutoff import OWN_SAMPLE, CutoffUsed, Norms, criterion_value
from outcomes.change.jacobson_truax import Numbers
from outcomes.errors import NotEnoughData, UsageError
from outcomes.proportions import critical_value

_SOURCE = "BCa bootstrap, Efron 1987, J Am Stat Assoc 82:171-185"


@dataclass(frozen=True, slots=True)
class CutoffInterval:
    """A computed cut-off with its interval, in points. `n` start scores, `units` drawn.

    `uncertain` says what varied: the norms of the own sample, and functional norms whose
    size is known. Norms given as numbers count as exactly known.
    """

    estimate: float
    low: float
    high: float
    confidence: float
    draws: int
    seed: int
    n: int
    units: int
    uncertain: tuple[str, ...]
    source: str = _SOURCE

    def explain(self) -> str:
        """Say what the interval is and what it leaves out."""
        return (
            f"Cut-off {self.estimate:.4g}, {100 * self.confidence:g} % interval {self.low:.4g} to "
            f"{self.high:.4g}: {self.draws} draws of {self.units} people or clusters "
            f"({self.n} start scores), seed {self.seed}. Uncertain: {', '.join(self.uncertain)}. "
            "Norms given as plain numbers count as exactly known, so that the true uncertainty "
            f"is larger. {self.source}."
        )


def cutoff_interval(
    pre: Numbers,
    used: CutoffUsed,
    criterion: str | None,
    direction: str,
    *,
    clusters: pd.Series | None = None,
    error: float | None = None,
    draws: int = 2000,
    seed: int = 0,
    confidence: float = 0.95,
) -> CutoffInterval:
    """Interval of criterion a, b or c where a sample stands behind it.

    `pre` are all start scores. `clusters` names who is drawn together. `error` is the
    standard error of measurement where the criterion lies between true scores. Raises
    UsageError for a published cut-off, or norms that are all given as plain numbers;
    NotEnoughData with fewer than three people or clusters.
    """
    own = used.clinical is not None and used.clinical.origin == OWN_SAMPLE
    known_n = used.functional is not None and used.functional.n is not None
    if criterion is None or used.value is None or not (own or known_n):
        raise UsageError(
            "No sample stands behind this cut-off, so that it has no interval.",
            where="cutoff_interval()",
            fix="Use criterion 'a' or 'c' without clinical_mean and clinical_sd.",
        )
    if draws < 100:
        raise UsageError("Fewer than 100 draws say little.", where="parameter draws")
    critical_value(confidence)
    sums = _sums(pre, clusters)
    if len(sums) < 3:
        raise NotEnoughData("Fewer than three people or clusters.", how_many=len(sums))
    rng = np.random.default_rng(seed)

    def value(total: Numbers, functional: Norms | None) -> float:
        clinical = used.clinical
        if own and clinical is not None:
            mean, sd = _moments(total)
            clinical = replace(clinical, mean=mean, sd=sd)
        return criterion_value(
            criterion, _true(clinical, error), _true(functional, error), direction
        )

    found = np.empty(draws)
    for place in range(draws):
        drawn = sums[rng.integers(len(sums), size=len(sums))].sum(axis=0)
        found[place] = value(drawn, _drawn(used.functional, rng))
    everybody = sums.sum(axis=0)
    jackknife = np.array([value(everybody - row, used.functional) for row in sums[:_MOST]])
    estimate = value(everybody, used.functional)
    low, high = _bca(found[np.isfinite(found)], jackknife, estimate, confidence)
    uncertain = (("own start scores",) if own else ()) + (
        ("functional norms (size known)",) if known_n and criterion != "a" else ()
    )
    return CutoffInterval(
        estimate, low, high, confidence, draws, seed, int(everybody[0]), len(sums), uncertain
    )


# The acceleration needs no more leave-one-out values than this.
_MOST = 5000


def _sums(pre: Numbers, clusters: pd.Series | None) -> Numbers:
    """n, sum and sum of squares of each person or cluster, about the overall mean."""
    there = ~np.isnan(pre)
    scores = pre[there]
    if len(scores) == 0:
        raise NotEnoughData("There are no start scores.", how_many=0)
    origin = float(scores.mean())
    away = scores - origin
    each = np.column_stack([np.ones(len(away)), away, away**2, np.full(len(away), origin)])
    if clusters is None:
        return each
    codes, values = pd.factorize(clusters[there])
    alone = codes == -1
    codes = codes.astype(np.intp)
    codes[alone] = len(values) + np.arange(int(alone.sum()))
    summed = np.column_stack([np.bincount(codes, weights=each[:, k]) for k in range(3)])
    return np.column_stack([summed, np.bincount(codes, weights=each[:, 3])])


def _moments(total: Numbers) -> tuple[float, float]:
    """Mean and standard deviation (n - 1) from n, sum and squares about the origin."""
    n, away, squares, origin = (float(x) for x in total)
    shift = away / n
    return origin / n + shift, float(np.sqrt(max(squares - n * shift**2, 0.0) / (n - 1)))


def _drawn(norms: Norms | None, rng: np.random.Generator) -> Norms | None:
    """Functional norms as another sample of their size would give them (normal scores)."""
    if norms is None or norms.n is None or norms.n < 2:
        return norms
    spread = norms.sd * float(np.sqrt(rng.chisquare(norms.n - 1) / (norms.n - 1)))
    return replace(norms, mean=rng.normal(norms.mean, norms.sd / np.sqrt(norms.n)), sd=spread)


def _true(norms: Norms | None, error: float | None) -> Norms | None:
    """Norms of true scores; NaN where a drawn sample spreads no more than error."""
    if norms is None or error is None:
        return norms
    squares = norms.sd**2 - error**2
    return replace(norms, sd=float(np.sqrt(squares)) if squares > 0 else float("nan"))


def _bca(
    found: Numbers, jackknife: Numbers, estimate: float, confidence: float
) -> tuple[float, float]:
    """Bias-corrected and accelerated limits (Efron 1987, equation 3.9)."""
    below = (np.sum(found < estimate) + 0.5 * np.sum(found == estimate)) / len(found)
    bias = float(ndtri(np.clip(below, 1 / (len(found) + 1), len(found) / (len(found) + 1))))
    away = jackknife.mean() - jackknife
    squares = float(np.sum(away**2))
    bend = float(np.sum(away**3)) / (6 * squares**1.5) if squares > 0 else 0.0
    z = critical_value(confidence)
    places = [
        float(ndtr(bias + (bias + side * z) / (1 - bend * (bias + side * z)))) for side in (-1, 1)
    ]
    low, high = np.quantile(found, places)
    return float(low), float(high)
