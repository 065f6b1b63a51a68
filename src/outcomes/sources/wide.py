"""A wide questionnaire read cell by cell: each distinct text is mapped and typed once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import tzinfo

import numpy as np
import pandas as pd

from outcomes import instruments
from outcomes.cleaning import tidy
from outcomes.cleaning.answers import item_limits, off_scale
from outcomes.cleaning.ordinary import Texts, WideLines, no_day
from outcomes.cleaning.types import convert
from outcomes.instruments.coded import code_type, looked_up
from outcomes.schema import TABLES, vocabularies
from outcomes.sources.entry import TOTAL, FileLayout
from outcomes.sources.files import RawFile
from outcomes.sources.mapping import coded, iso_days

_RESPONSES = TABLES["responses"]
_COLUMNS = {"client_id", "episode_id", "taken_on", "occasion", "rater"}
# What the quick way knows how to follow; an entry that says anything else goes the long way.
_UNDERSTOOD = {
    "file", "table", "where", "sheet", "header_line", "encoding", "separator", "decimal",
    "date_order", "columns", "constants", "codes", "visits", "ignore",
}  # fmt: skip


def is_simple(entry: FileLayout) -> bool:
    """Whether an entry is one questionnaire of single answers, with nothing else asked of it."""
    if entry.table != "responses" or len(entry.visits) != 1 or "instrument" not in entry.constants:
        return False
    visit = entry.visits[0]
    said = {f.name: getattr(entry, f.name) for f in fields(entry) if f.name not in _UNDERSTOOD}
    plain = FileLayout(file=None, table="responses", where="")
    return (
        all(value == getattr(plain, name) for name, value in said.items())
        and set(entry.columns) <= _COLUMNS
        and set(entry.constants) <= _COLUMNS | {"instrument"}
        and {"client_id", "episode_id", "taken_on"} <= {*entry.columns, *entry.constants}
        and set(entry.codes) <= _COLUMNS | {"value"}
        and TOTAL not in visit.items
        and visit.occasion is None
        and not visit.offset_days
        and len(set(visit.items.values())) == len(visit.items)
    )


def read_wide(
    raw: RawFile, entry: FileLayout, *, missing: Sequence[str], zone: tzinfo | None
) -> WideLines:
    """The lines of a settled simple entry (`is_simple`), whose columns have been checked."""
    words = {
        column: found
        for column in _COLUMNS
        if (found := _texts(raw, entry, column, missing, zone)) is not None
    }
    none = Texts(np.full(len(raw.cells), -1), np.array([], dtype=object))
    occasion, occasion_known = _words(words.get("occasion", none), "occasion")
    rater, rater_known = _words(words.get("rater", none), "rater")
    instrument = instruments.get(entry.constants["instrument"]).id
    low, high, step = item_limits(instrument, list(entry.visits[0].items))
    cells, texts = _cells(raw, entry, missing)
    typed = convert(tidy(texts, missing), _RESPONSES.column("value"), "ymd")
    number = typed.to_numpy(dtype="float64", na_value=np.nan)
    usable = np.empty(cells.shape, dtype=bool, order="F")
    with np.errstate(invalid="ignore"):
        for item, ends in enumerate(zip(low, high, step, strict=True)):
            fits = ~np.isnan(number) & ~off_scale(number, *map(np.array, ends)) & ~np.isnan(ends[0])
            usable[:, item] = looked_up(cells[:, item], fits)
    return WideLines(
        instrument=instrument,
        client=words["client_id"],
        episode=words["episode_id"],
        taken_on=_taken_on(words["taken_on"]),
        occasion=occasion,
        rater=rater,
        known=occasion_known & rater_known,
        words=words,
        cells=cells,
        cell_texts=texts.to_numpy(dtype=object, na_value=None),
        numbers=number,
        answered=looked_up(cells, texts.notna().to_numpy()),
        usable=usable,
        low=low,
        high=high,
    )


def _texts(
    raw: RawFile, entry: FileLayout, column: str, missing: Sequence[str], zone: tzinfo | None
) -> Texts | None:
    """A column as `map_entry` and the first cleaning step leave it; None where it has no source."""
    if column in entry.constants:
        codes, found = np.zeros(len(raw.cells), dtype=np.int64), [entry.constants[column]]
        mapped = pd.Series(pd.array(found, dtype="string"))
    elif column in entry.columns:
        codes, distinct = raw.distinct(entry.columns[column])
        mapped = coded(tidy(_text(distinct), missing), entry, column)
    else:
        return None
    if column == "taken_on":
        mapped = iso_days(mapped, str(entry.date_order), zone)
    again, texts = pd.factorize(tidy(mapped, missing))
    return Texts(np.append(again, -1)[codes], np.asarray(texts, dtype=object))


def _text(texts: np.ndarray) -> pd.Series:
    return pd.Series(pd.array(texts, dtype="string"))


def _words(column: Texts, name: str) -> tuple[Texts, np.ndarray]:
    """Words in the case of their vocabulary, and which lines have none without a meaning."""
    words = vocabularies()[str(_RESPONSES.column(name).vocabulary)].words
    known = {word.casefold(): word for word in words}
    found = [known.get(str(text).casefold()) for text in column.texts]
    again, texts = pd.factorize(pd.Series(found, dtype="object"))
    codes = np.append(again, -1)[column.codes]
    meant = (codes >= 0) | (column.codes < 0)
    return Texts(codes, np.asarray(texts, dtype=object)), meant


def _taken_on(column: Texts) -> np.ndarray:
    cells = pd.Series(pd.array(list(column.texts), dtype="string"))
    days = convert(cells, _RESPONSES.column("taken_on"), "ymd").to_numpy("datetime64[D]")
    numbers = np.where(np.isnat(days), no_day(), days.astype("int64"))
    taken_on: np.ndarray = np.append(numbers, no_day())[column.codes]
    return taken_on


def _cells(raw: RawFile, entry: FileLayout, missing: Sequence[str]) -> tuple[np.ndarray, pd.Series]:
    """Codes (n, k) into the distinct answers, as `map_entry` leaves them."""
    sources = list(entry.visits[0].items.values())
    parts = [raw.distinct(source) for source in sources]
    again, texts = pd.factorize(np.concatenate([texts for _, texts in parts]))
    # All work goes item by item, so the cells of an item stand together.
    again = again.astype(code_type(len(texts)))
    codes = np.empty((len(raw.cells), len(parts)), dtype=again.dtype, order="F")
    start = 0
    for place, (found, mine) in enumerate(parts):
        table = again[start : start + len(mine)]
        # What an export left empty is a text too, so codes below 0 are rare.
        small = found.dtype == np.int8 and found.min(initial=0) >= 0
        codes[:, place] = looked_up(found.view(np.uint8), table) if small else table[found]
        start += len(mine)
    return codes, coded(tidy(_text(texts), missing), entry, "value")
