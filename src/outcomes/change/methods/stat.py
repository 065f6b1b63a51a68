"""Crossing the cut-off, whatever the size of the change."""

from __future__ import annotations

from outcomes.change.jacobson_truax import SOURCE
from outcomes.change.methods.model import AMOUNT, Method

METHOD = Method(
    id="stat",
    name="cut-off only",
    formula="clinical at the start and not at the end (improved), or the reverse (deteriorated)",
    source=SOURCE,
    use="The question is on which side of the cut-off people end, as in services that count "
    "caseness.",
    avoid="As change of a person: a move of one point across the cut-off counts, one of twenty "
    "points on the same side does not.",
    needs=("criterion",),
    sided=AMOUNT,
)
