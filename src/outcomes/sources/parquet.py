"""Tables of the schema as Parquet: fixed types, and the same bytes for the same rows."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from outcomes.schema import Kind, Table

_ARROW = {
    Kind.KEY: pa.string(),
    Kind.CATEGORY: pa.string(),
    Kind.TEXT: pa.string(),
    Kind.INTEGER: pa.int64(),
    Kind.NUMBER: pa.float64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.DATE: pa.date32(),
    Kind.TIME: pa.string(),
}
_PANDAS = {
    pa.string(): pd.StringDtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.float64(): pd.Float64Dtype(),
    pa.bool_(): pd.BooleanDtype(),
}
# Beside the declared columns of a table, by dtype; see `versions`.
EXTRA = {"Int64": pa.int64(), "boolean": pa.bool_(), "string": pa.string()}


def table_bytes(frame: pd.DataFrame, table: Table, extra: Mapping[str, str]) -> bytes:
    """A frame as a Parquet file. `extra` gives further columns with their pandas dtype."""
    types = {column.name: _ARROW[column.kind] for column in table.columns}
    types |= {name: EXTRA[dtype] for name, dtype in extra.items()}
    arrays = [
        pa.array(frame[name], type=kind, from_pandas=True)
        if kind != pa.date32()
        else pa.array(frame[name], from_pandas=True).cast(pa.date32(), safe=False)
        for name, kind in types.items()
    ]
    schema = pa.schema(list(types.items()))
    return _bytes(pa.Table.from_arrays([_whole(array) for array in arrays], schema=schema))


def frame_bytes(frame: pd.DataFrame) -> bytes:
    """Any small frame of text and numbers as a Parquet file."""
    return _bytes(pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None))


def read_table(
    content: bytes,
    table: Table,
    extra: Mapping[str, str],
    columns: Sequence[str] | None = None,
) -> pd.DataFrame:
    """The frame of `table_bytes`, in the declared dtypes; `columns` narrows it.

    A column that was declared only after the file was written comes out empty.
    """
    source = pq.ParquetFile(io.BytesIO(content))
    wanted = [*table.names, *extra] if columns is None else columns
    there = [name for name in wanted if name in source.schema_arrow.names]
    return as_declared(source.read(columns=there), table, extra, columns)


def as_declared(
    found: pa.Table, table: Table, extra: Mapping[str, str], columns: Sequence[str] | None = None
) -> pd.DataFrame:
    """The declared columns of an Arrow table in their dtypes; those it lacks come out empty."""
    dtypes = {column.name: column.dtype for column in table.columns} | dict(extra)
    wanted = list(dtypes) if columns is None else list(columns)
    frame = found.to_pandas(types_mapper=_PANDAS.get, date_as_object=False, ignore_metadata=True)
    return frame.reindex(columns=wanted).astype({name: dtypes[name] for name in wanted})


def read_frame(content: bytes) -> pd.DataFrame:
    """The frame of `frame_bytes`."""
    frame: pd.DataFrame = pq.read_table(io.BytesIO(content)).to_pandas()
    return frame


def _whole(array: pa.Array | pa.ChunkedArray) -> pa.Array:
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _bytes(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd", store_schema=False)
    return sink.getvalue()
