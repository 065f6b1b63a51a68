"""What one column may hold. Everything else in `schema` is built from this."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Kind(StrEnum):
    """How a column is stored; each maps to one pandas dtype (`DTYPES`)."""

    KEY = "key"
    CATEGORY = "category"
    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    TIME = "time"


DTYPES: dict[Kind, str] = {
    Kind.KEY: "string",
    Kind.CATEGORY: "string",
    Kind.TEXT: "string",
    Kind.INTEGER: "Int64",
    Kind.NUMBER: "Float64",
    Kind.BOOLEAN: "boolean",
    Kind.DATE: "datetime64[s]",
    Kind.TIME: "string",
}


class Sensitivity(StrEnum):
    """How closely a column touches a person; decides what may leave the house."""

    PSEUDONYM = "pseudonym"  # links rows of one person; never shown in a report
    QUASI_IDENTIFIER = "quasi-identifier"  # identifies in combination
    HEALTH = "health"  # special-category data
    OPERATIONAL = "operational"  # about the service, not the person


@dataclass(frozen=True, slots=True)
class Column:
    """One column: type, unit, range, whether it may be empty, and what it means."""

    name: str
    kind: Kind
    description: str
    sensitivity: Sensitivity = Sensitivity.OPERATIONAL
    nullable: bool = True
    unit: str | None = None
    minimum: float | date | None = None
    maximum: float | date | None = None
    vocabulary: str | None = None

    @property
    def dtype(self) -> str:
        """The pandas dtype of the column in a clean table."""
        return DTYPES[self.kind]


@dataclass(frozen=True, slots=True)
class Reference:
    """`column` names a row of another table; `required` says it may not dangle."""

    column: str
    table: str
    cardinality: str  # "many-to-one" | "one-to-one"


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its columns, its key, and what its rows point to."""

    name: str
    description: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    references: tuple[Reference, ...] = ()

    @property
    def names(self) -> list[str]:
        """Column names in their declared order."""
        return [column.name for column in self.columns]

    def column(self, name: str) -> Column:
        """The column called `name`. Raises KeyError where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)
