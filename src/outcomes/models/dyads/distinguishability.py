"""Whether partners may be told apart, that is, whether their roles have the same model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.models.dyads.apim_design import INTERCEPT, People, two_intercepts
from outcomes.models.dyads.covariance import pair_residual
from outcomes.models.dyads.fitting import DyadFit, fit
from outcomes.models.dyads.quantiles import chi_square_p

FloatArray = npt.NDArray[np.float64]
NO_SCALES = np.zeros(0)

CONDITIONAL, PREDICTOR, OMNIBUS = "outcome given predictors", "predictor", "all together"
SOURCE = (
    "likelihood ratio by maximum likelihood: Kenny, D. A., Kashy, D. A. & Cook, W. L. (2006). "
    "Dyadic Data Analysis, chapters 6 and 7; the test of all together is the I-SAT model of Olsen, "
    "J. A. & Kenny, D. A. (2006). Psychol. Methods 11:127-141"
)


@dataclass(frozen=True, slots=True, eq=False)
class Distinguishability:
    """Likelihood-ratio tests that both roles have the same model.

    `table` has the rows "outcome given predictors" (equal intercepts, actor and partner
    effects, covariates, residual variances), "predictor" (equal mean and variance of the
    actor's column) and "all together" (their sum, as in a structural model with everything
    exchangeable): statistic, df, p, and the log likelihoods of both models.
    """

    table: pd.DataFrame
    converged: bool

    @property
    def p(self) -> float:
        """Of the outcome given the predictors."""
        return float(self.table.loc[0, "p"])


def distinguishability(people: People, actor: FloatArray | None) -> Distinguishability:
    """Test it for people whose roles are known; `actor` (n) is the own predictor's column."""
    found = [_compare(CONDITIONAL, people)]
    if actor is not None:
        alone = people.swapped(actor, np.ones((len(actor), 1)), (INTERCEPT,))
        found.append(_compare(PREDICTOR, alone))
    table = pd.DataFrame([row for row, _ in found])
    if actor is not None:
        summed = table[["statistic", "df", "loglik_apart", "loglik_same"]].sum()
        p = chi_square_p(float(summed["statistic"]), float(summed["df"]))
        table.loc[len(table)] = {"test": OMNIBUS, "p": p, **summed}
    table["df"] = table["df"].astype("int64")
    return Distinguishability(table, all(converged for _, converged in found))


def both_fits(people: People) -> tuple[DyadFit, DyadFit]:
    """The model with roles apart and the one with equal roles, by maximum likelihood."""
    fixed, _ = two_intercepts(people)
    apart = fit(people.rows(fixed), pair_residual(distinguishable=True), NO_SCALES, reml=False)
    same = fit(
        people.rows(people.base), pair_residual(distinguishable=False), NO_SCALES, reml=False
    )
    return apart, same


def _compare(name: str, people: People) -> tuple[dict[str, object], bool]:
    """One row of the table, and whether both fits may be used."""
    apart, same = both_fits(people)
    usable = apart.convergence.usable and same.convergence.usable
    return likelihood_ratio(name, apart, same), usable


def likelihood_ratio(name: str, apart: DyadFit, same: DyadFit) -> dict[str, object]:
    """Twice the difference of two log likelihoods (maximum likelihood) with df and p."""
    statistic = max(2 * (apart.loglik - same.loglik), 0.0)
    df = apart.n_parameters - same.n_parameters
    return {
        "test": name,
        "statistic": statistic,
        "df": df,
        "p": chi_square_p(statistic, df),
        "loglik_apart": apart.loglik,
        "loglik_same": same.loglik,
    }
