"""Growth model: each person's own slope over three or more occasions, with its posterior SD.

score = (b0 + u0) + (b1 + u1) * time + e; (u0, u1) normal with covariance S, e with variance
s2. A person's slope is b1 + u1, the FIXED PLUS the random part. The random part alone is the
departure from the average slope: where everybody improves alike it is zero for all, and
nobody would be called improved (the R package clinicalsignificance does this).

Source: Laird, N. M. & Ware, J. H. (1982). Random-effects models for longitudinal data.
Biometrics 38(4), 963-974, equations 3.1-3.3; restricted likelihood of Harville 1977.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.change.jacobson_truax import Numbers
from outcomes.change.methods.model import Method
from outcomes.errors import NotEnoughData

OCCASIONS = 3
_SOURCE = "Laird & Ware 1982, Biometrics 38:963-974"
_STARTS = (0.25, 1.0)  # shares of the raw spread from which the search begins


@dataclass(frozen=True, slots=True, eq=False)
class GrowthFit:
    """The fitted model and each person's slope, in points for one unit of time.

    `fixed` (2), `fixed_covariance` and `covariance` (2, 2). `slope` and `posterior_sd` have
    one value for each row of the scores; NaN for a person with fewer than three scores.
    """

    fixed: Numbers
    fixed_covariance: Numbers
    covariance: Numbers
    residual: float
    log_likelihood: float
    slope: Numbers
    posterior_sd: Numbers
    n_people: int
    n_scores: int
    closed_form: bool
    converged: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Pattern:
    """People seen on the same occasions: design, rows, and sums that the likelihood needs."""

    design: Numbers
    rows: np.typing.NDArray[np.intp]
    mean: Numbers
    scatter: Numbers  # sum of (y - mean)(y - mean)'


def fit(scores: Numbers, times: Numbers, least: int = OCCASIONS) -> GrowthFit:
    """Fit by restricted maximum likelihood and give each person's slope.

    `scores` (people, occasions), NaN where there is none; `times` (occasions). People with
    fewer than `least` scores take no part. Complete scores have a closed form;
    otherwise the restricted likelihood is searched. Raises NotEnoughData with fewer
    than three occasions or people.
    """
    there = ~np.isnan(scores)
    used = there.sum(axis=1) >= least
    if scores.shape[1] < OCCASIONS or int(used.sum()) < OCCASIONS:
        raise NotEnoughData(
            "A growth model needs at least three occasions, and three people seen on three.",
            where="parameter occasions",
            how_many=int(used.sum()),
            fix="Name the columns of three or more occasions, or use another method.",
        )
    patterns = _patterns(scores, times, there, used)
    exact = _closed_form(patterns[0]) if len(patterns) == 1 else None
    covariance, residual, converged = (*exact, True) if exact else _search(patterns, scores, used)
    value, fixed, fixed_covariance = _restricted(patterns, covariance, residual)
    slope, spread = np.full(len(scores), np.nan), np.full(len(scores), np.nan)
    for pattern in patterns:
        weights, base, own = _posterior(
            pattern.design, (covariance, residual), (fixed, fixed_covariance)
        )
        slope[pattern.rows] = base + _seen(pattern, scores) @ weights
        spread[pattern.rows] = own
    return GrowthFit(
        fixed=fixed,
        fixed_covariance=fixed_covariance,
        covariance=covariance,
        residual=residual,
        log_likelihood=value,
        slope=slope,
        posterior_sd=spread,
        n_people=int(used.sum()),
        n_scores=int(there[used].sum()),
        closed_form=exact is not None,
        converged=converged,
    )


def _patterns(
    scores: Numbers, times: Numbers, there: np.typing.NDArray[np.bool_], used: Numbers
) -> list[_Pattern]:
    """Group the people by the occasions on which they were seen."""
    found = []
    if there.all():
        kinds, which = there[:1], np.zeros(len(scores), dtype=np.intp)
    else:
        kinds, which = np.unique(there, axis=0, return_inverse=True)
        which = np.where(used, which.ravel(), -1)
    for place, kind in enumerate(kinds):
        rows = np.flatnonzero(which == place)
        if len(rows) == 0:
            continue
        seen = scores if kind.all() and len(rows) == len(scores) else scores[np.ix_(rows, kind)]
        mean = seen.mean(axis=0)
        design = np.column_stack([np.ones(int(kind.sum())), times[kind]])
        # Scatter about a shifted origin: two products instead of a centred copy.
        first = seen[0]
        away = seen - first
        shift = mean - first
        scatter = away.T @ away - len(rows) * np.outer(shift, shift)
        found.append(_Pattern(design, rows, mean, scatter))
    return found


def _closed_form(pattern: _Pattern) -> tuple[Numbers, float] | None:
    """Restricted estimates for complete scores; None where they fall outside the space.

    s2 is the pooled residual of the people's own regressions, S the covariance of their
    coefficients minus s2 (X'X)^-1.
    """
    design, n = pattern.design, len(pattern.rows)
    inverse = np.linalg.inv(design.T @ design)
    solve = inverse @ design.T
    annihilator = np.eye(len(design)) - design @ solve
    total = pattern.scatter + n * np.outer(pattern.mean, pattern.mean)
    # The mean profile's departure from a straight line belongs to the residual: it has
    # len(design) - 2 degrees of freedom of the n * (len(design) - 2).
    residual = float(np.trace(annihilator @ total)) / (n * (len(design) - 2))
    covariance = solve @ pattern.scatter @ solve.T / (n - 1) - residual * inverse
    if residual <= 0 or np.linalg.eigvalsh(covariance)[0] < 0:
        return None
    return covariance, residual


def _restricted(
    patterns: list[_Pattern], covariance: Numbers, residual: float
) -> tuple[float, Numbers, Numbers]:
    """Restricted log likelihood, fixed effects, and their covariance."""
    information, score = np.zeros((2, 2)), np.zeros(2)
    parts = []
    for pattern in patterns:
        design, n = pattern.design, len(pattern.rows)
        v = design @ covariance @ design.T + residual * np.eye(len(design))
        inverse = np.linalg.inv(v)
        information += n * design.T @ inverse @ design
        score += n * design.T @ inverse @ pattern.mean
        parts.append((pattern, inverse, np.linalg.slogdet(v)[1]))
    fixed = np.linalg.solve(information, score)
    value = -np.linalg.slogdet(information)[1]
    observations = 0
    for pattern, inverse, logdet in parts:
        n = len(pattern.rows)
        away = pattern.mean - pattern.design @ fixed
        value -= n * logdet + np.sum(inverse * pattern.scatter) + n * away @ inverse @ away
        observations += n * len(away)
    value -= (observations - 2) * np.log(2 * np.pi)
    return 0.5 * float(value), np.asarray(fixed), np.asarray(np.linalg.inv(information))


def _search(
    patterns: list[_Pattern], scores: Numbers, used: Numbers
) -> tuple[Numbers, float, bool]:
    """Maximise the restricted likelihood over the Cholesky factor of S and log s."""
    # Takes a quarter of a second, which every command of the package would pay.
    from scipy.optimize import minimize

    spread = float(np.nanvar(scores[used]))
    span = max(float(np.ptp(patterns[-1].design[:, 1])), 1e-12)
    unit = np.diag([np.sqrt(spread), np.sqrt(spread) / span])

    def parts(theta: Numbers) -> tuple[Numbers, float]:
        root = unit @ np.array([[theta[0], 0.0], [theta[1], theta[2]]])
        return root @ root.T, spread * float(np.exp(2 * theta[3]))

    def loss(theta: Numbers) -> float:
        return -_restricted(patterns, *parts(theta))[0]

    ends = []
    for share in _STARTS:
        start = np.array([share, 0.0, share, np.log(share) / 2])
        found = minimize(loss, start, method="BFGS", options={"gtol": 1e-6})
        found = minimize(
            loss, found.x, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-10}
        )
        ends.append(found)
    best = min(ends, key=lambda found: float(found.fun))
    covariance, residual = parts(best.x)
    return covariance, residual, bool(best.success)


def _seen(pattern: _Pattern, scores: Numbers) -> Numbers:
    """The scores of a pattern's people, without the occasions they lack."""
    seen = scores[pattern.rows] if len(pattern.rows) < len(scores) else scores
    return seen if seen.shape[1] == len(pattern.design) else seen[:, ~np.isnan(seen[0])]


def _posterior(
    design: Numbers, variances: tuple[Numbers, float], effects: tuple[Numbers, Numbers]
) -> tuple[Numbers, float, float]:
    """Weights w and base c with slope = c + w'y, and the slope's posterior SD.

    With K = S X' V^-1: mean = b + K (y - X b), covariance = (S - K X S) + (I - K X) Var(b)
    (I - K X)', so that the uncertainty of the fixed effects counts (flat prior).
    """
    covariance, residual = variances
    fixed, fixed_covariance = effects
    v = design @ covariance @ design.T + residual * np.eye(len(design))
    gain = covariance @ design.T @ np.linalg.inv(v)
    keep = np.eye(2) - gain @ design
    own = keep @ covariance + keep @ fixed_covariance @ keep.T
    base = float(fixed[1] - gain[1] @ (design @ fixed))
    return gain[1], base, float(np.sqrt(max(own[1, 1], 0.0)))


METHOD = Method(
    id="hlm",
    name="growth model",
    formula="(b1 + u1) / posterior SD, the person's own slope: fixed plus random part",
    source=f"{_SOURCE}; as an index of change: Speer & Greenbaum 1995, J Consult Clin Psychol "
    "63:1044-1048",
    use="Three or more occasions: every score counts, and missing occasions are no reason to "
    "drop a person.",
    avoid="Start and end only (two points fit every line exactly, and error cannot be told from "
    "change); change that is not straight. Slopes are pulled towards the average, so that in a "
    "group that improves nearly everybody is called improved.",
    needs=("occasions",),
    caution="The intervals of the shares take the rule as fixed, although it is estimated from the "
    "same people: in simulation they cover far less often than they say "
    "(docs/validation-change.md). Do not use it for people chosen by a high start score.",
)
