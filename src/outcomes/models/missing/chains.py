"""Multiple imputation by chained equations: each variable in turn, given all others.

The procedure of van Buuren and Groothuis-Oudshoorn (2011), all chains in step, so that one
batch of linear algebra serves them together. Everything here is arrays of one group of
rows, in canonical order; `impute` makes groups and frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from outcomes.models.missing.categories import draw_levels
from outcomes.models.missing.coding import Variable
from outcomes.models.missing.matching import match
from outcomes.models.missing.normal import draw_regression, predict
from outcomes.models.missing.policy import numbers
from outcomes.models.missing.two_level import draw_two_level

FloatArray = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]

# Numbers held for one batch of chains: 8 million are 64 MB.
BATCH = 8_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Rows that are imputed together: variables, fixed predictors (n × f), clusters (n, rising).

    Fixed predictors are complete; `clusters` is None without, or when they are few: then
    each cluster has an indicator among the fixed predictors, the last `indicators` of them.
    `marks` (n × a) are arms whose products with every variable predict too.
    """

    variables: tuple[Variable, ...]
    fixed: FloatArray
    marks: FloatArray
    indicators: int
    clusters: Codes | None
    n_clusters: int


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Imputed values by variable (m × missing rows), and traces (m × cycles × variables × 2).

    Traces hold mean and standard deviation of the imputed values; `kept` says how many
    predictors each variable had of how many (p, all).
    """

    values: dict[str, FloatArray]
    traces: FloatArray
    kept: dict[str, tuple[int, int]]


@dataclass(frozen=True, slots=True, eq=False)
class _Layout:
    """The group, which columns of Z belong to which variable, and how a number is scaled in them.

    For each variable `columns` has its own slice and then one for each mark.
    """

    group: Group
    columns: tuple[tuple[slice, ...], ...]
    centre: FloatArray
    spread: FloatArray
    width: int


def run_chains(group: Group, m: int, cycles: int, seed: np.random.SeedSequence) -> Drawn:
    """Draw m imputations with `cycles` rounds; a single incomplete variable needs one."""
    layout = _layout(group)
    todo = [place for place, one in enumerate(group.variables) if one.method]
    todo.sort(key=lambda place: int(group.variables[place].gaps.sum()))
    rounds = 1 if len(todo) == 1 else cycles
    chosen = {place: _predictors(group, layout, place) for place in todo}
    n, width = len(group.fixed), layout.width
    size = max(1, BATCH // max(1, n * width, group.n_clusters * width**2))
    starts = range(0, m, size)
    parts = [
        _batch(layout, todo, chosen, rounds=rounds, m=min(size, m - start), seed=child)
        for start, child in zip(starts, seed.spawn(len(starts)), strict=True)
    ]
    names = [group.variables[place].name for place in todo]
    values = {name: np.concatenate([part[0][name] for part in parts]) for name in names}
    kept = {
        group.variables[place].name: (len(columns), width - _own(layout, place))
        for place, columns in chosen.items()
    }
    order = np.argsort(todo)
    return Drawn(values, np.concatenate([part[1] for part in parts])[:, :, order], kept)


def _own(layout: _Layout, place: int) -> int:
    columns = layout.columns[place]
    return sum(int(own.stop - own.start) for own in columns)


def _layout(group: Group) -> _Layout:
    columns, start = [], 1 + group.fixed.shape[1]
    for one in group.variables:
        width = len(one.levels) - 1 if one.levels else 1
        ends = [start + width * place for place in range(group.marks.shape[1] + 2)]
        columns.append(tuple(slice(a, b) for a, b in pairwise(ends)))
        start = ends[-1]
    observed = [one.values[~one.gaps] for one in group.variables]
    spread = np.array([values.std() for values in observed])
    centre = np.array([values.mean() for values in observed])
    return _Layout(group, tuple(columns), centre, np.where(spread > 0, spread, 1.0), start)


def _columns(layout: _Layout, place: int, values: FloatArray) -> FloatArray:
    """The columns of one variable for values of any shape: standardised, or indicators."""
    levels = len(layout.group.variables[place].levels)
    if levels:
        return np.asarray((values[..., None] == np.arange(1, levels)).astype(float))
    return np.asarray(((values - layout.centre[place]) / layout.spread[place])[..., None])


def _write(Z: FloatArray, layout: _Layout, place: int, rows: Flags, values: FloatArray) -> None:
    """Put a variable's values into its columns of Z, and their products with the marks."""
    block = _columns(layout, place, values)
    for mark, own in enumerate(layout.columns[place]):
        Z[:, rows, own] = block * layout.group.marks[rows, mark - 1, None] if mark else block


def _predictors(group: Group, layout: _Layout, place: int) -> Codes:
    """Columns of Z that predict one variable; the least related go where rows are few."""
    own = layout.columns[place]
    every: Codes = np.r_[0 : own[0].start, own[-1].stop : layout.width].astype(np.intp)
    target = group.variables[place]
    rows = ~target.gaps
    fixed = group.fixed.shape[1]
    first = 1 + fixed - group.indicators
    small = [
        column
        for column in range(first, 1 + fixed)
        if group.fixed[rows, column - 1].sum() < numbers()["fewest_in_cluster"]
    ]
    every = every[~np.isin(every, small)]
    free = max(len(target.levels) - 1, 1)
    most = int(rows.sum() / (numbers()["rows_per_column"] * free))
    if len(every) - 1 <= most:
        return every
    strength = np.array([_related(group, layout, target, column) for column in every[1:]])
    best = np.sort(np.argsort(-strength, kind="stable")[: max(most, 0)])
    kept: Codes = every[np.r_[0, 1 + best]]
    return kept


def _related(group: Group, layout: _Layout, target: Variable, column: int) -> float:
    """Absolute correlation of a column with the variable where both are known."""
    fixed = group.fixed.shape[1]
    if column <= fixed:
        values = group.fixed[:, column - 1]
    else:
        place, mark, offset = next(
            (i, mark, column - own.start)
            for i, slices in enumerate(layout.columns)
            for mark, own in enumerate(slices)
            if own.start <= column < own.stop
        )
        one = group.variables[place]
        known = _columns(layout, place, one.values)[:, offset]
        values = np.where(one.gaps, np.nan, known * (group.marks[:, mark - 1] if mark else 1.0))
    both = ~(np.isnan(values) | target.gaps)
    x, y = values[both], target.values[both]
    if len(x) < 3 or x.std() == 0 or y.std() == 0:
        return 0.0
    return float(abs(np.corrcoef(x, y)[0, 1]))


def _batch(
    layout: _Layout,
    todo: Sequence[int],
    chosen: dict[int, Codes],
    *,
    rounds: int,
    m: int,
    seed: np.random.SeedSequence,
) -> tuple[dict[str, FloatArray], FloatArray]:
    rng, group = np.random.default_rng(seed), layout.group
    # Chains share their predictors when nothing but the one variable is imputed.
    Z = np.empty((m if len(todo) > 1 else 1, len(group.fixed), layout.width))
    Z[:, :, 0] = 1.0
    Z[:, :, 1 : 1 + group.fixed.shape[1]] = group.fixed
    values: dict[int, FloatArray] = {}
    for place, one in enumerate(group.variables):
        known, gaps = one.values[~one.gaps], one.gaps
        _write(Z, layout, place, ~gaps, known)
        if one.method:
            values[place] = known[rng.integers(len(known), size=(m, int(gaps.sum())))]
            if len(todo) > 1:
                _write(Z, layout, place, gaps, values[place])
    traces = np.empty((m, rounds, len(todo), 2))
    for turn in range(rounds):
        for position, place in enumerate(todo):
            found = _draw(layout, place, Z, chosen[place], m=m, rng=rng)
            values[place] = found
            if len(todo) > 1:
                _write(Z, layout, place, group.variables[place].gaps, found)
            traces[:, turn, position, 0] = found.mean(axis=1)
            traces[:, turn, position, 1] = found.std(axis=1)
    return {group.variables[place].name: values[place] for place in todo}, traces


def _draw(
    layout: _Layout,
    place: int,
    Z: FloatArray,
    chosen: Codes,
    *,
    m: int,
    rng: np.random.Generator,
) -> FloatArray:
    """One variable's missing values (m × missing) given everything else."""
    group = layout.group
    one = group.variables[place]
    there, gaps = np.flatnonzero(~one.gaps), np.flatnonzero(one.gaps)
    known, wanted = Z[:, there[:, None], chosen], Z[:, gaps[:, None], chosen]
    if one.levels:
        codes = one.values[there].astype(np.intp)
        return draw_levels(known, codes, wanted, len(one.levels), m=m, rng=rng).astype(float)
    y = (one.values[there] - layout.centre[place]) / layout.spread[place]
    matched = one.method == "pmm"
    if group.clusters is None:
        fit = draw_regression(known, y, m, rng)
        fitted = predict(known, fit.fitted) if matched else None
        ahead, sigma = predict(wanted, fit.drawn), fit.sigma
    else:
        own = group.clusters
        two = draw_two_level(known, y, own[there], group.n_clusters, m=m, rng=rng)
        fitted = predict(known, two.fitted) + two.effects[:, own[there]] if matched else None
        ahead, sigma = predict(wanted, two.drawn) + two.drawn_effects[:, own[gaps]], two.sigma
    if fitted is not None:
        return match(fitted, ahead, one.values[there], int(numbers()["donors"]), rng)
    noise = sigma[:, None] * rng.standard_normal(ahead.shape)
    return np.asarray(layout.centre[place] + layout.spread[place] * (ahead + noise))
