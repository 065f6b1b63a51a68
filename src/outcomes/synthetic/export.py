"""Tables as the practice's software exports them, and the layout that reads them back."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.synthetic.settings import Settings, export, model

Rows = list[list[str]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One file of the export: its table, headers by canonical column, and rows of text.

    `columns` names the canonical column of every cell; an item is "1" to "n" and a column
    the layout ignores has an empty name.
    """

    file: str
    table: str
    columns: tuple[str, ...]
    headers: tuple[str, ...]
    rows: Rows


def sheet(name: str, frame: pd.DataFrame, rng: np.random.Generator) -> Sheet:
    """Put a canonical frame into the practice's headers, words and date order."""
    facts = form(name)
    headers = dict(facts["columns"])
    n_items = sum(column.isdigit() for column in frame.columns)
    for item in range(1, n_items + 1):
        headers[str(item)] = facts["items"].format(item=item)
    cells = [_texts(frame[column], facts["words"].get(column)) for column in headers]
    columns = list(headers)
    for header, words in facts.get("ignored", {}).items():
        cells.append([str(word) for word in rng.choice(words, len(frame))])
        columns.append("")
        headers[header] = header
    return Sheet(
        file=f"{name}.csv",
        table=facts["table"],
        columns=tuple(columns),
        headers=tuple(headers.values()),
        rows=[list(row) for row in zip(*cells, strict=True)],
    )


def form(name: str) -> Settings:
    """How one file is written: table, columns, words, and for answers instrument and items."""
    facts = dict(export()["files"][name])
    if facts["table"] == "responses":
        facts |= export()["questionnaire"]
    facts.setdefault("words", {})
    return facts


def names() -> list[str]:
    """The files of an export without their ending, in the order in which they are listed."""
    return list(export()["files"])


def _texts(cells: pd.Series, words: dict[str, str] | None) -> list[str]:
    """A column as text; an empty cell is an empty text."""
    if pd.api.types.is_datetime64_any_dtype(cells):
        days, place = np.unique(cells.to_numpy().astype("datetime64[D]"), return_inverse=True)
        shown = ["" if np.isnat(day) else f"{day.astype(object):%d/%m/%Y}" for day in days]
        return [shown[position] for position in place]
    if pd.api.types.is_bool_dtype(cells):
        yes_no = export()["yes_no"]
        shown_as = {True: yes_no["true"], False: yes_no["false"]}
        return ["" if pd.isna(cell) else shown_as[bool(cell)] for cell in cells]
    if pd.api.types.is_numeric_dtype(cells):
        return ["" if pd.isna(cell) else f"{cell:g}" for cell in cells]
    texts = ["" if pd.isna(cell) else str(cell) for cell in cells]
    return texts if words is None else [words[text] if text else "" for text in texts]


def layout(name: str) -> str:
    """layout.toml: how the reader turns the export into the tables of `schema`."""
    calendar = model()["calendar"]
    lines = [
        "# How the exports of this practice become the tables of `outcomes`.",
        "schema = 1",
        f"name = {_quoted(name)}",
        f"exported_on = {calendar['exported_on'].isoformat()}",
        'date_order = "dmy"',
        'missing = ["", "NA"]',
        "sentinels = [99, 999, -1]",
        'ignore = ["faults.csv"]  # the list of planted faults is no export',
    ]
    for file in names():
        lines += ["", *_file_entry(file)]
    return "\n".join(lines) + "\n"


def _file_entry(name: str) -> list[str]:
    facts = form(name)
    lines = ["[[files]]", f'file = "{name}.csv"', f'table = "{facts["table"]}"']
    if "items" in facts:
        lines.append(f"items = {_quoted(facts['items'])}")
    if "ignored" in facts:
        lines.append(f"ignore = {_quoted(list(facts['ignored']))}")
    lines.append("[files.columns]")
    lines += [f"{column} = {_quoted(header)}" for column, header in facts["columns"].items()]
    constants = {"instrument": facts["instrument"]} if "instrument" in facts else {}
    if facts["table"] == "responses":
        constants["rater"] = "client"
    if constants:
        lines.append("[files.constants]")
        lines += [f"{column} = {_quoted(value)}" for column, value in constants.items()]
    for column, words in facts["words"].items():
        lines.append(f"[files.codes.{column}]")
        lines += [f"{_quoted(word)} = {_quoted(canonical)}" for canonical, word in words.items()]
    return lines


def _quoted(value: str | list[str]) -> str:
    # A JSON string or list of strings is a TOML one as well.
    return json.dumps(value, ensure_ascii=False)
