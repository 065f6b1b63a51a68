"""Cells, tables, their HTML and their JSON."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from outcomes.errors import UsageError
from outcomes.tables.table import Cell, Table, TableColumn, missing, shown, suppressed, text

NASTY = '<script>alert("1")</script>'


@pytest.fixture
def table():
    columns = (
        TableColumn("who", NASTY, "text"),
        TableColumn("n", "People", "count"),
        TableColumn("share", "Share", "percent"),
    )
    rows = (
        (text(NASTY), shown(0, "0", "count"), missing("percent")),
        (text("b"), suppressed("count"), shown(0.43, "43 %", "percent")),
    )
    return Table("t", NASTY, columns, rows, (NASTY,))


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags = []
        self.data = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.data.append(data)


def parsed(markup: str) -> Tags:
    found = Tags()
    found.feed(markup)
    return found


class TestCell:
    def test_a_number_that_is_not_there_is_missing_and_says_so(self):
        for nothing in (None, float("nan"), np.nan, pd.NA, float("inf")):
            cell = shown(nothing, "?", "number")
            assert (cell.state, cell.text, cell.value) == ("missing", "not available", None)

    def test_a_suppressed_cell_holds_no_value(self):
        assert suppressed("count") == Cell(None, "hidden (small)", "suppressed", "count")
        with pytest.raises(UsageError):
            Cell(3, "hidden (small)", "suppressed", "count")

    def test_zero_is_shown(self):
        assert shown(np.int64(0), "0", "count") == Cell(0, "0", "shown", "count")

    def test_no_cell_is_blank(self):
        assert text("").state == "missing"
        with pytest.raises(UsageError):
            Cell(None, "", "missing", "text")

    def test_an_unknown_state_or_kind_is_refused(self):
        with pytest.raises(UsageError):
            Cell(1, "1", "visible", "count")
        with pytest.raises(UsageError):
            Cell(1, "1", "shown", "money")

    def test_numpy_numbers_become_python_numbers(self):
        assert type(shown(np.float64(1.5), "1.5", "number").value) is float


class TestTable:
    def test_rows_of_another_length_are_refused(self, table):
        with pytest.raises(UsageError, match="how many: 1"):
            Table("t", "c", table.columns, ((text("a"),),))

    def test_missing_suppressed_and_zero_are_three_things_in_the_frame(self, table):
        frame = table.to_frame()
        assert frame["n"].tolist() == [0, "hidden (small)"]
        assert frame["share"].isna().tolist() == [True, False]

    def test_json_gives_it_back(self, table):
        assert Table.from_dict(json.loads(json.dumps(table.to_dict()))) == table

    def test_repr_shows_words(self, table):
        assert "hidden (small)" in repr(table)
        assert "not available" in repr(table)


class TestHtml:
    def test_user_text_is_inert_everywhere(self, table):
        markup = table.to_html() + table._repr_html_()
        assert "<script" not in markup
        assert markup.count("&lt;script&gt;") == 2 * 4  # caption, heading, cell, note

    def test_headers_have_a_scope(self, table):
        headers = [attrs for tag, attrs in parsed(table.to_html()).tags if tag == "th"]
        assert [attrs["scope"] for attrs in headers] == ["col"] * 3 + ["row"] * 2

    def test_the_caption_comes_first(self, table):
        tags = [tag for tag, _ in parsed(table.to_html()).tags]
        assert tags[:3] == ["table", "caption", "thead"]

    def test_numbers_are_marked_and_aligned_right(self, table):
        cells = [a for tag, a in parsed(table._repr_html_()).tags if tag == "td"]
        assert all("numeric" in attrs["class"].split() for attrs in cells)
        assert all("text-align:right" in attrs["style"] for attrs in cells)
        assert "style=" not in table.to_html()

    def test_states_have_classes_and_words(self, table):
        cells = [a["class"] for tag, a in parsed(table.to_html()).tags if tag == "td"]
        assert [name.split()[-1] for name in cells] == [
            "state-shown",
            "state-missing",
            "state-suppressed",
            "state-shown",
        ]
        assert {"0", "not available", "hidden (small)", "43 %"} <= set(parsed(table.to_html()).data)
