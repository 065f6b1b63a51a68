"""Days as numbers: read by the workbook's own epoch, refused where no workbook says it."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, to_excel

from outcomes.errors import LayoutError
from outcomes.sources import read
from outcomes.sources.serials import serial_day

LAYOUT = """
schema = 1
exported_on = 2026-10-05
[[files]]
file = "c.csv"
table = "episodes"
{order}
[files.columns]
episode_id = "id"
client_id = "client"
started_on = "start"
[files.constants]
unit = "individual"
intervention = "therapy"
[[files]]
file = "c.csv"
table = "clients"
[files.columns]
client_id = "client"
"""


@pytest.mark.parametrize(
    ("text", "epoch", "day"),
    [
        ("46034", "excel", dt.date(2026, 1, 12)),
        ("44572", "excel1904", dt.date(2026, 1, 12)),
        ("46034.396", "excel", dt.date(2026, 1, 12)),
        ("2958465", "excel", dt.date(9999, 12, 31)),
        ("2958466", "excel", None),
        ("0", "excel", None),
        ("-3", "excel", None),
        ("20260112", "excel", None),
        ("1e4", "excel", None),
        ("2958465", "excel1904", None),
    ],
)
def test_single_days(text, epoch, day):
    assert serial_day(text, epoch) == day


@given(st.dates(dt.date(1990, 1, 1), dt.date(2100, 1, 1)))
def test_every_day_is_the_one_excel_means(day):
    for epoch, calendar in (("excel", CALENDAR_WINDOWS_1900), ("excel1904", CALENDAR_MAC_1904)):
        assert serial_day(str(int(to_excel(day, calendar))), epoch) == day


@pytest.fixture
def folder(tmp_path):
    def write(starts, order=""):
        rows = [f"E{n},C{n},{start}" for n, start in enumerate(starts)]
        (tmp_path / "c.csv").write_text("\n".join(["id,client,start", *rows]), encoding="utf-8")
        (tmp_path / "layout.toml").write_text(LAYOUT.format(order=order), encoding="utf-8")
        return tmp_path

    return write


@pytest.mark.parametrize("order", ["", 'date_order = "dmy"'])
def test_a_text_file_does_not_say_from_when_it_counts(folder, order):
    with pytest.raises(LayoutError, match="numbers, as Excel counts") as error:
        read(folder(["46034", "46035"], order))
    assert error.value.how_many == 2
    assert 'date_order = "excel"' in error.value.fix
    assert "excel1904" in error.value.fix
    assert "46034" not in str(error.value)


@pytest.mark.parametrize(("order", "serial"), [("excel", "46034"), ("excel1904", "44572")])
def test_the_layout_says_it(folder, order, serial):
    study = read(folder([serial, "2026-01-12"], f'date_order = "{order}"'))
    assert study.episodes["started_on"].dt.date.tolist() == [dt.date(2026, 1, 12)] * 2


def test_a_single_number_among_dates_is_a_bad_date(folder):
    study = read(folder(["2026-01-12", "46034", "2026-01-14"]))
    assert study.ledger.to_frame()["reason"].tolist() == ["bad_date"]
