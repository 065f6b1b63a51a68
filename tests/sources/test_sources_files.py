"""Files become text cells with exact lines, or one clear message."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, time

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from outcomes.errors import InputError
from outcomes.sources.delimited import read_delimited
from outcomes.sources.files import read_file

TABLE = "id,näme\n1,a\n2,é\n"


@pytest.fixture
def written(tmp_path):
    def write(content, name="t.csv", **options):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_file(path, name, **options)

    return write


def lines(raw):
    return raw.cells["_line"].tolist()


ENCODINGS = {
    "utf-8": {},
    "utf-8-sig": {},
    "utf-16": {},
    "utf-32": {},
    "utf-16-le": {"encoding": "utf-16-le"},
    "cp1252": {"encoding": "cp1252"},
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_encodings(encoding, written):
    raw = written(TABLE.encode(encoding), **ENCODINGS[encoding])
    assert raw.headers == ("id", "näme")
    assert raw.cells["näme"].tolist() == ["a", "é"]
    assert lines(raw) == [2, 3]
    assert raw.source.rows == 2


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_ends(ending, written):
    raw = written(TABLE.replace("\n", ending))
    assert raw.cells["id"].tolist() == ["1", "2"]
    assert lines(raw) == [2, 3]


def test_separators_and_header_lines(written):
    assert written("id\tb\n1\t2\n", "t.tsv").headers == ("id", "b")
    raw = written("A title\n\nid;b\n1;2,5\n", separator=";", header_line=3)
    assert raw.headers == ("id", "b")
    assert raw.cells["b"].tolist() == ["2,5"]
    assert lines(raw) == [4]


def test_lines_are_physical_also_after_quoted_line_ends(written):
    raw = written('id,note\n1,"two\nlines"\n\n2,"a ""word"", said"\n"3",\n')
    assert raw.cells["note"].tolist() == ["two\nlines", 'a "word", said', ""]
    assert lines(raw) == [2, 5, 6]
    (blank,) = raw.log
    assert (blank["reason"][0], blank["line"][0], blank["action"][0]) == (
        "blank_line",
        4,
        "dropped",
    )
    assert raw.source.rows == 4


def test_lines_of_other_lengths_are_kept_and_said(written):
    raw = written("a,b\n1\n2,3,4\n5,6,\n7,8\n,\n")
    assert raw.cells["a"].tolist() == ["1", "2", "5", "7"]
    assert raw.cells["b"].tolist() == ["", "3", "6", "8"]
    blank, ragged = raw.log
    assert blank["line"].tolist() == [6]
    assert ragged["line"].tolist() == [2, 3]
    assert set(ragged["action"]) == {"flagged"}


def test_a_column_without_a_name_is_not_lost_unsaid(written):
    assert written("a,,b,\n1,x,2,\n").headers == ("a", "(column 2)", "b", "")


BROKEN = {
    "empty": (b"", "empty"),
    "only space": (b" \n \n", "empty"),
    "binary": (b"PK\x03\x04\x00\x00abc", "not text"),
    "half UTF-16": (b"\xff\xfei\x00d\x00\n", "not utf-16"),
    "open quote": (b'id,b\n1,"x\n2,y\n', "quoting"),
    "text after a quote": (b'id\n"a"b\n', "quoting"),
    "endless cell": (b"id\n" + b"x" * 200_000 + b"\n", "quoting"),
    "names all empty": (b",,\n1,2,3\n", "column names is empty"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_files(case, written):
    content, message = BROKEN[case]
    with pytest.raises(InputError, match=message) as error:
        written(content)
    assert error.value.where.startswith("t.csv")
    assert error.value.fix


def test_messages_name_the_line(written):
    with pytest.raises(InputError) as error:
        written("id\n1\né\n".encode("cp1252"), encoding="utf-8")
    assert error.value.what == "the file is not utf-8"
    assert error.value.where == "t.csv, line 3"
    with pytest.raises(InputError) as error:
        written('id\n1\n2\n"3\n4\n')
    assert error.value.where.endswith("starts at line 4")


def test_unknown_kinds_and_missing_files(tmp_path, written):
    with pytest.raises(InputError, match=r"\.docx"):
        written("x", "t.docx")
    with pytest.raises(InputError, match="no such file"):
        read_file(tmp_path / "none.csv", "none.csv")
    with pytest.raises(InputError, match="only a workbook has sheets"):
        written("id\n1\n", sheet="A")
    with pytest.raises(InputError, match="ends before line 9"):
        written("id\n1\n", header_line=9)


cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(cells, min_size=2, max_size=2), max_size=6))
def test_what_a_csv_writer_writes_is_read_back_with_its_line(rows):
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    starts = []
    for row in [["a", "b"], *rows]:
        text = out.getvalue().replace("\r\n", "\n").replace("\r", "\n")
        starts.append(text.count("\n") + 1)
        writer.writerow(row)
    records = read_delimited(out.getvalue(), "t.csv", 1, ",")
    assert records.rows == rows
    assert records.lines == starts[1:]


def workbook(rows, sheet="Data"):
    book = Workbook()
    book.active.title = "Cover"
    page = book.create_sheet(sheet)
    for row in rows:
        page.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_sheets_give_text(written):
    content = workbook(
        [
            ["Report"],
            ["id", "on", "at", "n", "x", "ok", "text", None],
            [7, date(2026, 10, 5), datetime(2026, 10, 5, 9, 30), 3.0, 2.5, True, " a "],
            [],
            [8, datetime(2026, 1, 2), time(9, 30), None, "4", False, "=1+1"],
        ]
    )
    raw = written(content, "b.xlsx", sheet="Data", header_line=2)
    assert raw.name == "b.xlsx[Data]"
    assert raw.headers == ("id", "on", "at", "n", "x", "ok", "text")
    assert lines(raw) == [3, 5]
    first, second = raw.cells.iloc[:, :7].to_numpy().tolist()
    assert first == ["7", "2026-10-05", "2026-10-05 09:30:00", "3", "2.5", "true", " a "]
    assert second == ["8", "2026-01-02", "09:30:00", "", "4", "false", ""]
    found = pd.concat(raw.log)[["reason", "action", "line", "column"]].to_numpy().tolist()
    assert found[0][:3] == ["blank_line", "dropped", 4]
    assert found[1:] == [["formula_without_value", "emptied", 5, "text"]]


def test_sheets_that_are_not_there(written):
    content = workbook([["id"], [1]])
    with pytest.raises(InputError, match="no sheet 'Dta'") as error:
        written(content, "b.xlsx", sheet="Dta")
    assert "did you mean 'Data'" in error.value.fix
    with pytest.raises(InputError, match="no column names in line 4"):
        written(content, "b.xlsx", header_line=4)
    assert written(content, "b.xlsx").name == "b.xlsx[Data]", "an empty cover is passed over"


BROKEN_WORKBOOKS = {
    "text": (b"id,b\n1,2\n", "is a text file"),
    "zip cut short": (b"PK\x03\x04broken", "damaged"),
    "compound file cut short": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "damaged"),
    "web page": (b"<html><body><table><tr><td>id</td></tr></table>", "web page"),
    "something binary": (b"\x00\x01\x02", "another kind"),
}


@pytest.mark.parametrize("case", BROKEN_WORKBOOKS)
@pytest.mark.parametrize("name", ["b.xlsx", "b.xls", "b.ods"])
def test_broken_workbooks(case, name, written):
    content, message = BROKEN_WORKBOOKS[case]
    with pytest.raises(InputError, match=message) as error:
        written(content, name)
    assert error.value.fix
