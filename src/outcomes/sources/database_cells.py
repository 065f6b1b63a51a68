"""Values of a database as text cells, written as those of a Parquet file are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal
from typing import Any
from uuid import UUID


def as_texts(
    values: Sequence[Any],
    zone: tzinfo | None,
    short: Any = None,  # noqa: ANN401 - numpy's class
) -> list[str]:
    """Return one column as text.

    Days in ISO form, numbers exactly as they are stored, true and false, "" for NULL; a time
    with a zone is given as it was in `zone`, or in UTC. `short` is numpy's class of a float
    narrower than 64 bits. Raises TypeError for lists, bytes and the like.
    """
    return [value if type(value) is str else _text(value, zone, short) for value in values]


def has_zone(values: Sequence[Any]) -> bool:
    """Whether a column holds moments in time rather than days or wall-clock times."""
    return any(isinstance(value, datetime) and value.tzinfo is not None for value in values)


def _text(value: Any, zone: tzinfo | None, short: Any) -> str:  # noqa: ANN401, PLR0911
    if value is None or value != value:  # noqa: PLR0124 - only "not a number" differs from itself
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if value.is_integer():
            return str(int(value))
        return str(short(value)) if short is not None else repr(value)
    if isinstance(value, datetime):
        return _moment(value, zone)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, str | int | UUID):
        return str(value)
    raise TypeError


def _moment(value: datetime, zone: tzinfo | None) -> str:
    if value.tzinfo is not None:
        return value.astimezone(zone or UTC).isoformat(sep=" ")
    return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
