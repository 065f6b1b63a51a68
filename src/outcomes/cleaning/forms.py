"""Forms that were sent again: of one person's forms within a stated window one is used.

A form is what one person answered at one time: a line of a wide questionnaire, or, where each
answer has a line of its own, the first answers to all items in a file, then the second ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.cleaning.numbering import numbered
from outcomes.cleaning.policy import Settings
from outcomes.cleaning.presence import ANSWER_TABLES
from outcomes.cleaning.traced import CELL, Tables, Traced, Tracing
from outcomes.ledger import FILE, LINE
from outcomes.schema import TABLES, Kind, Table

RATED = (*ANSWER_TABLES, "goal_ratings")


def remove_resubmitted(tables: Tables, settings: Settings) -> Traced:
    """Keep the last complete form of each person, episode, instrument and rater in a window.

    A later form is complete where it has no fewer answers than any before it; else the
    earlier one stays. A form that only repeats the one kept is a duplicate_row, any other
    is resubmitted. Ratings of goals stand alone: of those of one day the last is kept.
    """
    tracing = Tracing("remove_resubmitted", tables)
    for name in RATED:
        if name not in tracing or tracing[name].empty:
            continue
        frame, table = tracing[name], TABLES[name]
        days = settings.resubmission_days if "item" in table.names else 0
        rows = _suspects(frame, table, days)
        if rows.any():
            kept, same = _judged(frame[rows], table, days)
            lost = np.zeros(len(frame), dtype=bool)
            repeats = lost.copy()
            lost[rows], repeats[rows] = ~kept, ~kept & same
            tracing.drop(name, repeats, "duplicate_row")
            tracing.drop(name, lost[~repeats], "resubmitted")
    return tracing.done()


def _who(table: Table) -> list[str]:
    """Columns that say whose form it is and of what: the key without the day and the item."""
    dates = {column.name for column in table.columns if column.kind is Kind.DATE}
    return [name for name in table.key if name not in dates and name != "item"]


def _day(frame: pd.DataFrame, table: Table) -> np.ndarray:
    (column,) = (n for n in table.key if table.column(n).kind is Kind.DATE)
    return np.asarray(frame[column].to_numpy(dtype="datetime64[D]").astype("int64"))


def _suspects(frame: pd.DataFrame, table: Table, days: int) -> np.ndarray:
    """Rows of people who have two answers to one item, or two days within the window."""
    who = numbered([frame[name] for name in _who(table)])
    day = _day(frame, table)
    rest = [frame[name] for name in table.key if name not in _who(table)]
    key = numbered([who, *rest])
    found = np.zeros(int(who.max()) + 1, dtype=bool)
    found[who[np.bincount(key)[key] > 1]] = True
    if days:
        order = np.lexsort((day, who))
        ahead = np.diff(day[order])
        near = (np.diff(who[order]) == 0) & (ahead > 0) & (ahead <= days)
        found[who[order[1:][near]]] = True
    suspects: np.ndarray = found[who]
    return suspects


@dataclass(frozen=True, slots=True, eq=False)
class _Facts:
    """n answers: numbers of person and item, day, value, and of the occasion (0: not stated)."""

    who: np.ndarray
    day: np.ndarray
    item: np.ndarray
    value: np.ndarray
    occasion: np.ndarray


def _judged(frame: pd.DataFrame, table: Table, days: int) -> tuple[np.ndarray, np.ndarray]:
    """Which rows are kept, and which of the others only repeat what is kept."""
    facts = _Facts(
        who=numbered([frame[name] for name in _who(table)]),
        day=_day(frame, table),
        item=_stated(frame, "item"),
        value=frame["value"].to_numpy(dtype=float),
        occasion=_stated(frame, "occasion"),
    )
    form = _forms(frame, facts)
    _, first = np.unique(form, return_index=True)
    best = _kept_forms(facts, form, first, days)[form]
    answer, last = _answers(facts, form, best)
    differs = answer != facts.value
    differs |= facts.day != facts.day[first[best]]
    whole = np.bincount(form, weights=differs)[form] == 0
    # An item that stands twice in one form: two columns or visits of one line have one day.
    twice = ~last & (best == form)
    return (best == form) & ~twice, np.where(twice, ~differs, whole)


def _stated(frame: pd.DataFrame, column: str) -> np.ndarray:
    """Numbers of the texts of a column, 0 where it says nothing or is not there."""
    if column not in frame:
        return np.zeros(len(frame), dtype=np.int64)
    codes, texts = pd.factorize(frame[column])
    number = np.array([*(n + 1 if text else 0 for n, text in enumerate(texts)), 0])
    found: np.ndarray = number[codes]
    return found


def _answers(facts: _Facts, form: np.ndarray, best: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the forms `best` answer to the item of each row, missing where nothing.

    Of two answers of a form to one item the last counts; which rows are such comes second.
    """
    items = int(facts.item.max()) + 1
    mine = form * items + facts.item
    order = np.argsort(mine, kind="stable")
    ends = np.append(np.diff(mine[order]) != 0, True)
    keys, rows = mine[order[ends]], order[ends]
    wanted = best * items + facts.item
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    found = np.where(keys[place] == wanted, facts.value[rows[place]], np.nan)
    last = np.zeros(len(mine), dtype=bool)
    last[rows] = True
    return found, last


def _forms(frame: pd.DataFrame, facts: _Facts) -> np.ndarray:
    """A number for each row: which form of its person it belongs to."""
    file, _ = pd.factorize(frame[FILE])
    whose = numbered([facts.who, facts.day, file])
    wide = frame[CELL].notna().to_numpy() if CELL in frame else np.zeros(len(frame), dtype=bool)
    # Lines count from 1, so that a wide line never shares its number with a first answer.
    label = np.where(wide, frame[LINE].to_numpy(dtype="int64"), -_nth(whose, facts.item))
    return numbered([whose, label, np.where(wide, facts.occasion, 0)])


def _nth(group: np.ndarray, item: np.ndarray) -> np.ndarray:
    """How many answers to the same item of the same group come before each."""
    key = numbered([group, item])
    order = np.argsort(key, kind="stable")
    begins = np.append(True, np.diff(key[order]) != 0)
    place = np.arange(len(key))
    found = np.empty(len(key), dtype=np.int64)
    found[order] = place - np.maximum.accumulate(np.where(begins, place, 0))
    return found


def _said(facts: _Facts, form: np.ndarray) -> np.ndarray:
    """A number for each form that is equal where all its answers are."""
    answers = pd.DataFrame({"item": facts.item, "value": facts.value})
    said = pd.util.hash_pandas_object(answers, index=False)
    total = np.zeros(int(form.max()) + 1, dtype=np.uint64)
    np.add.at(total, form, said.to_numpy())
    return total


def _kept_forms(facts: _Facts, form: np.ndarray, first: np.ndarray, days: int) -> np.ndarray:
    """For each form, the one that is used in its window: the last with the most answers.

    `first` has the first row of each form. Of forms that say the same on the same day, the
    first stands for all.
    """
    who, day, occasion = facts.who[first], facts.day[first], facts.occasion[first]
    order = np.lexsort((first, day, who))
    window = _windows(who[order], day[order], occasion[order], days)
    n, said, day = np.bincount(form)[order], _said(facts, form)[order], day[order]
    most = np.zeros(int(window.max()) + 1, dtype=np.int64)
    np.maximum.at(most, window, n)
    # By their places in this order.
    place = np.arange(len(order))
    last = np.zeros(len(most), dtype=np.int64)
    full = n == most[window]
    np.maximum.at(last, window[full], place[full])
    chosen = last[window]
    equal = (said == said[chosen]) & (day == day[chosen])
    kept = np.full(len(most), len(order))
    np.minimum.at(kept, window[equal], place[equal])
    best = np.empty(len(order), dtype=np.int64)
    best[order] = order[kept[window]]
    return best


def _windows(who: np.ndarray, day: np.ndarray, occasion: np.ndarray, days: int) -> np.ndarray:
    """Number the windows: each begins with a form and holds what comes within `days` of it.

    On another day only a form of the same occasion can be the same form sent again.
    """
    window = np.zeros(len(who), dtype="int64")
    number, begun = -1, (-1, 0, 0)
    columns = (column.tolist() for column in (who, day, occasion))
    for place, (whose, when, what) in enumerate(zip(*columns, strict=True)):
        owner, start, said = begun
        again = whose == owner and when - start <= days
        if not again or (when != start and what and said and said != what):
            number, begun = number + 1, (whose, when, what)
        window[place] = number
    return window
