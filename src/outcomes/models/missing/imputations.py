"""`Imputations`: the frame, the values that were drawn for its gaps, and how they were drawn."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import UsageError
from outcomes.models.missing.pooled import Pooled, pool
from outcomes.schema.drawing import Drawable

SOURCE = (
    "van Buuren and Groothuis-Oudshoorn 2011; Little 1988; Schafer and Yucel 2002; White, "
    "Daniel and Royston 2010"
)


@dataclass(frozen=True, slots=True, eq=False)
class Imputations(Drawable):
    """m completed versions of a frame, held once with the drawn values beside it.

    `values` has for each imputed column an array m × missing rows (in the frame's order;
    words as themselves). `summary` has a row for each variable: method, n, missing, observed
    and imputed mean, largest R-hat. `convergence` is the trace of each chain, `rhat` the
    potential scale reduction by group. `groups` names the rows imputed together ("all", or
    the arms), `together` how arms share them. `passive` columns are computed from the others.
    """

    source_frame: pd.DataFrame
    values: dict[str, npt.NDArray[Any]]
    summary: pd.DataFrame
    convergence: pd.DataFrame
    rhat: pd.DataFrame
    m: int
    cycles: int
    groups: tuple[str, ...]
    together: str
    clusters: str
    passive: Mapping[str, str]
    seed: int
    warnings: tuple[str, ...]
    source: str = SOURCE

    @property
    def method(self) -> str:
        """How it was done, in words."""
        together = "each arm by itself" if len(self.groups) > 1 else self.together
        return (
            f"multiple imputation by chained equations, m = {self.m}, {together}; {self.clusters}"
        )

    def frame(self, i: int) -> pd.DataFrame:
        """The i-th completed frame, counted from 0. Raises UsageError beyond the last."""
        if not 0 <= i < self.m:
            raise UsageError(f"there are {self.m} imputations, counted from 0", where="i")
        filled = self.source_frame.copy()
        for name, drawn in self.values.items():
            filled[name] = _filled(self.source_frame[name], drawn[i])
        for name, formula in self.passive.items():
            filled[name] = filled.eval(formula)
        return filled

    def frames(self) -> Iterator[pd.DataFrame]:
        """Every completed frame in turn."""
        return (self.frame(i) for i in range(self.m))

    def long(self) -> pd.DataFrame:
        """All completed frames under each other, with `imputation` counted from 1."""
        parts = [frame.assign(imputation=i + 1) for i, frame in enumerate(self.frames())]
        return pd.concat(parts, ignore_index=True)

    def fit(self, analyse: Callable[[pd.DataFrame], Any], *, level: float = 0.95) -> Pooled:
        """Analyse each completed frame and pool.

        `analyse` gives an object with estimate, se and df (as `oc.compare` does), or a
        tuple (estimates, ses) or (estimates, ses, df), where estimates may be a Series.
        """
        found = [numbers_of(analyse(frame)) for frame in self.frames()]
        estimates = np.array([np.atleast_1d(np.asarray(part[0], float)) for part in found])
        ses = np.array([np.atleast_1d(np.asarray(part[1], float)) for part in found])
        df = np.mean([np.broadcast_to(part[2], estimates.shape[1:]) for part in found], axis=0)
        first = found[0][0]
        terms = [str(name) for name in first.index] if isinstance(first, pd.Series) else None
        return pool(estimates, ses, df, terms=terms, level=level)

    def to_frame(self) -> pd.DataFrame:
        """One row for each variable: how much was missing, how it was imputed."""
        return self.summary.copy()

    def explain(self) -> str:
        """What was done and what it takes for granted."""
        return (
            f"{self.method}. Each missing value is drawn from what the other columns say of it, "
            f"{self.m} times, so that the uncertainty about it enters the standard errors. Numbers "
            "drawn by 'pmm' copy the value of somebody predicted alike, so they stay within the "
            "scale; 'norm' adds normal noise and may leave it, which does no harm to a mean "
            "(von Hippel 2013). Right if people with and without a value who are alike in these "
            "columns do not differ otherwise (missing at random); no number here can show that. "
            f"Sources: {self.source}."
        )

    def __repr__(self) -> str:
        lines = [f"Imputations({self.method})", self.summary.to_string(index=False)]
        return "\n".join([*lines, *(f"warning: {text}" for text in self.warnings)])

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{html.escape(text)}</p>" for text in self.warnings)
        return f"<p>{html.escape(self.method)}</p>{self.summary.to_html(index=False)}{notes}"


def _filled(column: pd.Series, drawn: npt.NDArray[Any]) -> pd.Series:
    gaps = column.isna().to_numpy()
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        values = column.to_numpy(dtype=float, na_value=np.nan).copy()
        values[gaps] = drawn.astype(float)
        return pd.Series(values, index=column.index, name=column.name)
    whole = column.copy()
    whole.iloc[np.flatnonzero(gaps)] = list(drawn)
    return whole


def numbers_of(found: Any) -> tuple[Any, Any, Any]:  # noqa: ANN401 - whatever an analysis returns
    """Estimates, standard errors and complete-data df of what an analysis gave."""
    if isinstance(found, tuple):
        return (*found, np.inf) if len(found) == 2 else (found[0], found[1], found[2])
    if not hasattr(found, "estimate") or not hasattr(found, "se"):
        raise UsageError(
            "an analysis gives estimate and se, or a tuple of estimates and standard errors",
            where="analyse",
        )
    return found.estimate, found.se, getattr(found, "df", np.inf)
