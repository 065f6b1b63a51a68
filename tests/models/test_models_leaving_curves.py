"""Curves of who is still in care, and of competing endings, against R's survival package."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from leaving_data import CAUSE, CLUSTER, TIME, antidepressant, btheb, reference

from outcomes.change.sessions.incidence import Observed, incidence
from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.leaving import leaving
from outcomes.models.leaving.competing import aalen_johansen
from outcomes.models.leaving.influence import members
from outcomes.models.leaving.rank_tests import rank_test
from outcomes.models.leaving.risk import risk_table
from outcomes.models.leaving.survival import (
    kaplan_meier,
    median,
    nelson_aalen,
    restricted_mean,
)

# Sums and products of some dozen numbers: rounding only.
CLOSE = {"rtol": 1e-9, "atol": 1e-12}
TABLE = risk_table(TIME, CAUSE, 2)


def part(frame, column, word):
    rows = frame[frame[column].eq(word)]
    return risk_table(rows["time"].to_numpy(float), rows["event"].to_numpy())


def check_curve(table, curve, expected):
    rows = pd.DataFrame(expected)
    left = table.ended > 0
    assert table.time[left] == pytest.approx(rows["time"])
    assert table.at_risk[left] == pytest.approx(rows["n.risk"])
    assert table.ended[left] == pytest.approx(rows["n.event"])
    assert table.censored[left] == pytest.approx(rows["n.censor"])
    for mine, name in (("share", "surv"), ("se", "se"), ("low", "lower"), ("high", "upper")):
        np.testing.assert_allclose(getattr(curve, mine)[left], rows[name], **CLOSE)


@pytest.mark.parametrize("transform", ["log", "log-log", "plain"])
def test_kaplan_meier_equals_r_on_btheb(shared, transform):
    known = reference(shared)[f"BtheB_km_{transform}"]
    for row, arm in zip(known["table"], ("TAU", "BtheB"), strict=True):
        table = part(btheb(shared), "treatment", arm)
        curve = kaplan_meier(table, transform)
        expected = [r for r in known["curve"] if r["strata"] == f"treatment={arm}"]
        check_curve(table, curve, expected)
        middle, low, high = median(curve)
        assert np.isnan(middle) == (row["median"] is None)
        assert low == row["0.95LCL"]
        assert np.isnan(high) == (row["0.95UCL"] is None)
        assert table.at_risk[0] == row["records"]
        assert table.ended.sum() == row["events"]
        mean = restricted_mean(table, 8.0)
        assert mean.mean == pytest.approx(row["rmean"], rel=1e-12)
        assert mean.se == pytest.approx(row["se(rmean)"], rel=1e-12)


def test_restricted_mean_equals_r(shared):
    known = reference(shared)["BtheB_rmst_tau8"]
    for arm, row in known.items():
        found = restricted_mean(part(btheb(shared), "treatment", arm), 8.0)
        assert (found.mean, found.se) == pytest.approx((row["rmst"], row["se"]), rel=1e-12)


def test_kaplan_meier_equals_r_on_the_antidepressant_trial(shared):
    known = reference(shared)["antidep_km"]
    for row, arm in zip(known["table"], ("PLACEBO", "DRUG"), strict=True):
        table = part(antidepressant(shared), "THERAPY", arm)
        expected = [r for r in known["curve"] if r["strata"] == f"THERAPY={arm}"]
        check_curve(table, kaplan_meier(table, "log"), expected)
        mean = restricted_mean(table, 6.0)
        assert mean.mean == pytest.approx(row["rmean"], rel=1e-12)
        assert mean.se == pytest.approx(row["se(rmean)"], rel=1e-12)


def test_rank_tests_equal_r(shared):
    known, frame = reference(shared), btheb(shared)
    args = (frame["time"].to_numpy(float), frame["event"].to_numpy())
    group = frame["treatment"].cat.codes.to_numpy().astype(int)
    logrank = rank_test(*args, group)
    expected = known["BtheB_logrank"]
    assert logrank.chi2 == pytest.approx(expected["chisq"], rel=1e-9)
    assert logrank.p == pytest.approx(expected["p"], rel=1e-9)
    assert logrank.df == expected["df"]
    np.testing.assert_allclose(logrank.observed, expected["obs"], **CLOSE)
    np.testing.assert_allclose(logrank.expected, expected["exp"], **CLOSE)
    peto = rank_test(*args, group, rho=1.0)
    assert peto.chi2 == pytest.approx(known["BtheB_peto_rho1"]["chisq"], rel=1e-9)
    assert peto.p == pytest.approx(known["BtheB_peto_rho1"]["p"], rel=1e-9)
    trial = antidepressant(shared)
    found = rank_test(
        trial["time"].to_numpy(float),
        trial["event"].to_numpy(),
        trial["THERAPY"].cat.codes.to_numpy().astype(int),
    )
    expected = known["antidep_logrank"]
    assert found.chi2 == pytest.approx(expected["chisq"], rel=1e-9)
    assert found.p == pytest.approx(expected["p"], rel=1e-9)
    np.testing.assert_allclose(found.observed, expected["obs"], **CLOSE)
    np.testing.assert_allclose(found.expected, expected["exp"], **CLOSE)


def test_aalen_johansen_equals_r():
    first, second = aalen_johansen(TABLE, 1), aalen_johansen(TABLE, 2)
    np.testing.assert_allclose(
        first.share,
        [1 / 12, 1 / 6, 1 / 6, 0.2619047619047619, 0.2619047619047619, 0.3761904761904761,
         0.3761904761904761, 0.3761904761904761, 0.5476190476190476, 0.5476190476190476],
        **CLOSE,
    )  # fmt: skip
    np.testing.assert_allclose(
        first.se,
        [0.0797855923130282, 0.1075828707279838, 0.1075828707279838, 0.1306944481020989,
         0.1306944481020989, 0.1516833165784447, 0.1516833165784447, 0.1516833165784447,
         0.1738017579726915, 0.1738017579726915],
        **CLOSE,
    )  # fmt: skip
    np.testing.assert_allclose(second.share[[0, 1, 2, 6]], [0, 1 / 12, 1 / 6, 0.2809523809523809])
    np.testing.assert_allclose(
        second.se[[0, 1, 2, 6, 9]],
        [0, 0.0797855923130282, 0.1075828707279838, 0.1403696894413242, 0.1403696894413242],
        **CLOSE,
    )
    # Both and those in care are everybody.
    survival = kaplan_meier(TABLE)
    np.testing.assert_allclose(first.share + second.share + survival.share, 1.0, **CLOSE)


def test_clustered_errors_equal_r_before_the_correction():
    group = members(CLUSTER, CAUSE).of_kind("CR1")
    root = np.sqrt(group.correction)
    assert root**2 == pytest.approx(4 / 3)
    assert group.df == pytest.approx(3)
    first = aalen_johansen(TABLE, 1, members=group).se / root
    np.testing.assert_allclose(
        first[[0, 1, 3, 5, 8]],
        [0.0721687836487032, 0.0833333333333333, 0.0820038330016408, 0.0302714973568142,
         0.1185163070832758],
        **CLOSE,
    )  # fmt: skip
    second = aalen_johansen(TABLE, 2, members=group).se / root
    np.testing.assert_allclose(
        second[[1, 2, 6]], [0.0721687836487032, 0.0833333333333333, 0.1511043004102810], **CLOSE
    )
    survival = kaplan_meier(TABLE, members=group).se / root
    np.testing.assert_allclose(
        survival[[0, 1, 2, 3, 5, 6, 8]],
        [0.0721687836487032, 0.1381926995981416, 0.1178511301977579, 0.1440667930921589,
         0.0559724650181272, 0.1247791885594016, 0.1482562815911588],
        **CLOSE,
    )  # fmt: skip
    mean = restricted_mean(TABLE, 8.0, group)
    assert mean.se / root == pytest.approx(0.685996520310494, rel=1e-12)


def test_nelson_aalen_median_and_mean_equal_r():
    hazard, se = nelson_aalen(TABLE)
    np.testing.assert_allclose(
        hazard[[0, 1, 3, 6, 8]],
        [0.0833333333333333, 0.2651515151515151, 0.5191197691197691, 0.9691197691197690,
         1.4691197691197690],
        **CLOSE,
    )  # fmt: skip
    np.testing.assert_allclose(
        se[[0, 1, 3, 6, 8]],
        [0.0833333333333333, 0.1532102152739143, 0.2371227790448040, 0.3984058387397592,
         0.6393177710199608],
        **CLOSE,
    )  # fmt: skip
    middle, low, high = median(kaplan_meier(TABLE, "log"))
    assert (middle, low) == (6.0, 3.0)
    assert np.isnan(high)
    mean = restricted_mean(TABLE, 8.0)
    assert (mean.mean, mean.se) == pytest.approx((5.276190476190476, 0.769924978500611))


def test_everybody_alone_in_a_cluster_is_the_closed_form():
    alone = members(np.arange(12), CAUSE).of_kind("CR1")
    root = np.sqrt(alone.correction)
    for cause in (1, 2):
        np.testing.assert_allclose(
            aalen_johansen(TABLE, cause, members=alone).se / root,
            aalen_johansen(TABLE, cause).se,
            **CLOSE,
        )
    np.testing.assert_allclose(
        kaplan_meier(TABLE, members=alone).se / root, kaplan_meier(TABLE).se, **CLOSE
    )
    own = restricted_mean(TABLE, 8.0, alone).se / root
    assert own == pytest.approx(restricted_mean(TABLE, 8.0).se, rel=1e-12)


def test_the_jackknife_leaves_each_cluster_out():
    """By hand: the curve of the other three clusters, each made anew."""
    group = members(CLUSTER, CAUSE)
    assert group.kind == "CR3"
    share, curve, mean = [], [], []
    for one in range(1, 5):
        kept = one != CLUSTER
        table = risk_table(TIME[kept], CAUSE[kept], 2)
        place = table.until(7.0) - 1
        share.append(aalen_johansen(table, 1).share[place])
        curve.append(kaplan_meier(table).share[place])
        mean.append(restricted_mean(table, 8.0).mean)
    whole = TABLE.until(7.0) - 1
    for found, parts, estimate in (
        (aalen_johansen(TABLE, 1, members=group).se[whole], share,
         aalen_johansen(TABLE, 1).share[whole]),
        (kaplan_meier(TABLE, members=group).se[whole], curve, kaplan_meier(TABLE).share[whole]),
        (restricted_mean(TABLE, 8.0, group).se, mean, restricted_mean(TABLE, 8.0).mean),
    ):  # fmt: skip
        moves = np.array(parts) - estimate
        assert found == pytest.approx(np.sqrt(3 / 4 * (moves**2).sum()), rel=1e-12)


def test_one_way_of_ending_without_censoring_is_a_share():
    time = np.array([1, 1, 2, 3, 3, 3, 4, 5], dtype=float)
    table = risk_table(time, np.ones(8, dtype=int))
    found = aalen_johansen(table, 1)
    share = np.array([2, 3, 6, 7, 8]) / 8
    np.testing.assert_allclose(found.share, share, **CLOSE)
    np.testing.assert_allclose(found.se, np.sqrt(share * (1 - share) / 8), atol=1e-12)
    # The mean of times cut at 3.5, with the variance of a mean over n.
    cut = np.minimum(time, 3.5)
    mean = restricted_mean(table, 3.5)
    assert mean.mean == pytest.approx(cut.mean())
    assert mean.se == pytest.approx(np.sqrt(cut.var() / 8))


def test_a_median_on_a_flat_half_is_its_middle():
    table = risk_table(np.array([1.0, 2.0, 3.0, 4.0]), np.ones(4, dtype=int))
    # As R's survfit: the curve is 1/2 from 2 to 3.
    assert median(kaplan_meier(table))[0] == 2.5


def test_the_estimate_for_known_weeks_is_that_of_first_change():
    """Turnbull's estimate for intervals of one week is Aalen-Johansen's."""
    rng = np.random.default_rng(3)
    time = rng.integers(1, 9, 60)
    cause = rng.integers(0, 3, 60)
    observed = Observed(
        left=np.where(cause > 0, time - 1, time),
        right=time,
        cause=np.where(cause == 1, 0, np.where(cause == 2, 1, 2)),
    )
    slow = incidence(observed)
    table = risk_table(time.astype(float), cause, 2)
    place = table.time.astype(int) - 1
    # The iteration stops when a share moves by less than 1e-9.
    for k, shares in ((1, slow.event), (2, slow.competing)):
        np.testing.assert_allclose(aalen_johansen(table, k).share, shares[place], atol=1e-6)


def test_who_is_censored_at_an_ending_was_at_risk():
    table = risk_table(np.array([2.0, 2.0, 3.0]), np.array([1, 0, 1]))
    assert table.at_risk.tolist() == [3, 1]
    assert kaplan_meier(table).share.tolist() == pytest.approx([2 / 3, 0])


def test_limits_are_missing_where_nothing_is_known():
    table = risk_table(np.array([1.0, 2.0, 3.0]), np.array([0, 1, 1]))
    curve = kaplan_meier(table, "log-log")
    assert np.isnan(curve.low[0])  # nobody has left yet
    assert np.isnan(curve.se[2])  # nobody is left
    assert 0 < curve.low[1] < 0.5 < curve.high[1] < 1


def test_times_that_cannot_be_are_refused():
    with pytest.raises(UsageError, match="negative") as caught:
        risk_table(np.array([-1.0, np.nan, 2.0]), np.array([0, 1, 1]))
    assert caught.value.how_many == 2
    with pytest.raises(NotEnoughData):
        risk_table(np.array([]), np.array([], dtype=int))
    with pytest.raises(UsageError, match="horizon"):
        restricted_mean(risk_table(np.array([1.0, 2.0]), np.array([1, 0])), 3.0)
    # Where everybody has left, the curve is 0 from there on.
    gone = restricted_mean(risk_table(np.array([1.0, 2.0]), np.array([1, 1])), 3.0)
    assert gone.mean == 1.5


def test_a_peto_test_weighs_early_leaving_more():
    early = np.r_[np.ones(10), np.full(30, 9.0)]
    late = np.r_[np.full(10, 8.0), np.full(30, 9.0)]
    time, group = np.r_[early, late], np.repeat([0, 1], 40)
    event = np.tile(np.r_[np.ones(10), np.zeros(30)], 2).astype(int)
    assert rank_test(time, event, group, rho=1).chi2 > rank_test(time, event, group).chi2


PEOPLE = st.lists(
    st.tuples(st.integers(1, 12), st.integers(0, 2), st.integers(0, 4)), min_size=6, max_size=40
)


@settings(max_examples=60, deadline=None)
@given(people=PEOPLE, seed=st.integers(0, 1000))
def test_row_order_and_units_of_time_change_nothing(people, seed):
    time, cause, cluster = (np.array(column) for column in zip(*people, strict=True))
    mixed = np.random.default_rng(seed).permutation(len(time))
    one = risk_table(time.astype(float), cause, 2)
    other = risk_table(7.0 * time[mixed], cause[mixed], 2)
    for k in (1, 2):
        a, b = aalen_johansen(one, k), aalen_johansen(other, k)
        np.testing.assert_allclose(a.share, b.share, **CLOSE)
        np.testing.assert_allclose(a.se, b.se, rtol=1e-7, atol=1e-9)
    if len(set(cluster)) > 1:
        a = kaplan_meier(one, members=members(cluster, cause))
        b = kaplan_meier(other, members=members(cluster[mixed], cause[mixed]))
        np.testing.assert_allclose(a.se, b.se, rtol=1e-7, atol=1e-9)
    last = float(time.max())
    means = restricted_mean(one, last), restricted_mean(other, 7 * last)
    assert means[1].mean == pytest.approx(7 * means[0].mean)
    assert means[1].se == pytest.approx(7 * means[0].se)


@settings(max_examples=40, deadline=None)
@given(people=PEOPLE)
def test_everybody_twice_keeps_shares_and_shrinks_errors_unless_clustered(people):
    time, cause, _ = (np.array(column) for column in zip(*people, strict=True))
    twice, who = np.tile(time, 2).astype(float), np.tile(np.arange(len(time)), 2)
    one, two = risk_table(time.astype(float), cause, 2), risk_table(twice, np.tile(cause, 2), 2)
    a, b = aalen_johansen(one, 1), aalen_johansen(two, 1)
    np.testing.assert_allclose(a.share, b.share, **CLOSE)
    np.testing.assert_allclose(a.se / np.sqrt(2), b.se, rtol=1e-7, atol=1e-9)
    together = members(who, np.tile(cause, 2)).of_kind("CR1")
    clustered = aalen_johansen(two, 1, members=together)
    correction = np.sqrt(len(time) / (len(time) - 1))
    np.testing.assert_allclose(a.se * correction, clustered.se, rtol=1e-7, atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(people=PEOPLE)
def test_shares_are_shares_and_limits_hold_them(people):
    time, cause, _ = (np.array(column) for column in zip(*people, strict=True))
    table = risk_table(time.astype(float), cause, 2)
    found = [aalen_johansen(table, k) for k in (1, 2)]
    total = found[0].share + found[1].share + kaplan_meier(table).share
    np.testing.assert_allclose(total, 1, atol=1e-12)
    for one in found:
        known = ~np.isnan(one.low)
        assert (one.low[known] <= one.share[known] + 1e-12).all()
        assert (one.high[known] >= one.share[known] - 1e-12).all()
        assert (one.low[known] >= 0).all()
        assert (one.high[known] <= 1).all()


def test_a_result_of_a_frame_holds_the_same_numbers(shared):
    frame = btheb(shared)
    result = leaving(frame, time="time", event="event", by="treatment", unit="months", horizon=8)
    known = reference(shared)
    means = {row["group"]: row["mean"] for _, row in result.summary.iterrows()}
    assert means == pytest.approx({k: v["rmst"] for k, v in known["BtheB_rmst_tau8"].items()})
    assert result.tests.set_index("test").loc["log-rank", "p"] == pytest.approx(
        known["BtheB_logrank"]["p"]
    )
    # The reference of the difference is the first level of the category.
    row = result.differences.set_index("measure").loc["time in care"]
    assert (row["group"], row["reference"]) == ("BtheB", "TAU")
    rmst = known["BtheB_rmst_tau8"]
    assert row["estimate"] == pytest.approx(rmst["BtheB"]["rmst"] - rmst["TAU"]["rmst"])
    # Widened for 25 and 23 endings, as Kaplan & Meier advise for limits of a mean.
    parts = [rmst["BtheB"]["se"] * np.sqrt(25 / 24), rmst["TAU"]["se"] * np.sqrt(23 / 22)]
    assert row["se"] == pytest.approx(np.hypot(*parts))
