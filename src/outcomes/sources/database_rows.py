"""Rows on their way from a database: column names, and columns of values in parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """`chunks` gives, for some rows at a time, the values of each column.

    `ordered` says that they come in the order of the primary key; `short` holds, by position,
    numpy's class of floats narrower than 64 bits.
    """

    headers: tuple[str, ...]
    chunks: Iterator[Sequence[Sequence[Any]]]
    ordered: bool = False
    short: dict[int, Any] = field(default_factory=dict)
