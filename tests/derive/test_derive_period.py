"""Periods: what can be written, and which days they hold."""

from __future__ import annotations

import pandas as pd
import pytest

from outcomes.derive import Period
from outcomes.errors import UsageError


@pytest.mark.parametrize(
    ("text", "start", "end", "label"),
    [
        ("2026", "2026-01-01", "2026-12-31", "2026"),
        ("2026Q1", "2026-01-01", "2026-03-31", "2026 Q1"),
        ("2026Q4", "2026-10-01", "2026-12-31", "2026 Q4"),
        ("2024q1", "2024-01-01", "2024-03-31", "2024 Q1"),
        ("2026-Q3", "2026-07-01", "2026-09-30", "2026 Q3"),
        ("2025Q1..2026Q2", "2025-01-01", "2026-06-30", "2025 Q1 to 2026 Q2"),
        ("2024..2025", "2024-01-01", "2025-12-31", "2024 to 2025"),
        (" 2025..2026Q1 ", "2025-01-01", "2026-03-31", "2025 to 2026 Q1"),
    ],
)
def test_reads_years_quarters_and_ranges(text, start, end, label):
    period = Period.parse(text)
    assert (str(period.start), str(period.end), period.label) == (start, end, label)


@pytest.mark.parametrize(
    "text", ["", "2026Q5", "26Q1", "Q1 2026", "2026Q1..", "..2026", "2026-07-01", "0000", "none"]
)
def test_refuses_what_it_cannot_read(text):
    with pytest.raises(UsageError, match="cannot be read"):
        Period.parse(text)


def test_refuses_a_period_that_is_no_text():
    with pytest.raises(UsageError, match="cannot be read"):
        Period.parse(2026)


def test_refuses_a_range_that_ends_before_it_starts():
    with pytest.raises(UsageError, match="ends before it starts"):
        Period.parse("2026Q2..2025Q1")


def test_holds_its_first_and_last_day_and_no_missing_date():
    dates = pd.Series(
        pd.to_datetime(["2026-06-30", "2026-07-01", "2026-09-30", "2026-10-01", None])
    )
    assert list(Period.parse("2026Q3").contains(dates)) == [False, True, True, False, False]


def test_all_holds_a_missing_date_too():
    dates = pd.Series(pd.to_datetime(["2026-06-30", None]))
    assert Period.parse("all").contains(dates).all()
