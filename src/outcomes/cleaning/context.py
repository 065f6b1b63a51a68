"""Rows that are known from before: what a later export may refer to without repeating it."""

from __future__ import annotations

from typing import Protocol

import pandas as pd

from outcomes.cleaning.policy import Settings
from outcomes.schema import TABLES


class Holds(Protocol):
    """Tables by name: those of a source, or those inside a cleaning step."""

    def __contains__(self, table: str) -> bool: ...

    def __getitem__(self, table: str) -> pd.DataFrame: ...


def known(tables: Holds, name: str, settings: Settings) -> pd.DataFrame | None:
    """The rows of a table that a reference may name, with the declared columns.

    The source's own rows outweigh those of `settings.context` with the same id. None where
    neither the source nor the context has the table.
    """
    names = TABLES[name].names
    own = tables[name] if name in tables else None  # noqa: SIM401 - no mapping
    before = settings.context.get(name)
    if before is None or before.empty:
        return own
    if own is None:
        return before[names]
    (key,) = TABLES[name].key
    rest = before.loc[~before[key].isin(own[key]), names]
    return pd.concat([own[names], rest], ignore_index=True)
