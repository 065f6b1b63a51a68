"""The profiled likelihood of a linear mixed model and its exact gradient, from a summary.

With V = sigma^2 (I + Z D Z') and D the relative covariance of the random effects,
  -2 log L = log|I + Z'Z D| + [log|X'V0^-1 X|] + (n - p) (1 + log(2 pi r^2 / (n - p))),
the bracket and p for REML only; r^2 is the penalised residual sum of squares. Both the log
determinants and r^2 are differentiated by one sweep back through the elimination.

Source: Bates et al. 2015, equations 34 and 39-42; Patterson & Thompson 1971.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from outcomes.models.mixed import leaf as leaves
from outcomes.models.mixed import nest as nests
from outcomes.models.mixed.crossed import PartState, dense
from outcomes.models.mixed.leaf import LeafState
from outcomes.models.mixed.nest import NestState
from outcomes.models.mixed.pairs import Pairs
from outcomes.models.mixed.prepare import Prepared
from outcomes.models.mixed.stacks import Numbers


@dataclass(slots=True, eq=False)
class Sweep:
    """The model with all random effects taken out, at one set of relative covariances.

    `S` (p + 1, p + 1): X'V0^-1 X, X'V0^-1 y and y'V0^-1 y, in scaled columns.
    `crossed_fixed` (columns, p + 1) are the crossed columns' products with them.
    """

    prepared: Prepared
    D: tuple[Numbers, ...]
    leaf: LeafState
    nests: list[NestState]
    parts: list[PartState]
    crossed_fixed: Numbers
    entries: Numbers
    logdet: float
    S: Numbers
    root: Numbers
    beta: Numbers
    r2: float
    logdet_fixed: float

    def solve_fixed(self, right: Numbers) -> Numbers:
        """(X'V0^-1 X)^-1 times columns (p, k)."""
        if not self.prepared.n_fixed:
            return right
        return np.asarray(cho_solve((self.root, True), right, check_finite=False))

    @property
    def fixed_inverse(self) -> Numbers:
        """(X'V0^-1 X)^-1, in scaled columns."""
        return self.solve_fixed(np.eye(self.prepared.n_fixed))


def sweep(prepared: Prepared, D: Sequence[Numbers]) -> Sweep | None:
    """Take the random effects out; None where the covariance leaves the model's space."""
    p = prepared.n_fixed
    chain = len(prepared.nests) + 1
    leaf, cross = prepared.leaf, prepared.crossed
    state, S, rows = leaves.forward(leaf, D[0])
    logdet = state.logdet
    n_crossed = cross.n_columns if cross is not None else 0
    fixed = np.zeros((n_crossed, p + 1))
    entries = cross.entries.copy() if cross is not None else np.zeros(0)
    above = np.zeros((len(leaf.base), 0))
    if cross is not None and leaf.pairs is not None:
        pairs = leaf.pairs
        entries -= pairs.entries(state.pair_shifted, leaf.pair_products[: leaf.size], cross.n_slots)
        cell = pairs.block if leaf.cell_of is None else leaf.cell_of[pairs.block]
        wide = leaf.factor[:, cell] * rows[leaf.base]
        fixed += pairs.by_column(wide[-(p + 1) :], n_crossed)
        above = _upwards(wide, pairs, p)
    states = []
    for nest, small in zip(prepared.nests, D[1:chain], strict=True):
        own = above[: nest.size]
        nest_state, S, rest = nests.forward(nest, small, S, above)
        logdet += nest_state.logdet
        states.append(nest_state)
        if cross is not None and nest.pairs is not None:
            entries -= nest.pairs.entries(nest_state.pair_shifted, own, cross.n_slots)
            fixed += nest.pairs.by_column(rest[-(p + 1) :], n_crossed)
            above = _upwards(rest, nest.pairs, p)
    final = S[:, :, 0]
    parts = []
    if cross is not None:
        for part in cross.parts:
            taken = PartState(
                dense(part, entries),
                _spread_covariance(prepared, D[chain:], part.columns),
            )
            C = fixed[part.columns]
            final = final - C.T @ taken.shifted(C)
            logdet += taken.logdet
            parts.append(taken)
    taken_out = (state, states, parts)
    return _finished(prepared, tuple(D), taken_out, (fixed, entries), (logdet, final))


def _upwards(rows: Numbers, pairs: Pairs, p: int) -> Numbers:
    """Rows of random columns to the pairs above; fixed columns have gone to the crossed matrix."""
    made = pairs.by_parent(rows)
    made[-(p + 1) :] = 0.0
    return np.asarray(made)


def _spread_covariance(
    prepared: Prepared, small: Sequence[Numbers], columns: np.typing.NDArray[np.intp]
) -> Numbers:
    """D over crossed columns: the variances (k) where there is no covariance, else (k, k)."""
    cross = prepared.crossed
    assert cross is not None
    factor, place = cross.factor_of[columns], cross.place_of[columns]
    diagonal = np.empty(len(columns))
    for number, D in enumerate(small):
        mine = factor == number
        diagonal[mine] = np.diagonal(D)[place[mine]]
    if all(np.array_equal(D, np.diag(np.diagonal(D))) for D in small):
        return diagonal
    full = np.diag(diagonal)
    for i in range(len(columns)):
        size = len(small[factor[i]])
        begin = i - place[i]
        full[i, begin : begin + size] = small[factor[i]][place[i]]
    return full


def _finished(
    prepared: Prepared,
    D: tuple[Numbers, ...],
    states: tuple[LeafState, list[NestState], list[PartState]],
    crossed: tuple[Numbers, Numbers],
    final: tuple[float, Numbers],
) -> Sweep | None:
    """Take out the fixed effects; None where a determinant is not positive."""
    logdet, S = final
    p = prepared.n_fixed
    if not np.isfinite(logdet) or not np.isfinite(S).all():
        return None
    try:
        root = cho_factor(S[:p, :p], lower=True, check_finite=False)[0] if p else np.zeros((0, 0))
    except np.linalg.LinAlgError:
        return None
    beta = cho_solve((root, True), S[:p, p], check_finite=False) if p else np.zeros(0)
    r2 = float(S[p, p] - S[:p, p] @ beta)
    if r2 <= 0:
        return None
    return Sweep(
        prepared=prepared,
        D=D,
        leaf=states[0],
        nests=states[1],
        parts=states[2],
        crossed_fixed=crossed[0],
        entries=crossed[1],
        logdet=logdet,
        S=S,
        root=root,
        beta=np.asarray(beta),
        r2=r2,
        logdet_fixed=2 * float(np.log(np.diagonal(root)).sum()) if p else 0.0,
    )


def degrees(prepared: Prepared, reml: bool) -> int:
    """Observations, minus the fixed effects for REML."""
    return prepared.n_rows - (prepared.n_fixed if reml else 0)


def deviance(swept: Sweep, reml: bool) -> float:
    """-2 log likelihood (profiled over the fixed effects and sigma), in scaled units."""
    df = degrees(swept.prepared, reml)
    value = swept.logdet + df * (1 + np.log(2 * np.pi * swept.r2 / df))
    return float(value + (swept.logdet_fixed if reml else 0.0))
