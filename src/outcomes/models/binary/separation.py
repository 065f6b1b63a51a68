"""The logistic model without random effects, and whether its coefficients are finite.

Outcome and covariates are separated where some combination of covariates tells the outcome
without error, as when nobody in one arm improved. No finite odds ratio belongs to that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog

from outcomes.models.binary.counts import Counts, compress
from outcomes.models.binary.policy import binary_policy
from outcomes.models.least_squares import orthonormal

FloatArray = npt.NDArray[np.float64]

MAX_STEPS = 40
# A direction of the linear programme counts where it is more than rounding.
DIRECTION = 1e-7
# The score on orthonormal columns has rounding of about 1e-16 √n.
SCORE = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Logistic:
    """Coefficients (p), and `scale` (p × p), which turns standard units into coefficients.

    `separated` are the positions of coefficients that have no finite value.
    """

    coefficients: FloatArray
    scale: FloatArray
    loglik: float
    separated: tuple[int, ...]


def logistic(given: Counts, design: FloatArray) -> Logistic:
    """Fit by Newton on orthonormal columns, and look for separation where it is suspected."""
    put = compress(given, design)
    together, X = put.counts, design[put.first]
    root = np.sqrt(together.trials)
    basis, triangle = orthonormal(X, root)
    basis = basis / root[:, None]
    share = together.successes.sum() / together.trials.sum()
    gamma = basis.T @ (together.trials * np.log((share + 1e-9) / (1 - share + 1e-9)))
    value = -np.inf
    for _ in range(MAX_STEPS):
        linear = basis @ gamma
        gained = float(together.kernel(linear).sum())
        score = basis.T @ together.residuals(linear)
        information = (basis * together.weights(linear)[0][:, None]).T @ basis
        if np.abs(score).max() <= SCORE * np.sqrt(len(X)) * root.max() or (
            gained - value <= 1e-13 * abs(gained)
        ):
            break
        value = gained
        gamma = gamma + np.linalg.lstsq(information, score, rcond=None)[0]
    least = float(np.linalg.eigvalsh(information)[0])
    whole = max(share * (1 - share), 1e-300)
    separated: tuple[int, ...] = ()
    if not 0 < share < 1 or not least / whole > _least_information():
        separated = separated_columns(together, X)
    floor = np.eye(len(gamma)) * 1e-8
    scale = np.linalg.solve(triangle, np.linalg.inv(np.linalg.cholesky(information + floor)).T)
    beta = np.linalg.solve(triangle, gamma)
    loglik = float(together.kernel(basis @ gamma).sum()) + given.constant
    return Logistic(np.asarray(beta), np.asarray(scale), loglik, separated)


def _least_information() -> float:
    return float(binary_policy("separation")["least_information"])


def separated_columns(given: Counts, design: FloatArray) -> tuple[int, ...]:
    """Positions of coefficients that the likelihood drives to infinity.

    A direction d separates where x'd >= 0 in rows with successes only, <= 0 in rows with none,
    0 in rows with both, and not 0 everywhere (Konis 2007). A coefficient has no finite value
    where some such direction moves it.
    """
    spread = np.sqrt((design**2).mean(axis=0))
    X = design / spread
    every, none = given.successes == given.trials, given.successes == 0
    signed = np.concatenate([X[every], -X[none]])
    both = X[~every & ~none]
    if not len(signed):
        return ()
    p = X.shape[1]
    limits = {
        "A_ub": -signed,
        "b_ub": np.zeros(len(signed)),
        "A_eq": both if len(both) else None,
        "b_eq": np.zeros(len(both)) if len(both) else None,
        "bounds": [(-1.0, 1.0)] * p,
        "method": "highs",
    }
    if -linprog(-signed.sum(axis=0), **limits).fun <= DIRECTION * len(signed):
        return ()
    found = []
    for place in range(p):
        aim = np.zeros(p)
        aim[place] = 1.0
        reach = max(-linprog(side * aim, **limits).fun for side in (-1.0, 1.0))
        if reach > DIRECTION:
            found.append(place)
    return tuple(found)
