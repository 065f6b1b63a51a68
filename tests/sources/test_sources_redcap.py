"""A project's data dictionary makes every version of its export read as the raw one."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from outcomes.errors import InputError
from outcomes.sources import redcap
from outcomes.sources.files import read_file
from outcomes.sources.redcap_dictionary import parse_choices, parse_dictionary

EXPORTS = Path(__file__).resolve().parents[1] / "fixtures" / "exports" / "redcap"
TEXT = (EXPORTS / "dictionary.csv").read_text(encoding="utf-8")
PROJECT = parse_dictionary(TEXT, "dictionary.csv")
IDENTIFYING = ("first_name", "email", "dob")
# Labels of these are not in the dictionary; a layout says what they mean.
UNTOLD = ["redcap_event_name", "redcap_data_access_group"]


def _raw(version):
    path = EXPORTS / f"{version}.csv"
    read = read_file(path, path.name, rename=redcap.raw_names(PROJECT))
    return redcap.raw_cells(read, PROJECT)


def _fields(*lines):
    header = (
        "Variable / Field Name,Form Name,Field Type,Field Label,"
        '"Choices, Calculations, OR Slider Labels",Identifier?\n'
    )
    return header + "\n".join(lines)


def test_a_choice_may_hold_commas_and_markup():
    found = parse_choices("1, Work | 2, <b>Family</b>, partner | -99, Rather not say")
    assert found == {"1": "Work", "2": "Family, partner", "-99": "Rather not say"}


def test_the_fields_of_a_project():
    assert PROJECT.record == "record_id"
    assert list(PROJECT.forms) == ["intake", "phq9", "core_10", "session_log", "closing"]
    assert PROJECT.identifying == IDENTIFYING


def test_a_checkbox_is_one_column_for_each_choice():
    (reasons,) = [field for field in PROJECT.fields if field.name == "reasons"]
    assert list(reasons.columns) == ["reasons___1", "reasons___2", "reasons____99"]


@pytest.mark.parametrize("version", ["labels", "raw_with_label_headers"])
def test_labels_read_as_the_raw_version(version):
    raw, labelled = _raw("raw"), _raw(version)
    assert labelled.headers == raw.headers
    names = [name for name in raw.cells if name not in [*UNTOLD, "_file"]]
    pd.testing.assert_frame_equal(labelled.cells[names], raw.cells[names])


def test_a_label_that_is_the_code_of_another_choice_is_not_recoded():
    project = parse_dictionary(
        _fields("id,f,text,Record,,", 'often,f,radio,Often,"1, 0 | 2, 1 | 3, 2 or more",'), "d"
    )
    raw = _raw("raw")
    cells = pd.DataFrame({"often": pd.array(["1", "2", "3"], dtype="string")})
    same = redcap.raw_cells(type(raw)("f", ("often",), 1, cells, (), raw.source), project)
    assert same.cells["often"].tolist() == ["1", "2", "3"]
    words = pd.DataFrame({"often": pd.array(["0", "1", "2 or more"], dtype="string")})
    coded = redcap.raw_cells(type(raw)("f", ("often",), 1, words, (), raw.source), project)
    assert coded.cells["often"].tolist() == ["1", "2", "3"]


def test_forms_with_answers_that_are_not_complete_are_flagged():
    (phq9, core10) = redcap.incomplete_forms(_raw("raw"), PROJECT)
    assert phq9[["line", "column", "reason"]].to_numpy().tolist() == [
        [9, "phq9_complete", "incomplete_form"]
    ]
    assert core10[["line", "column"]].to_numpy().tolist() == [[13, "core_10_complete"]]


def test_a_file_that_is_no_dictionary_is_refused():
    with pytest.raises(InputError, match="no column 'Variable / Field Name'"):
        parse_dictionary("a,b\n1,2\n", "dictionary.csv")
    with pytest.raises(InputError, match="no column"):
        parse_dictionary("", "dictionary.csv")


def test_the_proposal_names_questionnaires_by_name_and_number_of_items():
    clients, phq9, core10 = redcap.propose(TEXT)
    assert [clients["table"], phq9["table"], core10["table"]] == [
        "clients", "responses", "responses",
    ]  # fmt: skip
    assert phq9["constants"] == {"instrument": "phq9"}
    assert list(phq9["items"].values()) == [f"phq9_{n}" for n in range(1, 10)]
    assert phq9["columns"]["taken_on"] == "phq9_date"
    assert list(core10["items"].values())[-1] == "core10_q10"


def test_the_proposal_reads_codes_from_choices():
    clients, phq9, core10 = redcap.propose(TEXT)
    assert phq9["codes"] == {}
    assert core10["codes"] == {"value": {"1": "0", "2": "1", "3": "2", "4": "3", "5": "4"}}
    assert clients["codes"]["gender"] == {"1": "woman", "2": "man", "3": "other"}
    assert any("Prefer not to say" in sentence for sentence in clients["undecided"])


def test_the_proposal_leaves_identifiers_out():
    for entry in redcap.propose(TEXT):
        assert entry["ignore"] == list(IDENTIFYING)


def test_other_words_leave_the_codes_undecided():
    items = [f'gad7_{n},f,radio,Item,"0, Never | 1, Always",' for n in range(1, 8)]
    _, gad7 = redcap.propose(_fields("id,f,text,Record,,", *items))
    assert gad7["codes"] == {}
    assert any("whether the codes" in sentence for sentence in gad7["undecided"])


def test_too_few_items_are_no_questionnaire():
    items = [f"gad7_{n},f,radio,Item,," for n in range(1, 7)]
    assert len(redcap.propose(_fields("id,f,text,Record,,", *items))) == 1
