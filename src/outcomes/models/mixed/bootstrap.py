"""Parametric bootstrap: outcomes are drawn from the fitted model and fitted again.

Only the cross-products with the outcome change, so that a refit costs a few small
evaluations. Every draw has a seed of its own: the numbers do not depend on `jobs`.

Source: Davison, A. C. & Hinkley, D. V. (1997). Bootstrap Methods, sections 4.2 and 5.2.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.errors import UsageError
from outcomes.models.mixed.curvature import units
from outcomes.models.mixed.data import ModelData
from outcomes.models.mixed.fit import Fit
from outcomes.models.mixed.likelihood import degrees
from outcomes.models.mixed.modes import fixed_values
from outcomes.models.mixed.objective import Objective
from outcomes.models.mixed.refit import Outcomes, outcomes_of
from outcomes.models.mixed.search import search
from outcomes.models.mixed.simulate import drawer
from outcomes.models.mixed.stacks import Numbers
from outcomes.models.mixed.variances import parameter_names, parameter_values
from outcomes.schema.drawing import Drawable

SOURCE = "Davison & Hinkley 1997, Bootstrap Methods and their Application, sections 4.2 and 5.2"
FEWEST_DRAWS = 2
# A variance of zero is no place to begin from: the likelihood is level there.
LIFTED = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Bootstrap(Drawable):
    """Refits of outcomes drawn from the model, and percentile intervals.

    `draws` has one row for each refit: fixed effects and standard deviations, in points, and
    correlations. `intervals`: parameter, estimate, se, low, high. `n_used` of `n` refits
    ended at a minimum; the others are left out.
    """

    draws: pd.DataFrame
    intervals: pd.DataFrame
    n: int
    n_used: int
    seed: int
    level: float
    warnings: tuple[str, ...]
    method: str = "parametric bootstrap, percentile intervals"
    source: str = SOURCE

    def to_frame(self) -> pd.DataFrame:
        """The intervals: parameter, estimate, se, low, high."""
        return self.intervals.copy()

    def __repr__(self) -> str:
        table = self.intervals.to_string(index=False, float_format="{:.4g}".format)
        lines = [f"Bootstrap({self.n_used} of {self.n} refits, seed {self.seed})", table]
        return "\n".join([*lines, *(f"warning: {text}" for text in self.warnings)])

    def _repr_html_(self) -> str:
        table = self.intervals.to_html(index=False, float_format="{:.4g}".format)
        return f"<p>{self.n_used} of {self.n} refits, seed {self.seed}.</p>{table}"

    def explain(self) -> str:
        """Say what was computed, with source, and what it does not tell."""
        return "\n".join(
            [
                f"Parametric bootstrap: {self.n} outcomes drawn from the fitted model, each fitted "
                f"again ({self.n_used} used); percentiles at {100 * self.level:g} %.",
                "What this does not tell: whether the model is right. The draws have its normal "
                "random effects and residuals.",
                f"Source: {self.source}.",
            ]
        )


def bootstrap(
    fit: Fit, data: ModelData, *, n: int, seed: int, jobs: int = 1, level: float = 0.95
) -> Bootstrap:
    """Refit `n` outcomes drawn from the model. Raises UsageError for fewer than two."""
    if n < FEWEST_DRAWS or jobs < 1:
        raise UsageError(
            "A bootstrap needs two draws or more, and a process.",
            where="parameters n, jobs",
            fix="Give n = 1000 for intervals, jobs = 1 or more.",
        )
    root = np.random.SeedSequence(seed)
    seeds = root.spawn(n)
    known = outcomes_of(fit.prepared, data)
    if jobs == 1:
        rows = refits(fit, data, known, seeds)
    else:
        parts = [seeds[part::jobs] for part in range(jobs)]
        rows = np.empty((n, len(parameter_names(fit)) + 1))
        with ProcessPoolExecutor(jobs) as pool:
            running = [pool.submit(refits, fit, data, known, part) for part in parts]
            for part, one in enumerate(running):
                rows[part::jobs] = one.result()
    return _gathered(fit, data, rows, seed, level)


def refits(
    fit: Fit, data: ModelData, known: Outcomes, seeds: list[np.random.SeedSequence]
) -> Numbers:
    """Parameters of each refit (draws, k), and whether it ended at a minimum (1 or 0)."""
    mean = data.fixed.times(fixed_values(fit, data))
    draw = drawer(fit, data)
    theta = begin_again(fit)
    rows = []
    for seed in seeds:
        outcome = mean + draw(np.random.default_rng(seed))
        prepared = known.prepared_for(outcome)
        objective = Objective(prepared, fit.objective.parameters, fit.reml)
        found = search(objective, theta)
        swept = found.point.swept
        sigma2 = swept.r2 / degrees(prepared, fit.reml) * prepared.outcome_scale**2
        beta = swept.beta * fit.fixed_units
        if data.constant is not None:
            beta = beta + data.origin * data.constant
        rows.append([*beta, *parameter_values(fit, swept.D, sigma2), float(found.arrived)])
    return np.array(rows)


def begin_again(fit: Fit) -> Numbers:
    """Elements of L at the fit, variances of zero lifted a little."""
    roots: list[Numbers] = []
    for D, unit in zip(fit.point.swept.D, units(fit.objective), strict=True):
        lift = LIFTED * unit * (np.diagonal(D) < LIFTED * unit)
        lifted = D + np.diag(lift + 1e-9 * (unit + np.diagonal(D)))
        roots.append(np.asarray(np.linalg.cholesky(lifted), dtype="float64"))
    return fit.objective.parameters.elements(roots)


def _gathered(fit: Fit, data: ModelData, rows: Numbers, seed: int, level: float) -> Bootstrap:
    names = [*data.fixed.names, *parameter_names(fit)[len(data.fixed.names) :]]
    used = rows[:, -1] == 1
    draws = pd.DataFrame(rows[used, :-1], columns=names)
    tail = (1 - level) / 2
    beta = fixed_values(fit, data)
    estimates = [
        *beta,
        *parameter_values(fit, fit.point.swept.D, fit.residual_variance),
    ]
    intervals = pd.DataFrame(
        {
            "parameter": pd.array(names, dtype="string"),
            "estimate": estimates,
            "se": draws.std().to_numpy(),
            "low": draws.quantile(tail).to_numpy(),
            "high": draws.quantile(1 - tail).to_numpy(),
        }
    )
    lost = int((~used).sum())
    warnings = (f"{lost} refits did not end at a minimum and are left out.",) if lost else ()
    return Bootstrap(draws, intervals, len(rows), int(used.sum()), seed, level, warnings)
