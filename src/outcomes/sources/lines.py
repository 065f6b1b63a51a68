"""Lines of a file that feed no row, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from outcomes.cleaning import CELL, tidy
from outcomes.ledger import FILE, LINE, Action, entries
from outcomes.sources.choosing import among
from outcomes.sources.entry import FileLayout
from outcomes.sources.files import RawFile

_STEP = "choose_lines"
PLANNED = "planned"
_CANCELLED = ("cancelled_client", "cancelled_provider")


def data_lines(raw: RawFile, skipped: int) -> RawFile:
    """Return the file without the first lines below its header, which are no data."""
    if not skipped:
        return raw
    blank = [log.loc[log["action"] == Action.DROPPED, "line"] for log in raw.log]
    lines = np.sort(np.concatenate([raw.cells[LINE], *blank]).astype(np.int64))
    last = lines[: skipped + 1][-1] if len(lines) > skipped else np.inf
    return _without(raw, raw.cells[LINE] < last, "below_header")


def left_out(raw: RawFile, mapped: Sequence[FileLayout]) -> RawFile:
    """Return the file without the lines that any of its entries leaves out."""
    for rule in dict.fromkeys(rule for entry in mapped for rule in entry.leave_out):
        raw = _without(raw, rule.matches(raw.cells[rule.column]), rule.reason)
    return raw


def without_suppressed(raw: RawFile, mapped: Sequence[FileLayout]) -> RawFile:
    """Return the file with values the source withheld made empty, each flagged.

    A suppressed number is neither zero nor a question that nobody answered.
    """
    words = {word for entry in mapped for word in entry.suppressed}
    if not words:
        return raw
    cells, log = raw.cells.copy(), []
    for column in sorted({column for entry in mapped for column in entry.needed()}):
        withheld = among(cells[column], words).to_numpy(dtype=bool)
        log += _entries(cells[withheld], Action.FLAGGED, "suppressed_value", column)
        cells[column] = cells[column].mask(withheld, "")
    return replace(raw, cells=cells, log=(*raw.log, *log))


def planned(
    rows: pd.DataFrame, entry: FileLayout, exported_on: date
) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """Give appointments after the day of the export the status "planned", unless cancelled."""
    if not entry.still_to_come:
        return rows, []
    days = rows["held_on"].str.fullmatch(r"\d{4}-\d{2}-\d{2}").fillna(False)
    future = days & (rows["held_on"] > exported_on.isoformat()).fillna(False)
    open_still = ~rows["status"].isin([*_CANCELLED, PLANNED])
    mask = (future & open_still).to_numpy(dtype=bool)
    log = _entries(rows[mask], Action.CHANGED, "still_to_come", "status", table=entry.table)
    return rows.assign(status=rows["status"].mask(mask, PLANNED)), log


def chosen(raw: RawFile, mapped: Sequence[FileLayout]) -> tuple[list[RawFile], list[pd.DataFrame]]:
    """Return, for each entry, the file with its lines only, and what no entry chooses.

    A line that no entry chooses is dropped; an answer that stands in a line its
    questionnaire does not choose is flagged with its column.
    """
    masks = [_chosen(raw.cells, entry) for entry in mapped]
    parts = [
        raw if mask.all() else replace(raw, cells=raw.cells[mask].reset_index(drop=True))
        for mask in masks
    ]
    nowhere = ~np.logical_or.reduce(masks) if masks else np.zeros(len(raw.cells), dtype=bool)
    log = _entries(raw.cells[nowhere], Action.DROPPED, "line_not_chosen")
    for column in sorted({column for entry in mapped for column in entry.answers()}):
        users = [
            mask for mask, entry in zip(masks, mapped, strict=True) if column in entry.answers()
        ]
        unused = ~np.logical_or.reduce(users) & ~nowhere
        if unused.any():
            held = tidy(raw.cells.loc[unused, column], ()).notna()
            rows = raw.cells[unused][held.to_numpy()]
            log += _entries(rows, Action.FLAGGED, "answer_not_chosen", column)
    return parts, log


def _chosen(cells: pd.DataFrame, entry: FileLayout) -> np.ndarray:
    mask = np.ones(len(cells), dtype=bool)
    for column, words in entry.only.items():
        mask &= among(cells[column], words).to_numpy(dtype=bool)
    return mask


def _without(raw: RawFile, lost: pd.Series, reason: str) -> RawFile:
    mask = lost.to_numpy(dtype=bool)
    log = _entries(raw.cells[mask], Action.DROPPED, reason)
    kept = raw.cells[~mask].reset_index(drop=True)
    return replace(raw, cells=kept, log=(*raw.log, *log))


def _entries(
    lines: pd.DataFrame, action: Action, reason: str, column: str | None = None, table: str = ""
) -> list[pd.DataFrame]:
    if lines.empty:
        return []
    return [
        entries(
            lines[[FILE, LINE]],
            table=table,
            action=action,
            step=_STEP,
            reason=reason,
            column=column,
            scope="table" if table else "file",
        )
    ]


def unused_lines(
    raw: RawFile, parts: Sequence[RawFile], made: Sequence[pd.DataFrame], wide: Sequence[bool]
) -> list[pd.DataFrame]:
    """Make ledger entries for lines without any answer.

    `parts` are the lines each entry chose, `made` its rows, `wide` whether they are answers.
    A line that gave no row to any table is dropped; one that gave rows only to other tables
    than those of its questionnaires is flagged.
    """
    asked = [
        part.cells[LINE].to_numpy() for part, is_wide in zip(parts, wide, strict=True) if is_wide
    ]
    if not asked:
        return []
    lines = raw.cells[raw.cells[LINE].isin(np.concatenate(asked))]
    in_any = lines[LINE].isin(np.concatenate([part[LINE].to_numpy() for part in made]))
    answers = [part[LINE].to_numpy() for part in made if CELL in part]
    answered = lines[LINE].isin(np.concatenate(answers))
    return [
        *_entries(lines[~in_any], Action.DROPPED, "no_answer"),
        *_entries(lines[in_any & ~answered], Action.FLAGGED, "no_answer"),
    ]


def unused_columns(raw: RawFile, used: set[str]) -> list[pd.DataFrame]:
    """Flag, once for each file, every column with a name that no entry maps or ignores."""
    known = {source.strip() for source in used}
    place = pd.DataFrame({FILE: [raw.name], LINE: [raw.header_line]})
    return [
        entry
        for header in dict.fromkeys(raw.headers)
        if header and header not in known
        for entry in _entries(place, Action.FLAGGED, "unmapped_column", header)
    ]
