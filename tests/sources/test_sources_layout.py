"""A layout is checked before any data are read; every refusal names key and fix."""

from __future__ import annotations

from datetime import date

import pytest

from outcomes.errors import LayoutError
from outcomes.sources import parse_layout

SOUND = """
schema = 1
name = "A practice"
exported_on = 2026-10-05
date_order = "dmy"
missing = ["", "NA"]
sentinels = [99, -1]

[[files]]
file = "clients.csv"
table = "clients"
separator = ";"
encoding = "cp1252"
ignore = ["Name"]
[files.columns]
client_id = "ID"
gender = "Sex"
prior_care = "Before"
[files.constants]
practice_id = 7
[files.codes.gender]
F = "woman"
[files.codes.prior_care]
once = true

[[files]]
file = "phq9.csv"
table = "responses"
items = "PHQ9_{item}"
[files.columns]
client_id = "ID"
episode_id = "Course"
taken_on = "Date"
[files.constants]
instrument = "phq9"
"""


def entry(text, **changes):
    for old, new in changes.values():
        assert old in text
        text = text.replace(old, new)
    return parse_layout(text, "layout.toml")


def test_a_sound_layout():
    layout = parse_layout(SOUND, "layout.toml")
    assert (layout.name, layout.date_order) == ("A practice", "dmy")
    assert layout.exported_on == date(2026, 10, 5)
    assert layout.missing == ("", "NA")
    assert layout.sentinels == (99.0, -1.0)
    clients, phq9 = layout.files
    assert clients.separator == ";"
    assert clients.constants == {"practice_id": "7"}
    assert clients.codes == {"gender": {"F": "woman"}, "prior_care": {"once": "true"}}
    (visit,) = phq9.visits
    assert visit.items == {str(n): f"PHQ9_{n}" for n in range(1, 10)}
    assert phq9.constants["rater"] == "client"
    assert clients.used() == {"ID", "Sex", "Before", "Name"}


def test_what_is_not_said_is_left_to_the_policy():
    layout = parse_layout("schema = 1", "layout.toml")
    assert layout.missing is None
    assert layout.sentinels is None
    assert layout.files == ()


def test_items_may_be_padded_or_listed_and_have_a_total():
    padded = entry(SOUND, a=("PHQ9_{item}", "Q{item:02}")).files[1].visits[0]
    assert padded.items["1"] == "Q01"
    listed = entry(SOUND, a=('items = "PHQ9_{item}"', 'items = {2 = "b"}\ntotal = "sum"'))
    assert listed.files[1].visits[0].items == {"2": "b", "total": "sum"}


def test_reading_is_said_once_for_each_file():
    again = '[[files]]\nfile = "clients.csv"\ntable = "episodes"\n[files.columns]\n'
    again += 'episode_id = "ID"\nclient_id = "ID"\nstarted_on = "Start"\n'
    again += '[files.constants]\nunit = "individual"\nintervention = "therapy"\n'
    files = parse_layout(SOUND + again, "layout.toml").files
    assert files[2].separator == ";"
    assert files[2].encoding == "cp1252"
    other = again.replace('table = "episodes"', 'table = "episodes"\nseparator = ","')
    with pytest.raises(LayoutError, match="disagree about separator"):
        parse_layout(SOUND + other, "layout.toml")


# What is wrong: text, its replacement, what the message holds.
REFUSED = {
    "no TOML": ("schema = 1", "schema = = 1", ["not valid TOML", "line 2"]),
    "no version": ("schema = 1", "", ["schema = 1"]),
    "another version": ("schema = 1", "schema = 2", ["schema = 1"]),
    "unknown key": ("date_order", "date_oder", ["'date_oder'", "did you mean 'date_order'"]),
    "unknown key of a file": ("separator", "seperator", ["'seperator'", "'separator'", "entry 1"]),
    "unknown date order": ('"dmy"', '"dym"', ["'dym'", "dmy"]),
    "export day as text": ("2026-10-05", '"5 October"', ["exported_on", "a date"]),
    "export day with a time": ("2026-10-05", "2026-10-05T10:00:00", ["exported_on", "a date"]),
    "sentinels as text": ("[99, -1]", '["99"]', ["sentinels"]),
    "sentinels as truth": ("[99, -1]", "[true]", ["sentinels"]),
    "no table": ('table = "clients"\n', "", ["'table' is missing"]),
    "unknown table": ('table = "clients"', 'table = "client"', ["'client'", "'clients'"]),
    "unknown column": ("gender = ", "sex_of = ", ["'sex_of'", "gender"]),
    "unknown column of codes": ("codes.gender", "codes.gendre", ["'gendre'", "'gender'"]),
    "word outside the vocabulary": ('F = "woman"', 'F = "female"', ["'female'", "woman"]),
    "unknown instrument": ('"phq9"\n', '"phq8"\n', ["'phq8'", "did you mean 'phq9'"]),
    "no instrument": ('instrument = "phq9"', "", ["without an instrument"]),
    "items without a number": ("PHQ9_{item}", "PHQ9", ["{item}"]),
    "item that does not exist": ('"PHQ9_{item}"', '{10 = "x"}', ["'10'", "1 to 9"]),
    "items of a table without": ('table = "clients"', 'table = "clients"\nitems = "Q{item}"', []),
    "a needed column without source": ('taken_on = "Date"', "", ["responses.taken_on"]),
    "no source for answers": ('items = "PHQ9_{item}"', "", ["responses.item"]),
    "mapped twice": ("practice_id = 7", 'gender = "man"', ["both a column and a constant"]),
    "item mapped beside items": ('episode_id = "C', 'item = "I"\nepisode_id = "C', ["item"]),
    "absolute file": ('"phq9.csv"', '"/phq9.csv"', ["absolute"]),
    "absolute Windows file": ('"phq9.csv"', "'C:\\phq9.csv'", ["absolute"]),
    "file outside": ('"phq9.csv"', '"../phq9.csv"', ["'..'"]),
    "file outside, Windows": ('"phq9.csv"', "'..\\phq9.csv'", ["'..'"]),
    "header line zero": ('separator = ";"', "header_line = 0", ["counts from 1"]),
    "header line true": ('separator = ";"', "header_line = true", ["header_line"]),
    "long separator": ('";"', '";;"', ["one character"]),
    "unknown encoding": ('"cp1252"', '"cp-1252x"', ["encoding", "cp1252"]),
    "encoding of bytes": ('"cp1252"', '"base64"', ["encoding"]),
    "visit without answers": (
        'items = "PHQ9_{item}"',
        'visits = [{occasion = "intake"}]',
        ["no answers"],
    ),
    "visit at an unknown occasion": (
        'items = "PHQ9_{item}"',
        'visits = [{total = "t", occasion = "start"}]',
        ["'start'", "intake"],
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusals(case):
    old, new, expected = REFUSED[case]
    assert old in SOUND
    with pytest.raises(LayoutError) as error:
        parse_layout(SOUND.replace(old, new, 1), "layout.toml")
    message = str(error.value)
    assert "layout.toml" in error.value.where
    assert error.value.fix
    for part in expected:
        assert part in message
