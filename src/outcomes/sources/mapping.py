"""Source columns to canonical ones: text stays text, and each row keeps its file and line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta, tzinfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from outcomes.cleaning import CELL, FIND_EPISODE, no_text, parse_date, tidy
from outcomes.cleaning.iso import NO_DAY, plain_days
from outcomes.ledger import FILE, LINE
from outcomes.schema import TABLES, Kind
from outcomes.schema.texts import repeated, text_array
from outcomes.sources.entry import PARTNERS, FileLayout, Visit
from outcomes.sources.files import RawFile
from outcomes.sources.labelling import label_codes
from outcomes.sources.serials import from_serials
from outcomes.sources.spreadsheets.facts import EPOCHS

# Stands for every word that is not listed, such as what people write under "Other:".
ANYTHING_ELSE = "(anything else)"
_DAY = r"\d{4}-\d{2}-\d{2}"
_NUMERIC = (Kind.NUMBER, Kind.INTEGER)


def map_entry(
    raw: RawFile,
    entry: FileLayout,
    *,
    missing: Sequence[str],
    zone: tzinfo | None = None,
) -> pd.DataFrame:
    """Make the rows of one settled entry: all columns of its table as text, `_file`, `_line`.

    Dates become ISO days here, where the order of their file is known.
    A wide line gives one row for each answer that is not empty, which also has `_cell`, the
    source column. The columns have passed `headers.fit_columns`.
    """
    missing = (*missing, *entry.missing)
    rows = pd.DataFrame({FILE: raw.cells[FILE], LINE: raw.cells[LINE]})
    for column, constant in entry.constants.items():
        rows[column] = repeated(constant, len(rows))
    for column, source in entry.columns.items():
        rows[column] = coded(tidy(raw.cells[source], missing), entry, column)
    for column, sources in entry.joined.items():
        rows[column] = coded(_joined(raw, sources, missing), entry, column)
    if entry.partners is not None:
        rows[PARTNERS[0]] = tidy(raw.cells[entry.partners], missing)
    rows = _with_days(_from_serials(rows, raw, entry), entry, zone)
    if entry.visits:
        parts = [
            part for visit in entry.visits for part in _answers(raw, entry, visit, rows, missing)
        ]
        rows = pd.concat(parts, ignore_index=True)
    if entry.labels:
        rows["value"] = _decimals(label_codes(rows, entry), entry)
    if entry.find_episode:
        rows[FIND_EPISODE] = repeated("yes", len(rows))
    beside = [name for name in (CELL, FIND_EPISODE) if name in rows]
    absent = [name for name in TABLES[entry.table].names if name not in rows]
    rows = rows.assign(**dict.fromkeys(absent, no_text(len(rows))))
    return rows[[*TABLES[entry.table].names, FILE, LINE, *beside]]


def _from_serials(rows: pd.DataFrame, raw: RawFile, entry: FileLayout) -> pd.DataFrame:
    """Days that a workbook or its export holds as numbers, as ISO days."""
    epoch = entry.date_order if entry.date_order in EPOCHS else raw.epoch
    if epoch is None:
        return rows
    dates = [column.name for column in TABLES[entry.table].columns if column.kind is Kind.DATE]
    mapped = [name for name in dates if name in entry.columns]
    return rows.assign(**{name: from_serials(rows[name], epoch)[0] for name in mapped})


def _with_days(rows: pd.DataFrame, entry: FileLayout, zone: tzinfo | None) -> pd.DataFrame:
    """Dates as ISO days; a day without a time of day says nothing about the time."""
    found = {}
    for declared in TABLES[entry.table].columns:
        if declared.kind not in (Kind.DATE, Kind.TIME) or declared.name not in rows:
            continue
        cells = rows[declared.name]
        days = iso_days(cells, str(entry.date_order), zone)
        if declared.kind is Kind.DATE:
            found[declared.name] = days
        else:
            timeless = ~cells.str.contains(":", regex=False).fillna(False)
            found[declared.name] = cells.mask(timeless & days.str.fullmatch(_DAY).fillna(False))
    return rows.assign(**found)


def _joined(raw: RawFile, sources: Sequence[str], missing: Sequence[str]) -> pd.Series:
    """Cells of several columns with a blank between them; empty parts are left out."""
    parts = pd.DataFrame({n: tidy(raw.cells[s], missing) for n, s in enumerate(sources)})
    texts = [" ".join(part for part in row if part is not pd.NA) for row in parts.to_numpy()]
    return tidy(pd.Series(pd.array(texts, dtype="string"), index=raw.cells.index), ())


def coded(cells: pd.Series, entry: FileLayout, column: str) -> pd.Series:
    """Decimal signs as points, and source words as canonical words, matched without case."""
    kind = TABLES[entry.table].column(column).kind
    codes = entry.codes.get(column)
    if codes:
        exact = {word.strip(): target for word, target in codes.items()}
        loose = {word.casefold(): target for word, target in exact.items()}
        found = cells.map(exact).astype("string")
        found = found.fillna(cells.str.casefold().map(loose).astype("string"))
        if ANYTHING_ELSE in codes:
            found = found.mask(found.isna() & cells.notna(), codes[ANYTHING_ELSE])
        cells = found.fillna(cells)
    if kind in _NUMERIC and not (entry.labels and column == "value"):
        cells = _decimals(cells, entry)
    return cells


def _decimals(cells: pd.Series, entry: FileLayout) -> pd.Series:
    return cells if entry.decimal == "." else cells.str.replace(entry.decimal, ".", regex=False)


def _answers(
    raw: RawFile,
    entry: FileLayout,
    visit: Visit,
    rows: pd.DataFrame,
    missing: Sequence[str],
) -> list[pd.DataFrame]:
    lines = rows
    if visit.occasion is not None:
        lines = lines.assign(occasion=repeated(visit.occasion, len(lines)))
    if visit.offset_days:
        lines = lines.assign(taken_on=iso_days(lines["taken_on"], "ymd", days=visit.offset_days))
    parts = []
    for item, source in visit.items.items():
        values = coded(tidy(raw.cells[source], missing), entry, "value")
        answered = values.notna()
        part = lines[answered].assign(value=values[answered])
        part["item"] = repeated(item, len(part))
        part[CELL] = repeated(source, len(part))
        parts.append(part)
    return parts


def iso_days(
    dates: pd.Series, order: str, zone: tzinfo | None = None, *, days: int = 0
) -> pd.Series:
    """ISO days, shifted by some days. What is no date stays, for cleaning to report."""
    whole = text_array(dates)
    plain = np.zeros(len(whole), dtype=bool) if days else plain_days(whole) != NO_DAY
    odd = ~plain & whole.is_valid().to_numpy(zero_copy_only=False)
    if not odd.any():
        return dates
    coded = whole.filter(pa.array(odd)).dictionary_encode()
    texts = [_iso_day(text, order, zone, days) for text in coded.dictionary.to_pylist()]
    found = pa.array(texts, pa.large_string()).take(coded.indices)
    return pd.Series(
        pd.array(pc.replace_with_mask(whole, pa.array(odd), found), dtype="string"),
        index=dates.index,
    )


def _iso_day(text: str, order: str, zone: tzinfo | None, days: int) -> str:
    day = parse_date(text, order, zone)
    try:
        return text if day is None else (day + timedelta(days=days)).isoformat()
    except OverflowError:
        return text
