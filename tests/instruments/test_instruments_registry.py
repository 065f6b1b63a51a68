"""The registry: facts with sources, and no contradiction gets in."""

from __future__ import annotations

import tomllib

import pytest

from outcomes import instruments
from outcomes.errors import InstrumentError
from outcomes.instruments.reading import load

GOOD = """
id = "own1"
name = "Own"
full_name = "Own scale"
construct = "anything"
purpose = "outcome"
direction = "lower"
source = "us"
[items]
n = 2
minimum = 0
maximum = 3
[scoring]
rule = "sum"
minimum = 0
maximum = 6
[licence]
status = "ours"
item_text = "no"
source = "us"
[[cutoffs]]
id = "c"
value = 3
clinical = "at_or_above"
meaning = "clinical"
source = "us"
verified = true
"""

CUTOFF = GOOD[GOOD.index("[[cutoffs]]") :]
BANDS = """
[[bands]]
low = 0
high = 3
label = "a"
[[bands]]
low = 3
high = 6
label = "b"
"""
WIDE_CHANGE = """
[[reliable_change]]
value = 9
confidence = 0.95
rule = "at_least"
source = "us"
verified = true
"""
RELIABILITY = """
[[reliability]]
kind = "test_retest"
value = 5
source = "us"
verified = true
"""
MISSING = """
[missing]
most = 2
source = "us"
verified = true
"""

BAD = {
    "unknown key": ('purpose = "outcome"', 'purpose = "outcome"\ncolour = "red"'),
    "a missing key": ('direction = "lower"\n', ""),
    "unknown direction": ('direction = "lower"', 'direction = "down"'),
    "unknown rule": ('rule = "sum"', 'rule = "product"'),
    "range against items": ("maximum = 6", "maximum = 7"),
    "cut-off outside the range": ("value = 3", "value = 9"),
    "direction against cut-off": ("at_or_above", "at_or_below"),
    "a number without source": ('meaning = "clinical"\nsource = "us"', 'meaning = "clinical"'),
    "an empty source": ('meaning = "clinical"\nsource = "us"', 'meaning = "x"\nsource = " "'),
    "a reversed item that is not there": ("maximum = 3", "maximum = 3\nreversed = [3]"),
    "not TOML": ("[items]", "[items"),
    "a risk item that is not there": ("maximum = 3", "maximum = 3\nrisk = [0]"),
    "a word for verified": ("verified = true", 'verified = "memory"'),
    "no word on verified": ("verified = true\n", ""),
    "a number in quotes": ("value = 3", 'value = "3"'),
    "no number at all": ("value = 3", "value = nan"),
    "items without range": ("minimum = 0\nmaximum = 3\n", ""),
    "two cut-offs with one id": ("[[cutoffs]]", CUTOFF + "[[cutoffs]]"),
    "an id with capitals": ('"own1"', '"Own 1"'),
    "a table that is a list": ("[licence]", "[[licence]]"),
    "overlapping bands": ("[licence]", BANDS + "[licence]"),
    "a change wider than the range": ("[licence]", WIDE_CHANGE + "[licence]"),
    "a reliability of 5": ("[licence]", RELIABILITY + "[licence]"),
    "nothing left to average": ("[licence]", MISSING + "[licence]"),
}


def test_a_good_one_loads():
    assert load(GOOD, "own.toml").total_max == 6


@pytest.mark.parametrize("change", BAD.values(), ids=BAD.keys())
def test_a_bad_one_is_refused_with_its_file(change):
    old, new = change
    assert old in GOOD
    with pytest.raises(InstrumentError) as caught:
        load(GOOD.replace(old, new), "own.toml")
    assert "own.toml" in str(caught.value)


def test_every_contradiction_is_named_at_once():
    text = GOOD.replace("maximum = 6", "maximum = 7").replace("at_or_above", "below")
    with pytest.raises(InstrumentError) as caught:
        load(text, "own.toml")
    assert caught.value.how_many == 2


def test_the_library_ships_no_item_text():
    for instrument in instruments.library().values():
        assert not {"text", "wording", "question"} & set(type(instrument).__slots__)


def test_own_instruments_may_not_take_a_known_id():
    text = GOOD.replace('"own1"', '"phq9"')
    with pytest.raises(InstrumentError, match="two instruments"):
        instruments.own_instruments({"own.toml": text})
    mine = instruments.own_instruments({"own.toml": GOOD})
    assert instruments.get("own1", mine).name == "Own"


def test_an_unknown_id_names_the_near_ones():
    with pytest.raises(InstrumentError, match="phq9"):
        instruments.get("phq-9")


def test_nothing_unverified_is_a_default():
    for instrument in instruments.library().values():
        for fact in (
            instrument.cutoff(),
            instrument.threshold(),
            instrument.reliability_value(),
        ):
            assert fact is None or fact.verified
    assert instruments.get("das32").cutoff() is None
    assert instruments.get("das32").cutoff(allow_unverified=True).value == 97
    with pytest.raises(InstrumentError, match="not verified"):
        instruments.get("das32").cutoff("distressed")


def test_cutoff_boundary():
    phq9 = instruments.get("phq9").cutoff()
    assert phq9.is_clinical([9, 10, 11, float("nan")]).tolist() == [False, True, True, False]
    who5 = instruments.get("who5").cutoff()
    assert who5.is_clinical([49, 50, 51]).tolist() == [True, True, False]


# The single answer is kept (0 to 10); the net score of -100 to 100 belongs to a group.
ON_ANOTHER_SCALE = {"nps"}


def test_all_collected_questionnaires_are_there(shared):
    collected = tomllib.loads((shared / "instruments.toml").read_text(encoding="utf-8"))
    assert {entry["id"] for entry in collected["instrument"]} <= set(instruments.library())


@pytest.mark.parametrize("name", sorted(instruments.library()))
def test_library_agrees_with_the_collected_facts(name, shared):
    collected = tomllib.loads((shared / "instruments.toml").read_text(encoding="utf-8"))
    facts = {entry["id"]: entry for entry in collected["instrument"]}
    if name == "bdi2":
        assert name not in facts  # its facts were read elsewhere, see its file
        return
    instrument, fact = instruments.get(name), facts[name]
    assert instrument.n_items == fact.get("n_items", 1)
    assert instrument.direction == fact["direction"]
    if instrument.has_total and "total_min" in fact and name not in ON_ANOTHER_SCALE:
        ends = (instrument.total_min, instrument.total_max)
        assert ends == (fact["total_min"], fact["total_max"])
    verified = [cut["verified"] == "seen" for cut in fact["cutoffs"]]
    assert [cut.verified for cut in instrument.cutoffs] == verified
    # One standard error (68 %) is no threshold of reliable change.
    rci = [entry["verified"] == "seen" for entry in fact["rci"] if entry["ci"] >= 0.9]
    assert [change.verified for change in instrument.reliable_change] == rci


def test_a_card_says_what_is_not_verified():
    card = repr(instruments.get("phq9"))
    assert "not verified" in card
    assert "at or above 10" in card
    page = instruments.get("phq9")._repr_html_()
    assert "<table" in page
    assert "Licence:" in page
    assert "Beware:" in page
    assert "no: only when asked for" in page
