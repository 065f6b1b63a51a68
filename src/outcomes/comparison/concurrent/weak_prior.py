"""A logistic regression that always has an end: normal priors on standardised columns.

Where some pattern decides what happens (separation), maximum likelihood has none. A weakly
informative prior keeps coefficients where they are plausible (Gelman, Jakulin, Pittau & Su 2008,
Ann Appl Stat 2:1360: scale 2.5 on standardised columns; here normal instead of Cauchy, which makes
the posterior mode unique). The constant has no prior.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from outcomes.comparison.concurrent.policy import concurrent_policy

FloatArray = npt.NDArray[np.float64]
MAX_STEPS = 100
SCORE_TOLERANCE = 1e-9


def chances(event: FloatArray, X: FloatArray) -> tuple[FloatArray, bool]:
    """Fitted chances (n) at the posterior mode, and whether it was reached.

    `event` is n of 0 and 1 with both among them; X is n × p with a constant as first column.
    """
    scale = float(concurrent_policy()["weights"]["prior_scale"])
    spread = X.std(axis=0)
    spread[spread == 0] = 1.0
    centred = (X - X.mean(axis=0)) / spread
    centred[:, 0] = 1.0
    penalty = np.full(X.shape[1], 1 / scale**2)
    penalty[0] = 0.0
    share = float(event.mean())
    beta = np.zeros(X.shape[1])
    beta[0] = np.log(share / (1 - share))
    for _ in range(MAX_STEPS):
        fitted = expit(centred @ beta)
        score = centred.T @ (event - fitted) - penalty * beta
        if np.abs(score).max() <= SCORE_TOLERANCE * len(event):
            return np.asarray(fitted), True
        information = (centred * (fitted * (1 - fitted))[:, None]).T @ centred
        move = np.linalg.solve(information + np.diag(penalty), score)
        # Newton's steps overshoot far from the mode; the posterior is concave, so halve them.
        beta = beta + move / max(1.0, float(np.abs(centred @ move).max()) / 4)
    return np.asarray(expit(centred @ beta)), False
