"""What is said of a whole column of text is what is true of each text."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from outcomes.schema.ordering import order_by
from outcomes.schema.texts import among, ascends, is_compact, places_of, ranks, text_array

texts = st.lists(st.none() | st.text("abAB1-\x85é \r\n", max_size=4), max_size=8)
compact = st.lists(st.none() | st.text("abAB1-", max_size=4), max_size=8)


def column(cells):
    return pd.Series(cells, dtype="string")


@given(texts)
@example(["a\xa0", "b"])
@example(["a", None, "\t"])
def test_compact_texts_have_nothing_to_trim(cells):
    joined = "".join(cell for cell in cells if cell is not None)
    wanted = joined.isascii() and joined.isprintable() and " " not in joined
    assert is_compact(text_array(column(cells))) == wanted


@given(compact, st.sets(st.text("abA1-", max_size=3), max_size=3))
def test_words_are_found_whatever_their_case(cells, words):
    small = {word.casefold() for word in words}
    wanted = [cell is not None and cell.casefold() in small for cell in cells]
    assert among(text_array(column(cells)), words).tolist() == wanted


@given(texts)
def test_ranks_order_as_the_texts_do(cells):
    found = ranks(column(cells))
    last = max((cell for cell in cells if cell is not None), default="") + "z"
    keys = [last if cell is None else cell for cell in cells]
    assert np.argsort(found, kind="stable").tolist() == sorted(
        range(len(cells)), key=lambda n: (keys[n].encode("utf-8"), n)
    )
    assert ascends(text_array(column(cells))) == (
        len(cells) < 2 or (None not in cells and all(a < b for a, b in pairwise(cells)))
    )


@given(st.lists(st.text("ab", max_size=2), unique=True, max_size=5), texts)
def test_ids_are_found_at_their_place(ids, cells):
    wanted = [ids.index(cell) if cell in ids else -1 for cell in cells]
    assert places_of(text_array(column(ids)), column(cells)).tolist() == wanted


@pytest.mark.parametrize("cells", [[np.nan, np.nan], [None, "a"], ["a", pd.NA]])
def test_what_is_missing_is_no_text(cells):
    found = text_array(pd.Series(cells, dtype="object"))
    assert found.to_pylist() == [cell if isinstance(cell, str) else None for cell in cells]


@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 2**62)), max_size=8))
def test_rows_are_ordered_by_the_first_key_first(rows):
    keys = [np.array([row[n] for row in rows], dtype=np.int64) for n in (0, 1)]
    assert order_by(keys).tolist() == sorted(range(len(rows)), key=lambda n: (rows[n], n))
