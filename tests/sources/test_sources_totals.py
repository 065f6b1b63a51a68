"""Rows of totals: dropped where the numbers prove it, kept where a client's row looks like one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcomes.sources.totals import may_hold_totals, total_rows

DATA = [["A", "2026-01-05", "10"], ["B", "2026-01-06", "20"], ["C", "2026-01-07", "3"]]

TOTALS = {
    "a word and the sum": ([["Total", "", "33"]], [3]),
    "a German word with a colon": ([["Summe:", "", "33"]], [3]),
    "the word in another column": ([["", "Gesamt", "33"]], [3]),
    "the mean under the sum": ([["Total", "", "33"], ["Average", "", "11"]], [3, 4]),
    "a count": ([["Anzahl", "", "3"]], [3]),
    "a word alone at the end": ([["Grand total", "", ""]], [3]),
    "a word at the end with a number of its own": ([["Total", "", "999"]], [3]),
    "a count in the word": ([["Total: 3", "", ""]], [3]),
    "no word and the sum": ([["", "", "33"]], [3]),
    "a currency": ([["Total", "", "$ 33.00"]], [3]),
    "blank lines between": ([["", "", ""], ["Total", "", "33"]], [4]),
}
DATA_ROWS = {
    "a client's row without identifier": [["", "2026-01-08", "33"]],
    "no word and another number": [["", "", "34"]],
    "a date beside the word": [["Total", "2026-01-08", "33"]],
    "a text beside the word": [["Total", "late", "33"]],
    "another word": [["Tot", "", "33"]],
}


@pytest.mark.parametrize("case", TOTALS)
def test_totals(case):
    rows, found = TOTALS[case]
    assert total_rows([*DATA, *rows], 3) == found


@pytest.mark.parametrize("case", DATA_ROWS)
def test_rows_of_clients(case):
    assert total_rows([*DATA, *DATA_ROWS[case]], 3) == []


def test_subtotals_of_groups():
    rows = [["North", "1"], ["North", "2"], ["North Total", "3"], ["South", "5"], ["South", "6"],
            ["South Total", "11"], ["Grand Total", "14"]]  # fmt: skip
    assert total_rows(rows, 2) == [2, 5, 6]


def test_a_ready_total_of_a_questionnaire_is_an_answer():
    rows = [[str(item), "1001", str(item % 4)] for item in range(1, 10)]
    total = sum(item % 4 for item in range(1, 10))
    assert total_rows([*rows, ["total", "1001", str(total)]], 3) == []
    long = [["1001", str(item), str(item % 4)] for item in range(1, 10)]
    assert total_rows([*long, ["1001", "total", str(total)]], 3) == []


def test_decimal_commas():
    assert total_rows([["A", "1,5"], ["B", "2,5"], ["Summe", "4,0"]], 2) == [2]


@given(st.lists(st.tuples(st.integers(1, 99), st.integers(1, 500)), min_size=2, max_size=12))
def test_rows_with_an_identifier_are_never_totals(pairs):
    rows = [[f"C{client}", str(value)] for client, value in pairs]
    assert total_rows(rows, 2) == []
    total = str(sum(value for _, value in pairs))
    assert total_rows([*rows, ["Total", total]], 2) == [len(rows)]


def coded(column):
    texts, codes = np.unique(np.array(column, dtype=object), return_inverse=True)
    return codes, texts.tolist()


words = st.sampled_from(["A1", "B22", "", " ", "Total", "Sum12", "Summe: 3", "5", "x"])


@given(st.lists(st.tuples(words, words, words), min_size=1, max_size=6))
def test_a_file_passed_over_holds_no_totals(rows):
    columns = [coded(column) for column in zip(*rows, strict=True)]
    if not may_hold_totals(columns):
        assert total_rows([list(row) for row in rows], 3) == []
