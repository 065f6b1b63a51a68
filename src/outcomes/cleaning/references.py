"""Rows that refer to nothing, and rows that refer to the wrong thing."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from outcomes.cleaning.context import known
from outcomes.cleaning.policy import Settings
from outcomes.cleaning.traced import Tables, Traced, Tracing
from outcomes.errors import InputError
from outcomes.schema import TABLES, Reference
from outcomes.schema.texts import places_of, text_array

_PARTNERS = ("client_a", "client_b")
_WAITS = "waits_with_other"


def check_units(tables: Tables, settings: Settings) -> Traced:
    """Drop episodes that do not say whose they are: a client, or a couple, never both.

    Couples that name one client twice go first.
    """
    del settings
    tracing = Tracing("check_units", tables)
    if "couples" in tables:
        couples = tables["couples"]
        tracing.drop("couples", couples["client_a"] == couples["client_b"], "same_partner")
    if "episodes" in tables:
        episodes = tables["episodes"]
        has_client, has_couple = episodes["client_id"].notna(), episodes["couple_id"].notna()
        of_couple = (episodes["unit"] == "couple").fillna(False)
        wrong = (has_client == of_couple) | (has_couple != of_couple)
        tracing.drop("episodes", wrong, "unit_mismatch", "unit")
    return tracing.done()


def check_references(tables: Tables, settings: Settings) -> Traced:
    """Drop rows that name a row which is not there, from the clients downwards.

    A table is checked after those it points to, so what belongs to a dropped client goes
    with it, and what belongs to a row that waits for a decision waits too. References the
    policy lists are emptied instead. Rows of `settings.context` count as being there.
    Raises InputError where rows refer to a table the source does not have at all.
    """
    tracing = Tracing("check_references", tables)
    for name in TABLES:
        if name not in tracing:
            continue
        for reference in TABLES[name].references:
            _check_reference(tracing, name, reference, settings)
        if {"client_id", "episode_id"} <= set(TABLES[name].names) and name != "episodes":
            _check_membership(tracing, name, settings)
    return tracing.done()


def _check_reference(tracing: Tracing, name: str, reference: Reference, settings: Settings) -> None:
    cells = tracing[name][reference.column]
    emptied = f"{name}.{reference.column}" in settings.policy.emptied_references
    target = known(tracing, reference.table, settings)
    if target is None and not emptied:
        if cells.notna().any():
            raise InputError(
                f"rows of {name} refer to {reference.table}, which this source does not have",
                where=f"{name}.{reference.column}",
                how_many=int(cells.notna().sum()),
                fix=f"add the table {reference.table} to the source, or map it in the layout; "
                "the same file may stand in several [[files]] entries",
            )
        return
    (key,) = TABLES[reference.table].key
    orphan = cells.notna() & ~_among(cells, None if target is None else target[key])
    aside = tracing.aside(reference.table)
    if aside is not None:
        # Although an earlier export had the row: as it is now, it has to be decided upon.
        own = tracing[reference.table][key] if reference.table in tracing else None
        waits = cells.notna() & ~_among(cells, own) & _among(cells, aside[key])
        if emptied:
            tracing.empty(name, waits, _WAITS, reference.column)
        else:
            tracing.quarantine(name, waits, _WAITS, reference.column)
        orphan = (orphan & ~waits).reindex(tracing[name].index)
    tracing.lose(name, orphan, "orphan", reference.column, required=not emptied)


def _check_membership(tracing: Tracing, name: str, settings: Settings) -> None:
    """Take a client beside an episode only if they take part in it, alone or as a partner."""
    courses = known(tracing, "episodes", settings)
    if courses is None:
        return
    frame = tracing[name]
    owner = _looked_up(frame["episode_id"], courses, "episode_id", "client_id")
    member = _same(frame["client_id"], owner)
    pairs = known(tracing, "couples", settings)
    if pairs is not None:
        couple = _looked_up(frame["episode_id"], courses, "episode_id", "couple_id")
        for partner in _PARTNERS:
            other = _looked_up(couple, pairs, "couple_id", partner)
            member = member | _same(frame["client_id"], other)
    both = (frame["client_id"].notna() & frame["episode_id"].notna()).to_numpy()
    # What may be emptied is given up, and the rest of the row kept.
    spared = (f"{name}.{column}" for column in ("episode_id", "client_id"))
    emptied = [name for name in spared if name in settings.policy.emptied_references]
    column = emptied[0].split(".")[1] if emptied else "client_id"
    tracing.lose(name, both & ~member, "orphan", column, required=not emptied)


def _among(cells: pd.Series, ids: pd.Series | None) -> np.ndarray:
    """Which cells are one of these ids."""
    if ids is None:
        return np.zeros(len(cells), dtype=bool)
    return places_of(text_array(ids), cells) >= 0


def _looked_up(ids: Iterable[object], table: pd.DataFrame, key: str, column: str) -> pa.Array:
    """For each id the cell of a column in its row."""
    place = places_of(text_array(table[key]), ids)
    return text_array(table[column]).take(pa.array(place, mask=place < 0))


def _same(left: pd.Series, right: pa.Array) -> np.ndarray:
    equal = pc.equal(text_array(left), right).fill_null(False)
    return np.asarray(equal.to_numpy(zero_copy_only=False), dtype=bool)
