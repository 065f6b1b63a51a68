"""`ApimResult`: how each person's outcome goes with the own and the partner's predictor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.models.dyads import words
from outcomes.models.dyads.apim_design import ApimColumns
from outcomes.models.dyads.distinguishability import Distinguishability
from outcomes.models.dyads.fitting import DyadFit
from outcomes.models.dyads.policy import dyads_policy
from outcomes.models.inference import Convergence, FixedEffects
from outcomes.models.inference import joint_test as _joint_test
from outcomes.models.inference.effects import JointTest
from outcomes.models.inference.hypertext import fit_html
from outcomes.schema.drawing import Drawable
from outcomes.schema.verdicts import Verdict


@dataclass(frozen=True, slots=True, eq=False)
class ApimResult(Drawable):
    """Actor and partner effects with everything that decided them.

    `coefficients`: term, estimate, se, df, statistic, p, low, high. `effects`: the actor and the
    partner effect of each role (whose outcome it is) with the same columns and `standardised`;
    `differences` between them; `ratios`: k = partner / actor; `variances`: residual variances,
    covariance and partial intraclass correlation; `explained`: R² by role. `test`: whether
    roles differ (None where they could not be told apart). `n_couples` have anybody used,
    `n_complete` both partners; `dropped` counts rows by column with a missing value.
    """

    coefficients: pd.DataFrame
    effects: pd.DataFrame
    differences: pd.DataFrame
    ratios: pd.DataFrame
    variances: pd.DataFrame
    explained: pd.DataFrame
    test: Distinguishability | None
    columns: ApimColumns
    roles: tuple[str, str] | None
    n_rows: int
    n_used: int
    n_couples: int
    n_complete: int
    dropped: dict[str, int]
    loglik: float
    n_parameters: int
    convergence: Convergence
    warnings: tuple[str, ...]
    coding: str
    ddf: str
    ratio: str
    reml: bool
    level: float
    fit: DyadFit
    fixed: FixedEffects

    @property
    def converged(self) -> bool:
        """Whether the estimates may be used."""
        return self.convergence.usable

    @property
    def distinguishable(self) -> bool:
        """Whether roles have a model of their own."""
        return self.roles is not None

    @property
    def icc(self) -> float:
        """Partial intraclass correlation: how alike partners are beyond the model, -1 to 1."""
        return float(self.variances["estimate"].iloc[-1])

    @property
    def n_one(self) -> int:
        """Couples of whom one partner is used."""
        return self.n_couples - self.n_complete

    @property
    def unit(self) -> str:
        """What an estimate is measured in."""
        return f"points of {self.columns.outcome} for one unit of {self.columns.actor}"

    @property
    def direction(self) -> str:
        """A model of two columns has no better or worse."""
        return "none"

    @property
    def method(self) -> str:
        """Model, estimation and df in one line."""
        return words.apim_method(self)

    @property
    def source(self) -> str:
        """Where the model comes from."""
        return words.APIM_SOURCE

    def verdict(self, effect: str, role: str | None = None) -> Verdict:
        """Whether an association is there: supported, or cannot tell.

        `effect`: "actor" or "partner"; `role`: whose outcome, None where roles are the same.
        """
        rows = self.effects[self.effects["effect"].eq(effect)]
        row = rows.iloc[0] if role is None else rows[rows["role"].eq(role)].iloc[0]
        few = self.n_complete < dyads_policy()["enough"]["couples"]
        if not self.converged or few or row["low"] <= 0 <= row["high"]:
            return Verdict.CANNOT_TELL
        return Verdict.SUPPORTED

    def joint_test(self, effect: str) -> JointTest:
        """Test that an effect is zero in both roles ("actor", "partner" or a covariate)."""
        names = self.coefficients["term"].str.replace("role:", "").str.split(": ").str[0]
        wanted = names.eq(effect).to_numpy()
        return _joint_test(self.fixed, np.eye(len(names))[wanted])

    @property
    def sentence(self) -> str:
        """What the model says, in words; an association, never an effect of one on the other."""
        return words.apim_sentence(self)

    def to_frame(self) -> pd.DataFrame:
        """Return the actor and partner effects, a row each."""
        return self.effects.copy()

    def __repr__(self) -> str:
        if not self.converged:
            return f"NOT CONVERGED: ApimResult({self.convergence.sentence})"
        lines = [
            f"ApimResult({self.columns.outcome} on {self.columns.actor}: {self.n_used} people "
            f"in {self.n_couples} couples, {self.n_complete} with both partners)",
            self.effects.drop(columns="predictor").to_string(
                index=False, float_format="{:.4g}".format
            ),
            self.variances.to_string(index=False, float_format="{:.4g}".format),
        ]
        return "\n".join([*lines, *(f"warning: {text}" for text in self.warnings)])

    def _repr_html_(self) -> str:
        return fit_html(self.convergence, self.sentence, self.warnings, self.effects)

    def explain(self) -> str:
        """Say what was computed, with formula and source, and what it does not tell."""
        return words.apim_explained(self)
