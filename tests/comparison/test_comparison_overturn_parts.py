"""Negative controls, drift towards the mean, agreement of methods, and every way."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from overturn_data import ASKED, practice
from scipy import integrate, stats

import outcomes as oc
from outcomes.comparison.overturn import overturn_policy, selected_drift
from outcomes.comparison.overturn.grid import Choices, declared
from outcomes.comparison.overturn.negative_control import judge
from outcomes.errors import InstrumentError, RangeError, UsageError
from outcomes.instruments import get
from outcomes.schema.verdicts import Verdict

SAME = 1e-9  # the same fit, two ways
REML = 1e-4  # the mixed model is searched for


class TestNegativeControl:
    def test_something_hidden_shows_where_nothing_can_be(self):
        frame = practice(n=600, hidden=1.5, pull=1.0)
        asked = {name: part for name, part in ASKED.items() if name != "direction"}
        found = oc.negative_control(frame, outcome="tied", **asked, why="measured before")
        assert found.verdict == "suspicious"
        assert "likely to distort" in found.sentence
        quiet = oc.negative_control(frame, outcome="unrelated", **asked)
        assert quiet.verdict in ("quiet", "cannot tell")
        assert "prove that there are" in quiet.explain()

    def test_an_exposure_that_cannot_matter(self):
        rng = np.random.default_rng(5)
        frame = practice(n=600).assign(weekday=rng.choice(["Monday", "Friday"], 600))
        found = oc.negative_control(
            frame, kind="exposure", outcome="post", arm="weekday", covariates=["pre", "age"]
        )
        assert (found.name, found.comparison.reference) == ("weekday", "Friday")
        assert found.verdict in ("quiet", "cannot tell")

    @pytest.mark.parametrize(
        ("low", "high", "verdict"),
        [
            (-0.19, 0.19, "quiet"),  # of an SD of 1; the limit is 0.2
            (-0.2, 0.2, "quiet"),
            (-0.21, 0.2, "cannot tell"),
        ],
    )
    def test_quiet_is_shown_and_not_only_not_found(self, low, high, verdict):
        frame = practice(n=100, gone=0)
        one = oc.compare(frame, outcome="unrelated", reference="coaching", covariates=["pre"])
        one = replace(
            one, estimate=0.0, low=low, high=high, verdict=Verdict.CANNOT_TELL,
            diagnostics=replace(one.diagnostics, few=(), failed=()),
        )  # fmt: skip
        assert judge(one, 1.0, 0.2) == verdict
        few = replace(one, diagnostics=replace(one.diagnostics, few=(("df", 3.0, 4.0),)))
        assert judge(few, 1.0, 0.2) == "cannot tell"
        assert judge(replace(one, verdict=Verdict.NOT_COMPARABLE), 1.0, 0.2) == "not comparable"

    def test_several_share_the_confidence(self):
        frame = practice(n=200)
        asked = {"outcome": "unrelated", "reference": "coaching", "covariates": ["pre"]}
        one, two = (oc.negative_control(frame, **asked, of=of) for of in (1, 2))
        assert two.comparison.confidence == pytest.approx(0.975)
        assert two.comparison.low < one.comparison.low

    def test_unknown_kind(self):
        with pytest.raises(UsageError):
            oc.negative_control(practice(), kind="control", outcome="pre", covariates=["age"])
        with pytest.raises(UsageError):
            oc.negative_control(practice(), outcome="unrelated", covariates=["age"], of=0)

    @pytest.mark.slow
    def test_how_often_a_true_control_is_suspicious(self):
        runs = 400
        asked = {"outcome": "unrelated", "reference": "coaching", "covariates": ["pre", "age"]}
        found = [
            oc.negative_control(practice(seed=seed, n=160), **asked).verdict for seed in range(runs)
        ]
        assert np.mean([one == "suspicious" for one in found]) < stats.binom.ppf(
            0.999, runs, 0.05
        ) / runs  # fmt: skip


class TestDrift:
    def test_the_worked_example(self):
        assert selected_drift(10, 6, 0.8, 10) == pytest.approx(-0.957461, abs=1e-6)

    @pytest.mark.parametrize("above", [True, False])
    def test_equals_the_integral(self, above):
        mean, sd, r, cut = 12.0, 5.0, 0.7, 15.0
        ends = (cut, mean + 12 * sd) if above else (mean - 12 * sd, cut)
        density = stats.norm(mean, sd).pdf
        people = integrate.quad(density, *ends)[0]
        # A second score is expected at mean + r (first − mean).
        moved = integrate.quad(lambda x: (r - 1) * (x - mean) * density(x), *ends)[0]
        found = selected_drift(mean, sd, r, cut, above=above)
        assert found == pytest.approx(moved / people, abs=1e-7)

    def test_far_out_it_does_not_break(self):
        assert selected_drift(0, 1, 0.5, 60) == pytest.approx(-30, rel=0.01)
        assert selected_drift(0, 1, 1.0, 1) == 0

    @pytest.mark.parametrize(("r", "sd"), [(0.0, 1.0), (1.1, 1.0), (0.8, 0.0)])
    def test_what_cannot_be_is_refused(self, r, sd):
        with pytest.raises(RangeError):
            selected_drift(10, sd, r, 10)

    def test_selected_people_drift_as_expected(self):
        rng = np.random.default_rng(6)
        true = rng.normal(10, 6 * math.sqrt(0.8), 200_000)
        first, second = true + rng.normal(0, 6 * math.sqrt(0.2), (2, 200_000))
        chosen = first >= 10
        moved = (second - first)[chosen].mean()
        assert moved == pytest.approx(selected_drift(10, 6, 0.8, 10), abs=0.03)

    def test_each_arm_by_hand(self):
        frame = pd.DataFrame(
            {"arm": ["a"] * 4 + ["b"] * 4, "pre": [10, 12, 14, 16, 20, 22, 24, 26],
             "post": [9, 11, 13, np.nan, 15, 17, 19, 21]}
        )  # fmt: skip
        found = oc.regression_to_the_mean(
            frame, reliability=0.8, population_mean=10.0, population_sd=6.0, cut=10
        )
        assert [one.start for one in found.arms] == [13.0, 23.0]
        assert [one.drift["the population given"] for one in found.arms] == pytest.approx(
            [-0.6, -2.6]
        )
        assert [one.change for one in found.arms] == [-1.0, -5.0]
        assert found.between("b", "a") == pytest.approx(-2.0)
        share = found.to_frame().set_index(["arm", "population"])["share"]
        assert share["a", "the population given"] == pytest.approx(0.6)
        assert found.selected["the population given"] == pytest.approx(-0.957461, abs=1e-6)
        # Both arms from one population: the gap between them is the same whichever it is.
        everybody = "everybody in the comparison"
        assert found.drift("b", everybody) - found.drift("a", everybody) == pytest.approx(-2.0)

    def test_norms_and_reliability_are_the_instruments(self):
        frame = practice()
        found = oc.regression_to_the_mean(frame, instrument="core10")
        assert found.reliability == get("core10").reliability_value().value
        assert {one.mean for one in found.populations[:-1]} == {4.7, 19.7}
        assert any("alpha" in text for text in found.warnings)

    def test_a_retest_is_preferred_to_alpha(self):
        found = oc.regression_to_the_mean(practice(), instrument="wsas")
        assert (found.reliability, found.reliability_kind) == (0.73, "test_retest")

    def test_without_reliability_it_is_refused(self):
        with pytest.raises(InstrumentError):
            oc.regression_to_the_mean(practice())

    def test_a_poor_measure_is_not_told(self):
        found = oc.regression_to_the_mean(practice(), reliability=0.49, population_mean=9)
        assert not found.told
        assert "too unreliable" in found.sentence
        assert oc.regression_to_the_mean(practice(), reliability=0.5, population_mean=9).told


class TestAgreement:
    def test_each_method_is_that_of_compare(self):
        frame = practice()
        result = oc.compare(frame, **ASKED, cluster="practitioner", margin=5.0)
        found = oc.agreement(result, frame)
        for one in found.answers[:-1]:
            alone = oc.compare(
                frame, **ASKED, cluster="practitioner", margin=5.0, method=one.method
            )
            assert (one.estimate, one.se, one.df) == pytest.approx(
                (alone.estimate, alone.se, alone.df), rel=SAME
            )
            assert one.verdict is alone.verdict

    def test_the_mixed_model_is_that_of_mixed(self):
        frame = practice()
        result = oc.compare(frame, **ASKED, cluster="practitioner")
        one = oc.agreement(result, frame, methods=["mixed", "ancova"]).answers[0]
        known = frame.dropna(subset=["post"]).assign(
            therapy=lambda rows: (rows["arm"] == "therapy").astype(float),
            young=lambda rows: (rows["age"] == "young").astype(float),
            who=lambda rows: rows["practitioner"].astype(str),
        )
        fit = oc.mixed("post ~ therapy + pre + young + (1 | who)", known)
        row = fit.coefficients.set_index("term").loc["therapy"]
        assert one.estimate == pytest.approx(row["estimate"], rel=REML)
        assert one.se == pytest.approx(row["se"], rel=REML)
        assert one.df == pytest.approx(row["df"], rel=1e-2)

    def test_without_clusters_there_is_no_mixed_model(self):
        frame = practice()
        found = oc.agreement(oc.compare(frame, **ASKED), frame)
        assert "mixed" not in [one.method for one in found.answers]

    @pytest.mark.parametrize(
        ("estimates", "verdicts", "margin", "stands"),
        [
            ([2.0, 2.4], "ss", None, "agree"),
            ([2.0, 2.5], "ss", None, "agree"),  # one standard error apart
            ([2.0, 2.51], "ss", None, "size"),
            ([2.0, 2.5], "ss", 1.0, "agree"),  # half the margin apart
            ([2.0, 2.45], "ss", 0.8, "size"),
            ([2.0, 2.4], "sc", None, "verdict"),
            ([-0.1, 0.1], "cc", None, "agree"),
            ([-0.3, 0.3], "cc", None, "direction"),
            ([-2.0, 2.0], "ss", None, "direction"),
            ([2.0], "s", None, "blocked"),
        ],
    )
    def test_the_rule_of_disagreement(self, estimates, verdicts, margin, stands):
        from outcomes.comparison.overturn.agreement import _gap, _stands
        from outcomes.comparison.overturn.methods import MethodAnswer

        words = {"s": Verdict.SUPPORTED, "c": Verdict.CANNOT_TELL}
        shown = [
            MethodAnswer("ancova", "", value, 0.5, 50.0, value - 1, value + 1, words[word], ())
            for value, word in zip(estimates, verdicts, strict=True)
        ]
        rounding = _gap(shown) - 1e-12 if len(shown) > 1 else math.nan
        assert _stands(shown, rounding, 0.5, margin, overturn_policy()) == stands

    def test_not_comparable_is_said_for_every_method(self):
        frame = practice(pull=30.0)
        found = oc.agreement(oc.compare(frame, **ASKED), frame)
        assert found.stands == "blocked"
        assert not any(one.shown for one in found.answers)

    def test_unknown_method(self):
        frame = practice()
        with pytest.raises(UsageError):
            oc.agreement(oc.compare(frame, **ASKED), frame, methods=["matching"])


WAYS = {"reference": "coaching", "covariates": ["pre", "age"], "direction": "lower"}


class TestSpecifications:
    def test_every_way_is_declared_once(self):
        ways = declared(
            Choices(("score", "change"), ("all",), ("ATO", "ATE"), ("weighting", "ancova"),
                    ("left out",))
        )  # fmt: skip
        assert len(ways) == len(set(ways)) == 2 * (2 + 1)

    def test_each_is_the_comparison_it_names(self):
        frame = practice()
        found = oc.specifications(
            frame, **WAYS, cluster="practitioner", definitions=["score", "change"],
            estimands=["ATO", "ATE"],
        )  # fmt: skip
        whole = frame.assign(
            change=frame["post"] - frame["pre"], end=frame["post"].fillna(frame["pre"]),
            moved=(frame["post"] - frame["pre"]).fillna(0.0),
        )  # fmt: skip
        columns = {
            ("score", "left out"): "post", ("change", "left out"): "change",
            ("score", "counted as unchanged"): "end", ("change", "counted as unchanged"): "moved",
        }  # fmt: skip
        assert len(found.frame) == 2 * 2 * 2 * 5
        for row in found.frame.itertuples():
            alone = oc.compare(
                whole, outcome=columns[row.definition, row.missing], reference="coaching",
                covariates=["pre", "age"] if row.adjustment == "everything recorded" else ["pre"],
                cluster="practitioner", method=row.method, direction="lower",
                estimand="ATO" if row.method == "ancova" else row.estimand,
            )  # fmt: skip
            assert (row.estimate, row.low, row.high) == pytest.approx(
                (alone.estimate, alone.low, alone.high), rel=1e-7
            )
            assert row.verdict == str(alone.verdict)
            assert row.advantage == -row.estimate

    def test_shares_are_those_of_change(self):
        frame = practice(n=400)
        frame[["pre", "post"]] = frame[["pre", "post"]].clip(0, 27)
        found = oc.specifications(
            frame, **WAYS, instrument="phq9", estimands=["ATO"], methods=["weighting"],
            missing=["left out"], adjustment={"all": ["pre", "age"]},
        )  # fmt: skip
        whole = oc.change(frame, instrument="phq9").to_frame()
        better = whole["category"].isin(["recovered", "improved"])
        whole["better"] = better.where(whole["category"] != "missing").astype("boolean")
        alone = oc.compare(whole, outcome="better", reference="coaching", covariates=["pre", "age"])
        row = found.frame.set_index("definition").loc["reliable_improvement"]
        assert row["estimate"] == pytest.approx(alone.estimate)
        assert row["advantage"] == row["estimate"]
        recovery = found.frame.set_index("definition").loc["recovery"]
        clinical = whole[(whole["pre"] >= 10) & whole["post"].notna()]
        assert recovery["n_used"] == len(clinical)

    def test_ways_without_overlap_stay_and_are_counted(self):
        frame = practice(pull=30.0)
        found = oc.specifications(frame, **WAYS, definitions=["score"])
        assert found.frame["verdict"].eq("not comparable").all()
        assert found.frame["estimate"].isna().all()
        assert found.summary().loc[0, "not_comparable"] == len(found.frame)
        assert found.stands == "blocked"
        assert "None of the" in found.sentence

    def test_the_headline_and_the_summary(self):
        found = oc.specifications(
            practice(effect=-4.0), **WAYS, definitions=["score"],
            headline={"method": "aipw", "estimand": "ATE"},
        )  # fmt: skip
        assert found.frame["headline"].sum() == 1
        assert (found.headline["method"], found.headline["estimand"]) == ("aipw", "ATE")
        row = found.summary().iloc[0]
        assert (row["same_sign"], row["same_verdict"]) == (1.0, 1.0)
        assert row["median"] == found.frame["advantage"].median()
        assert found.stands == "holds"

    @pytest.mark.parametrize(
        ("change", "stands"),
        [
            ({"advantage": [1.0] * 9 + [-1.0], "verdict": ["supported"] * 10}, "holds"),
            ({"advantage": [1.0] * 8 + [-1.0] * 2, "verdict": ["supported"] * 10}, "sign"),
            (
                {"advantage": [1.0] * 10, "verdict": ["supported"] * 5 + ["cannot tell"] * 5},
                "holds",
            ),
            (
                {"advantage": [1.0] * 10, "verdict": ["supported"] * 4 + ["cannot tell"] * 6},
                "verdict",
            ),
        ],
    )
    def test_the_rule(self, change, stands):
        found = oc.specifications(practice(), **WAYS, definitions=["score"])
        frame = pd.DataFrame({**change, "scale": "points", "headline": [True] + [False] * 9})
        assert replace(found, frame=frame).stands == stands

    def test_without_an_instrument_shares_are_named_as_lacking(self):
        found = oc.specifications(practice(), **WAYS, estimands=["ATO"])
        assert set(found.frame["definition"]) == {"score", "change"}
        assert any("could not be defined" in text for text in found.warnings)

    @pytest.mark.parametrize(
        "wrong", [{"missing": ["guessed"]}, {"definitions": ["cure"]}, {"direction": None}]
    )
    def test_unknown_choices(self, wrong):
        with pytest.raises(UsageError):
            oc.specifications(practice(), **{**WAYS, **wrong})

    def test_order_of_rows_and_an_empty_client_change_nothing(self):
        frame = practice(n=150)
        empty = pd.DataFrame({"arm": ["therapy"], "pre": [np.nan], "age": [None]})
        shuffled = pd.concat([frame.sample(frac=1, random_state=1), empty], ignore_index=True)
        options = {**WAYS, "definitions": ["score"], "missing": ["left out"]}
        first, second = (oc.specifications(one, **options) for one in (frame, shuffled))
        assert second.frame["estimate"].to_numpy() == pytest.approx(first.frame["estimate"])
