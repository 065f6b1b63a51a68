"""Answers lie on their scale; recoded scales stop the read."""

from __future__ import annotations

import pytest

from outcomes.errors import InstrumentError, RangeError


def answers(values, instrument="phq9"):
    return [
        {
            "client_id": "C3",
            "episode_id": "E1",
            "instrument": instrument,
            "item": str(number % 9 + 1),
            "value": str(value),
            "taken_on": f"2026-02-{11 + number // 9}",
            "rater": "client",
        }
        for number, value in enumerate(values)
    ]


def test_answers_coded_by_position_stop_the_read_and_offer_the_code(rows, cleaned):
    rows["responses"] = answers([1, 2, 3, 4, 1, 2, 3, 4, 1])
    with pytest.raises(RangeError) as error:
        cleaned(rows)
    assert "1 to 4 where 0 to 3" in error.value.what
    assert error.value.where == "responses.csv, responses.value"
    assert error.value.how_many == 9
    assert '"1" = "0"' in error.value.fix


def test_answers_coded_from_zero_stop_the_read_as_well(rows, cleaned):
    # WHO-5 items run from 0 to 5; one below is the other direction of the same fault.
    rows["responses"] = [
        {**row, "item": str(number % 5 + 1)}
        for number, row in enumerate(answers([-1, 0, 1, 2, 3, 4, -1, 0, 1, 2], "who5"))
    ]
    with pytest.raises(RangeError, match="-1 to 4 where 0 to 5"):
        cleaned(rows, sentinels=[99])


def test_a_typing_error_among_recoded_answers_does_not_hide_them(rows, cleaned):
    rows["responses"] = answers([1, 2, 3, 4] * 6 + [44])
    with pytest.raises(RangeError):
        cleaned(rows)


def test_codes_for_missing_do_not_hide_recoded_answers(rows, cleaned):
    rows["responses"] = answers([1, 2, 3, 4, 99, 99, 99, 1, 2, 3, 4, 1, 2])
    with pytest.raises(RangeError):
        cleaned(rows)


@pytest.mark.parametrize(
    ("values", "dropped"),
    [
        ([0, 1, 2, 3, 4, 1, 2, 3, 1], 1),  # a true 0: the 4 is a mistake
        ([1, 2, 3, 3, 3, 1, 2, 3, 1], 0),  # nothing outside: a severe case
        ([1, 2, 3, 4], 1),  # too few to tell
    ],
)
def test_what_is_no_recoding_is_judged_answer_by_answer(values, dropped, rows, cleaned):
    rows["responses"] = answers(values)
    log = cleaned(rows).ledger.to_frame()
    assert log["reason"].tolist() == ["out_of_range"] * dropped


def test_each_file_is_judged_by_itself(rows):
    # Enough sound answers in another file must not cover for a recoded one.
    from datetime import date

    import pandas as pd
    from cleaning_practice import frames

    from outcomes.cleaning import clean

    rows["responses"] = answers([0, 1, 2, 3] * 20 + [1, 2, 3, 4, 1, 2, 3, 4, 1])
    raw = frames(rows)
    raw["responses"].loc[80:, "_file"] = pd.Series("other.csv", index=range(80, 89))
    with pytest.raises(RangeError) as error:
        clean(raw, exported_on=date(2026, 10, 5), lines={})
    assert error.value.where.startswith("other.csv")


def test_items_with_a_range_of_their_own_are_judged_by_it(rows, cleaned, found):
    # Item 11 of the RDAS ends at 4, the others at 5.
    sample = answers([5, 5], "rdas")
    rows["responses"] = [{**sample[0], "item": "10"}, {**sample[1], "item": "11"}]
    assert found(cleaned(rows)) == [("responses", "dropped", "out_of_range", 3, "value")]


def test_analogue_scales_take_tenths(rows, cleaned, found):
    rows["satisfaction"] = [
        {**row, "session_id": "S1"} for row in answers(["7.3", "0.1", "7.35"], "srs")
    ]
    assert found(cleaned(rows)) == [("satisfaction", "dropped", "out_of_range", 4, "value")]


def test_an_unknown_questionnaire_stops_the_read(rows, cleaned):
    rows["responses"][0]["instrument"] = "phq-9"
    with pytest.raises(InstrumentError) as error:
        cleaned(rows)
    assert "phq-9" in error.value.what
    assert "did you mean phq9" in error.value.fix
    assert error.value.how_many == 1


def test_questionnaires_are_matched_without_case(rows, cleaned):
    rows["responses"][0]["instrument"] = "PHQ9"
    assert set(cleaned(rows).responses["instrument"]) == {"phq9"}
