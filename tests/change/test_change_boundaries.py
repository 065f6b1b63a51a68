"""At, below and above every limit, in both directions; healthy at the start; row order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.change import change, change_methods
from outcomes.change.methods import METHODS, RELIABLE_CHANGE, Sample
from outcomes.errors import UsageError

SAMPLE = Sample(
    reliability=0.8,
    reliability_post=0.7,
    sd=8.0,
    mean=40.0,
    mean_pre=40.0,
    mean_post=45.0,
    sd_pre=8.0,
    sd_post=9.0,
    correlation=0.5,
)
LINES = [card.id for card in METHODS.values() if card.line is not None]
STEP = 1e-6
WORSE = "deteriorated deteriorated"
START = np.array([20.0, 40.0, 55.0])


@pytest.mark.parametrize("direction", ["lower", "higher"])
@pytest.mark.parametrize("method", LINES)
def test_equal_does_not_count_where_it_must_exceed(method, direction):
    from outcomes.change.categories import moved_along

    line = METHODS[method].line(SAMPLE, 1.96)
    low, high = line.limits(START)
    for end, outside in ((low, low - STEP), (high, high + STEP)):
        at = moved_along(START, end, line, direction)
        assert not at[0].any() and not at[1].any()
        beyond = moved_along(START, outside, line, direction)
        went_up = bool((outside > end).all())
        better = went_up == (direction == "higher")
        assert beyond[0 if better else 1].all() and not beyond[1 if better else 0].any()
    assert line.index(START, high) == pytest.approx(1.96)


@pytest.mark.parametrize(
    ("method", "amount", "ends", "expected"),
    [
        ("anchor", {"important_change": 5}, [15.01, 15, 14.99], "unchanged improved improved"),
        (
            "anchor",
            {"important_change": 5},
            [24.99, 25, 25.01],
            "unchanged " + WORSE,
        ),
        ("percentage", {"percentage": 25}, [15.01, 15, 14.99], "unchanged improved improved"),
        ("percentage", {"percentage": 25}, [24.9, 25, 25.1], "unchanged " + WORSE),
    ],
)
def test_amounts_count_when_reached(method, amount, ends, expected):
    frame = pd.DataFrame({"pre": 20.0, "post": ends})
    found = change(frame, direction="lower", method=method, **amount).frame["category"]
    assert found.tolist() == expected.split()


def test_percentage_from_zero_goes_one_way_only():
    """0 to 5 with lower better is worse, not improved and deteriorated at once (peers §1.1 d)."""
    frame = pd.DataFrame({"pre": [0.0, 0.0], "post": [5.0, 0.0]})
    for direction, words in (("lower", "deteriorated"), ("higher", "improved")):
        found = change(frame, direction=direction, method="percentage", percentage=20)
        assert found.frame["category"].tolist() == [words, "unchanged"]


def test_confident_end_score_is_asked_at_the_limit():
    frame = pd.DataFrame({"pre": [40.0, 44, 36, 48, 32, 40], "post": [60.0, 62, 50, 70, 41, 58]})
    settings_ = {"direction": "higher", "reliability": 0.9, "method": "ha", "criterion": "a"}
    result = change(frame, **settings_)
    limit = result.clinical_range.end_value
    assert limit > result.cutoff
    at = result.clinical_range.beyond(np.array([limit, limit - STEP, limit + STEP]), "higher")
    assert at.tolist() == [False, False, True]


@pytest.mark.parametrize("method", [*RELIABLE_CHANGE[:6], "anchor", "percentage"])
def test_nobody_healthy_at_the_start_recovers(method):
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"pre": rng.normal(15, 6, 300), "post": rng.normal(9, 6, 300)})
    more = {"anchor": {"important_change": 4}, "percentage": {"percentage": 30}}.get(
        method, {"reliability": 0.85}
    )
    norms = {"functional_mean": 5, "functional_sd": 4}
    result = change(frame, direction="lower", method=method, criterion="c", **norms, **more)
    healthy = result.frame["healthy_at_start"].astype(bool)
    assert healthy.any() and not result.frame.loc[healthy, "category"].eq("recovered").any()
    row = result.rates[result.rates["measure"] == "healthy_at_start"].iloc[0]
    assert (row["n"], row["denominator"]) == (healthy.sum(), "paired")


def test_a_parameter_of_another_method_is_refused():
    frame = pd.DataFrame({"pre": [20.0, 10, 15], "post": [10.0, 12, 9]})
    for wrong in ({"percentage": 20}, {"important_change": 5}, {"reliability_post": 0.8}):
        with pytest.raises(UsageError, match="does not use"):
            change(frame, direction="lower", reliability=0.8, **wrong)
    for method, words in (
        ("percentage", "percentage"),
        ("anchor", "important"),
        ("stat", "cut-off"),
    ):
        with pytest.raises(UsageError, match=words):
            change(frame, direction="lower", method=method)


scores = st.lists(st.tuples(st.integers(0, 27), st.integers(0, 27)), min_size=8, max_size=30)


@settings(max_examples=30, deadline=None)
@given(pairs=scores, seed=st.integers(0, 99))
def test_order_never_matters_and_one_pass_equals_one_by_one(pairs, seed):
    frame = pd.DataFrame(pairs, columns=["pre", "post"]).astype(float)
    frame.loc[len(frame)] = [np.nan, 3.0]
    if frame["pre"].std() < 1 or frame["post"].std() < 1:
        return
    known = {
        "direction": "lower",
        "reliability": 0.9,
        "sd": 6.0,
        "functional_mean": 4,
        "functional_sd": 4,
        "clinical_mean": 15,
        "clinical_sd": 5,
    }
    methods = ["jt", "gln", "hll", "en", "nk"]
    shuffled = frame.sample(frac=1, random_state=seed)
    one = change_methods(frame, methods=methods, **known).categories()
    two = change_methods(shuffled, methods=methods, **known).categories()
    assert (one.loc[shuffled.index].to_numpy() == two.to_numpy()).all()
    for method in methods:
        alone = change(frame, method=method, criterion="c", **known)
        assert (one[f"{method}_c"] == alone.frame["category"]).all()
