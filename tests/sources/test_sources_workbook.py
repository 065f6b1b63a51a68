"""Excel and its kin: from the workbook to the tables, with everything odd said in the ledger."""

from __future__ import annotations

import datetime as dt
import io
import re
import shutil
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import Workbook

from outcomes.cleaning import reasons
from outcomes.errors import InputError
from outcomes.ledger import Action
from outcomes.sources import read
from outcomes.sources.files import read_file
from outcomes.sources.limits import source_policy
from outcomes.sources.spreadsheets.facts import Refused
from outcomes.sources.spreadsheets.process import read as read_here

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "exports" / "excel"
SAVED = [
    f"{name}.{kind}" for name in ("practice", "practice_1904") for kind in ("xlsx", "xls", "ods")
]


@pytest.fixture
def practice(tmp_path):
    def put(name, change=("", "")):
        shutil.copy(FIXTURES / name, tmp_path / name)
        text = (FIXTURES / "layout.toml").read_text(encoding="utf-8")
        text = text.replace("practice.xlsx", name).replace(*change)
        (tmp_path / "layout.toml").write_text(text, encoding="utf-8")
        return tmp_path

    return put


def events(study):
    log = study.ledger.to_frame()
    log["file"] = log["sheet"]
    columns = ["reason", "action", "file", "line", "column"]
    return {tuple(row) for row in log[columns].fillna("").to_numpy()}


@pytest.mark.parametrize("name", SAVED)
def test_every_kind_and_epoch_gives_the_same_practice(practice, name):
    study = read(practice(name))
    assert study.clients["client_id"].tolist() == ["0012", "0034", "0101"], "leading zeros stay"
    assert study.clients["practice_id"].tolist() == ["north"] * 3
    assert study.clients["gender"].tolist() == ["woman", "man", "woman"]
    courses = study.episodes
    assert courses["started_on"].dt.date.tolist() == [
        dt.date(2026, 1, 12), dt.date(2026, 2, 3), dt.date(2026, 3, 2),
    ]  # fmt: skip
    assert courses["ended_on"].dt.date.tolist()[:2] == [dt.date(2026, 5, 4), dt.date(2026, 4, 28)]
    assert study.sessions["minutes"].tolist() == [50, 50, 45]
    assert study.sessions["held_on"].dt.date.tolist()[2] == dt.date(2026, 2, 3)
    assert study.sessions["homework_set"].tolist()[:2] == [True, False]
    answers = study.responses
    assert len(answers) == 4 * 9 - 1, "one answer was an error"
    first = answers[(answers["episode_id"] == "K1") & (answers["occasion"] == "intake")]
    assert first.sort_values("item")["value"].tolist() == [2, 2, 1, 3, 1, 2, 1, 0, 0]


@pytest.mark.parametrize("name", SAVED)
def test_everything_odd_is_in_the_ledger(practice, name):
    study = read(practice(name))
    assert study.ledger.balanced()
    assert events(study) == {
        ("merged_cell", "changed", "Clients", 5, "Practice"),
        ("merged_cell", "changed", "Clients", 6, "Practice"),
        ("serial_date", "flagged", "Courses", 1, "End"),
        ("error_cell", "emptied", "PHQ-9", 4, "PHQ-9 / 5"),
        ("error_cell", "emptied", "PHQ-9", 4, "PHQ-9 / Sum"),
        ("totals_row", "dropped", "PHQ-9", 7, ""),
        ("totals_row", "dropped", "Sessions", 5, ""),
        ("hidden_sheet", "flagged", "Archive 2019", 0, ""),
        ("hidden_sheet", "flagged", "Lists", 0, ""),
    }
    files = study.ledger.files().set_index("file")
    assert files.loc[f"{name}[PHQ-9]"].tolist() == [5, 4, 1, 0]
    assert files.loc[f"{name}[Clients]"].tolist() == [3, 3, 0, 0], "formatted empty rows are none"


def test_a_workbook_that_no_program_has_worked_out(practice):
    name = "as_written.xlsx"
    sums = ('ignore = ["PHQ-9 / Sum"]', 'total = "PHQ-9 / Sum"')
    log = read(practice(name, sums)).ledger.to_frame()
    hollow = log[log["reason"] == "formula_without_value"]
    assert set(hollow["action"]) == {"emptied"}
    assert hollow.loc[hollow["column"] == "PHQ-9 / Sum", "line"].tolist() == [3, 4, 5, 6]


def test_a_hidden_sheet_is_read_when_it_is_named(practice):
    other = '\n[[files]]\nfile = "practice.xls"\nsheet = "Archive 2019"\ntable = "clients"\n'
    other += '[files.columns]\nclient_id = "Client no"\n'
    folder = practice("practice.xls")
    layout = folder / "layout.toml"
    layout.write_text(layout.read_text(encoding="utf-8") + other, encoding="utf-8")
    study = read(folder)
    assert "0007" in study.clients["client_id"].tolist()
    assert {name for reason, _, name, *_ in events(study) if reason == "hidden_sheet"} == {"Lists"}


def test_sheets_left_out_on_purpose_are_not_flagged(practice):
    folder = practice("practice.ods", ('["practice.ods[Cover]"]', "[]"))
    assert ("unread_sheet", "flagged", "Cover", 0, "") in events(read(folder))


def made(rows, *, merges=(), change=None):
    book = Workbook()
    page = book.active
    for row in rows:
        page.append(row)
    for merge in merges:
        page.merge_cells(merge)
    if change:
        change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.fixture
def sheet(tmp_path):
    def write(*rows, merges=(), change=None, **options):
        path = tmp_path / "b.xlsx"
        path.write_bytes(made(rows, merges=merges, change=change))
        return read_file(path, "b.xlsx", **options)

    return write


def said(raw):
    log = pd.concat(raw.log) if raw.log else pd.DataFrame(columns=["reason", "line", "column"])
    return [tuple(row) for row in log[["reason", "line"]].to_numpy()]


def test_a_header_over_three_rows(sheet):
    raw = sheet(
        ["Title"],
        ["who", "before", None, "after"],
        [None, "mood", None, "mood"],
        ["id", "a", "b", "a"],
        [1, 2, 3, 4],
        merges=["B2:C2", "B3:C3"],
        header_line=2,
        header_rows=3,
    )
    assert raw.headers == ("who / id", "before / mood / a", "before / mood / b", "after / mood / a")
    assert raw.cells["_line"].tolist() == [5]


def test_merged_data_fills_only_rows_that_hold_something(sheet):
    raw = sheet(["id", "n"], ["C1", 1], [None, 2], [None, None], ["C2", 3], merges=["A2:A4"])
    assert raw.cells["id"].tolist() == ["C1", "C1", "C2"]
    assert said(raw) == [("blank_line", 4), ("merged_cell", 3)]
    assert set(raw.log[1]["action"]) == {str(Action.CHANGED)}


def test_numbers_as_text_and_text_as_numbers(sheet):
    raw = sheet(["id", "n", "when"], ["007", "3", "05.01.2026"], [7, 3.5, dt.date(2026, 1, 5)])
    assert raw.cells["id"].tolist() == ["007", "7"]
    assert raw.cells["n"].tolist() == ["3", "3.5"]
    assert raw.cells["when"].tolist() == ["05.01.2026", "2026-01-05"]


def test_only_hidden_sheets(sheet):
    def hide(book):
        book.create_sheet("Seen")
        book.worksheets[0].sheet_state = "hidden"

    with pytest.raises(InputError, match="no column names"):
        sheet(["id"], [1], change=hide)


def test_a_sheet_without_an_end_is_refused_before_it_is_laid_out(sheet):
    def far(book):
        book.active["XFD1048576"] = 1

    with pytest.raises(InputError, match="used area"):
        sheet(["id"], [1], change=far)


def test_what_the_process_refuses_has_words():
    bounds = source_policy().workbook
    content = made([["id"], [1]])
    for code, spoilt in {
        "no sheet": content,
        "damaged": content[:-30],
        "no workbook": (FIXTURES / "practice.xls")
        .read_bytes()
        .replace(b"W\0o\0r\0k\0", b"V\0o\0r\0k\0"),
    }.items():
        with pytest.raises(Refused) as refusal:
            read_here(spoilt, "nowhere", bounds)
        assert refusal.value.code == code


def test_the_new_reasons_say_what_to_do():
    for code in ("totals_row", "error_cell", "formula_without_value", "merged_cell",
                 "serial_date", "hidden_sheet", "unread_sheet"):  # fmt: skip
        assert reasons()[code].to_do


def _part(content, change):
    """The workbook with the XML of its first sheet changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, change(part) if name.endswith("sheet1.xml") else part)
    return out.getvalue()


def _swap(old, new):
    def change(xml):
        assert old in xml
        return xml.replace(old, new, 1)

    return change


CELLS = made([["id", "gender", "note"], ["C1", None, "weeps at night"], ["C2", "woman", None]])
MISPLACED = {
    "before its neighbour": _swap(b'r="C2"', b'r="A2"'),
    "in another row": _swap(b'r="C2"', b'r="C3"'),
    "twice": _swap(b'r="C2"', b'r="A2"'),
    "beyond the last column": _swap(b'r="C2"', b'r="AAAA2"'),
    "beyond the last row": lambda xml: xml.replace(b'r="3"', b'r="1048577"').replace(
        b'3"', b'1048577"'
    ),
    "without a place among others": _swap(b'r="C2"', b'q="C2"'),
    "with a broken place": _swap(b'r="C2"', b'r="C-2"'),
    "a row before the last": _swap(b'<row r="3"', b'<row r="1"'),
    "a row of its own number": _swap(b'<row r="2"', b'<row r="9"'),
}


@pytest.mark.parametrize("how", MISPLACED)
def test_cells_that_are_not_where_they_say_stop_the_read(how, tmp_path):
    path = tmp_path / "b.xlsx"
    path.write_bytes(_part(CELLS, MISPLACED[how]))
    with pytest.raises(InputError, match=r"out of order|used area") as error:
        read_file(path, "b.xlsx")
    assert "weeps" not in str(error.value)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        # Cut within the first cell, what follows would be taken for its text.
        (b'<t>C1</t></is></c><c r="C2" t="inlineStr"><is><t>', b"<>0</v></c><c><is><t>"),
        (b"</row><row", b"<row"),
    ],
    ids=["a tag without a name", "a row that does not end"],
)
def test_xml_that_is_not_well_formed_stops_the_read(old, new, tmp_path):
    path = tmp_path / "b.xlsx"
    path.write_bytes(_part(CELLS, _swap(old, new)))
    with pytest.raises(InputError, match="damaged"):
        read_file(path, "b.xlsx")


@pytest.mark.parametrize(
    "change",
    [
        lambda xml: re.sub(rb'\sr="[A-Z]*\d+"', b"", xml),
        lambda xml: re.sub(rb'<row r="\d+"', b"<row", xml),
    ],
    ids=["no cell and no row says its place", "no row says its place"],
)
def test_places_that_go_without_saying_are_none_that_is_wrong(change, tmp_path):
    # calamine takes cells without a place one after the other, so all columns are filled here.
    full = made([["id", "n"], ["C1", 1], ["C2", 2]])
    path = tmp_path / "b.xlsx"
    path.write_bytes(_part(full, change))
    raw = read_file(path, "b.xlsx")
    assert raw.cells["id"].tolist() == ["C1", "C2"]
    assert raw.cells["n"].tolist() == ["1", "2"]


def test_controls_below_the_cells_are_no_cells(tmp_path):
    control = b'</sheetData><x:row xmlns:x="u">7</x:row><x:row xmlns:x="u" r="1">7</x:row>'
    path = tmp_path / "b.xlsx"
    path.write_bytes(_part(CELLS, _swap(b"</sheetData>", control)))
    assert len(read_file(path, "b.xlsx").cells) == 2
