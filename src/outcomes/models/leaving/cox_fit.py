"""Cox's model fitted by Newton's method, with a look-out for coefficients without end.

Cox 1972 (JRSS B 34:187). Where some combination of covariates orders those who end before
all others at risk, the likelihood rises without end (monotone likelihood; Heinze & Schemper
2001, Biometrics 57:114): the fit is then marked, and the coefficients in question are not to
be read.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.leaving.exact import evaluate_exact, work
from outcomes.models.leaving.partial import Ordered, Partial, evaluate, ordered
from outcomes.models.leaving.policy import leaving_policy
from outcomes.models.leaving.risk import FloatArray, IntArray

TIES = ("efron", "breslow", "exact")
MAX_STEPS = 60
MAX_HALVINGS = 30
# s'I⁻¹s, twice the rise still to come. Newton squares it at every step, and one more is made
# after it fell below this, which leaves nothing but rounding.
DECREMENT = 1e-10
# Share of the information at β = 0 left in the worst direction. A real fit keeps 1e-3 or
# more; under a monotone likelihood it falls to 0 with every step (as in the propensity model).
MONOTONE = 1e-6
# Columns that take part in a monotone direction, as a share of its largest component.
TAKES_PART = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class CoxFit:
    """β (p) with its covariance from the exact Hessian, and the three tests of all of it.

    `scaled_beta` is for columns divided by their standard deviation `scale`, as in `rows`.
    `tests` has the χ² of likelihood ratio, Wald and score, each with p degrees of freedom.
    `endless` (p) marks coefficients with no finite value. `rows` and `partial` are for
    residuals; `partial` is None for exact ties.
    """

    beta: FloatArray
    scaled_beta: FloatArray
    covariance: FloatArray
    scale: FloatArray
    loglik_null: float
    loglik: float
    tests: dict[str, float]
    endless: np.ndarray
    converged: bool
    steps: int
    decrement: float
    left: float
    ties: str
    rows: Ordered
    partial: Partial | None

    def p_of(self, name: str) -> float:
        """P value of one of the three tests."""
        return float(chdtrc(len(self.beta), self.tests[name]))


def cox_fit(
    time: FloatArray,
    event: IntArray,
    X: FloatArray,
    *,
    strata: IntArray | None = None,
    ties: str = "efron",
) -> CoxFit:
    """Maximise the partial likelihood over β (p), X being n × p without an intercept.

    Raises UsageError for unknown ties and for exact ties that would take too long,
    NotEnoughData where nobody ends or X has columns that cannot be told apart.
    """
    if ties not in TIES:
        raise UsageError(
            f"unknown ties {ties!r}", where="parameter ties", fix=f"one of {', '.join(TIES)}"
        )
    if not event.any():
        raise NotEnoughData("Nobody has the event.", where="event", how_many=0)
    layers = np.zeros(len(time), dtype=np.intp) if strata is None else strata
    centre, scale = X.mean(axis=0), X.std(axis=0)
    if (scale == 0).any():
        raise NotEnoughData(
            "A covariate is the same for everybody.",
            where="covariates",
            how_many=int((scale == 0).sum()),
            fix="Leave it out.",
        )
    rows = ordered(time, event, (X - centre) / scale, layers, efron=ties == "efron")
    _affordable(rows, ties)
    found = _newton(rows, ties)
    covariance = found.inverse / np.outer(scale, scale)
    beta = found.beta / scale
    wald = float(found.beta @ found.information @ found.beta)
    tests = {
        "likelihood ratio": 2 * (found.loglik - found.null),
        "wald": wald,
        "score": found.score_test,
    }
    partial = None if ties == "exact" else evaluate(rows, found.beta)
    return CoxFit(
        beta=beta,
        scaled_beta=found.beta,
        covariance=covariance,
        scale=scale,
        loglik_null=found.null,
        loglik=found.loglik,
        tests=tests,
        endless=found.endless,
        converged=found.converged,
        steps=found.steps,
        decrement=found.decrement,
        left=found.left,
        ties=ties,
        rows=rows,
        partial=partial,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    beta: FloatArray
    information: FloatArray
    inverse: FloatArray
    null: float
    loglik: float
    score_test: float
    endless: np.ndarray
    converged: bool
    steps: int
    decrement: float
    left: float


def _newton(rows: Ordered, ties: str) -> _Found:
    value = evaluate_exact if ties == "exact" else evaluate
    p = rows.X.shape[1]
    beta = np.zeros(p)
    here = value(rows, beta)
    start = here
    root = _root(start.information)
    score_test = float(here.score @ np.linalg.solve(here.information, here.score))
    left, decrement, endless = 1.0, np.inf, np.zeros(p, dtype=bool)
    steps = 0
    while steps < MAX_STEPS and left > MONOTONE:
        move = np.linalg.lstsq(here.information, here.score, rcond=None)[0]
        decrement = float(move @ here.score)
        there = value(rows, beta + move)
        for _ in range(MAX_HALVINGS):
            if there.loglik >= here.loglik - 1e-12 * abs(here.loglik):
                break
            move = move / 2
            there = value(rows, beta + move)
        beta, here, steps = beta + move, there, steps + 1
        values, vectors = np.linalg.eigh(root @ here.information @ root.T)
        left = float(values[0])
        endless = _endless(values, root.T @ vectors)
        if decrement <= DECREMENT:
            # The step just made leaves the square of what was there.
            break
    converged = decrement <= DECREMENT and left > MONOTONE
    return _Found(
        beta=beta,
        information=here.information,
        inverse=np.asarray(np.linalg.pinv(here.information), dtype=np.float64),
        null=start.loglik,
        loglik=here.loglik,
        score_test=score_test,
        endless=endless if left <= MONOTONE else np.zeros(p, dtype=bool),
        converged=converged,
        steps=steps,
        decrement=decrement,
        left=left,
    )


def _root(information: FloatArray) -> FloatArray:
    """R with R I R' = identity. Raises NotEnoughData where columns repeat each other."""
    values, vectors = np.linalg.eigh(information)
    if values[0] <= 1e-10 * values[-1]:
        raise NotEnoughData(
            "Covariates cannot be told apart among those at risk.",
            where="covariates",
            fix="Leave out covariates that follow from others or never vary while people end.",
        )
    return np.asarray((vectors / np.sqrt(values)).T)


def _endless(values: FloatArray, directions: FloatArray) -> np.ndarray:
    """Coefficients that take part in directions along which no information is left."""
    flat = np.abs(directions[:, values <= np.sqrt(MONOTONE)])
    if flat.shape[1] == 0:
        return np.zeros(len(directions), dtype=bool)
    found: np.ndarray = (flat / flat.max(axis=0)).max(axis=1) > TAKES_PART
    return found


def _affordable(rows: Ordered, ties: str) -> None:
    if ties != "exact":
        return
    most = float(leaving_policy("ties")["exact_work"])
    needed = work(rows)
    if needed > most:
        raise UsageError(
            "The exact likelihood would take too long: many people end at one time.",
            where="parameter ties",
            fix="Use ties='efron', or the discrete-time model, which is meant for few visits.",
        )
