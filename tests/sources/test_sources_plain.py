"""The quick way through plain text gives what the csv module gives, or steps aside."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from outcomes.errors import OutcomesError
from outcomes.sources import files
from outcomes.sources.delimited import read_delimited
from outcomes.sources.files import read_file
from outcomes.sources.plain import read_plain

NASTY = [
    "",
    " ",
    "a",
    "NA",
    "null",
    "1",
    "-1.50",
    "\x1c",
    "\xa0",
    "é",
    "\u2028",
    "\x85",
    "'",
    "Total",
    "2",
    "3",
    "\\",
    "#",
    "\t",
]
cells = st.one_of(
    st.sampled_from(NASTY), st.text(alphabet=st.sampled_from('ab ,;"\r\n\\é0'), max_size=5)
)
texts = st.builds(
    lambda rows, end, last: end.join(";".join(row) for row in rows) + (end if last else ""),
    st.lists(st.lists(cells, min_size=3, max_size=3), min_size=1, max_size=6),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
)


def by_csv(text, header_line):
    try:
        return read_delimited(text, "t.csv", header_line, ";")
    except OutcomesError:
        return None


@settings(max_examples=300, deadline=None)
@given(texts, st.integers(1, 3))
@example("a;b;c\n1;2;3\n\n", 1)
@example("a;b;c\n1;2\n", 1)
@example("a;b;c\n\n1;2;3", 1)
@example('"a";b;"c;d"\r\n1; 2 ;\r\n', 1)
@example("title\na;b;c\n1;2;3\n", 2)
@example("ti\rtle\na;b;c\n1;2;3\n", 2)
@example("a;b;c\n\ufeff;;\n", 1)
@example("a;b;c\n\x1a;;\n\x1a", 1)
def test_plain_records_are_those_of_the_csv_module(text, header_line):
    plain = read_plain(text, header_line, ";")
    if plain is None:
        return
    exact = by_csv(text, header_line)
    assert exact is not None
    assert plain.headers == exact.headers
    assert plain.lines().tolist() == exact.lines
    columns = [column.to_pylist() for column in plain.columns]
    assert [list(row) for row in zip(*columns, strict=True)] == exact.rows


first = st.sampled_from(["c1", "longer", "", "é", "1"])
signs = st.sampled_from([*"0123"] * 6 + ["", "12", "é", " "])
regular = "header;a;b;c;d\nc1;0;1;2;3\n" + "c2;1;1;1;1\n" * 12


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(first, *[signs] * 4), max_size=8), st.booleans())
@example([("", "", "", "", "")], True)
@example([("", "", "", "", "")], False)
@example([("", "1", "2", "3", "0")], False)
@example([("x", "1", "2", "3")], True)
@example([("x", "1", "2", "3", "4", "5")], True)
@example([("x", "1", "2", "3", "4", "5")], False)
@example([("x", "1;2", "3", "4", "5")], False)
def test_columns_of_single_signs_are_those_of_the_csv_module(rows, last):
    text = regular + "\n".join(";".join(row) for row in rows) + ("\n" if last and rows else "")
    plain, exact = read_plain(text, 1, ";"), by_csv(text, 1)
    whole = exact is not None and all(len(row) == 5 for row in exact.rows)
    assert (plain is not None) == whole
    if plain is not None:
        columns = [column.to_pylist() for column in plain.columns]
        assert [list(row) for row in zip(*columns, strict=True)] == exact.rows


@settings(max_examples=150, deadline=None)
@given(texts)
@example("a;;a\n ;\x1c;\n1;2;3\n")
@example("a;b; \n1;2;3\n")
@example("a;b; \n1;2; \n")
@example("a;b;c\nx;1;2\ny;3;4\nTotal;4;6\n")
@example("a;b;c\nx;1;2\ny;3;4\n;4;6\n")
@example("a;b;c\nx;1;2\n;Sum;2\ny;3;4\n \n;4;6\n; ;\n")
def test_a_file_reads_alike_either_way(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("plain") / "t.csv"
    path.write_bytes(text.encode("utf-8"))

    def read(quick):
        with pytest.MonkeyPatch.context() as patch:
            if not quick:
                patch.setattr(files, "read_plain", lambda *_: None)
            try:
                return read_file(path, "t.csv", separator=";")
            except OutcomesError as error:
                return str(error)

    quick, exact = read(True), read(False)
    if isinstance(exact, str):
        assert quick == exact
        return
    pd.testing.assert_frame_equal(quick.cells, exact.cells)
    assert quick.headers == exact.headers
    assert quick.source == exact.source
    assert len(quick.log) == len(exact.log)
    for one, other in zip(quick.log, exact.log, strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_a_plain_text_does_take_the_quick_way():
    plain = read_plain('"a";b\r\n1;\r\n2; x', 1, ";")
    assert plain is not None
    assert [column.to_pylist() for column in plain.columns] == [["1", "2"], ["", " x"]]


@pytest.mark.parametrize(
    "text",
    ['a;b\n1;"2"\n', "a;b\n1\n", "a;b\n1;2\n\n", "a\n1\n", "a;b\n1;2\r3;4\n", "a;b\n", "a;b"],
)
def test_what_needs_a_second_look_is_left_alone(text):
    assert read_plain(text, 1, ";") is None


@pytest.mark.parametrize(
    ("text", "coded"),
    [("a,b\n1,x\n2,\n1,x\n", True), ("a,b\n1,x\n , \n1,y\n", False), ('a,b\n"1",x\n', False)],
    ids=["plain", "blank_line", "quoted"],
)
def test_columns_read_as_categories_hold_what_the_others_do(tmp_path, text, coded):
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    plain, found = read_file(path, "t.csv"), read_file(path, "t.csv", coded=True)
    assert isinstance(found.cells["a"].dtype, pd.CategoricalDtype) == coded
    for column in "ab":
        pd.testing.assert_series_equal(found.cells[column].astype("string"), plain.cells[column])
        for raw in (plain, found):
            codes, texts = raw.distinct(column)
            assert texts[codes].tolist() == plain.cells[column].tolist()
