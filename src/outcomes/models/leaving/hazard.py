"""The chance of leaving at each visit among those still there: discrete-time logit or cloglog.

Prentice & Gloeckler 1978 (Biometrics 34:57), Singer & Willett 1993 (J Educ Stat 18:155): one
row for each person and visit at risk, a binary regression with a constant for each visit. With
the complementary log-log link the coefficients are those of Cox's model for times known only to
the visit. Fitted by Fisher scoring, which for the logit is Newton's method.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.least_squares import orthonormal
from outcomes.models.leaving.policy import leaving_policy
from outcomes.models.leaving.risk import FloatArray, IntArray

LINKS = ("logit", "cloglog")
MAX_STEPS = 60
MAX_HALVINGS = 30
DECREMENT = 1e-15  # what is left to gain, s'I⁻¹s; the next step would square it
CONVERGED = 1e-9
# Information left in the worst direction, as a share of that at the start (see cox_fit.MONOTONE).
SEPARATED = 1e-6
_EDGE = 1e-15  # keeps a chance off 0 and 1, where the link has no slope


@dataclass(frozen=True, slots=True, eq=False)
class HazardFit:
    """β (p) with covariance from the expected information; `fitted` (n) chances.

    `deviance` is −2 log-likelihood, since the saturated model of 0 and 1 has none. `endless`
    (p) marks coefficients with no finite value (separation).
    """

    beta: FloatArray
    covariance: FloatArray
    loglik: float
    fitted: FloatArray
    scores: FloatArray
    information_weight: FloatArray
    endless: np.ndarray
    converged: bool
    steps: int
    decrement: float
    left: float

    @property
    def deviance(self) -> float:
        """−2 log-likelihood."""
        return -2 * self.loglik


@dataclass(frozen=True, slots=True, eq=False)
class Periods:
    """Rows of people at risk: `person` (rows) positions, `period` positions, `event` 0 or 1."""

    person: IntArray
    period: IntArray
    event: IntArray
    times: FloatArray


def person_periods(time: FloatArray, event: IntArray, times: FloatArray | None = None) -> Periods:
    """One row for each person and visit up to their own, in order of person and visit.

    `times` are the visits (default: the distinct times). A person whose time lies between
    two visits is at risk up to the last visit before it, unless the event came: then at
    the next. Raises UsageError where an event lies after the last visit.
    """
    visits = np.unique(time) if times is None else np.unique(times)
    last = np.where(
        event > 0,
        np.searchsorted(visits, time, side="left"),
        np.searchsorted(visits, time, side="right") - 1,
    )
    beyond = last >= len(visits)
    if beyond.any():
        raise UsageError(
            "An ending lies after the last visit.", where="times", how_many=int(beyond.sum())
        )
    size = np.maximum(last + 1, 0)
    person = np.repeat(np.arange(len(time)), size)
    start = np.cumsum(size) - size
    period = np.arange(len(person)) - np.repeat(start, size)
    happened = (event[person] > 0) & (period == last[person])
    return Periods(person, period, happened.astype(np.intp), visits)


def hazard_fit(event: IntArray, X: FloatArray, link: str = "logit") -> HazardFit:
    """Fit the chance of `event` (n of 0 and 1) on X (n × p, constants included).

    Raises UsageError for an unknown link, NotEnoughData where nobody or everybody has the
    event or X has not full rank.
    """
    if link not in LINKS:
        raise UsageError(f"unknown link {link!r}", where="link", fix=f"one of {', '.join(LINKS)}")
    y = np.asarray(event, dtype=np.float64)
    if not 0 < y.mean() < 1:
        raise NotEnoughData("Nobody, or everybody, has the event.", where="event")
    basis, triangle = orthonormal(X)
    centre = np.log(y.mean() / (1 - y.mean())) if link == "logit" else np.log(-np.log1p(-y.mean()))
    gamma = basis.T @ np.full(len(y), centre)
    here = _evaluate(y, basis, gamma, link)
    root = _root(here.information)
    decrement, left, values, vectors = np.inf, 1.0, np.ones(1), np.eye(basis.shape[1])
    steps = 0
    while steps < MAX_STEPS and left > SEPARATED:
        move = np.linalg.lstsq(here.information, here.score, rcond=None)[0]
        decrement = float(move @ here.score)
        there = _evaluate(y, basis, gamma + move, link)
        for _ in range(MAX_HALVINGS):
            if there.loglik >= here.loglik - 1e-12 * abs(here.loglik):
                break
            move = move / 2
            there = _evaluate(y, basis, gamma + move, link)
        gamma, here, steps = gamma + move, there, steps + 1
        values, vectors = np.linalg.eigh(root @ here.information @ root.T)
        left = float(values[0])
        if decrement <= DECREMENT:
            break
    inverse = np.linalg.inv(triangle)
    beta = inverse @ gamma
    flat = np.abs(inverse @ (root.T @ vectors)[:, values <= np.sqrt(SEPARATED)])
    flat = flat * np.sqrt((X**2).mean(axis=0))[:, None]
    endless = np.zeros(len(beta), dtype=bool)
    if left <= SEPARATED and flat.shape[1]:
        endless = (flat / flat.max(axis=0)).max(axis=1) > 1e-3
    return HazardFit(
        beta=beta,
        covariance=inverse @ np.linalg.pinv(here.information) @ inverse.T,
        loglik=here.loglik,
        fitted=here.mean,
        scores=here.residual[:, None] * X,
        information_weight=here.weight,
        endless=endless,
        converged=decrement <= CONVERGED and left > SEPARATED,
        steps=steps,
        decrement=decrement,
        left=left,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Here:
    loglik: float
    mean: FloatArray
    residual: FloatArray
    weight: FloatArray
    score: FloatArray
    information: FloatArray


def _evaluate(y: FloatArray, basis: FloatArray, gamma: FloatArray, link: str) -> _Here:
    linear = basis @ gamma
    if link == "logit":
        mean = expit(linear)
        loglik = float((y * linear - np.logaddexp(0, linear)).sum())
        residual, weight = y - mean, mean * (1 - mean)
    else:
        rate = np.exp(np.minimum(linear, 500.0))
        mean = np.clip(-np.expm1(-rate), _EDGE, 1 - _EDGE)
        loglik = float((y * np.log(mean) - (1 - y) * rate).sum())
        # dμ/dη = rate (1 − μ); score (y − μ) dμ/dη / (μ (1 − μ)), weight (dμ/dη)² / (μ (1 − μ)).
        residual = (y - mean) * rate / mean
        weight = rate**2 * (1 - mean) / mean
    score = basis.T @ residual
    information = (basis * weight[:, None]).T @ basis
    return _Here(loglik, mean, residual, weight, score, np.asarray(information))


def _root(information: FloatArray) -> FloatArray:
    values, vectors = np.linalg.eigh(information)
    return np.asarray((vectors / np.sqrt(values)).T)


@dataclass(frozen=True, slots=True, eq=False)
class ClusteredHazard:
    """Clustered covariance (p × p) of a hazard fit, its kind, and degrees of freedom."""

    covariance: FloatArray
    kind: str
    n_clusters: int
    df: float


def clustered_hazard(fit: HazardFit, X: FloatArray, cluster: npt.ArrayLike) -> ClusteredHazard:
    """Sum over clusters of squared scores: CR3 up to the number in policy.toml, else CR1.

    CR3 leaves each cluster out by one step, (I − I_g)⁻¹ U_g, the jackknife of Bell & McCaffrey
    2002; then (G − 1) / G. One person's rows need no cluster of their own: given that the
    person is still there, visits are independent (Singer & Willett 1993).
    """
    labels, codes = np.unique(np.asarray(cluster), return_inverse=True)
    codes = codes.ravel()
    count, p = len(labels), X.shape[1]
    if count < 2:
        raise NotEnoughData(
            "Uncertainty between clusters needs at least two of them.",
            where="cluster",
            how_many=count,
        )
    sums = np.column_stack(
        [np.bincount(codes, weights=column, minlength=count) for column in fit.scores.T]
    )
    total = (X * fit.information_weight[:, None]).T @ X
    if count > int(leaving_policy("clusters")["jackknife_most"]):
        moved = np.linalg.solve(total, sums.T).T
        scale, kind = count / (count - 1), "CR1"
    else:
        moved = np.empty((count, p))
        for one in range(count):
            rows = codes == one
            own = (X[rows] * fit.information_weight[rows, None]).T @ X[rows]
            moved[one] = np.linalg.lstsq(total - own, sums[one], rcond=None)[0]
        moved -= moved.mean(axis=0)
        scale, kind = (count - 1) / count, "CR3"
    return ClusteredHazard(scale * (moved.T @ moved), kind, count, float(count - 1))
