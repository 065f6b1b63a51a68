"""What the results of models of yes/no outcomes share."""

from __future__ import annotations

import html
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from outcomes.errors import NotEnoughData
from outcomes.models.binary.probabilities import Averaging, difference_table, probability_table
from outcomes.models.inference.convergence import Convergence
from outcomes.models.inference.effects import ESTIMATE_COLUMNS
from outcomes.schema.drawing import Drawable
from outcomes.schema.verdicts import Verdict

NOT_CAUSE = (
    "What this does not tell: that a term caused the outcome; people who differ in a term differ "
    "in other things."
)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class YesNoResult(Drawable, ABC):
    """Base: coefficients of a fit, or why there are none.

    `coefficients` has term, estimate, se, df, statistic, p, low, high. `separated` names terms
    without a finite estimate; nothing is estimated then. `dropped` counts by column the rows
    that lack a value there.
    """

    formula: str
    level: float
    n_rows: int
    n_used: int
    dropped: dict[str, int]
    coefficients: pd.DataFrame
    convergence: Convergence
    separated: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def unit(self) -> str:
        """Unit of the coefficients."""
        return "log odds"

    @property
    def direction(self) -> str:
        """Above 0 means more often yes; whether that is good is for the outcome to say."""
        return "higher: more often yes"

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of the coefficients."""
        return tuple(self.coefficients["term"])

    @property
    def converged(self) -> bool:
        """Whether estimates may be shown."""
        return self.convergence.usable

    @property
    def verdict(self) -> Verdict | None:
        """`cannot tell` where there is no estimate; None where there is one."""
        return None if self.converged else Verdict.CANNOT_TELL

    @property
    def why_not(self) -> str:
        """Why there is no estimate, in one sentence; empty where there is one."""
        if self.converged:
            return ""
        if self.separated:
            return (
                f"some values of {', '.join(self.separated)} occur with one answer only, so that "
                "no finite odds ratio fits."
            )
        return self.convergence.sentence

    @property
    def odds_ratios(self) -> pd.DataFrame:
        """Odds ratios: term, odds_ratio, low, high, p; missing where there is no estimate."""
        rows = self.to_frame()
        rows = rows[rows["term"].ne("(intercept)")].reset_index(drop=True)
        ends = {"odds_ratio": "estimate", "low": "low", "high": "high"}
        return pd.DataFrame(
            {
                "term": rows["term"],
                **{name: np.exp(rows[column]) for name, column in ends.items()},
                "p": rows["p"],
            }
        )

    def to_frame(self) -> pd.DataFrame:
        """The coefficients; without numbers where there is no estimate."""
        if self.converged:
            return self.coefficients.copy()
        return self.coefficients[["term"]].assign(**dict.fromkeys(ESTIMATE_COLUMNS, np.nan))

    def probabilities(
        self,
        variable: str,
        *,
        values: Sequence[Any] | None = None,
        at: Mapping[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Share of people with the outcome if everybody had `variable` at each value.

        Averaged over everybody's own other covariates, or those given in `at`, and over the
        groups where the model has random effects (`typical` is a group in the middle). Columns:
        the variable, probability, se, df, low, high (logit scale), typical. Raises UsageError
        for an unknown column, NotEnoughData where the model has no estimate.
        """
        return probability_table(self._known(), variable, values, at or {})

    def differences(
        self,
        variable: str,
        *,
        reference: object = None,
        values: Sequence[Any] | None = None,
        at: Mapping[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Differences of `probabilities` against the reference, with ratio and odds ratio.

        Columns contrast, difference (probability scale), se, df, statistic, p, low, high, and
        ratio and odds_ratio of the population with limits. Association, not effect.
        """
        return difference_table(self._known(), variable, values, reference, at or {})

    @abstractmethod
    def _averaging(self) -> Averaging | None:
        """What probabilities are averaged over; None where the fit gives none."""

    def _known(self) -> Averaging:
        found = self._averaging()
        if found is None or not self.converged:
            raise NotEnoughData(
                f"Cannot tell: {self.why_not}",
                where=f"model {self.formula}",
                fix="Ask a simpler question of these data, or gather more.",
            )
        return found

    @abstractmethod
    def _head(self) -> str:
        """The model in one line."""

    @abstractmethod
    def _tail(self) -> list[str]:
        """What follows the coefficients."""

    def _table(self) -> pd.DataFrame:
        return self.coefficients.merge(self.odds_ratios[["term", "odds_ratio"]], how="left")

    def _warned(self) -> list[str]:
        return [f"warning: {text}" for text in self.warnings]

    def __repr__(self) -> str:
        lines = [self._head(), f"  {self.formula}"]
        if not self.converged:
            name = "CANNOT TELL" if self.separated else "NOT CONVERGED"
            return "\n".join([f"{name}: {self.why_not}", *lines, *self._warned()])
        lines.append(self._table().to_string(index=False, float_format="%.4f", na_rep=""))
        return "\n".join([*lines, *self._tail(), *self._warned()])

    def _repr_html_(self) -> str:
        if not self.converged:
            return f"<pre>{html.escape(repr(self))}</pre>"
        parts = [f"<p>{html.escape(self._head())} {html.escape(self.formula)}</p>"]
        parts.append(str(self._table().to_html(index=False, float_format="%.4f", na_rep="")))
        parts += [f"<pre>{html.escape(text)}</pre>" for text in self._tail()]
        parts += [f"<p>{html.escape(text)}</p>" for text in self._warned()]
        return "".join(parts)
