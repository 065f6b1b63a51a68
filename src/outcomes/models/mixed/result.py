"""`MixedResult`: a fitted linear mixed model, and what can be asked of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from outcomes.models.inference.convergence import Convergence
from outcomes.models.inference.effects import FixedEffects, JointTest, joint_test
from outcomes.models.inference.marginal import At, Marginal, Weights
from outcomes.models.mixed import words
from outcomes.models.mixed.data import ModelData
from outcomes.models.mixed.fit import Fit
from outcomes.models.mixed.stacks import Numbers
from outcomes.schema.drawing import Drawable

if TYPE_CHECKING:
    from outcomes.models.mixed.bootstrap import Bootstrap
    from outcomes.models.mixed.likelihood_ratio import LikelihoodRatio

SOURCE = (
    "Laird & Ware 1982, Biometrics 38:963-974; Bates, Mächler, Bolker & Walker 2015, "
    "J Stat Softw 67(1)"
)


@dataclass(frozen=True, slots=True, eq=False)
class MixedResult(Drawable):
    """A linear mixed model: fixed effects with small-sample inference, and variances.

    `coefficients` has one row for each fixed effect, in points of the outcome; `variances`
    one for each variance or covariance of each group, and the residual. `loglik` is the
    restricted one where `reml`. `n_rows` counts the rows given, `n_used` those with a value
    in every column; `dropped` says how many rows lacked each column. Nothing of a model
    that did not converge may be shown: see `converged` and `convergence`.
    """

    formula: str
    coefficients: pd.DataFrame
    variances: pd.DataFrame
    residual_sd: float
    loglik: float
    reml: bool
    ddf: str
    level: float
    convergence: Convergence
    warnings: tuple[str, ...]
    n_rows: int
    n_used: int
    n_groups: dict[str, int]
    dropped: dict[str, int]
    effects: FixedEffects
    fit: Fit
    data: ModelData
    method: str = "linear mixed model"
    source: str = SOURCE

    @property
    def converged(self) -> bool:
        """Whether the estimates may be used."""
        return self.convergence.converged

    @property
    def singular(self) -> bool:
        """Whether a variance is zero or a correlation is one."""
        return self.convergence.singular

    @property
    def n_parameters(self) -> int:
        """Fixed effects, variances and covariances, and the residual variance."""
        return len(self.effects.names) + self.fit.objective.parameters.n + 1

    @property
    def deviance(self) -> float:
        """-2 log likelihood; the REML criterion where `reml`."""
        return -2 * self.loglik

    @property
    def aic(self) -> float:
        """Akaike's criterion; between models with the same fixed part where `reml`."""
        return self.deviance + 2 * self.n_parameters

    @property
    def bic(self) -> float:
        """Schwarz's criterion, with all rows used as its n."""
        return self.deviance + float(np.log(self.n_used)) * self.n_parameters

    @property
    def covariance(self) -> pd.DataFrame:
        """Covariance of the fixed effects that standard errors come from."""
        names = list(self.effects.names)
        return pd.DataFrame(self.effects.covariance, index=names, columns=names)

    def to_frame(self) -> pd.DataFrame:
        """The coefficients: term, estimate, se, df, statistic, p, low, high."""
        return self.coefficients.copy()

    def test(self, terms: str | Sequence[str]) -> JointTest:
        """F test that all coefficients of the named terms are zero."""
        names = [terms] if isinstance(terms, str) else list(terms)
        places = np.concatenate([self.data.fixed.columns_of(name) for name in names])
        return joint_test(self.effects, np.eye(len(self.effects.names))[np.unique(places)])

    def means(
        self, over: str | Sequence[str], *, at: At | None = None, weights: Weights = "equal"
    ) -> pd.DataFrame:
        """Marginal means at each combination of `over`."""
        return Marginal(self.data.fixed, self.effects).means(over, at=at, weights=weights)

    def contrasts(self, variable: str, **options: Any) -> pd.DataFrame:  # noqa: ANN401
        """Differences between levels of `variable`; options `by`, `at`, `reference`, `pairwise`."""
        return Marginal(self.data.fixed, self.effects).contrasts(variable, **options)

    def slopes(self, variable: str, **options: Any) -> pd.DataFrame:  # noqa: ANN401
        """Change for one unit of a number; options `by`, `at`, `contrast`."""
        return Marginal(self.data.fixed, self.effects).slopes(variable, **options)

    def modes(self) -> pd.DataFrame:
        """Conditional modes: group, level, name, estimate, se (fixed effects as known)."""
        from outcomes.models.mixed.modes import conditional_modes

        return conditional_modes(self.fit)

    def fitted(self) -> pd.Series:
        """Fixed part plus conditional modes of each row used, in points."""
        from outcomes.models.mixed.modes import fitted_values

        return pd.Series(fitted_values(self.fit, self.data), index=self.data.index, name="fitted")

    def residuals(self) -> pd.Series:
        """Outcome minus fitted value of each row used."""
        values = self.data.outcome - self.fitted().to_numpy()
        return pd.Series(values, index=self.data.index, name="residual")

    def predict(
        self,
        frame: pd.DataFrame,
        *,
        clients: Literal["known", "new"] = "known",
        interval: Literal["none", "mean", "observation"] = "mean",
        level: float | None = None,
    ) -> pd.DataFrame:
        """Predict rows: estimate, se, low, high.

        "known" uses the conditional modes of levels that the model has seen (an unseen level
        is average, with its variance in the interval); "new" is a client nobody has seen.
        An interval for the "mean" is of the expected score, of the "observation" of one score.
        """
        from outcomes.models.mixed.predict import predict

        chosen = self.level if level is None else level
        return predict(self.fit, self.data, frame, clients=clients, interval=interval, level=chosen)

    def simulate(self, seed: int, n: int = 1) -> Numbers:
        """Outcomes drawn from the fitted model, (n, rows used)."""
        from outcomes.models.mixed.simulate import simulate

        return simulate(self.fit, self.data, np.random.default_rng(seed), n)

    def refit(self, outcome: Numbers | None = None, *, reml: bool | None = None) -> MixedResult:
        """Fit again to another outcome of the rows used, or by the other likelihood."""
        from outcomes.models.mixed.model import fit_model
        from outcomes.models.mixed.refit import with_outcome

        chosen = self.reml if reml is None else reml
        ddf = self.ddf if chosen or self.ddf != "kenward-roger" else "satterthwaite"
        data = self.data if outcome is None else with_outcome(self.data, outcome)
        return fit_model(self.formula, data, reml=chosen, ddf=ddf, level=self.level)

    def bootstrap(
        self, n: int, seed: int, *, jobs: int = 1, level: float | None = None
    ) -> Bootstrap:
        """Parametric bootstrap: fit `n` outcomes drawn from the model, in `jobs` processes."""
        from outcomes.models.mixed.bootstrap import bootstrap

        chosen = self.level if level is None else level
        return bootstrap(self.fit, self.data, n=n, seed=seed, jobs=jobs, level=chosen)

    def confint(
        self, method: Literal["wald", "profile"] = "wald", *, level: float | None = None
    ) -> pd.DataFrame:
        """Intervals: of the fixed effects (Wald, with df) or of all parameters (profile)."""
        from outcomes.models.mixed.confint import confidence_intervals

        return confidence_intervals(self, method, self.level if level is None else level)

    def compare(self, other: MixedResult) -> LikelihoodRatio:
        """Likelihood-ratio test against a model nested in this one, or the other way round."""
        from outcomes.models.mixed.likelihood_ratio import likelihood_ratio

        return likelihood_ratio(self, other)

    def standardised(
        self, rows: pd.DataFrame, *, sd: Literal["total", "baseline"] | float = "total"
    ) -> pd.DataFrame:
        """Rows of `contrasts`, `slopes` or `coefficients` in standard deviations."""
        from outcomes.models.mixed.standardised import standardised

        return standardised(self, rows, sd)

    def __repr__(self) -> str:
        return words.plain(self)

    def _repr_html_(self) -> str:
        return words.html_text(self)

    def explain(self) -> str:
        """Say what was computed, with formula and source, and what it does not tell."""
        return words.explained(self)
