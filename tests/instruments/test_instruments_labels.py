"""Answers in words become codes by the instrument's own map, and nothing is guessed."""

from __future__ import annotations

import pytest

from outcomes import instruments
from outcomes.errors import InstrumentError
from outcomes.instruments.reading import load

WITH_WORDS = ["core10", "gad7", "phq9", "who5"]
OWN = """
id = "own1"
name = "Own"
full_name = "Own scale"
construct = "anything"
purpose = "outcome"
direction = "lower"
source = "us"
[items]
n = 2
minimum = 1
maximum = 3
[scoring]
rule = "sum"
minimum = 2
maximum = 6
[labels]
source = "our form"
verified = true
[labels.words]
"Never" = 1
"Now and then" = 2
"Always" = 3
[licence]
status = "ours"
item_text = "no"
source = "us"
"""


def test_which_instruments_know_their_words():
    found = [name for name, known in instruments.library().items() if known.labels]
    assert found == WITH_WORDS


@pytest.mark.parametrize("name", WITH_WORDS)
def test_every_code_has_a_word(name):
    known = instruments.get(name)
    steps = range(int(known.item_min), int(known.item_max) + 1)
    assert set(known.labels.values()) == {float(step) for step in steps}


def test_words_are_facts_with_a_source():
    facts = instruments.get("phq9").facts().set_index("fact")
    assert "Nearly every day = 3" in facts.loc["answers in words", "value"]
    assert "camcops" in facts.loc["answers in words", "source"]


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("Not at all", "0"),
        ("  several\u00a0DAYS. ", "1"),
        ("More than half\nthe days", "2"),
        ("3 - Nearly every day", "3"),
        ("Nearly every day (3)", "3"),
        ("0. Not at all", "0"),
        ("1, Several days", "1"),
    ],
)
def test_the_spellings_that_forms_use(word, code):
    assert instruments.read_labels(instruments.get("phq9"), [word]).codes == {word: code}


def test_a_number_alone_is_an_answer_already():
    found = instruments.read_labels(instruments.get("phq9"), ["2", "2.0", "-1", "1,5"])
    assert (found.codes, found.contradicting, found.unknown) == ({}, (), ())


def test_another_number_beside_the_word_is_a_contradiction():
    found = instruments.read_labels(instruments.get("phq9"), ["1 - Not at all", "Not at all"])
    assert found.contradicting == ("1 - Not at all",)
    assert found.codes == {"Not at all": "0"}


def test_other_words_are_unknown():
    found = instruments.read_labels(instruments.get("phq9"), ["Rarely", "Rarely"])
    assert found.unknown == ("Rarely",)


def test_core10_words_mean_the_code_before_reversal():
    # Items 2 and 3 are turned round by scoring; their words are not turned round twice.
    assert instruments.get("core10").labels["Most or all of the time"] == 4


def test_unverified_words_are_never_a_default():
    assert load(OWN, "own1.toml").labels == {"Never": 1, "Now and then": 2, "Always": 3}
    assert load(OWN.replace("verified = true", "verified = false"), "own1.toml").labels == {}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"Always" = 3', '"Always" = 4', "name each code from 1 to 3"),
        ('"Now and then" = 2\n', "", "name each code from 1 to 3"),
        ('"Always" = 3', '"Always" = 3\n"always." = 1', "differ only in case"),
        ('"Always" = 3', '"Always" = "three"', "words with a number each"),
        ('source = "our form"\n', "", "lacks a key"),
        ("minimum = 1\nmaximum = 3\n", "", "range"),
    ],
)
def test_words_that_do_not_fit_are_refused(old, new, says):
    with pytest.raises(InstrumentError, match=says):
        load(OWN.replace(old, new, 1), "own1.toml")
