"""Cells, dates and words."""

from __future__ import annotations

from datetime import UTC, date, timedelta, timezone

import pandas as pd
import pytest

from outcomes.cleaning import DATE_ORDERS, order_evidence, parse_date, parse_dates, tidy
from outcomes.errors import VocabularyError

DATES = [
    # text, order, day
    ("2026-10-05", "ymd", date(2026, 10, 5)),
    ("2026-10-05", "dmy", date(2026, 10, 5)),
    ("2026-10-05", "mdy", date(2026, 10, 5)),
    ("2026/10/05", "ymd", date(2026, 10, 5)),
    ("20261005", "ymd", date(2026, 10, 5)),
    ("5.10.2026", "dmy", date(2026, 10, 5)),
    ("05/10/2026", "dmy", date(2026, 10, 5)),
    ("05/10/2026", "mdy", date(2026, 5, 10)),
    ("10/06/2025 12:00", "mdy", date(2025, 10, 6)),
    ("10/06/2025 12:00:01 PM", "mdy", date(2025, 10, 6)),
    ("2026-10-05T23:59:59.5+02:00", "ymd", date(2026, 10, 5)),
    ("2026-10-05T00:00:00Z", "ymd", date(2026, 10, 5)),
    ("2024-02-29", "ymd", date(2024, 2, 29)),
    ("2025-02-29", "ymd", None),
    ("05/10/26", "dmy", None),
    ("05/10.2026", "dmy", None),
    ("05/10/2026", "ymd", None),
    ("31/02/2025", "dmy", None),
    ("13/13/2025", "mdy", None),
    ("00/00/0000", "dmy", None),
    ("45935", "ymd", None),
    ("tbc", "ymd", None),
    ("2026-10-05 was a Monday", "ymd", None),
]


@pytest.mark.parametrize(("text", "order", "day"), DATES)
def test_dates_are_read_in_the_stated_order_or_not_at_all(text, order, day):
    assert parse_date(text, order) == day
    column = parse_dates(pd.Series([text, None, text], dtype="string"), order)
    assert column.dtype == "datetime64[s]"
    assert [None if pd.isna(d) else d.date() for d in column] == [day, None, day]


def test_cells_are_trimmed_and_have_one_way_of_being_empty():
    cells = pd.Series([" a ", "", "  ", "na", "N/A", None, "x\r\ny\rz", "\xa0b"], dtype="string")
    assert tidy(cells, ["NA", "n/a"]).fillna("-").tolist() == [
        "a", "-", "-", "-", "-", "-", "x\ny\nz", "b",
    ]  # fmt: skip


def test_words_take_the_case_of_the_vocabulary(rows, cleaned):
    rows["clients"][0]["gender"] = "Woman"
    study = cleaned(rows)
    assert study.clients["gender"].tolist() == ["woman", "man", "other"]


def test_unknown_words_stop_with_the_list_of_all_columns(rows, cleaned):
    rows["clients"][0]["gender"] = "F"
    rows["clients"][1]["gender"] = "F"
    rows["episodes"][0]["intervention"] = "Mediation"
    with pytest.raises(VocabularyError) as error:
        cleaned(rows)
    assert error.value.where == "clients.gender: 'F' (2); episodes.intervention: 'Mediation' (1)"
    assert error.value.how_many == 3
    assert "[files.codes.gender]" in error.value.fix
    assert "woman" in error.value.fix


def test_a_column_of_names_is_not_quoted(rows, cleaned):
    rows["clients"] = [{"client_id": f"C{n}", "gender": f"Surname{n}"} for n in range(30)]
    with pytest.raises(VocabularyError) as error:
        cleaned(rows)
    assert "Surname" not in str(error.value)
    assert "30 different words" in error.value.where


def test_yes_and_no_are_read_in_any_usual_form(rows, cleaned):
    rows["clients"] = [
        {"client_id": f"C{n}", "prior_care": word}
        for n, word in enumerate(["Yes", "TRUE", "1", "No", "false", "0"], start=1)
    ]
    study = cleaned(rows)
    assert study.clients["prior_care"].tolist() == [True] * 3 + [False] * 3


@pytest.mark.parametrize("order", DATE_ORDERS)
@pytest.mark.parametrize(
    "text",
    ["5 Jan 2026", "Jan 5, 2026", "05-Jan-2026", "5 January 2026 09:30", "2026/1/5", "20260105"],
)
def test_dates_that_need_no_order(text, order):
    assert parse_date(text, order) == date(2026, 1, 5)


@pytest.mark.parametrize("text", ["5 Jan 26", "5 Janu 2026", "31 Feb 2026", "2026105", "Jan 2026"])
def test_dates_with_names_that_are_none(text):
    assert parse_date(text, "dmy") is None


ZONED = [
    ("2026-01-13T23:30:00Z", 14),
    ("2026-01-13T23:30:00+01:00", 13),
    ("2026-01-13 11:30 PM -0500", 14),
    ("2026-01-13T23:30:00", 13),
    ("2026-01-13", 13),
]


@pytest.mark.parametrize(("text", "day"), ZONED)
def test_offsets_count_in_the_zone(text, day):
    assert parse_date(text, "ymd") == date(2026, 1, 13)
    assert parse_date(text, "ymd", timezone(timedelta(hours=1))) == date(2026, 1, day)


def test_a_time_that_is_none_is_no_date_in_a_zone():
    assert parse_date("2026-01-13T25:30:00Z", "ymd", UTC) is None


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["13/01/2026", "01/02/2026"], "dmy"),
        (["01/13/2026", "01/02/2026"], "mdy"),
        (["2026-01-02", "5 Jan 2026", "13/13/2026", "13/01/26"], "ymd"),
        (["05/05/2026"], "dmy"),
        (["01/02/2026", "05/05/2026"], None),
        (["13/01/2026", "01/13/2026"], None),
    ],
)
def test_evidence_for_an_order(texts, order):
    assert order_evidence([(text, 2) for text in texts]).order == order
