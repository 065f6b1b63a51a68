"""Reliable change and cut-offs against published numbers and R."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from outcomes.change import change, cutoff_a, cutoff_b, cutoff_c
from outcomes.change import jacobson_truax as jt
from outcomes.errors import UsageError
from outcomes.proportions import critical_value

PRINTED = 5e-4  # published with three decimals
REFERENCE_TOL = 1e-9  # the same closed form in R; twelve digits are stored

DAS = {
    "pre": "pre_data",
    "post": "post_data",
    "direction": "higher",
    "reliability": 0.88,
    "functional_mean": 114.8,
    "functional_sd": 17.8,
}
BASICS = {name: DAS[name] for name in ("pre", "post", "direction", "reliability")}


@pytest.fixture(scope="module")
def reference(shared):
    text = (shared / "reference" / "individual_change_das.json").read_text(encoding="utf-8")
    return json.loads(text)


def counts(result) -> dict[str, int]:
    row = result.counts().iloc[0].dropna()
    return {name: int(n) for name, n in row.items() if n}


class TestPublishedExample:
    """Jacobson & Truax 1991: M 40, SD 7.5, functional mean 60, r .80, higher is better."""

    def test_reliable_change(self):
        error = jt.sem(7.5, 0.80)
        assert jt.s_diff(error) == pytest.approx(4.743, abs=PRINTED)
        assert critical_value(0.95) * jt.s_diff(error) == pytest.approx(9.297, abs=PRINTED)
        # domain.md §9: the same example at 90 %.
        assert critical_value(0.90) * jt.s_diff(error) == pytest.approx(7.80, abs=5e-3)

    def test_cutoffs(self):
        assert cutoff_a(40, 7.5, "higher") == 55
        assert cutoff_b(60, 7.5, "higher") == 45
        assert cutoff_c(40, 7.5, 60, 7.5) == 50

    def test_index(self):
        index = jt.index(np.array([32.5]), np.array([47.5]), jt.s_diff(jt.sem(7.5, 0.8)))
        assert index[0] == pytest.approx(15 / math.sqrt(2 * 7.5**2 * 0.2))


class TestOtherVectors:
    def test_core10_threshold_is_a_90_percent_one(self):
        # domain.md §9: SD 7.7, alpha .90 gives 6.75 at 95 % and 5.66 at 90 %.
        error = jt.s_diff(jt.sem(7.7, 0.90))
        assert critical_value(0.95) * error == pytest.approx(6.75, abs=5e-3)
        assert critical_value(0.90) * error == pytest.approx(5.66, abs=5e-3)

    def test_core10_criterion_c(self):
        assert cutoff_c(19.7, 7.7, 4.7, 4.8) == pytest.approx(10.46, abs=5e-3)

    def test_direction_mirrors_a_and_b(self):
        assert cutoff_a(-40, 7.5, "lower") == -cutoff_a(40, 7.5, "higher")
        assert cutoff_b(-60, 5.0, "lower") == -cutoff_b(60, 5.0, "higher")

    def test_b_follows_the_functional_sd_alone(self):
        # Peers take the clinical SD; the 1991 example has equal SDs and cannot tell.
        assert cutoff_b(60, 5.0, "higher") == 50
        assert cutoff_b(60, 10.0, "higher") == 40

    def test_bauer_2004(self):
        assert cutoff_a(68.35, 22.33, "lower") == pytest.approx(23.69)
        assert cutoff_b(50, 22, "lower") == pytest.approx(94)
        assert cutoff_c(68.35, 22.33, 50, 22) == pytest.approx((1116.5 + 1503.7) / 44.33)

    @pytest.mark.parametrize(("sd", "r"), [(0, 0.8), (-1, 0.8), (math.nan, 0.8), (5, 0), (5, 1)])
    def test_impossible_parameters_are_refused(self, sd, r):
        with pytest.raises(UsageError):
            jt.sem(sd, r)

    @pytest.mark.parametrize("confidence", [0, 1, 95])
    def test_an_impossible_confidence_is_refused(self, confidence):
        with pytest.raises(UsageError, match="confidence"):
            critical_value(confidence)


class TestDyadicAdjustmentScale:
    """R (clinicalsignificance) on the 30 people of Jacobson & Truax 1991."""

    def test_reliable_change_counts(self, das, reference):
        result = change(das, **BASICS)
        assert counts(result) == {"improved": 19, "unchanged": 10, "deteriorated": 1}
        stored = reference["jacobson_das_dist_JT"]
        assert {row["category"].lower(): row["n"] for row in stored["summary"]} == counts(result)
        assert result.s_diff == pytest.approx(stored["s_diff"], abs=REFERENCE_TOL)
        assert result.threshold / result.s_diff == pytest.approx(
            stored["critical_value"], abs=REFERENCE_TOL
        )

    def test_printed_output_of_the_package_for_a_reliability_of_eighty(self, das):
        # R clinicalsignificance, printed in its documentation: r = .80, criterion a.
        result = change(das, **{**BASICS, "reliability": 0.80}, criterion="a")
        assert counts(result) == {
            "recovered": 10,
            "improved": 6,
            "unchanged": 13,
            "deteriorated": 1,
        }
        assert result.s_diff == pytest.approx(7.4792, abs=PRINTED)
        assert result.cutoff == pytest.approx(105.235, abs=PRINTED)

    def test_index_of_every_person_is_the_closed_form(self, das, reference):
        result = change(das, **BASICS)
        gain = das["post_data"] - das["pre_data"]
        expected = gain / reference["jacobson_das_dist_JT"]["s_diff"]
        assert np.allclose(result.frame["index"], expected, rtol=0, atol=REFERENCE_TOL)
        assert np.allclose(result.frame["change"], gain, rtol=0, atol=0)

    @pytest.mark.parametrize("criterion", ["a", "c"])
    def test_cutoffs_and_categories(self, das, reference, criterion):
        result = change(das, criterion=criterion, **DAS)
        stored = reference[f"jacobson_das_comb_JT_{criterion}"]
        assert result.cutoff == pytest.approx(stored["cutoff_info"]["value"], abs=REFERENCE_TOL)
        expected = {row["category"].lower(): row["n"] for row in stored["summary"] if row["n"]}
        assert counts(result) == expected
        own = result.clinical_range.clinical
        assert own.mean == pytest.approx(stored["cutoff_info"]["m_clinical"], abs=REFERENCE_TOL)
        assert own.sd == pytest.approx(stored["cutoff_info"]["sd_clinical"], abs=REFERENCE_TOL)

    def test_numbers_named_in_the_task(self, das):
        found = {name: change(das, criterion=name, **DAS).cutoff for name in "ac"}
        assert found["a"] == pytest.approx(105.2347, abs=5e-5)
        assert found["c"] == pytest.approx(94.8424, abs=5e-5)
        assert counts(change(das, criterion="c", **DAS))["recovered"] == 14

    def test_b_departs_from_r_because_r_uses_the_clinical_sd(self, das, reference):
        result = change(das, criterion="b", **DAS)
        assert result.cutoff == pytest.approx(114.8 - 2 * 17.8, abs=REFERENCE_TOL)
        theirs = reference["jacobson_das_comb_JT_b"]["cutoff_info"]
        wrong = theirs["m_functional"] - 2 * theirs["sd_clinical"]
        assert theirs["value"] == pytest.approx(wrong, abs=REFERENCE_TOL)
        # By hand at 79.2: of the 19 who improved reliably (more than 11.35 points), those
        # who started at 79.2 or below and ended above it are 2, 4, 5, 7, 10, 16 and 20.
        recovered = result.frame.loc[result.frame["category"].eq("recovered"), "ppid"]
        assert recovered.tolist() == [2, 4, 5, 7, 10, 16, 20]
        assert counts(result) == {
            "recovered": 7,
            "improved": 12,
            "unchanged": 10,
            "harmed": 1,
        }

    def test_mirrored_scores_give_the_mirrored_result(self, das):
        mirrored = das.assign(pre_data=-das["pre_data"], post_data=-das["post_data"])
        settings = {**DAS, "direction": "lower", "functional_mean": -114.8, "criterion": "c"}
        one, other = change(das, criterion="c", **DAS), change(mirrored, **settings)
        assert other.cutoff == pytest.approx(-one.cutoff, abs=REFERENCE_TOL)
        assert other.frame["category"].tolist() == one.frame["category"].tolist()
