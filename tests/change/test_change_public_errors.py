"""Errors of public packages and pages that concern change: each is a test that we do not make it.

Seen in R clinicalsignificance, JTRCI, CECPfuns, Reliable_Change_Indices, the NHS SQL scripts, a
benchmarking app and CamCOPS. Scoring errors stand in tests/instruments.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import UsageError
from outcomes.proportions import wilson

SCALE = {"direction": "lower", "reliability": 0.8, "sd": 7.5}  # threshold 9.297


def frame(*pairs, **more):
    return pd.DataFrame(pairs, columns=["pre", "post"], dtype="float64").assign(**more)


def rate(result, group, measure, denominator="paired"):
    rows = result.rates.set_index(["group", "measure", "denominator"])
    return rows.loc[(group, measure, denominator)]


def test_grouped_rates_have_the_groups_own_denominator():
    people = frame((30, 10), (30, 29), (30, 10), (30, 29), (30, 29), arm=["a", "a", "b", "b", "b"])
    result = oc.change(people, by="arm", **SCALE)
    assert rate(result, "a", "reliable_improvement")["rate"] == 1 / 2
    assert rate(result, "b", "reliable_improvement")["rate"] == pytest.approx(1 / 3)


def test_a_first_person_without_a_start_score_turns_no_sign():
    people = frame((np.nan, 10), (30, 10), (10, 30))
    found = oc.change(people, **SCALE).to_frame()["category"].tolist()
    assert found == ["missing", "improved", "deteriorated"]


def test_change_from_zero_is_no_percentage():
    people = frame((0, 5), (0, 0), (20, 10))
    found = oc.change(people, direction="lower", method="percentage", percentage=50.0).to_frame()
    assert found["category"].tolist()[2] == "improved"
    assert "improved" not in found["category"].tolist()[:2]
    assert np.isfinite(found["change"]).all()


def test_direction_has_no_default():
    with pytest.raises(UsageError, match="lower or a higher"):
        oc.change(frame((30, 10)), reliability=0.8, sd=7.5)


@pytest.mark.parametrize("method", ["jt", "gln", "hll", "en", "nk", "ha"])
def test_turning_the_scale_round_turns_nothing_else(method):
    rng = np.random.default_rng(3)
    pre = rng.normal(25, 6, 60)
    people = pd.DataFrame({"pre": pre, "post": pre - rng.normal(5, 6, 60)})
    kept = {"reliability": 0.85, "method": method}
    lower = oc.change(people, direction="lower", **kept).to_frame()["category"]
    higher = oc.change(60 - people, direction="higher", **kept).to_frame()["category"]
    assert lower.tolist() == higher.tolist()


def test_norms_given_are_the_norms_used():
    people = frame((80, 100), (90, 95), (70, 110))
    given = {
        "clinical_mean": 40.0,
        "clinical_sd": 7.5,
        "functional_mean": 60.0,
        "functional_sd": 7.5,
    }
    result = oc.change(people, direction="higher", reliability=0.8, sd=7.5, criterion="c", **given)
    assert result.cutoff == 50  # Jacobson & Truax 1991; JTRCI takes the sample's own mean and SD


def test_b_uses_the_functional_standard_deviation():
    given = {"functional_mean": 60.0, "functional_sd": 5.0}
    result = oc.change(
        frame((40, 55), (42, 44)),
        direction="higher",
        reliability=0.8,
        sd=7.5,
        criterion="b",
        **given,
    )
    assert result.cutoff == 50


def test_nobody_below_the_cutoff_at_the_start_recovers():
    result = oc.change(frame((9, 0), (12, 2), (10, 4)), instrument="phq9")
    assert result.to_frame()["category"].tolist() == ["improved", "recovered", "recovered"]


def test_edwards_nunnally_centres_on_the_mean_and_not_on_the_start():
    # r (pre - M) + M with M = 20, r = .8, SD = 7.5: a start of 30 is expected at 28, and
    # 1.96 SEM = 6.57 below that is 21.43; centred on the start it would be 31.43.
    people = pd.concat(
        [frame((30, 22), (30, 21)), frame(*[(20 + d, 20) for d in (-5, 5, -15, -5)])]
    )
    assert people["pre"].mean() == pytest.approx(20)
    given = {"direction": "lower", "reliability": 0.8, "sd": 7.5, "method": "en"}
    found = oc.change(people.reset_index(drop=True), **given).to_frame()["category"].tolist()
    assert found[:2] == ["unchanged", "improved"]


def test_start_and_end_are_found_by_date_and_not_by_position(root):
    study = oc.read(root / "data" / "example")
    from dataclasses import replace

    turned = replace(study, responses=study.responses.iloc[::-1].reset_index(drop=True))
    pd.testing.assert_frame_equal(oc.pairs(study, "phq9"), oc.pairs(turned, "phq9"))


def test_nobody_worse_is_zero_with_an_upper_limit():
    result = oc.change(frame((30, 10), (30, 29)), **SCALE)
    worse = rate(result, "all", "reliable_deterioration")
    assert (worse["n"], worse["rate"]) == (0, 0)
    assert worse["high"] == pytest.approx(wilson(0, 2)[1])


def test_people_without_both_scores_stay_in_the_denominator_of_those_who_started():
    result = oc.change(frame((30, 10), (30, np.nan)), **SCALE)
    assert rate(result, "all", "reliable_improvement")["n_total"] == 1
    assert rate(result, "all", "reliable_improvement", "started")["n_total"] == 2


def test_the_threshold_of_one_measure_is_not_applied_to_another():
    with pytest.raises(UsageError, match="thresholds are those of phq9"):
        oc.change(frame((30, 10), instrument="gad7"), instrument="phq9")


def test_a_method_whose_intervals_do_not_cover_says_so_with_every_result():
    rng = np.random.default_rng(8)
    pre = rng.normal(25, 6, 80)
    people = pd.DataFrame({"pre": pre, "post": pre - rng.normal(6, 8, 80)})
    found = oc.change(people, direction="lower", reliability=0.85, method="ha")
    assert any("far less often" in text for text in found.warnings)
    plain = oc.change(people, direction="lower", reliability=0.85, method="jt")
    assert not any("far less often" in text for text in plain.warnings)
    several = oc.change_methods(people, criteria=["a"], direction="lower", reliability=0.85)
    assert [text for text in several.warnings if "far less often" in text]
