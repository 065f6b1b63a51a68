"""Values of a database as text cells, written as those of a Parquet file are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

from outcomes.sources.columnar import value_text


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


def _text(value: Any, zone: tzinfo | None, short: Any) -> str:  # noqa: ANN401 - of a driver
    if isinstance(value, datetime) and value.tzinfo is not None:
        value = value.astimezone(zone or UTC)
    return value_text(value, short)
