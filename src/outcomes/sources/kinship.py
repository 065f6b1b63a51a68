"""The rows of other tables that may decide about some rows: people, couples, episodes, staff."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import compute

_PARTNERS = ("client_a", "client_b")
# Which columns of a table hold which kind of id.
_LINKS = {
    "clients": {"client_id": "client"},
    "couples": {"couple_id": "couple", "client_a": "client", "client_b": "client"},
    "episodes": {"episode_id": "episode", "client_id": "client", "couple_id": "couple"},
}


def related(tables: Mapping[str, pd.DataFrame], rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Raw rows of clients, couples, practitioners and episodes that `rows` lead to.

    Followed from person to episode to couple to partner and back until nothing new is found,
    so that every rule about these rows finds what it would find in the whole tables.
    """
    ids = {
        "client": _distinct([rows["client_id"]]),
        "episode": _distinct([rows["episode_id"]]),
        "couple": pa.array([], pa.large_string()),
    }
    size = -1
    masks: dict[str, np.ndarray] = {}
    while size != sum(map(len, ids.values())):
        size = sum(map(len, ids.values()))
        for name, columns in _LINKS.items():
            if name in tables:
                frame = tables[name]
                hits = [_among(frame[column], ids[kind]) for column, kind in columns.items()]
                masks[name] = np.logical_or.reduce(hits)
                for column, kind in columns.items():
                    cells = frame.loc[masks[name], column]
                    ids[kind] = _distinct([_series(ids[kind]), cells])
    found = {name: tables[name][mask] for name, mask in masks.items()}
    if "practitioners" in tables:
        staff = tables["practitioners"]
        episodes = found.get("episodes")
        named = _distinct([] if episodes is None else [episodes["practitioner_id"]])
        found["practitioners"] = staff[_among(staff["practitioner_id"], named)]
    return found


def _distinct(cells: Iterable[pd.Series]) -> pa.Array:
    parts = [pa.array(part.array).cast(pa.large_string()) for part in cells]
    chunks = [c for part in parts for c in (part.chunks if hasattr(part, "chunks") else [part])]
    return pa.chunked_array(chunks, pa.large_string()).unique().drop_null()


def _series(ids: pa.Array) -> pd.Series:
    return pd.Series(pd.array(ids, dtype="string"))


def _among(cells: pd.Series, ids: pa.Array) -> np.ndarray:
    texts = pa.array(cells.array).cast(pa.large_string())
    return np.asarray(compute.is_in(texts, value_set=ids))
