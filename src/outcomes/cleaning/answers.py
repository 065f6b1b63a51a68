"""Answers lie on their questionnaire's scale, or the row is not used.

Recoded answers (positions 1 to 4 where codes 0 to 3 are declared) are the one fault that
leaves most values inside the range, so it is looked for first and stops the read.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import numpy as np
import pandas as pd

from outcomes import instruments
from outcomes.cleaning.policy import CleaningPolicy, Settings
from outcomes.cleaning.presence import ANSWER_TABLES
from outcomes.cleaning.text import each_text
from outcomes.cleaning.traced import Tables, Traced, Tracing
from outcomes.errors import InstrumentError, RangeError
from outcomes.ledger import FILE
from outcomes.privacy import may_name_somebody

TOTAL = "total"
# Scores of scales with decimals are compared with their ends after floating arithmetic.
_ROUNDING = 1e-9
_NO_ITEM = (np.nan, np.nan, np.nan)


def check_instruments(tables: Tables, settings: Settings) -> Traced:
    """Raise InstrumentError where a questionnaire is not in the registry.

    Names are matched without case, as words are.
    """
    del settings
    tracing = Tracing("check_instruments", tables)
    known = {str(name).casefold(): str(name) for name in instruments.list()["id"]}
    for name in _present(tables):
        cells = tables[name]["instrument"]
        found = each_text(cells, lambda texts: [known.get(text.casefold()) for text in texts])
        unknown = cells[found.isna() & cells.notna()]
        if len(unknown):
            raise _unknown_instruments(name, unknown, list(known.values()))
        tracing.replace(name, {"instrument": found})
    return tracing.done()


def _unknown_instruments(table: str, cells: pd.Series, known: list[str]) -> InstrumentError:
    names = [name for name in sorted(cells.unique()) if not may_name_somebody(name)]
    near = sorted({match for n in names for match in difflib.get_close_matches(n.lower(), known)})
    offer = f"did you mean {', '.join(near)}? " if near else ""
    return InstrumentError(
        f"the registry has no questionnaire called {_listed(names, cells.nunique())}",
        where=f"{table}.instrument",
        how_many=len(cells),
        fix=f"{offer}map the name in the layout under [files.codes.instrument]; "
        f"known: {', '.join(sorted(known))}",
    )


def _listed(names: list[str], there: int) -> str:
    """The first names, and how many are not said because they may name somebody."""
    said = ", ".join(map(repr, names[:10]))
    hidden = there - len(names)
    return f"{said}{' and ' if said else ''}{hidden} not shown" if hidden else said


def check_answers(tables: Tables, settings: Settings) -> Traced:
    """Drop answers to items that do not exist, codes for missing, and impossible values.

    Raises RangeError where the answers of one file look recoded by position.
    """
    tracing = Tracing("check_answers", tables)
    for name in _present(tables):
        tracing.drop(name, _limits(tracing[name])["low"].isna(), "unknown_item", "item")
        frame, limits = tracing[name], _limits(tracing[name])
        values = frame["value"].to_numpy(dtype=float)
        outside = _outside(values, limits)
        sentinel = outside & np.isin(values, settings.sentinels)
        _refuse_recoded(name, frame[~sentinel], limits[~sentinel], settings.policy)
        tracing.drop(name, sentinel, "sentinel", "value")
        tracing.drop(name, (outside & ~sentinel)[~sentinel], "out_of_range", "value")
    return tracing.done()


def _present(tables: Tables) -> list[str]:
    return [name for name in ANSWER_TABLES if name in tables]


def _limits(frame: pd.DataFrame) -> pd.DataFrame:
    """low, high, step by row; all missing where the instrument has no such item."""
    instrument, ids = pd.factorize(frame["instrument"])
    item, items = pd.factorize(frame["item"])
    # Either may be missing, with the code -1.
    pair, distinct = pd.factorize((instrument + 1) * (len(items) + 1) + item + 1)
    found = [
        _item_limits(str(ids[whose - 1]), str(items[which - 1])) if whose and which else _NO_ITEM
        for whose, which in (divmod(int(code), len(items) + 1) for code in distinct)
    ]
    table = np.array([*found, _NO_ITEM], dtype=float)
    return pd.DataFrame(table[pair], columns=["low", "high", "step"], index=frame.index)


def _item_limits(instrument_id: str, item: str) -> tuple[float, float, float]:
    instrument = instruments.get(instrument_id)
    if item == TOTAL:
        return instrument.total_min, instrument.total_max, np.nan
    # Only the plain decimal form: "01" and "1" would be two keys for one item.
    if not (item.isascii() and item.isdigit() and str(int(item)) == item):
        return np.nan, np.nan, np.nan
    low, high = instrument.item_min, instrument.maximum_of(int(item))
    if not 1 <= int(item) <= instrument.n_items or low is None or high is None:
        return np.nan, np.nan, np.nan
    return low, high, instrument.item_step or np.nan


def item_limits(instrument_id: str, items: Sequence[str]) -> tuple[np.ndarray, ...]:
    """Lowest code, highest code and step of each item; all missing where there is no such item."""
    found = np.array([_item_limits(instrument_id, item) for item in items], dtype=float)
    return found[:, 0], found[:, 1], found[:, 2]


def _outside(values: np.ndarray, limits: pd.DataFrame) -> np.ndarray:
    low, high, step = (limits[name].to_numpy() for name in ("low", "high", "step"))
    return off_scale(values, low, high, step)


def off_scale(
    values: np.ndarray, low: np.ndarray, high: np.ndarray, step: np.ndarray
) -> np.ndarray:
    """Which values are no codes of their scale; a missing value is none off it."""
    steps = (values - low) / step
    between = np.abs(steps - np.round(steps)) > _ROUNDING / np.where(step > 0, step, 1.0)
    outside: np.ndarray = (values < low) | (values > high) | (between & ~np.isnan(step))
    return outside


def _refuse_recoded(
    table: str, frame: pd.DataFrame, limits: pd.DataFrame, policy: CleaningPolicy
) -> None:
    # A scale with steps of 0.1 is a line to mark, which has no positions to be counted from 1.
    whole = (limits["step"] == 1).to_numpy(dtype=bool)
    items = (frame["item"] != TOTAL).to_numpy(dtype=bool) & whole
    groups = frame[items].groupby(["instrument", FILE], sort=True).indices
    low, high = limits["low"].to_numpy()[items], limits["high"].to_numpy()[items]
    values = frame["value"].to_numpy(dtype=float)[items]
    for (instrument_id, file), rows in groups.items():
        if len(rows) < policy.recoding_minimum_answers:
            continue
        shift = _shift(values[rows], low[rows], high[rows], policy.recoding_share)
        if shift:
            start, end = low[rows].min(), high[rows].max()
            raise RangeError(
                f"answers to {instrument_id} look shifted by {shift:+d}: they run from "
                f"{start + shift:g} to {end + shift:g} where {start:g} to {end:g} is declared",
                where=f"{file}, {table}.value",
                how_many=len(rows),
                fix="if they are coded by position, paste this below the [[files]] entry of that "
                f"file in the layout:\n{_recoding(start, end, shift)}\n"
                "  if single values are typing errors, correct them in the source",
            )


def _recoding(start: float, end: float, shift: int) -> str:
    """The lines of a layout that shift the codes back."""
    steps = int(end - start) + 1
    lines = [f'    "{start + n + shift:g}" = "{start + n:g}"' for n in range(steps)]
    return "\n".join(["    [files.codes.value]", *lines])


def _shift(values: np.ndarray, low: np.ndarray, high: np.ndarray, share: float) -> int:
    """+1 or -1 where nearly all values fit the range shifted so, and not as declared."""
    for shift in (1, -1):
        gained, lost = (high, low) if shift > 0 else (low, high)
        inside = (values >= low + shift) & (values <= high + shift)
        if (
            inside.mean() >= share
            and (values == gained + shift).any()
            and not (values == lost).any()
        ):
            return shift
    return 0
