"""The odds ratio within a group beside that of the population, and why they differ.

Averaging probabilities over groups that differ flattens the curve: with normal effects of
variance v the population's coefficient is about β / √(1 + c² v), c = 16√3 / 15π.

Source: Zeger, S. L., Liang, K.-Y. & Albert, P. S. (1988), Biometrics 44:1049-1060, equation 3.4.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.binary.gee import gee
from outcomes.models.binary.gee_result import GeeResult
from outcomes.models.binary.working import Correlation
from outcomes.models.formula import parse
from outcomes.schema.drawing import Drawable

if TYPE_CHECKING:
    from outcomes.models.binary.mixed_result import MixedLogistic

# The logistic curve is close to a normal one with this scale.
SCALE = 16 * np.sqrt(3) / (15 * np.pi)
WHY = (
    "Both are right and answer different questions: within a group asks how the odds of two people "
    "of the same group compare; in the population, how the odds of people at large compare. The "
    "more groups differ, the nearer to 1 the second is. Where they differ by more than 'expected', "
    "one of them is misled: by rows that are missing for a reason, by groups whose covariates go "
    "with their effects, or by effects that are not normal."
)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Beside(Drawable):
    """A mixed model and a population-averaged model of the same rows.

    `table` has a row for each term: odds ratio within a group (`within`, with limits and p), in
    the population (`population`, the same), and what the first leads one to expect of the second.
    """

    within: MixedLogistic
    population: GeeResult
    table: pd.DataFrame

    @property
    def warnings(self) -> tuple[str, ...]:
        """Those of both models."""
        return tuple(dict.fromkeys((*self.within.warnings, *self.population.warnings)))

    @property
    def converged(self) -> bool:
        """Whether both have estimates."""
        return self.within.converged and self.population.converged

    def to_frame(self) -> pd.DataFrame:
        """The table; without numbers where a model has no estimate."""
        return self.table.copy()

    def explain(self) -> str:
        """Both models, and why they differ."""
        return "\n".join([self.within.explain(), "", self.population.explain(), "", WHY])

    def __repr__(self) -> str:
        shown = self.table.to_string(index=False, float_format="%.3f", na_rep="cannot tell")
        lines = [f"Odds ratios of {self.within.formula}, within a group and in the population"]
        return "\n".join([*lines, shown, WHY, *(f"warning: {text}" for text in self.warnings)])

    def _repr_html_(self) -> str:
        table = str(self.table.to_html(index=False, float_format="%.3f", na_rep="cannot tell"))
        said = [WHY, *(f"Warning: {text}" for text in self.warnings)]
        return table + "".join(f"<p>{html.escape(text)}</p>" for text in said)


def beside(
    mixed: MixedLogistic, *, cluster: str | None = None, correlation: Correlation = "exchangeable"
) -> Beside:
    """Fit the population-averaged model to the rows of a mixed model.

    `cluster`: by default the grouping factor with fewest levels, since clusters must be
    independent. Raises NotEnoughData where the mixed model was not fitted, UsageError where its
    groups are combinations of columns and `cluster` is not given.
    """
    if mixed.fitted is None:
        raise NotEnoughData(f"Cannot tell: {mixed.why_not}", where=f"model {mixed.formula}")
    chosen = cluster or min(mixed.groups, key=lambda name: mixed.groups[name])
    frame = mixed.fitted.rows.frame
    if chosen not in frame.columns:
        raise UsageError(
            "The clusters are combinations of columns.",
            where=f"grouping factor {chosen}",
            fix="Name one column in cluster=.",
        )
    parsed = parse(mixed.formula)
    averaged = gee(
        f"{parsed.response} ~ {parsed.fixed}",
        frame,
        cluster=chosen,
        correlation=correlation,
        trials=mixed.trials,
        level=mixed.level,
    )
    return Beside(mixed, averaged, _table(mixed, averaged))


def _table(mixed: MixedLogistic, averaged: GeeResult) -> pd.DataFrame:
    """Both odds ratios by term."""
    own, other = mixed.odds_ratios, averaged.odds_ratios
    variance = 0.0
    if mixed.fitted is not None:
        # The mean variance of a row's random part: slopes count where they are.
        for factor, root, _ in mixed.fitted.roots():
            variance += float(((factor.design @ root) ** 2).sum(axis=1).mean())
    table = pd.DataFrame({"term": own["term"]})
    for name, part in (("within", own), ("population", other)):
        table[name] = part["odds_ratio"]
        table[f"{name}_low"], table[f"{name}_high"] = part["low"], part["high"]
        table[f"{name}_p"] = part["p"]
    table["expected"] = np.exp(np.log(table["within"]) / np.sqrt(1 + SCALE**2 * variance))
    return table
