"""`SeveralWeights`: weights that make three or more arms comparable, and how far they succeed."""

from __future__ import annotations

import html
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.models.balance import (
    DENOMINATORS,
    balance,
    weighted_mean,
    weighted_variance,
)
from outcomes.models.design import Design, take
from outcomes.models.overlap import outside_support, overlap_coefficient
from outcomes.models.weight_result import WeightResult
from outcomes.models.weighting.generalised import generalised_tilt
from outcomes.models.weighting.recipe import Recipe
from outcomes.models.weighting.scores import WeightScores
from outcomes.models.weighting.several_scores import SeveralModel, several_scores
from outcomes.schema.drawing import Drawable

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

FORMULAS = {
    "ATE": "1 / e of the own arm",
    "ATT": "e of the named arm / e of the own arm",
    "ATO": "(1 / e of the own arm) / sum of 1 / e of all arms",
    "ATM": "the smallest e / e of the own arm",
}
_SOURCES = {
    "ATE": ("McCaffrey and others 2013",),
    "ATT": ("McCaffrey and others 2013",),
    "ATO": ("Li and Li 2019", "Imai and Ratkovic 2014"),
    "ATM": ("Yoshida and others 2017",),
}


@dataclass(frozen=True, slots=True, eq=False)
class SeveralWeights(Drawable):
    """Weights by row for K arms, in one common population, with the diagnostics.

    `weights`, `propensity` (a column for each arm) and `arm` carry the frame's index and are
    missing in rows of other arms. `ess` and `max_share` are by arm; `outside_support` is the
    share of rows with a chance of some arm that not every arm reaches (Lopez and Gutman
    2017). `pair(reference, other)` gives two of the arms with the same weights.
    """

    weights: pd.Series
    propensity: pd.DataFrame
    arm: pd.Series
    estimand: str
    target: str | None
    arms: tuple[str, ...]
    n: dict[str, int]
    ess: dict[str, float]
    max_share: dict[str, float]
    outside_support: float
    converged: bool
    separated: bool
    warnings: tuple[str, ...]
    n_in: int
    n_used: int
    formula: str
    recipe: Recipe
    covariates: Design
    model: SeveralModel

    @property
    def sources(self) -> tuple[str, ...]:
        """Who proposed the weights and the diagnostics."""
        own = ("Hainmueller 2012",) if self.model.way == "entropy" else _SOURCES[self.estimand]
        return (*own, "McCaffrey and others 2013", "Kish 1965", "Lopez and Gutman 2017")

    @property
    def population(self) -> str:
        """For whom every contrast of the arms holds."""
        every = f"{', '.join(self.arms[:-1])} or {self.arms[-1]}"
        whom = {
            "ATE": f"everybody in {every}",
            "ATT": f"people like those in {self.target}",
            "ATO": f"people who could have been in any of {every} (overlap weights)",
            "ATM": f"people who would find a match in every one of {every} (matching weights)",
        }[self.estimand]
        return whom if self.model.kept.all() else f"{whom}, after trimming"

    @property
    def set_aside(self) -> dict[str, int]:
        """Rows by arm that trimming set aside."""
        gone = np.bincount(self.model.codes[~self.model.kept], minlength=len(self.arms))
        return dict(zip(self.arms, gone.tolist(), strict=True))

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """(reference, other) of every pair."""
        return list(combinations(self.arms, 2))

    def scores(self) -> WeightScores:
        """What M-estimation needs; rows are the used rows of all arms, in the frame's order."""
        return several_scores(self.model)

    def pair(self, reference: str, other: str) -> WeightResult:
        """Two of the arms with their common weights; propensity: the chance of `other` of the two.

        Overlap, support and balance are of these two arms. The fit is not in it, because it
        has rows of the other arms too.
        """
        used = np.flatnonzero(self.weights.notna().to_numpy())
        places = [self.arms.index(name) for name in (reference, other)]
        mine = np.isin(self.model.codes, places)
        in_other = self.model.codes[mine] == places[1]
        e = self.model.probability[mine]
        kept, found = self.model.kept[mine], self.model.weights[mine]
        with np.errstate(invalid="ignore"):
            chance = e[:, places[1]] / (e[:, places[0]] + e[:, places[1]])
        rows = np.zeros(len(self.weights), dtype=bool)
        rows[used[mine]] = True
        spread = "ATE" if self.estimand != "ATT" else self._about(reference, other)
        return WeightResult(
            weights=self.weights.where(rows),
            propensity=_aligned(chance, rows, self.weights.index),
            arm=self.arm.where(rows),
            estimand=self.estimand,
            arms=(reference, other),
            n={name: self.n[name] for name in (reference, other)},
            ess={name: self.ess[name] for name in (reference, other)},
            max_share=max(self.max_share[name] for name in (reference, other)),
            overlap=overlap_coefficient(chance[kept], in_other[kept]),
            outside_support=outside_support(chance[kept], in_other[kept]),
            balance=balance(take(self.covariates, mine), in_other, found, spread),
            converged=self.converged,
            separated=self.separated,
            warnings=self.warnings,
            n_in=self.n_in,
            n_used=int(kept.sum()),
            formula=self.formula,
            recipe=replace(self.recipe, bias_reduction="never"),
            common=(self.population, FORMULAS[self.estimand]),
            n_columns=self.model.basis.shape[1] - 1,
        )

    def _about(self, reference: str, other: str) -> str:
        return {other: "ATT", reference: "ATC"}.get(str(self.target), "ATE")

    def balance(self) -> pd.DataFrame:
        """One row for each pair and covariate or level, as in `WeightResult.balance`."""
        parts = []
        for reference, other in self.pairs:
            part = self.pair(reference, other).balance
            part.insert(0, "other", other)
            part.insert(0, "reference", reference)
            parts.append(part)
        return pd.concat(parts, ignore_index=True)

    @property
    def worst_smd(self) -> float:
        """Largest absolute standardised difference of any pair after weighting."""
        return float(self.balance()["smd_after"].abs().max())

    def from_population(self) -> pd.DataFrame:
        """Largest distance of an arm's mean from the common population's (McCaffrey 2013).

        One row for each covariate or level, in unweighted standard deviations of everybody,
        before (against everybody) and after weighting (against the common population).
        """
        kept, codes = self.model.kept, self.model.codes
        tilt = np.zeros(len(codes))
        tilt[kept] = generalised_tilt(
            self.model.probability[kept], self.estimand, self.model.target
        )
        if self.model.target is not None:
            tilt = (kept & (codes == self.model.target)).astype(float)
        if self.model.way == "balanced":
            # The weighted arms themselves are the population: their means are equal.
            tilt = self.model.weights
        rows = []
        for position, term in enumerate(self.covariates.terms):
            values = self.covariates.candidates[:, position]
            spread = float(np.sqrt(weighted_variance(values, np.ones(len(values)))))
            if spread > 0:
                rows.append([term.covariate, term.level, *self._far(values, tilt, spread)])
        return pd.DataFrame(rows, columns=["covariate", "level", "psd_before", "psd_after"])

    def _far(self, values: FloatArray, tilt: FloatArray, spread: float) -> list[float]:
        found = []
        for weights, goal in ((np.ones(len(values)), np.ones(len(values))),
                              (self.model.weights, tilt)):  # fmt: skip
            mean = weighted_mean(values, goal)
            arms = [self.model.codes == arm for arm in range(len(self.arms))]
            apart = [abs(weighted_mean(values[arm], weights[arm]) - mean) for arm in arms]
            found.append(max(apart) / spread)
        return found

    def to_frame(self) -> pd.DataFrame:
        """One row for each row of the frame: arm, weight, and the chance of each arm."""
        chances = self.propensity.add_prefix("propensity of ")
        return pd.concat([self.arm.rename("arm"), self.weights.rename("weight"), chances], axis=1)

    def explain(self) -> str:
        """Say what was computed, for whom, and what it cannot do."""
        exact = (
            " The coefficients are solved from the equations that give every arm the same means, "
            "not from the likelihood."
            if self.model.way == "balanced"
            else ""
        )
        how = (
            "the most even weights under which the covariate means are equal"
            if self.model.way == "entropy"
            else FORMULAS[self.estimand]
        )
        return (
            f"Weights ({self.estimand}) make {', '.join(self.arms)} alike in the covariates; they "
            f"stand for {self.population}. Chances e: multinomial logistic regression, "
            f"{self.formula}.{exact} Weights: {how}. Standardised differences divide by "
            f"{DENOMINATORS['ATE']}. Weights balance what was recorded, nothing else."
        )

    def __repr__(self) -> str:
        before = float(self.balance()["smd_before"].abs().max())
        lines = [
            f"SeveralWeights({self.estimand}, {', '.join(self.arms)}: "
            f"{self.n_used} of {self.n_in} rows)",
            *(
                f"  {arm}: {self.n[arm]} people, worth {self.ess[arm]:.1f} after weighting, "
                f"largest weight {self.max_share[arm]:.1%}"
                for arm in self.arms
            ),
            f"  outside common support {self.outside_support:.1%}",
            f"  largest standardised difference of a pair {before:.3f} before, "
            f"{self.worst_smd:.3f} after",
        ]
        if not self.converged:
            lines.insert(1, "  NOT CONVERGED: the weights are not to be used")
        return "\n".join([*lines, *(f"warning: {text}" for text in self.warnings)])

    def _repr_html_(self) -> str:
        table = self.balance().to_html(index=False, float_format=lambda value: f"{value:.3f}")
        return f"<pre>{html.escape(repr(self))}</pre>{table}"


def largest_share(values: FloatArray) -> float:
    """The largest share of an arm's weight on one row; nan without weight."""
    total = float(values.sum())
    return float(values.max() / total) if total > 0 else float("nan")


def _aligned(values: FloatArray, rows: BoolArray, index: pd.Index) -> pd.Series:
    full = np.full(len(index), np.nan)
    full[rows] = values
    return pd.Series(full, index=index)
