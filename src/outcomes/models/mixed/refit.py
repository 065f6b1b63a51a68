"""The same model to another outcome, without summing what does not change."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from outcomes.errors import UsageError
from outcomes.models.mixed.data import ModelData
from outcomes.models.mixed.prepare import Prepared
from outcomes.models.mixed.stacks import Numbers, Places
from outcomes.models.mixed.summary import base_of


def with_outcome(data: ModelData, outcome: Numbers) -> ModelData:
    """The data with another outcome of the rows used. Raises UsageError if it does not fit."""
    values = np.asarray(outcome, dtype="float64")
    if values.shape != data.outcome.shape or not np.isfinite(values).all():
        raise UsageError(
            "The outcome needs one number for each row that the model uses.",
            where="parameter outcome",
            how_many=int(values.size),
            fix=f"Give {data.n_used} numbers, none missing.",
        )
    origin = float(values.mean()) if data.constant is not None else 0.0
    return replace(data, outcome=values, origin=origin)


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """What is needed to put other outcomes into a prepared model.

    `columns` (b - 1) are the base columns of the rows; `pair_of` and `values` those of each
    crossed column of a row: its pair, and its value divided by the column's scale.
    """

    prepared: Prepared
    codes: Places
    columns: list[Numbers]
    pair_of: list[Places]
    values: list[Numbers]
    origin: float

    def prepared_for(self, outcome: Numbers) -> Prepared:
        """The prepared model with another outcome of the rows, in points."""
        known, leaf = self.prepared, self.prepared.leaf
        y = (outcome - self.origin) / known.outcome_scale
        n = leaf.products.shape[2]
        products = leaf.products.copy()
        order = known.order[0]
        for place, column in enumerate([*self.columns, y]):
            sums = np.bincount(self.codes, column * y, minlength=n)[order]
            products[place, -1] = products[-1, place] = sums
        pairs = leaf.pair_products
        if self.pair_of:
            pairs = pairs.copy()
            pairs[-1] = sum(
                np.bincount(place, value * y, minlength=pairs.shape[1])
                for place, value in zip(self.pair_of, self.values, strict=True)
            )
        return replace(known, leaf=replace(leaf, products=products, pair_products=pairs))


def outcomes_of(prepared: Prepared, data: ModelData) -> Outcomes:
    """Find the base columns of the rows, and the pairs they belong to."""
    base, found = base_of(data.fixed, data.fixed.names, data.groupings)
    codes = data.groupings[found.chain[0]].codes.astype(np.intp)
    leaf = prepared.leaf
    scale = prepared.base_scale
    columns = [column / size for column, size in zip(base, scale, strict=False)]
    pair_of, values = [], []
    if leaf.pairs is not None:
        rank = np.empty(len(prepared.order[0]), dtype=np.intp)
        rank[prepared.order[0]] = np.arange(len(rank))
        assert prepared.crossed is not None
        total = prepared.crossed.n_columns
        keys = leaf.pairs.block * total + leaf.pairs.column
        offset = 0
        chain = len(prepared.nests) + 1
        for place, size in zip(found.crossed, prepared.random_scale[chain:], strict=True):
            grouping = data.groupings[place]
            own, q = grouping.columns, len(grouping.column_names)
            for at in range(q):
                column = offset + grouping.codes.astype(np.intp) * q + at
                pair_of.append(np.searchsorted(keys, rank[codes] * total + column))
                values.append(own[:, at] / size[at])
            offset += grouping.n_levels * q
    return Outcomes(prepared, codes, columns, pair_of, values, data.origin)
