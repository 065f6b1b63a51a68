"""Plain codes may be passed over: every rule says nothing about them, or only of their letters."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from outcomes.privacy.codes import code_letters, plain_codes
from outcomes.privacy.detection import identifier_share, marks, names_somebody
from outcomes.privacy.names import has_name_shape, holds_name, is_given_name
from outcomes.privacy.patterns import PATTERNS

plain = st.from_regex(r"\A[A-Za-z]{0,3}[-_]?[0-9]{1,8}\Z", fullmatch=True)


@given(plain)
@example("Ama12")
@example("D-12345678")
@example("AB12345678")
@example("20101231")
def test_no_rule_finds_a_person_in_a_plain_code(text):
    assert plain_codes([text]).all()
    assert not any(pattern.finds(text) for pattern in PATTERNS)
    assert not names_somebody(text)
    assert not holds_name(text)
    assert not has_name_shape(text)
    assert is_given_name(text) == is_given_name(code_letters([text])[0].as_py())


@pytest.mark.parametrize("text", ["", "12\n", "A B1", "Anna1", "1a", "123456789", "Ö12", "١٢"])
def test_anything_else_is_looked_at(text):
    assert not plain_codes([text]).any()


def test_codes_of_given_names_count_as_before():
    cells = pd.Series(["Ama1", "Wei2", "Ama3", "Anna Schmidt", None], dtype="string")
    assert marks(cells).tolist() == [False, False, False, True, False]
    assert identifier_share(cells) == pytest.approx(1.0)


@given(st.lists(st.from_regex(r"\A[A-Za-z]{0,2}[-_.]?[0-9]{1,3}\Z"), min_size=2, max_size=5))
@example(["AB12", "CD34"])
@example(["A.12", "B.34"])
@example(["12", "34"])
def test_ids_built_alike_are_judged_as_each_alone(texts):
    alone = [bool(plain_codes([text])[0]) for text in texts]
    assert plain_codes(texts).tolist() == alone
    if all(alone):
        assert code_letters(texts).to_pylist() == [code_letters([t])[0].as_py() for t in texts]
