"""Forms that were sent again: of one person's forms within a stated window one is used.

A form is what one person answered at one time: a line of a wide questionnaire, or, where each
answer has a line of its own, the first answers to all items in a file, then the second ones.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

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
    twice = frame.duplicated(list(table.key), keep=False).to_numpy()
    who = frame.groupby(_who(table), dropna=False, sort=False).ngroup().to_numpy()
    found = np.zeros(int(who.max()) + 1, dtype=bool)
    found[who[twice]] = True
    if days:
        times = pd.DataFrame({"who": who, "day": _day(frame, table)}).drop_duplicates()
        times = times.sort_values(["who", "day"])
        near = times.groupby("who")["day"].diff() <= days
        found[times["who"].to_numpy()[near.to_numpy()]] = True
    suspects: np.ndarray = found[who]
    return suspects


def _judged(frame: pd.DataFrame, table: Table, days: int) -> tuple[np.ndarray, np.ndarray]:
    """Which rows are kept, and which of the others only repeat what is kept."""
    facts = pd.DataFrame(
        {
            "who": frame.groupby(_who(table), dropna=False, sort=False).ngroup().to_numpy(),
            "day": _day(frame, table),
            "item": _texts(frame, "item"),
            "value": frame["value"].to_numpy(dtype=float),
            "occasion": _texts(frame, "occasion"),
            "place": np.arange(len(frame)),
        }
    )
    facts["form"] = form = _forms(frame, facts)
    forms = facts.groupby("form").agg(
        who=("who", "first"), day=("day", "first"), occasion=("occasion", "first"),
        place=("place", "first"), n=("value", "size"),
    )  # fmt: skip
    forms["said"] = _said(facts, len(forms))
    best = _kept_forms(forms.reset_index(), days)[form]
    differs = _answers(facts, best) != facts["value"].to_numpy()
    differs |= facts["day"].to_numpy() != forms["day"].to_numpy()[best]
    whole = ~pd.Series(differs).groupby(form).transform("any").to_numpy()
    # An item that stands twice in one form: two columns or visits of one line have one day.
    twice = facts.duplicated(["form", "item"], keep="last").to_numpy() & (best == form)
    return (best == form) & ~twice, np.where(twice, ~differs, whole)


def _texts(frame: pd.DataFrame, column: str) -> np.ndarray | str:
    return frame[column].fillna("").to_numpy(dtype=object) if column in frame else ""


def _answers(facts: pd.DataFrame, form: np.ndarray) -> np.ndarray:
    """What each of these forms answers to the item of the row, missing where nothing."""
    last = facts.drop_duplicates(["form", "item"], keep="last")
    wanted = pd.DataFrame({"form": form, "item": facts["item"]})
    found = wanted.merge(last[["form", "item", "value"]], on=["form", "item"], how="left")
    return np.asarray(found["value"].to_numpy())


def _forms(frame: pd.DataFrame, facts: pd.DataFrame) -> np.ndarray:
    """A number for each row: which form of its person it belongs to."""
    parts = facts[["who", "day", "item", "occasion"]].assign(file=frame[FILE].to_numpy(object))
    nth = parts.groupby(["who", "day", "file", "item"], sort=False).cumcount().to_numpy()
    wide = frame[CELL].notna().to_numpy() if CELL in frame else np.zeros(len(frame), dtype=bool)
    # Lines count from 1, so that a wide line never shares its number with a first answer.
    parts["label"] = np.where(wide, frame[LINE].to_numpy(dtype="int64"), -nth)
    parts["occasion"] = parts["occasion"].where(wide, "")
    number = parts.groupby(["who", "day", "file", "label", "occasion"], sort=False).ngroup()
    return np.asarray(number.to_numpy())


def _said(facts: pd.DataFrame, forms: int) -> np.ndarray:
    """A number for each form that is equal where all its answers are."""
    said = pd.util.hash_pandas_object(facts[["item", "value"]], index=False)
    total = np.zeros(forms, dtype=np.uint64)
    np.add.at(total, facts["form"].to_numpy(), said.to_numpy())
    return total


def _kept_forms(forms: pd.DataFrame, days: int) -> np.ndarray:
    """For each form, the one that is used in its window: the last with the most answers.

    Of forms that say the same on the same day, the first stands for all.
    """
    ordered = forms.sort_values(["who", "day", "place"], kind="stable")
    window = _windows(ordered, days)
    most = ordered.groupby(window)["n"].transform("max")
    last = ordered["form"].where(ordered["n"] == most).groupby(window).transform("last")
    facts = ordered.set_index("form")
    chosen = facts.loc[last.to_numpy(dtype="int64")]
    equal = (ordered["said"].to_numpy() == chosen["said"].to_numpy()) & (
        ordered["day"].to_numpy() == chosen["day"].to_numpy()
    )
    first = ordered["form"].where(equal).groupby(window).transform("first")
    best = np.empty(len(forms), dtype="int64")
    best[ordered["form"].to_numpy()] = first.to_numpy(dtype="int64")
    return best


def _windows(ordered: pd.DataFrame, days: int) -> np.ndarray:
    """Number the windows: each begins with a form and holds what comes within `days` of it.

    On another day only a form of the same occasion can be the same form sent again.
    """
    window = np.zeros(len(ordered), dtype="int64")
    number, begun = -1, (None, 0, "")
    columns = (ordered[name].tolist() for name in ("who", "day", "occasion"))
    for place, (who, day, occasion) in enumerate(zip(*columns, strict=True)):
        owner, start, what = begun
        again = who == owner and day - start <= days
        if not again or (day != start and what and occasion and occasion != what):
            number, begun = number + 1, (who, day, occasion)
        window[place] = number
    return window
