"""Missing outcomes: tipping points, worst case, and the answers side by side."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import outcomes as oc
from outcomes.comparison import compare, missing_answers
from outcomes.comparison.many import analysis
from outcomes.comparison.policy import comparison_policy
from outcomes.comparison.prepared import Request, estimate, prepare
from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.arms import two_arms
from outcomes.models.missing import imbens_manski, worst_case
from outcomes.models.weighting import weigh
from outcomes.schema.verdicts import Verdict

SAME = 1e-9  # two ways through the same algebra, relative


def practice(seed=1, n=160, effect=-3.0, gone=0.25, clusters=16):
    rng = np.random.default_rng(seed)
    who = rng.permutation(np.arange(n) % clusters)
    pre = rng.normal(15, 4, size=n)
    therapy = rng.random(n) < 0.5
    post = (
        4 + 0.5 * pre + effect * therapy + rng.normal(0, 3, size=n) + rng.normal(size=clusters)[who]
    )
    post = np.clip(post, 0, 27)
    post[rng.random(n) < gone] = np.nan
    return pd.DataFrame(
        {"pre": pre, "post": post, "arm": np.where(therapy, "therapy", "coaching"),
         "practitioner": who, "age": rng.choice(["young", "old"], size=n)}
    )  # fmt: skip


ASKED = {"reference": "coaching", "covariates": ["pre", "age"], "direction": "lower"}


@pytest.mark.parametrize("cluster", [None, "practitioner"])
@pytest.mark.parametrize("method", ["weighting", "ancova", "aipw"])
@pytest.mark.parametrize("estimand", ["ATO", "ATE"])
def test_many_outcomes_at_once_equal_one_by_one(method, estimand, cluster):
    frame = practice(gone=0)
    asked = Request(
        "post", ("pre", "age"), cluster, estimand, method, None, "lower", "points", 0.95,
        comparison_policy(),
    )  # fmt: skip
    ready = prepare(frame, two_arms(frame, "arm", "coaching"), asked)
    weights = weigh(ready.index, ready.arms, ready.rows, ready.covariates, estimand)
    outcomes = np.random.default_rng(1).normal(size=(4, len(frame))) + ready.y
    found = analysis(ready, asked, weights)(outcomes)
    for place, y in enumerate(outcomes):
        one = estimate(replace(ready, y=y), asked, weights)
        ours = (found[0][place], found[1][place], found[2])
        assert ours == pytest.approx((one.estimate, one.se, one.df), rel=SAME)


@pytest.fixture(scope="module")
def found():
    return missing_answers(
        practice(), **ASKED, cluster="practitioner", scale=(0, 27), reliable_change=6.0,
        margin=2.0, seed=1,
    )  # fmt: skip


class TestAnswers:
    def test_complete_cases_are_what_compare_says(self, found):
        plain = compare(practice(), **ASKED, cluster="practitioner", margin=2.0)
        first = found.answers[0]
        assert (first.estimate, first.low, first.verdict) == (
            plain.estimate,
            plain.low,
            plain.verdict,
        )

    def test_every_belief_stands_side_by_side(self, found):
        assert list(found.to_frame()["answer"]) == ["complete cases", "imputed", "worst case"]
        assert found.answers[1].n_used == 160
        assert (
            found.n_missing["therapy"] + found.n_missing["coaching"]
            == 160 - found.answers[0].n_used
        )

    def test_the_worst_case_holds_every_other_answer(self, found):
        worst, imputed = found.answer("worst case"), found.answer("imputed")
        assert worst.lower < imputed.estimate < worst.upper
        assert worst.low < worst.lower
        assert worst.high > worst.upper

    def test_the_main_shift_is_that_of_the_better_arm(self, found):
        assert found.main.shifted == ("therapy",)
        assert [one.shifted for one in found.tipping] == [
            ("therapy",), ("coaching",), ("coaching", "therapy"),
        ]  # fmt: skip

    def test_beyond_the_turn_the_verdict_is_the_other(self, found):
        main = found.main
        assert main.turns
        pooled = main.course.at([main.value * 0.999, main.value * 1.001])
        assert found.stands == "turns"
        curve = main.curve.set_index("delta")
        assert curve.loc[0.0, "verdict"] == main.verdict == str(found.answers[1].verdict)
        assert curve.loc[main.value, "verdict"] == main.after
        assert pooled.estimate[0] < pooled.estimate[1]
        assert "turns" in main.words
        assert "would turn" in found.sentence()

    def test_the_curve_is_linear_with_the_share_shifted(self):
        frame = practice(clusters=160)
        found = missing_answers(
            frame, reference="coaching", covariates=["pre"], estimand="ATE", method="weighting", m=5
        )
        main = found.main
        slope = np.diff(main.course.at([0.0, 1.0]).estimate)[0]
        share = found.n_missing[main.shifted[0]] / found.n[main.shifted[0]]
        # Weights tilt the share a little; the plain share is what it hangs on.
        assert abs(slope) == pytest.approx(share, rel=0.1)

    def test_the_grid_agrees_with_the_curves_on_its_axes(self, found):
        grid = found.grid(5)
        zero = grid[grid["delta_reference"] == 0].set_index("delta_other")
        by = {one.shifted: one for one in found.tipping}
        for delta, row in zero.iterrows():
            pooled = by["therapy",].course.at(delta)
            assert (row["estimate"], row["se"]) == pytest.approx(
                (pooled.estimate[0], pooled.se[0]), rel=SAME
            )
        same = grid[grid["delta_reference"] == grid["delta_other"]]
        for row in same.itertuples():
            pooled = by["coaching", "therapy"].course.at(row.delta_other)
            assert (row.estimate, row.se) == pytest.approx(
                (pooled.estimate[0], pooled.se[0]), rel=SAME
            )

    def test_results_show_and_explain_themselves(self, found):
        assert "Complete cases" in found.explain()
        assert "worst case" in repr(found)
        assert "<table" in found._repr_html_()
        assert found.plot().alt
        assert found.plot(kind="tipping").id == "tipping"
        assert len(found.tipping_frame()) == 3
        assert oc.plot(found.imputations).id == "chains"


class TestRules:
    def test_enough_imputations_are_drawn(self):
        frame = practice(gone=0.5)
        found = missing_answers(frame, **ASKED, seed=2)
        assert found.pooled.m > 20
        few = missing_answers(frame, **ASKED, seed=2, m=5)
        assert any("imputations are few" in text for text in few.warnings)

    def test_nobody_missing(self):
        found = missing_answers(practice(gone=0), **ASKED)
        assert found.stands == "nothing missing"
        assert len(found.answers) == 1
        assert found.main is None
        assert "Nobody" in found.sentence()
        assert found.grid().empty

    def test_one_arm_without_gaps_is_not_shifted(self):
        frame = practice(gone=0)
        frame.loc[frame.index[frame["arm"].eq("therapy")][:20], "post"] = np.nan
        found = missing_answers(frame, **ASKED)
        assert [one.shifted for one in found.tipping] == [("therapy",)]

    def test_arms_without_overlap_give_no_answer(self):
        frame = practice()
        frame["pre"] = np.where(frame["arm"] == "therapy", frame["pre"] + 60, frame["pre"])
        found = missing_answers(frame, **ASKED)
        assert found.stands == "blocked"
        assert found.answers[0].verdict is Verdict.NOT_COMPARABLE
        assert found.main is None

    def test_an_arm_too_small(self):
        frame = practice(n=30, gone=0)
        frame.loc[frame.index[frame["arm"].eq("therapy")][5:], "post"] = np.nan
        assert missing_answers(frame, **ASKED).stands == "blocked"

    def test_an_effect_beyond_doubt_holds(self):
        frame = practice(effect=-12.0, gone=0.05)
        found = missing_answers(frame, **ASKED, scale=(0, 27))
        assert found.stands == "holds"
        assert "whatever became of those" in found.sentence()

    def test_beside_answers_are_judged_alike(self):
        plain = compare(practice(), **ASKED, method="ancova")
        found = missing_answers(
            practice(), **ASKED, beside={"mixed model": plain, "by hand": (-1.0, 2.0, 30.0)}
        )
        assert found.answer("mixed model").low == pytest.approx(plain.low)
        assert found.answer("by hand").verdict is Verdict.CANNOT_TELL

    def test_complete_cases_and_imputation_can_disagree(self):
        rng = np.random.default_rng(5)
        n = 400
        therapy = np.arange(n) % 2 == 0
        middle = rng.normal(10, 4, size=n)
        post = middle + rng.normal(size=n)
        # In therapy those who do badly leave, in coaching those who do well.
        bad = np.where(therapy, middle > 11, middle < 9)
        post = np.where(bad & (rng.random(n) < 0.8), np.nan, post)
        frame = pd.DataFrame(
            {"pre": rng.normal(15, 3, size=n), "middle": middle, "post": post,
             "arm": np.where(therapy, "therapy", "coaching")}
        )  # fmt: skip
        found = missing_answers(
            frame, reference="coaching", covariates=["pre"], auxiliary=["middle"], seed=1
        )
        assert found.answers[0].verdict is Verdict.SUPPORTED
        assert found.stands == "disagree"
        assert abs(found.answers[1].estimate) < 1
        assert "disagree" in found.sentence()

    def test_matching_stays_on_the_scale(self):
        found = missing_answers(practice(), **ASKED, imputation="pmm", m=5)
        drawn = found.imputations.values["post"]
        assert drawn.min() >= 0
        assert drawn.max() <= 27

    def test_the_seed_decides_and_row_order_does_not(self):
        frame = practice()
        first = missing_answers(frame, **ASKED, cluster="practitioner", seed=4, m=5)
        mixed = frame.sample(frac=1, random_state=1)
        again = missing_answers(mixed, **ASKED, cluster="practitioner", seed=4, m=5)
        assert first.answers[1].estimate == pytest.approx(again.answers[1].estimate, rel=SAME)
        assert first.main.value == pytest.approx(again.main.value, rel=1e-7)

    def test_wrong_usage(self):
        with pytest.raises(UsageError, match="imputed by"):
            missing_answers(practice(), **ASKED, imputation="mean")
        with pytest.raises(UsageError, match="outside the scale"):
            missing_answers(practice(), **ASKED, scale=(0, 5))
        with pytest.raises(UsageError, match="no column"):
            missing_answers(practice(), **ASKED, auxiliary=["nothing"])


class TestWorstCase:
    FRAME = pd.DataFrame(
        {"y": [0, 1, 1, np.nan, 1, 1, 0, np.nan, np.nan], "arm": ["a"] * 4 + ["b"] * 5}
    )

    def test_bounds_by_hand(self):
        found = worst_case(self.FRAME, outcome="y", scale=(0, 1))
        # a: 2 to 3 of 4; b: 2 to 4 of 5.
        assert found.lower == pytest.approx(2 / 5 - 3 / 4)
        assert found.upper == pytest.approx(4 / 5 - 2 / 4)
        assert found.n_missing == {"a": 1, "b": 2}
        assert found.low < found.lower < found.upper < found.high
        assert "WorstCase" in repr(found)
        assert "0 or 1" in found.explain()

    def test_without_gaps_both_ends_are_the_difference(self):
        frame = self.FRAME.dropna()
        found = worst_case(frame, outcome="y", scale=(0, 1))
        plain = frame.groupby("arm")["y"].mean()
        assert found.lower == found.upper == pytest.approx(plain["b"] - plain["a"])

    def test_refusals(self):
        with pytest.raises(UsageError, match="outside"):
            worst_case(self.FRAME.assign(y=3.0), outcome="y", scale=(0, 1))
        with pytest.raises(UsageError, match="lower and its upper"):
            worst_case(self.FRAME, outcome="y", scale=(1, 0))
        with pytest.raises(NotEnoughData):
            worst_case(self.FRAME.iloc[3:], outcome="y", scale=(0, 1))


class TestImbensManski:
    def test_a_point_gets_the_two_sided_interval(self):
        low, high = imbens_manski(1.0, 0.5, 1.0, 0.5)
        assert (high - 1, 1 - low) == pytest.approx((1.959963985 * 0.5,) * 2, rel=1e-8)

    def test_wide_bounds_get_one_sided_ends(self):
        low, high = imbens_manski(0.0, 1.0, 1000.0, 2.0)
        assert (low, high - 1000) == pytest.approx((-1.644853627, 2 * 1.644853627), rel=1e-8)

    def test_between_them_the_equation_holds(self):
        from scipy.stats import norm

        low, high = imbens_manski(0.0, 1.0, 0.7, 0.8)
        c = -low
        assert norm.cdf(c + 0.7) - norm.cdf(-c) == pytest.approx(0.95, abs=1e-12)
        assert high == pytest.approx(0.7 + 0.8 * c)

    def test_certain_bounds_stay(self):
        assert imbens_manski(1.0, 0.0, 2.0, 0.0) == (1.0, 2.0)
        with pytest.raises(UsageError):
            imbens_manski(2.0, 0.1, 1.0, 0.1)


@settings(max_examples=8, deadline=None)
@given(st.floats(-100, 100))
def test_shifting_every_score_moves_no_answer(shift):
    frame = practice()
    moved = frame.assign(post=frame["post"] + shift)
    first = missing_answers(frame, **ASKED, m=3, scale=(0, 27))
    again = missing_answers(moved, **ASKED, m=3, scale=(shift, 27 + shift))
    for one, two in zip(first.answers, again.answers, strict=True):
        np.testing.assert_allclose(
            [one.estimate, one.lower, one.low], [two.estimate, two.lower, two.low], atol=1e-7
        )
    assert first.main.value == pytest.approx(again.main.value, abs=1e-6)


class TestFewPractitioners:
    @pytest.mark.parametrize(("clusters", "told"), [(4, False), (5, True), (6, True)])
    def test_no_imputed_interval_below_five(self, clusters, told):
        found = missing_answers(
            practice(clusters=clusters), **ASKED, cluster="practitioner", scale=(0, 27), m=5
        )
        imputed = found.answer("imputed")
        assert np.isfinite([imputed.estimate, imputed.low, imputed.high]).all() == told
        assert bool(found.tipping) == told
        assert (found.stands == "few clusters") != told
        assert any("too few for an interval" in text for text in found.warnings) != told
        if not told:
            assert imputed.verdict is Verdict.CANNOT_TELL
            assert "cannot be told" in found.sentence()
            # For a look, not for a report.
            assert np.isfinite(found.pooled.estimate)

    def test_the_degrees_of_freedom_without_gaps_still_count(self):
        # Five practitioners in both arms: their df lie near the limit of 4; pooled ones above it.
        found = missing_answers(practice(clusters=5), **ASKED, cluster="practitioner", m=5)
        complete = float(found.pooled.rubin.df_complete[0])
        assert complete < 4 < found.pooled.df
        assert found.answer("imputed").verdict is Verdict.CANNOT_TELL
        assert "df" in found.answer("imputed").reasons

    def test_degrees_of_freedom_are_those_of_both_parts_with_practitioners_only(self):
        with_them = missing_answers(practice(), **ASKED, cluster="practitioner", m=5)
        assert "Satterthwaite" in with_them.pooled.method
        assert "Barnard-Rubin" in missing_answers(practice(), **ASKED, m=5).pooled.method
