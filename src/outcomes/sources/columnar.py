"""Parquet files as text cells: days in ISO form, numbers exactly as they are stored."""

from __future__ import annotations

import io
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from outcomes.errors import InputError
from outcomes.sources.delimited import Records, check_width
from outcomes.sources.limits import source_policy


def read_columnar(content: bytes, name: str) -> Records:
    """Read a Parquet file; line 2 is its first row, as under a header.

    Through pyarrow rather than pandas, whose index would hide columns and whose floats would
    take whole numbers with gaps. Raises InputError where the file is broken, or a column holds
    lists or bytes.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        _check_size(parquet.ParquetFile(io.BytesIO(content)).metadata, name)
        table = parquet.read_table(io.BytesIO(content))
        columns = [(column.type, column.to_pylist()) for column in table.columns]
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
        raise InputError(
            f"the Parquet file cannot be read ({type(error).__name__})",
            where=name,
            fix="write it again, or export CSV",
        ) from None
    headers = [str(header) for header in table.column_names]
    cells = []
    for header, (kind, values) in zip(headers, columns, strict=True):
        short = pa.types.is_float32(kind) or pa.types.is_float16(kind)
        try:
            cells.append([value_text(value, kind.to_pandas_dtype() if short else None)
                          for value in values])  # fmt: skip
        except TypeError:
            raise InputError(
                f"the column {header!r} holds {kind}, not one value in each row",
                where=name,
                fix="leave the column out, or write it as text",
            ) from None
    rows = [list(row) for row in zip(*cells, strict=True)]
    return Records(headers, rows, list(range(2, len(rows) + 2)))


def _check_size(metadata: Any, name: str) -> None:  # noqa: ANN401 - pyarrow is untyped
    """Refuse, with an InputError, what would unpack to more than fits."""
    policy = source_policy()
    sizes = [
        metadata.row_group(group).column(column).total_uncompressed_size
        for group in range(metadata.num_row_groups)
        for column in range(metadata.num_columns)
    ]
    check_width(list(metadata.schema.names), name)
    if metadata.num_rows * metadata.num_columns > policy.values or sum(sizes) > policy.file_bytes:
        raise InputError(
            "the Parquet file holds more values than can be read at once",
            where=name,
            how_many=metadata.num_rows,
            fix="write it in parts, for example one file for each year",
        )


def value_text(value: Any, short: Any = None) -> str:  # noqa: ANN401, PLR0911 - one return for each type
    """Return a stored value as text: days in ISO form, numbers exactly, "" for missing.

    `short` is numpy's class of a float narrower than 64 bits. Raises TypeError for lists,
    bytes and the like.
    """
    if value is None or value != value:  # noqa: PLR0124 - only "not a number" differs from itself
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if value.is_integer():
            return str(int(value))
        # A single-precision 0.1 is 0.10000000149 in double precision: its own digits count.
        return str(short(value)) if short is not None else repr(value)
    if isinstance(value, datetime):
        plain = value.tzinfo is None and value.time() == time()
        return value.date().isoformat() if plain else value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, str | int | UUID):
        return str(value)
    raise TypeError
