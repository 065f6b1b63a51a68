"""A table as data: cells with a value, a text and a state, from which every writer builds."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass
from typing import Any, Literal, get_args

import pandas as pd

from outcomes.errors import UsageError
from outcomes.showing import format as fmt

State = Literal["shown", "missing", "suppressed"]
Kind = Literal["text", "count", "percent", "number", "interval", "p"]
Value = float | int | str | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: what it is worth, how it reads, and whether it is shown, missing or suppressed.

    `value` is None unless the cell is shown, so that a suppressed number is nowhere in the
    table. Zero is a shown value. Raises UsageError for an unknown state or an empty text.
    """

    value: Value
    text: str
    state: State
    kind: Kind

    def __post_init__(self) -> None:
        if self.state not in get_args(State) or self.kind not in get_args(Kind):
            raise UsageError(
                f"a cell cannot be {self.state!r} of kind {self.kind!r}",
                fix=f"Use one of {get_args(State)} and one of {get_args(Kind)}.",
            )
        if self.state != "shown" and (self.value is not None or not self.text):
            raise UsageError(
                "a missing or suppressed cell holds a value or no words",
                fix="Build it with missing() or suppressed().",
            )


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column: a stable id, the heading, and what its cells are."""

    id: str
    label: str
    kind: Kind


def text(words: str) -> Cell:
    """A cell of words."""
    return Cell(words, words, "shown", "text") if words else missing("text")


def shown(value: Any, words: str, kind: Kind) -> Cell:  # noqa: ANN401 - numpy's or Python's
    """A cell with a number and its wording; missing where there is no number."""
    plain = value.item() if hasattr(value, "item") else value
    if plain is None or plain is pd.NA or (isinstance(plain, float) and not math.isfinite(plain)):
        return missing(kind)
    return Cell(plain, words, "shown", kind)


def missing(kind: Kind) -> Cell:
    """A cell for which there is no number."""
    return Cell(None, fmt.NOT_AVAILABLE, "missing", kind)


def suppressed(kind: Kind) -> Cell:
    """A cell whose number is kept back, because it would point at few people."""
    return Cell(None, fmt.HIDDEN, "suppressed", kind)


def share_cells(
    n: float, n_total: float, rate: float, ends: tuple[float, float], *, visible: bool
) -> tuple[Cell, Cell, Cell]:
    """People, share and interval; all suppressed unless `visible`, no share of nobody."""
    if not visible:
        return suppressed("count"), suppressed("percent"), suppressed("interval")
    people = shown(int(n), fmt.n_of(int(n), int(n_total)), "count")
    if not n_total:
        return people, missing("percent"), missing("interval")
    span = fmt.percent_interval(*ends)
    return people, shown(rate, fmt.percent(rate), "percent"), Cell(span, span, "shown", "interval")


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a caption, typed columns, rows of cells and notes.

    The first cell of a row is its header. Raises UsageError where a row has another
    number of cells than there are columns.
    """

    id: str
    caption: str
    columns: tuple[TableColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        wrong = sum(len(row) != len(self.columns) for row in self.rows)
        if wrong:
            raise UsageError(
                "rows do not have one cell for each column",
                where=f"table {self.id}",
                how_many=wrong,
                fix="Give every row as many cells as there are columns.",
            )

    def to_frame(self) -> pd.DataFrame:
        """One row for each row, columns by id: the value where shown, NA where missing.

        A suppressed cell holds the words 'hidden (small)', since it is not missing.
        """
        return pd.DataFrame(
            [[_frame_value(cell) for cell in row] for row in self.rows],
            columns=[column.id for column in self.columns],
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain dictionaries and lists, for JSON."""
        return {
            "id": self.id,
            "caption": self.caption,
            "columns": [{"id": c.id, "label": c.label, "kind": c.kind} for c in self.columns],
            "rows": [[_cell_dict(cell) for cell in row] for row in self.rows],
            "notes": list(self.notes),
        }

    @classmethod
    def from_dict(cls, body: dict[str, Any]) -> Table:
        """The table that `to_dict` wrote."""
        return cls(
            id=body["id"],
            caption=body["caption"],
            columns=tuple(TableColumn(**column) for column in body["columns"]),
            rows=tuple(tuple(Cell(**cell) for cell in row) for row in body["rows"]),
            notes=tuple(body["notes"]),
        )

    def to_html(self, *, inline_style: bool = False) -> str:
        """A real table: caption, column and row headers with scope, everything escaped.

        Classes for a style sheet: `outcomes-table`, `kind-...`, `numeric`, `state-...`;
        `inline_style` also aligns numbers in the tags, for places without one.
        """
        head = "".join(_header(column, inline_style) for column in self.columns)
        body = "".join(self._html_row(row, inline_style) for row in self.rows)
        notes = "".join(f"<li>{html.escape(note)}</li>" for note in self.notes)
        return (
            f'<table class="outcomes-table" data-table="{html.escape(self.id)}">'
            f"<caption>{html.escape(self.caption)}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
            + (f'<ul class="table-notes">{notes}</ul>' if notes else "")
        )

    def _html_row(self, row: tuple[Cell, ...], inline_style: bool) -> str:
        first, *others = row
        cells = [f'<th scope="row" class="kind-{first.kind}">{html.escape(first.text)}</th>']
        cells += [
            f"<td{_attributes(cell.kind, inline_style, cell.state)}>{html.escape(cell.text)}</td>"
            for cell in others
        ]
        return f"<tr>{''.join(cells)}</tr>"

    def _repr_html_(self) -> str:
        return self.to_html(inline_style=True)

    def __repr__(self) -> str:
        words = pd.DataFrame(
            [[cell.text for cell in row] for row in self.rows],
            columns=[column.label for column in self.columns],
        )
        notes = "".join(f"\n  {note}" for note in self.notes)
        return f"{self.caption}\n{words.to_string(index=False)}{notes}"


def _frame_value(cell: Cell) -> object:
    if cell.state == "suppressed":
        return cell.text
    return pd.NA if cell.state == "missing" else cell.value


def _cell_dict(cell: Cell) -> dict[str, Any]:
    return {"value": cell.value, "text": cell.text, "state": cell.state, "kind": cell.kind}


def _header(column: TableColumn, inline_style: bool) -> str:
    attributes = _attributes(column.kind, inline_style)
    return f'<th scope="col"{attributes}>{html.escape(column.label)}</th>'


def _attributes(kind: Kind, inline_style: bool, state: State | None = None) -> str:
    numeric = kind != "text"
    classes = [f"kind-{kind}"]
    classes += ["numeric"] if numeric else []
    classes += [f"state-{state}"] if state else []
    align = "right" if numeric else "left"
    style = f' style="text-align:{align}"' if inline_style else ""
    return f' class="{" ".join(classes)}"{style}'
