"""The page on layouts shows layouts that work."""

from __future__ import annotations

import re
from pathlib import Path

from outcomes.sources import parse_layout

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "layout.md"
BLOCKS = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)


def test_the_whole_example_is_a_layout():
    first, questionnaire, *_ = BLOCKS
    layout = parse_layout(f"{first}\n{questionnaire}", "layout.toml")
    assert [entry.table for entry in layout.files] == ["clients", "responses"]
    assert layout.exported_on is not None


def test_visits_side_by_side():
    first, questionnaire, visits, *_ = BLOCKS
    wide = questionnaire.replace('items = "PHQ9_{item}"', "").replace('taken_on = "Date"', "")
    wide = wide.replace('occasion = "When"', "").replace('"phq9"', '"bdi2"')
    wide += "taken_on = 2000-01-01\n"
    layout = parse_layout(f"{first}\n{wide}\n{visits}", "layout.toml")
    assert [visit.offset_days for visit in layout.files[1].visits] == [0, 91]


def test_suppliers_lines_and_rows():
    supplier, lines, rows = BLOCKS[3:6]
    text = f"schema = 1\n{supplier}\n{lines}\n{rows}"
    *_, sessions, episodes = parse_layout(text, "layout.toml").files
    assert (sessions.table, sessions.only["Site"]) == ("sessions", ("North", "South"))
    assert episodes.one_row_each


def test_people_in_a_list():
    layout = parse_layout(f"schema = 1\n{BLOCKS[6]}", "layout.toml")
    (sessions,) = layout.files
    assert sessions.look_up == {"client_id": "codes"}
    assert layout.look_ups["codes"].known == ("First name", "Surname")
