"""Formulas: lme4's random terms, the fixed matrix, rows for new people."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.formula import RandomTerm, complete_rows, fixed_design, parse
from outcomes.models.formula.fixed import expression_values, fixed_variables


@pytest.mark.parametrize(
    ("formula", "fixed", "random"),
    [
        ("y ~ x", "x", []),
        ("y ~ (1 | g)", "1", [("1", "g")]),
        ("y ~ arm * week + (week | client)", "arm * week", [("week", "client")]),
        ("y ~ 0 + x - z + (0 + x | g)", "0 + x - z", [("0 + x", "g")]),
        ("y ~ x + (1 + x + z || g)", "x", [("1", "g"), ("0 + x", "g"), ("0 + z", "g")]),
        ("y ~ x + (0 + x || g)", "x", [("0 + x", "g")]),
        ("y ~ x + (1 | a/b/c)", "x", [("1", "a"), ("1", "a:b"), ("1", "a:b:c")]),
        ("y ~ x + (1 | a:b)", "x", [("1", "a:b")]),
        ("y ~ x + ((1 | g) + (0 + x | g))", "x", [("1", "g"), ("0 + x", "g")]),
        ("y ~ I((x - 1) ** 2) + (1 | g)", "I((x - 1) ** 2)", [("1", "g")]),
        ("y ~ (a + b) * x + (x | g)", "(a + b) * x", [("x", "g")]),
    ],
)
def test_parses_as_lme4(formula: str, fixed: str, random: list[tuple[str, str]]) -> None:
    read = parse(formula)
    assert read.fixed == fixed
    assert [(term.expression, term.name) for term in read.random] == random


@pytest.mark.parametrize(
    "formula",
    [
        "score",
        "~ x",
        "y ~",
        "y ~ (x | g",
        "y ~ x + (1 | g) + (1 | g)",
        "y ~ x - (1 | g)",
        "y ~ (1 | a + b)",
        "y ~ (1 | )",
        "y ~ (x | g | h)",
        "y ~ x + ",
        "y ~ x) + (1 | g",
    ],
)
def test_refuses_what_it_cannot_read(formula: str) -> None:
    with pytest.raises(UsageError, match="formula"):
        parse(formula)


def test_names_the_grouping_columns_once() -> None:
    read = parse("y ~ x + (1 | a/b) + (x | b)")
    assert read.groups == ("a", "b")
    assert RandomTerm("1", ("a", "b")) in read.random


FRAME = pd.DataFrame(
    {
        "y": np.arange(8.0),
        "arm": pd.array(["coaching", "therapy"] * 4, dtype="string"),
        "week": [0.0, 0, 1, 1, 2, 2, 3, 3],
        "visit": [1, 1, 1, 1, 2, 2, 2, 2],
        "agreed": [True, False] * 4,
        "double": [0.0, 0, 2, 2, 4, 4, 6, 6],
    }
)


def test_treatment_coding_with_the_first_level_as_reference() -> None:
    design = fixed_design("arm * week + C(visit)", FRAME)
    assert design.names == (
        "(intercept)",
        "arm[therapy]",
        "week",
        "C(visit)[2]",
        "arm[therapy]:week",
    )
    therapy = (FRAME["arm"] == "therapy").to_numpy(float)
    expected = [np.ones(8), therapy, FRAME["week"], FRAME["visit"] == 2, therapy * FRAME["week"]]
    np.testing.assert_array_equal(design.matrix, np.column_stack(expected))
    assert design.levels == {"arm": ("coaching", "therapy"), "visit": (1, 2)}
    assert design.means == {"week": 1.5}
    assert list(design.columns_of("week:arm")) == [4]
    with pytest.raises(UsageError, match="no such term"):
        design.columns_of("visit")


def test_a_category_keeps_its_order_and_its_used_levels_only() -> None:
    arm = pd.Categorical(FRAME["arm"], categories=["therapy", "both", "coaching"])
    design = fixed_design("arm", FRAME.assign(arm=arm))
    assert design.names == ("(intercept)", "arm[coaching]")


def test_a_repeated_column_is_left_out_and_named() -> None:
    design = fixed_design("week + double", FRAME)
    assert design.names == ("(intercept)", "week")
    assert design.dropped == ("double",)
    agreeing = pd.DataFrame({"week": [1.0], "double": [2.0]})
    np.testing.assert_allclose(design.rows(agreeing), [[1, 1]])
    with pytest.raises(UsageError, match="cannot tell"):
        design.rows(agreeing.assign(double=3.0))


def test_rows_repeat_the_matrix_and_refuse_unknown_levels() -> None:
    design = fixed_design("agreed + arm * poly(week, 2)", FRAME)
    np.testing.assert_allclose(design.rows(FRAME), design.matrix)
    np.testing.assert_allclose(design.rows(FRAME.iloc[[5]]), design.matrix[[5]])
    with pytest.raises(UsageError, match="not seen") as caught:
        design.rows(FRAME.assign(arm="secret-word"))
    assert "secret-word" not in str(caught.value)


def test_refuses_columns_that_are_not_there() -> None:
    with pytest.raises(UsageError, match="does not have") as caught:
        fixed_design("arm * age", FRAME)
    assert "age" in str(caught.value)
    with pytest.raises(UsageError, match="cannot be read"):
        fixed_design("arm * (", FRAME)


def test_complete_rows_are_counted_by_column() -> None:
    frame = FRAME.assign(y=[np.nan, np.inf, *range(6)], arm=FRAME["arm"].where(FRAME.index != 7))
    usable, dropped = complete_rows(frame, ("y", "arm", "week"))
    assert dropped == {"y": 2, "arm": 1}
    assert list(np.flatnonzero(usable)) == [2, 3, 4, 5, 6]
    with pytest.raises(NotEnoughData):
        complete_rows(frame.assign(week=np.nan), ("week",))


def test_a_response_may_be_an_expression_but_no_words() -> None:
    np.testing.assert_allclose(
        expression_values("np.log(week + 1)", FRAME, what="response"), np.log(FRAME["week"] + 1)
    )
    for bad in ("arm", "poly(week, 2)"):
        with pytest.raises(UsageError):
            expression_values(bad, FRAME, what="response")


@given(st.permutations(range(8)))
def test_row_order_does_not_matter(order: list[int]) -> None:
    whole = fixed_design("arm * week + C(visit)", FRAME)
    turned = fixed_design("arm * week + C(visit)", FRAME.iloc[order])
    assert turned.names == whole.names
    np.testing.assert_allclose(turned.matrix, whole.matrix[order])


def test_functions_of_all_rows_name_the_columns_they_need() -> None:
    assert fixed_variables("agreed + poly(week, 2)", FRAME) == ("agreed", "week")
    assert fixed_variables("C(visit) + np.log1p(week)", FRAME) == ("visit", "week")
