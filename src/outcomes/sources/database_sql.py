"""Every other database, through SQLAlchemy: one read-only transaction, fetched in parts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import quote

from outcomes.errors import InputError, OutcomesError, UsageError
from outcomes.sources.address import PASSWORD, Address
from outcomes.sources.database_limits import database_limits, kind_of, refusal
from outcomes.sources.database_rows import Rows

_INSTALL = "pip install 'outcomes[sources]'"
# Told to the driver where its option is known to be called so.
_TIMED = {"psycopg", "psycopg2", "pymysql", "mysqldb", "mariadbconnector"}


class SqlDatabase:
    """One connection of SQLAlchemy, opened for reading."""

    def __init__(self, address: Address) -> None:
        try:
            import sqlalchemy
        except ImportError:
            raise UsageError(
                "SQLAlchemy is not installed", fix=f"install it with: {_INSTALL}"
            ) from None
        self.where = address.name
        self._sql = sqlalchemy
        self._names: dict[str, tuple[str | None, str]] | None = None
        self._engine = self._made(address)
        try:
            with self._translated(self.where, "unreachable"):
                self._connection = self._engine.connect()
                self._begin(address.dialect)
        except OutcomesError:
            self._engine.dispose()
            raise

    def tables(self) -> list[str]:
        """Names of tables and views: plain in the usual schema, else schema.table."""
        return [_name(*place) for place in dict.fromkeys(self._places().values())]

    def knows(self, name: str) -> bool:
        """Whether there is such a table; those of the usual schema may be named either way."""
        return name in self._places()

    def rows_of_table(self, name: str) -> Rows:
        """All rows, by primary key where there is one."""
        schema, table = self._places()[name]
        where = f"{self.where}[{name}]"
        with self._translated(where, "unreadable"):
            inspector = self._sql.inspect(self._connection)
            key = inspector.get_pk_constraint(table, schema).get("constrained_columns") or []
        quoted = self._engine.dialect.identifier_preparer.quote_identifier
        place = quoted(table) if schema is None else f"{quoted(schema)}.{quoted(table)}"
        order = f" ORDER BY {', '.join(map(quoted, key))}" if key else ""
        return self._rows(f"SELECT * FROM {place}{order}", where, ordered=bool(key))  # noqa: S608

    def rows_of_query(self, query: str) -> Rows:
        """The rows of a SELECT."""
        return self._rows(query, self.where)

    def close(self) -> None:
        """End the transaction without committing anything."""
        # A connection that is lost already holds nothing of ours.
        with suppress(OutcomesError), self._translated(self.where, "unreadable"):
            self._connection.rollback()
            self._connection.close()
        self._engine.dispose()

    def _made(self, address: Address) -> Any:  # noqa: ANN401 - imported inside
        try:
            url = self._sql.engine.make_url(address.url)
            if address.file is not None:
                url = _read_only_file(url, address)
            elif url.username and not url.password and os.environ.get(PASSWORD):
                url = url.set(password=os.environ[PASSWORD])
            driver = url.get_driver_name()
            seconds = {"connect_timeout": database_limits().connect_seconds}
            timed = driver in _TIMED and "connect_timeout" not in url.query
            return self._sql.create_engine(
                url, hide_parameters=True, connect_args=seconds if timed else {}
            )
        except ModuleNotFoundError as error:
            name = str(error.name)
            ours = name.startswith("psycopg")
            raise UsageError(
                f"the driver {name} of this kind of database is not installed",
                where=self.where,
                fix=f"install it with: {_INSTALL if ours else f'pip install {name}'}",
            ) from None
        except self._sql.exc.NoSuchModuleError:
            raise InputError(
                f"{address.dialect!r} is no kind of database that is known here",
                where=self.where,
                fix="write postgresql://, mysql+pymysql://, sqlite:///, duckdb:/// or what the "
                "driver's manual says",
            ) from None
        except (self._sql.exc.ArgumentError, ValueError):
            raise InputError(
                "the address of the database has another form",
                where=self.where,
                fix="write it as dialect://user@server:port/database; in a password write "
                "@ as %40, / as %2F and : as %3A",
            ) from None

    def _begin(self, dialect: str) -> None:
        """Start the one transaction: nothing can be written, and nothing moves meanwhile."""
        if dialect == "postgresql":
            self._connection = self._connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        elif dialect in ("mysql", "mariadb"):
            self._connection.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
            self._connection.commit()
        self._connection.begin()
        if dialect == "sqlite":  # a first look: a file that is no database opens without a word
            self._connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").all()

    def _places(self) -> dict[str, tuple[str | None, str]]:
        if self._names is None:
            with self._translated(self.where, "unreadable"):
                inspector = self._sql.inspect(self._connection)
                usual = inspector.default_schema_name
                named: dict[str, tuple[str | None, str]]
                named = {name: (None, name) for name in _tables(inspector, None)}
                for schema in inspector.get_schema_names():
                    if schema == usual:
                        named |= {f"{schema}.{name}": place for name, place in [*named.items()]}
                    elif schema not in database_limits().system_schemas:
                        named |= {_name(schema, n): (schema, n) for n in _tables(inspector, schema)}
                self._names = named
        return self._names

    def _rows(self, query: str, where: str, *, ordered: bool = False) -> Rows:
        size = database_limits().rows_at_once
        with self._translated(where, "unreadable"):
            # No parameters: a colon or a percent sign in a query is what it is.
            streamed = self._connection.execution_options(
                stream_results=True, yield_per=size, no_parameters=True
            )
            result = streamed.exec_driver_sql(query)
            headers = tuple(str(column[0]) for column in result.cursor.description)
        return Rows(headers, self._chunks(result, size, where), ordered)

    def _chunks(self, result: Any, size: int, where: str) -> Iterator[list[list[Any]]]:  # noqa: ANN401
        with self._translated(where, "unreadable"):
            for part in result.partitions(size):
                yield [list(column) for column in zip(*part, strict=True)]

    @contextmanager
    def _translated(self, where: str, default: str) -> Iterator[None]:
        """Say what went wrong in our words: the driver's own may quote values."""
        try:
            yield
        except self._sql.exc.SQLAlchemyError as error:
            original = getattr(error, "orig", None)
            state = getattr(original, "sqlstate", None) or getattr(original, "pgcode", None)
            raise refusal(kind_of(str(original or ""), state, default), where) from None
        except (OSError, ValueError, OverflowError):
            raise refusal(default, where) from None


def _tables(inspector: Any, schema: str | None) -> list[str]:  # noqa: ANN401
    found = {*inspector.get_table_names(schema), *inspector.get_view_names(schema)}
    with suppress(NotImplementedError):
        found |= set(inspector.get_materialized_view_names(schema))
    if hasattr(inspector, "get_foreign_table_names"):
        found |= set(inspector.get_foreign_table_names(schema))
    return sorted(found)


def _name(schema: str | None, table: str) -> str:
    return table if schema is None else f"{schema}.{table}"


def _read_only_file(url: Any, address: Address) -> Any:  # noqa: ANN401
    """SQLite makes a file that is not there, and writes to one that is, unless told otherwise."""
    if address.file is None or not address.file.is_file():
        raise InputError("there is no such file", where=address.name, fix="check the path")
    return url.set(
        database=f"file:{quote(str(address.file.resolve()))}", query={"mode": "ro", "uri": "true"}
    )
