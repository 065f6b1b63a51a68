"""One model from the summaries of several parts of the data: no row leaves its part.

The summaries of the parts add up to that of the whole. A part tells 13 numbers a client
(for intercept and week, one arm): it is not anonymous, and is to be treated as data.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from outcomes.errors import UsageError
from outcomes.models.formula.fixed import complete_rows, expression_values
from outcomes.models.mixed.columns import Column
from outcomes.models.mixed.data import ModelData, level_codes, used_columns
from outcomes.models.mixed.fit import Fit, fit_summary
from outcomes.models.mixed.stacks import Numbers, Places
from outcomes.models.mixed.structure import Grouping
from outcomes.models.mixed.summary import Factor, Summary, summarise


def part_summary(
    template: ModelData, frame: pd.DataFrame, nested: Sequence[str] | None = None
) -> Summary:
    """The summary of one part, its columns made as those of `template`.

    The template (`model_data` of any rows that hold every level of the fixed part) brings
    names, coding and the origin of the outcome, the same for all parts.
    """
    read = template.formula
    used, _ = complete_rows(frame, used_columns(read, frame))
    rows = frame.loc[used]
    groupings = []
    for known, terms in zip(template.groupings, template.random, strict=True):
        codes, levels = level_codes(rows, terms[0].group)
        columns = np.hstack([term.rows(rows) for term in terms])
        groupings.append(
            Grouping(known.name, codes, levels, (columns,), known.column_names, known.blocks)
        )
    return summarise(
        expression_values(read.response, rows, what="response"),
        template.fixed.rows(rows),
        template.fixed.names,
        groupings,
        origin=template.origin,
        nested=nested,
    )


def fit_parts(parts: Sequence[Summary], *, reml: bool = True) -> Fit:
    """Fit the model to all parts. Raises UsageError where they do not belong together."""
    return fit_summary(join(parts), reml=reml)


def join(parts: Sequence[Summary]) -> Summary:
    """The summary of the whole. Groups must be nested, also over the parts."""
    _check(parts)
    first = parts[0]
    bases, columns = _layout(parts)
    levels, places = _levels(parts)
    n, b = len(levels[0]), len(bases)
    products, factors = np.zeros((b, b, n)), np.zeros((len(columns), n))
    seen = np.zeros((len(columns), n), dtype=bool)
    for part, place in zip(parts, places, strict=True):
        wide = _widened(part, bases, columns)
        products[:, :, place[0]] += wide
        for number, (_, base) in enumerate(columns):
            values = _factor(part, number, base)
            told = wide[bases.index(base), bases.index(base)] > 0
            known = seen[number, place[0]] & told
            if not np.array_equal(factors[number, place[0]][known], values[known]):
                raise _contradiction(first.chain[0].name)
            chosen = told | ~seen[number, place[0]]
            factors[number, place[0][chosen]] = values[chosen]
            seen[number, place[0][told]] = True
    made = [Column(bases.index(base), number) for number, (_, base) in enumerate(columns)]
    sizes = [len(level) for level in first.upper]
    ends = np.cumsum([0, *sizes])
    return Summary(
        products=products,
        base_names=tuple(bases),
        factors=factors,
        upper=tuple(tuple(made[a:z]) for a, z in pairwise(ends)),
        fixed=tuple(made[ends[-1] :]),
        fixed_names=first.fixed_names,
        chain=tuple(
            Factor(known.name, names, known.column_names, known.blocks)
            for known, names in zip(first.chain, levels, strict=True)
        ),
        parents=_parents(parts, levels, places),
        crossed=None,
        origin=first.origin,
        n_rows=sum(part.n_rows for part in parts),
    )


def _check(parts: Sequence[Summary]) -> None:
    """Raise UsageError where parts are of different models, or crossed."""
    if not parts:
        raise UsageError("There is no part.", where="parameter parts", fix="Give one or more.")
    first = parts[0]
    for part in parts:
        if part.crossed is not None:
            raise UsageError(
                "A part has groups that are crossed.",
                where="parameter parts",
                fix="Fit all rows together.",
            )
        same = (
            part.fixed_names == first.fixed_names
            and part.origin == first.origin
            and [(f.name, f.column_names, f.blocks) for f in part.chain]
            == [(f.name, f.column_names, f.blocks) for f in first.chain]
        )
        if not same:
            raise UsageError(
                "The parts are not of the same model.",
                where="parameter parts",
                fix="Make them from one template, with `nested` naming the groups.",
            )


def _all_columns(part: Summary) -> list[tuple[str, Column]]:
    """Upper and fixed columns, with a name that no other has."""
    named = [
        (f"{factor.name}:{name}", column)
        for factor, level in zip(part.chain[1:], part.upper, strict=True)
        for name, column in zip(factor.column_names, level, strict=True)
    ]
    return [*named, *zip(part.fixed_names, part.fixed, strict=True)]


def _layout(parts: Sequence[Summary]) -> tuple[list[str], list[tuple[str, str]]]:
    """Base columns of the whole, and for each column the one it is a multiple of."""
    leaf = list(parts[0].base_names[: parts[0].chain[0].n_columns])
    bases, columns = leaf, []
    known = [_all_columns(part) for part in parts]
    for number, (name, _) in enumerate(known[0]):
        used = {
            part.base_names[one[number][1].base] for part, one in zip(parts, known, strict=True)
        }
        base = used.pop() if len(used) == 1 else f"column {name}"
        if base not in bases:
            bases.append(base)
        columns.append((name, base))
    return [*bases, "outcome"], columns


def _factor(part: Summary, number: int, base: str) -> Numbers:
    """The clients' numbers of a column, 1 where the base column stands for itself."""
    _, column = _all_columns(part)[number]
    if part.base_names[column.base] != base or column.factor is None:
        return np.ones(part.n_blocks)
    return np.asarray(part.factors[column.factor])


def _widened(part: Summary, bases: list[str], columns: list[tuple[str, str]]) -> Numbers:
    """The part's products over the base columns of the whole."""
    place, factor = [], np.ones((len(bases), part.n_blocks))
    own = dict(zip((base for _, base in columns), _all_columns(part), strict=True))
    for number, base in enumerate(bases):
        if base in part.base_names:
            place.append(part.base_names.index(base))
            continue
        _, column = own[base]
        place.append(column.base)
        if column.factor is not None:
            factor[number] = part.factors[column.factor]
    wide = part.products[np.ix_(place, place)]
    return np.asarray(wide * factor[:, None] * factor[None])


def _levels(
    parts: Sequence[Summary],
) -> tuple[list[np.typing.NDArray[np.object_]], list[list[Places]]]:
    """Levels of the whole for each factor, and where each part's levels are among them."""
    levels: list[np.typing.NDArray[np.object_]] = []
    places: list[list[Places]] = [[] for _ in parts]
    for depth in range(len(parts[0].chain)):
        names = [name for part in parts for name in part.chain[depth].levels]
        known = {name: number for number, name in enumerate(dict.fromkeys(names))}
        whole = np.empty(len(known), dtype=object)
        whole[:] = list(known)
        levels.append(whole)
        for part, place in zip(parts, places, strict=True):
            place.append(np.array([known[name] for name in part.chain[depth].levels], dtype=int))
    return levels, places


def _parents(
    parts: Sequence[Summary],
    levels: list[np.typing.NDArray[np.object_]],
    places: list[list[Places]],
) -> tuple[Places, ...]:
    """The parent of each level of the whole; parts must agree."""
    made = []
    for depth in range(len(levels) - 1):
        parent = np.full(len(levels[depth]), -1, dtype=np.intp)
        for part, place in zip(parts, places, strict=True):
            told = place[depth + 1][part.parents[depth]]
            before = parent[place[depth]]
            if ((before >= 0) & (before != told)).any():
                raise UsageError(
                    "A level belongs to different groups in different parts.",
                    where=f"group {parts[0].chain[depth].name}",
                    fix="Fit all rows together: the groups are crossed.",
                )
            parent[place[depth]] = told
        made.append(parent)
    return tuple(made)


def _contradiction(name: str) -> UsageError:
    return UsageError(
        "A column that is constant within each part differs between the parts.",
        where=f"levels of {name} that are in several parts",
        fix="Keep all rows of a level in one part.",
    )
