"""Columns judged at once are judged as text by text."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from hypothesis import example, given
from hypothesis import strategies as st

from outcomes.cleaning import parse_date, parse_dates, tidied, tidy
from outcomes.cleaning.iso import NO_DAY, plain_days
from outcomes.cleaning.numbering import numbered
from outcomes.cleaning.overlaps import _FAR, _NEVER, _overlapping
from outcomes.schema.texts import text_array

WORDS = ["NA", "n/a", "-"]
cells = st.lists(st.none() | st.text("aAnN/- 1\r\n\xa0", max_size=4), max_size=6)
days = st.dates().map(date.isoformat) | st.from_regex(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
dates = st.lists(st.none() | days | st.text("0123-/ ", max_size=10), max_size=6)


@given(cells)
@example(["a", "na", None, "NA"])
def test_cells_are_tidied_as_their_texts(column):
    found = tidy(pd.Series(column, dtype="string"), WORDS)
    wanted = [None if text is None else tidied([text], WORDS)[0] for text in column]
    assert [None if pd.isna(cell) else cell for cell in found] == wanted


@given(dates)
@example(["0001-01-01", "9999-12-31", "0000-01-01", "2023-02-29", "2024-02-29", "2024-13-01"])
@example(["2026-W01-1", "\u0662026-01-01", "2026-01-1", None])
def test_days_are_those_of_the_calendar(column):
    found = plain_days(text_array(pd.Series(column, dtype="string")))
    for text, day in zip(column, found, strict=True):
        try:
            plain = text is not None and len(text) == 10 and text[4] == text[7] == "-"
            wanted = (date.fromisoformat(text) - date(1970, 1, 1)).days if plain else NO_DAY
        except ValueError:
            wanted = NO_DAY
        assert day == wanted


@given(dates, st.sampled_from(["ymd", "dmy", "mdy"]))
def test_dates_are_those_of_their_texts(column, order):
    found = parse_dates(pd.Series(column, dtype="string"), order)
    wanted = [None if text is None else parse_date(text, order) for text in column]
    assert [None if pd.isna(day) else day.date() for day in found] == wanted


rows = st.lists(st.tuples(st.sampled_from([None, "a", "b"]), st.integers(0, 2)), max_size=9)


@given(rows)
def test_rows_have_a_number_for_what_they_say(rows):
    frame = pd.DataFrame(rows, columns=["text", "whole"]).astype({"text": "string"})
    found = numbered([frame["text"], frame["whole"]])
    assert found.tolist() == [list(dict.fromkeys(rows)).index(row) for row in rows]


spans = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from([0, 1, 5, 9, _NEVER]),
              st.sampled_from([0, 2, 5, 8, _FAR])), max_size=6,
)  # fmt: skip


@given(spans)
def test_episodes_overlap_as_each_pair_of_them_does(spans):
    course, start, end = (np.array([s[n] for s in spans], dtype=np.int64) for n in range(3))
    found = _overlapping(course, start, end, np.arange(len(spans)))
    order = sorted(range(len(spans)), key=lambda n: (spans[n][0], spans[n][1], n))
    wanted = [False] * len(spans)
    for place, n in enumerate(order):
        mine = [m for m in order if spans[m][0] == spans[n][0]]
        at = mine.index(n)
        before = [spans[m][2] for m in mine[:at]]
        later = bool(before) and spans[n][1] < max(before)
        earlier = at + 1 < len(mine) and spans[mine[at + 1]][1] < spans[n][2]
        wanted[order[place]] = later or earlier
    assert found.tolist() == wanted
