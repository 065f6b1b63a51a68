"""DuckDB files, read with DuckDB's own package: read-only, and shut off from other files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from outcomes.errors import InputError, UsageError
from outcomes.sources.address import Address
from outcomes.sources.database_limits import database_limits, kind_of, refusal
from outcomes.sources.database_rows import Rows

USUAL = "main"
# A query of a layout may read the database it is for and nothing else of this machine.
SHUT = {"enable_external_access": "false", "lock_configuration": "true", "threads": "2"}


class DuckDatabase:
    """One DuckDB file, open for reading."""

    def __init__(self, address: Address) -> None:
        try:
            import duckdb
        except ImportError:
            raise UsageError(
                "DuckDB is not installed", fix="install it with: pip install 'outcomes[sources]'"
            ) from None
        self.where = address.name
        self._error = duckdb.Error
        if address.file is None or not address.file.is_file():
            raise InputError("there is no such file", where=self.where, fix="check the path")
        try:
            self._connection: Any = duckdb.connect(
                str(address.file), read_only=True, config=dict(SHUT)
            )
        except duckdb.Error as error:
            raise self._refusal(error, self.where, "unreachable") from None
        self._names: dict[str, tuple[str, str]] | None = None

    def tables(self) -> list[str]:
        """Names of tables and views: plain in the usual schema, else schema.table."""
        return [_name(*place) for place in dict.fromkeys(self._places().values())]

    def knows(self, name: str) -> bool:
        """Whether there is such a table; those of the usual schema may be named either way."""
        return name in self._places()

    def rows_of_table(self, name: str) -> Rows:
        """All rows, by primary key where there is one."""
        schema, table = self._places()[name]
        key = self._fetch(
            "SELECT constraint_column_names FROM duckdb_constraints() WHERE schema_name = ? "
            "AND table_name = ? AND constraint_type = 'PRIMARY KEY'",
            [schema, table],
        )
        names = [str(column) for column in key[0][0]] if key else []
        order = f" ORDER BY {', '.join(map(_quoted, names))}" if names else ""
        query = f"SELECT * FROM {_quoted(schema)}.{_quoted(table)}{order}"  # noqa: S608 - quoted
        return self._rows(query, f"{self.where}[{name}]", ordered=bool(names))

    def rows_of_query(self, query: str) -> Rows:
        """The rows of a SELECT."""
        return self._rows(query, self.where)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _places(self) -> dict[str, tuple[str, str]]:
        if self._names is None:
            found = self._fetch(
                "SELECT table_schema, table_name FROM information_schema.tables "
                "WHERE table_catalog = current_database() ORDER BY table_schema, table_name",
                [],
            )
            self._names = {_name(*place): place for place in found}
            self._names |= {f"{schema}.{table}": (schema, table) for schema, table in found}
        return self._names

    def _fetch(self, query: str, parameters: list[str]) -> list[Any]:
        try:
            return list(self._connection.execute(query, parameters).fetchall())
        except self._error as error:
            raise self._refusal(error, self.where, "unreadable") from None

    def _rows(self, query: str, where: str, *, ordered: bool = False) -> Rows:
        import pyarrow as pa

        # Through Arrow: as Python objects, moments would need one more package (pytz).
        try:
            reader = self._connection.sql(query).to_arrow_reader(database_limits().rows_at_once)
        except self._error as error:
            raise self._refusal(error, where, "unreadable") from None
        short = {
            n: column.type.to_pandas_dtype()
            for n, column in enumerate(reader.schema)
            if pa.types.is_float32(column.type) or pa.types.is_float16(column.type)
        }
        headers = tuple(str(name) for name in reader.schema.names)
        return Rows(headers, self._chunks(reader, where), ordered, short)

    def _chunks(self, reader: Any, where: str) -> Iterator[list[list[Any]]]:  # noqa: ANN401
        import pyarrow as pa

        try:
            for batch in reader:
                yield [column.to_pylist() for column in batch.columns]
        except (self._error, pa.ArrowException, OSError, ValueError, OverflowError) as error:
            raise self._refusal(error, where, "unreadable") from None

    def _refusal(self, error: Exception, where: str, default: str) -> InputError:
        kinds = {
            "CatalogException": "no_table",
            "BinderException": "no_column",
            "ParserException": "syntax",
            "PermissionException": "permission",
        }
        found = kinds.get(type(error).__name__) or kind_of(str(error), None, default)
        return refusal(found, where)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _name(schema: str, table: str) -> str:
    return table if schema == USUAL else f"{schema}.{table}"
