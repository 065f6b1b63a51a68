"""Conditional modes of the random effects, their standard errors, and fitted values.

The modes are b = D Z'V0^-1 (y - X beta); their covariance given the fixed effects is
sigma^2 times the matching blocks of (Z'Z + D^-1)^-1.

Source: Henderson, C. R. (1975). Biometrics 31:423-447; Bates et al. 2015, section 5.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.models.mixed import leaf as leaves
from outcomes.models.mixed.backward import corners
from outcomes.models.mixed.data import ModelData
from outcomes.models.mixed.fit import Fit
from outcomes.models.mixed.nest import Corner
from outcomes.models.mixed.nest import backward as nest_backward
from outcomes.models.mixed.stacks import Numbers


def mode_values(fit: Fit) -> list[Numbers]:
    """Modes of each factor (levels, q), in points, levels in the summary's order."""
    prepared, found = fit.prepared, fit.point.scores
    made: list[Numbers] = []
    for level, mode in enumerate(found.modes):
        own = np.empty_like(mode)
        own[:, prepared.order[level]] = mode
        made.append(own.T)
    if prepared.crossed is not None:
        made += [found.crossed_modes[part] for part in _crossed_places(fit)]
    return [
        mode * prepared.outcome_scale / scale
        for mode, scale in zip(made, prepared.random_scale, strict=True)
    ]


def _crossed_places(fit: Fit) -> list[np.typing.NDArray[np.intp]]:
    """For each crossed factor the numbers of its columns, (levels, q)."""
    cross = fit.prepared.crossed
    assert cross is not None
    chain = len(fit.prepared.nests) + 1
    return [
        np.flatnonzero(cross.factor_of == number).reshape(-1, factor.n_columns)
        for number, factor in enumerate(fit.prepared.factors[chain:])
    ]


def mode_variances(fit: Fit) -> list[Numbers]:
    """Variance of each mode given the fixed effects (levels, q), in squared points."""
    prepared, swept = fit.prepared, fit.point.swept
    known = corners(swept, None)
    made = []
    for level, above in enumerate(known.levels):
        if level == 0:
            pairs = None if above.to_pairs is None else (above.to_pairs, above.twins)
            own = leaves.own_corner(prepared.leaf, swept.leaf, swept.D[0], above.columns, pairs)  # type: ignore[arg-type]
        else:
            corner: Corner = nest_backward(
                prepared.nests[level - 1], swept.nests[level - 1], above
            )[0]
            own = corner.columns
        q = prepared.factors[level].n_columns
        diagonal = np.empty((q, own.shape[2]))
        diagonal[:, prepared.order[level]] = np.einsum("aan->an", own[:q, :q])
        made.append(diagonal.T)
    cross = prepared.crossed
    if cross is not None:
        by_column = np.empty(cross.n_columns)
        mine = cross.first == cross.second
        by_column[cross.first[mine]] = known.entries[mine]
        made += [by_column[part] for part in _crossed_places(fit)]
    return [
        values * fit.residual_variance / scale**2
        for values, scale in zip(made, prepared.random_scale, strict=True)
    ]


def conditional_modes(fit: Fit) -> pd.DataFrame:
    """One row for each random effect: group, level, name, estimate, se, in points.

    `se` takes the fixed effects and variances as known, as lme4's condVar.
    """
    parts = []
    for factor, mode, variance in zip(
        fit.prepared.factors, mode_values(fit), mode_variances(fit), strict=True
    ):
        for place, name in enumerate(factor.column_names):
            parts.append(
                pd.DataFrame(
                    {
                        "group": factor.name,
                        "level": factor.levels,
                        "name": name,
                        "estimate": mode[:, place],
                        "se": np.sqrt(np.maximum(variance[:, place], 0)),
                    }
                )
            )
    table = pd.concat(parts, ignore_index=True)
    return table.astype({"group": "string", "name": "string"})


def fixed_values(fit: Fit, data: ModelData) -> Numbers:
    """The fixed effects (p), in points, with the summary's origin back in them."""
    if data.constant is None:
        return fit.beta
    return fit.beta + data.origin * data.constant


def fitted_values(fit: Fit, data: ModelData) -> Numbers:
    """Fixed part plus modes of every row used."""
    values = data.fixed.times(fixed_values(fit, data))
    by_name = {g.name: g for g in data.groupings}
    for factor, mode in zip(fit.prepared.factors, mode_values(fit), strict=True):
        values += by_name[factor.name].times(mode)
    return values
