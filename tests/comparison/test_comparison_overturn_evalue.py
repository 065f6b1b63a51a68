"""E-values against the EValue package, published examples and the closed form."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import outcomes as oc
from outcomes.comparison.overturn import strengths
from outcomes.errors import UsageError
from outcomes.models.design import design

PRINTED = 5e-3  # two printed decimals
SAME = 1e-9  # R prints 15 digits; the formulas are closed


@pytest.fixture(scope="module")
def reference(shared):
    text = (shared / "reference" / "ancova_es_tost_evalue.json").read_text(encoding="utf-8")
    return json.loads(text)["evalue"]


@pytest.mark.parametrize(
    ("ratio", "low", "high", "expected", "limit"),
    [
        (1.5, None, None, 2.37, math.nan),
        (2.0, None, None, 3.41, math.nan),
        (3.9, 1.8, 8.7, 7.26, 3.00),  # VanderWeele & Ding 2017, breastfeeding
        (0.8, 0.71, 0.91, 1.81, 1.43),
    ],
)
def test_published_numbers(ratio, low, high, expected, limit):
    found = oc.evalue(ratio, low, high)
    assert found.estimate == pytest.approx(expected, abs=PRINTED)
    assert found.limit == pytest.approx(limit, abs=PRINTED, nan_ok=True)


@pytest.mark.parametrize(
    ("name", "numbers", "options"),
    [
        ("RR_3.9_1.8_8.7", (3.9, 1.8, 8.7), {}),
        ("RR_0.8_0.71_0.91", (0.8, 0.71, 0.91), {}),
        ("RR_crossnull_1.2_0.9_1.6", (1.2, 0.9, 1.6), {}),
        ("OR_2.5_1.2_5.2_common", (2.5, 1.2, 5.2), {"scale": "or", "rare": False}),
        ("OR_0.86_0.75_0.99_rare", (0.86, 0.75, 0.99), {"scale": "or", "rare": True}),
        ("HR_0.56_0.46_0.69_common", (0.56, 0.46, 0.69), {"scale": "hr", "rare": False}),
        ("HR_1.8_1.1_3_rare", (1.8, 1.1, 3.0), {"scale": "hr", "rare": True}),
        ("MD_d0.5_se0.25", (0.5,), {"scale": "d", "standard_error": 0.25}),
        ("MD_dm0.42_se0.14", (-0.42,), {"scale": "d", "standard_error": 0.14}),
    ],
)
def test_equals_r(reference, name, numbers, options):
    ratios, values = reference[name]
    found = oc.evalue(*numbers, **options)
    assert [found.ratio, found.low, found.high] == pytest.approx(
        [ratios["point"], ratios["lower"], ratios["upper"]], rel=SAME
    )
    assert found.estimate == pytest.approx(values["point"], rel=SAME)
    limit = values["lower"] if values["lower"] is not None else values["upper"]
    assert found.limit == pytest.approx(limit, rel=SAME)


def test_a_difference_of_shares_has_the_e_value_of_their_ratio(reference):
    # Hammond and Horn 1954, lung cancer in 78,954 smokers and 108,829 others, as in EValue.
    ratio = (397 / 78_954) / (51 / 108_829)
    assert oc.evalue(ratio).estimate == pytest.approx(reference["RD_n"][0]["est.Evalue"], rel=SAME)


def test_points_are_standardised_first():
    one = oc.evalue(-3.0, -5.0, -1.0, scale="points", sd=6.0)
    two = oc.evalue(-0.5, -5 / 6, -1 / 6, scale="d")
    assert (one.estimate, one.limit) == pytest.approx((two.estimate, two.limit))
    assert one.ratio == pytest.approx(math.exp(-0.455))


@pytest.mark.parametrize("limit", [False, True])
def test_every_pair_on_the_curve_explains_it_away(limit):
    found = oc.evalue(3.9, 1.8, 8.7)
    curve = found.curve(limit=limit)
    product = curve["rr_arm"] * curve["rr_outcome"]
    factor = product / (curve["rr_arm"] + curve["rr_outcome"] - 1)
    assert factor.to_numpy() == pytest.approx(1.8 if limit else 3.9)
    assert found.curve(limit=limit)["rr_arm"].is_monotonic_increasing


def test_nothing_is_left_to_explain():
    found = oc.evalue(1.2, 0.9, 1.6)
    assert found.limit == 1
    assert found.curve(limit=True).empty
    assert "holds no difference already" in found.sentence


@given(ratio=st.floats(0.01, 100))
def test_a_ratio_and_its_inverse_have_the_same(ratio):
    assert oc.evalue(ratio).estimate == pytest.approx(oc.evalue(1 / ratio).estimate)


@pytest.mark.parametrize(
    ("numbers", "options"),
    [
        ((2.0,), {"scale": "or"}),
        ((2.0,), {"scale": "hr"}),
        ((2.0,), {"scale": "points"}),
        ((2.0,), {"scale": "points", "sd": 0.0}),
        ((2.0,), {"scale": "rate"}),
        ((2.0, 3.0, 4.0), {}),
        ((-1.0,), {}),
    ],
)
def test_what_is_missing_is_said(numbers, options):
    with pytest.raises(UsageError):
        oc.evalue(*numbers, **options)


class TestStrengths:
    def frame(self):
        # 40 people: three quarters of the other arm are high, one quarter of the reference.
        arm = np.repeat([False, True], 20)
        high = np.r_[np.repeat([1, 0], [5, 15]), np.repeat([1, 0], [15, 5])]
        word = np.where(np.arange(40) % 2, "a", "b")
        return pd.DataFrame({"x": high + 10.0, "word": word}), arm, high

    def test_ratios_by_hand(self):
        frame, arm, high = self.frame()
        noise = np.tile([-1.0, 1.0], 20)
        y = 2.0 * high + noise
        (one, _) = strengths(design(frame, ["x", "word"]), arm, y, fewest=5)
        assert one.rr_arm == pytest.approx(3.0)  # .75 / .25 of the high, the same of the low
        sd = math.sqrt(sum(((y[rows] - y[rows].mean()) ** 2).sum() for rows in (arm, ~arm)) / 38)
        assert one.rr_outcome == pytest.approx(math.exp(0.91 * 2.0 / sd))
        assert one.smallest == 5

    def test_few_people_give_no_ratio(self):
        frame, arm, high = self.frame()
        (one, two) = strengths(design(frame, ["x", "word"]), arm, high + 0.0, fewest=6)
        assert math.isnan(one.rr_arm)
        assert two.rr_arm == pytest.approx(1.0)

    def test_partial_r2_are_those_of_least_squares(self):
        rng = np.random.default_rng(4)
        frame = pd.DataFrame({"x": rng.normal(size=90), "word": rng.choice(["a", "b", "c"], 90)})
        arm = rng.random(90) < 0.4
        y = frame["x"].to_numpy() + arm + rng.normal(size=90)
        columns = design(frame, ["x", "word"])
        found = strengths(columns, arm, y, fewest=5)
        matrix, ones = columns.matrix, np.ones(90)

        def left(target, *parts):
            X = np.column_stack(parts)
            return ((target - X @ np.linalg.lstsq(X, target, rcond=None)[0]) ** 2).sum()

        word = matrix[:, 1:]
        for place, others in ((0, word), (1, matrix[:, :1])):
            arms = 1 - left(arm, ones, matrix) / left(arm, ones, others)
            outcome = 1 - left(y, ones, arm, matrix) / left(y, ones, arm, others)
            assert found[place].r2_arm == pytest.approx(arms)
            assert found[place].r2_outcome == pytest.approx(outcome)


def test_of_a_comparison_of_shares_and_of_a_ratio():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"pre": rng.normal(size=300), "arm": rng.choice(["a", "b"], 300)})
    frame["better"] = rng.random(300) < np.where(frame["arm"] == "b", 0.6, 0.4)
    asked = {"outcome": "better", "covariates": ["pre"], "direction": "higher"}
    share, ratio = (oc.compare(frame, effect=word, **asked) for word in ("difference", "ratio"))
    assert oc.evalue(ratio).estimate == pytest.approx(oc.evalue(share).estimate, rel=0.02)
    assert oc.evalue(ratio).ratio == pytest.approx(ratio.estimate)
    assert share.means["b"] / share.means["a"] == pytest.approx(oc.evalue(share).ratio)
