"""`oc.mmrm`: what goes in, what comes out, what is said."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import outcomes as oc
from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.repeated.policy import fallback_names, repeated_policy

FORMULA = "score ~ baseline * visit + arm * visit"
WHERE = {"subject": "client", "visit": "visit"}
# An optimum is found to rounding; other order of rows, other rounding.
SAME = 1e-7


def sessions(n=60, weeks=(4, 8, 12), seed=3, effect=-2.0, leave=0.2):
    """Scores at three visits with people leaving, one row for each client and visit."""
    rng = np.random.default_rng(seed)
    arm = np.where(np.arange(n) % 2, "therapy", "coaching")
    baseline = rng.normal(20, 5, n)
    person = rng.normal(0, 4, n)
    left = rng.geometric(leave, n)
    rows = []
    for place, week in enumerate(weeks):
        score = (
            8 + 0.5 * baseline + person - place
            + effect * (arm == "therapy") * (place + 1) / len(weeks) + rng.normal(0, 3, n)
        )  # fmt: skip
        rows.append(
            pd.DataFrame(
                {
                    "client": np.arange(n), "arm": arm, "baseline": baseline, "visit": week,
                    "score": np.where(left > place, score, np.nan),
                }
            )
        )  # fmt: skip
    return pd.concat(rows, ignore_index=True)


@pytest.fixture(scope="module")
def frame():
    return sessions()


@pytest.fixture(scope="module")
def fit(frame):
    return oc.mmrm(FORMULA, frame, **WHERE)


def test_the_parts_every_result_has(fit, frame):
    assert fit.converged
    assert fit.convergence.usable
    assert list(fit.coefficients) == [
        "term", "estimate", "se", "df", "statistic", "p", "low", "high",
    ]  # fmt: skip
    assert fit.n_rows == len(frame)
    assert fit.n_used == frame["score"].notna().sum()
    assert fit.dropped == {"score": fit.n_rows - fit.n_used}
    assert fit.n_subjects == frame.dropna()["client"].nunique()
    assert fit.visits == (4, 8, 12)
    assert list(fit.covariance.index) == [4, 8, 12]
    np.testing.assert_allclose(np.diag(fit.correlation), 1)
    assert fit.structure == "us"
    assert len(fit.explain()) > 500
    assert "<table" in fit._repr_html_()
    pd.testing.assert_frame_equal(fit.to_frame(), fit.coefficients)
    with pytest.raises(dataclasses.FrozenInstanceError):
        fit.level = 0.9


def test_contrasts_by_visit(fit):
    table = fit.contrasts("arm", by="visit")
    assert list(table) == [
        "visit", "contrast", "estimate", "se", "df", "statistic", "p", "low", "high",
    ]  # fmt: skip
    assert list(table["visit"]) == [4, 8, 12]
    assert set(table["contrast"]) == {"therapy - coaching"}
    means = fit.means(["arm", "visit"]).set_index(["arm", "visit"])["estimate"]
    for row in table.itertuples():
        difference = means["therapy", row.visit] - means["coaching", row.visit]
        assert row.estimate == pytest.approx(difference, rel=1e-9)
    turned = fit.contrasts("arm", by="visit", reference="therapy")
    np.testing.assert_allclose(turned["estimate"], -table["estimate"])
    assert set(turned["contrast"]) == {"coaching - therapy"}


def test_means_by_default_are_by_arm_and_visit(fit):
    assert list(fit.means())[:2] == ["arm", "visit"]
    assert fit.group == "arm"
    assert fit.means("arm")["arm"].tolist() == ["coaching", "therapy"]
    # The mean over visits is the mean of the visits' means.
    overall = fit.means("arm").set_index("arm")["estimate"]
    both = fit.means().groupby("arm")["estimate"].mean()
    np.testing.assert_allclose(overall, both)
    at = fit.means(["arm", "visit"], at={"visit": [12], "baseline": [30.0]})
    assert set(at["visit"]) == {12}


def test_variances_on_the_natural_scale(fit):
    table = fit.variances
    assert list(table["parameter"]) == ["sd"] * 3 + ["correlation"] * 3
    np.testing.assert_allclose(table["estimate"][:3] ** 2, np.diag(fit.covariance))
    correlation = table[table["parameter"].eq("correlation")].iloc[0]
    assert (correlation["first"], correlation["second"]) == ("4", "8")
    assert correlation["estimate"] == pytest.approx(fit.correlation.loc[4, 8])
    assert (table["se"] > 0).all()
    shared = oc.mmrm(FORMULA, sessions(), covariance="cs", **WHERE).variances
    assert list(shared["first"]) == ["all", "all"]


def test_the_error_of_a_standard_deviation_is_that_of_complete_data():
    """One group, complete, unstructured: Var(s) = s² / (2 (n − 1))."""
    complete = sessions(leave=1e-9)
    fit = oc.mmrm("score ~ visit", complete, ddf="satterthwaite", **WHERE)
    sds = fit.variances[fit.variances["parameter"].eq("sd")]
    np.testing.assert_allclose(sds["se"], sds["estimate"] / np.sqrt(2 * 59), rtol=1e-6)
    r = fit.correlation.loc[4, 8]
    error = fit.variances.query("parameter == 'correlation' and second == '8'")["se"].iloc[0]
    assert error == pytest.approx((1 - r**2) / np.sqrt(59), rel=1e-6)


def test_patterns_and_people_seen(fit, frame):
    used = frame.dropna()
    seen = fit.seen("arm").set_index(["arm", "visit"])["n"]
    for key, n in used.groupby(["arm", "visit"]).size().items():
        assert seen[key] == n
    assert fit.seen()["n"].tolist() == used.groupby("visit").size().tolist()
    assert fit.patterns["n_subjects"].sum() == fit.n_subjects
    assert fit.patterns["share"].sum() == pytest.approx(1)
    assert fit.patterns["n_subjects"].is_monotonic_decreasing
    complete = fit.patterns[fit.patterns[[4, 8, 12]].all(axis=1)]["n_subjects"].iloc[0]
    assert complete == (used.groupby("client").size() == 3).sum()
    with pytest.raises(UsageError, match="words"):
        fit.seen("baseline")


def test_standardised_differences(fit):
    plain = fit.contrasts("arm", by="visit")
    own = fit.standardised("arm")
    sd = np.sqrt(np.diag(fit.covariance))
    np.testing.assert_allclose(own["sd"], sd)
    np.testing.assert_allclose(own["estimate"], plain["estimate"] / sd)
    # The uncertainty of the standard deviation is in it.
    assert (own["se"] > plain["se"] / sd).all()
    given = fit.standardised("arm", sd=5.0)
    np.testing.assert_allclose(given["se"], plain["se"] / 5)
    np.testing.assert_allclose(given["low"], plain["low"] / 5)


def test_a_standardised_mean_of_two_groups_by_hand():
    """One visit after the start and complete: d with Var(d) = 1/n₁ + 1/n₂ + d²/(2 df)."""
    complete = sessions(leave=1e-9)
    fit = oc.mmrm("score ~ arm * visit", complete, ddf="satterthwaite", **WHERE)
    row = fit.standardised("arm").iloc[-1]
    last = complete[complete["visit"].eq(12)]
    groups = [rows["score"] for _, rows in last.groupby("arm")]
    pooled = np.sqrt(np.mean([group.var() for group in groups]))
    d = (groups[1].mean() - groups[0].mean()) / pooled
    assert row["estimate"] == pytest.approx(d, rel=1e-9)
    assert row["se"] == pytest.approx(np.sqrt(2 / 30 + d**2 / (2 * 58)), rel=1e-6)


@pytest.mark.parametrize("ddf", ["kenward-roger", "satterthwaite", "cr2", "none"])
def test_tests_of_terms_do_not_depend_on_the_reference(ddf, frame):
    turned = frame.assign(arm=pd.Categorical(frame["arm"], ["therapy", "coaching"]))
    first = oc.mmrm(FORMULA, frame, ddf=ddf, **WHERE).tests()
    second = oc.mmrm(FORMULA, turned, ddf=ddf, **WHERE).tests()
    assert list(first) == ["term", "df1", "df2", "statistic", "p"]
    assert list(first["df1"]) == [1, 2, 1, 2, 2]
    for column in ("statistic", "p"):
        np.testing.assert_allclose(first[column], second[column], rtol=1e-6)


def test_a_single_test_is_a_squared_t(fit):
    tests = fit.tests().set_index("term")
    overall = fit.contrasts("arm").iloc[0]
    assert tests.loc["arm", "statistic"] == pytest.approx(overall["statistic"] ** 2, rel=1e-8)
    assert tests.loc["arm", "p"] == pytest.approx(overall["p"], rel=1e-8)


# --- nothing that should not matter matters ---------------------------------------------------


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_row_order_and_labels_do_not_matter(seed, fit, frame):
    rng = np.random.default_rng(seed)
    names = np.array([f"c{label}" for label in rng.permutation(10**5)[:60]])
    mixed = frame.assign(client=names[frame["client"]]).sample(frac=1, random_state=seed)
    found = oc.mmrm(FORMULA, mixed, **WHERE)
    assert found.loglik == pytest.approx(fit.loglik, rel=1e-11)
    for column in ("estimate", "se", "df", "low", "high"):
        np.testing.assert_allclose(
            found.coefficients[column], fit.coefficients[column], rtol=SAME, atol=SAME
        )


def test_a_client_without_a_score_changes_nobody(fit, frame):
    empty = frame[frame["client"].eq(0)].assign(client=999, score=np.nan, baseline=5.0)
    found = oc.mmrm(FORMULA, pd.concat([frame, empty]), **WHERE)
    pd.testing.assert_frame_equal(found.coefficients, fit.coefficients)
    pd.testing.assert_frame_equal(found.contrasts("arm", by="visit"), fit.contrasts("arm", by="visit"))  # noqa: E501 # fmt: skip
    assert found.n_subjects == fit.n_subjects
    assert found.n_subjects_in == fit.n_subjects_in + 1
    assert "have no complete row" in found.explain()


@settings(max_examples=10, deadline=None)
@given(shift=st.floats(-1000, 1000), scale=st.floats(0.01, 100))
def test_units_change_only_units(shift, scale, fit, frame):
    found = oc.mmrm(FORMULA, frame.assign(score=shift + scale * frame["score"]), **WHERE)
    ours, theirs = found.contrasts("arm", by="visit"), fit.contrasts("arm", by="visit")
    tolerance = 1e-6 * (abs(shift) + 20 * scale) / 20
    np.testing.assert_allclose(ours["estimate"], scale * theirs["estimate"], atol=tolerance)
    np.testing.assert_allclose(ours["se"], scale * theirs["se"], rtol=1e-5)
    np.testing.assert_allclose(ours["df"], theirs["df"], rtol=1e-4)


def test_a_constant_column_is_named_and_left_out(fit, frame):
    found = oc.mmrm(FORMULA + " + one", frame.assign(one=2.0), **WHERE)
    assert found.loglik == pytest.approx(fit.loglik, rel=1e-12)
    assert any("repeat others: one" in text for text in found.warnings)


def test_visits_may_be_words_categories_or_numbers(fit, frame):
    words = frame.assign(
        visit=pd.Categorical("week " + frame["visit"].astype(str), ["week 4", "week 8", "week 12"])
    )
    found = oc.mmrm(FORMULA, words, **WHERE)
    assert found.visits == ("week 4", "week 8", "week 12")
    np.testing.assert_allclose(
        found.contrasts("arm", by="visit")["p"], fit.contrasts("arm", by="visit")["p"]
    )


def test_the_frame_is_not_edited(frame):
    before = frame.copy(deep=True)
    oc.mmrm(FORMULA, frame, **WHERE)
    pd.testing.assert_frame_equal(frame, before)


# --- fallback -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def gap(frame):
    """Nobody has both the second and the third visit."""
    lost = frame["visit"].eq(8) & frame["client"].lt(30)
    lost |= frame["visit"].eq(12) & frame["client"].ge(30)
    return sessions(leave=0.01)[~lost.to_numpy()]


def test_the_stated_order_is_tried_and_recorded(gap):
    found = oc.mmrm(FORMULA, gap, **WHERE)
    assert found.converged
    assert found.structure == "toeph"
    assert [attempt.covariance for attempt in found.attempts] == ["us", "toeph"]
    assert not found.attempts[0].converged
    assert "nobody has scores at both visits of 1 pair" in found.attempts[0].message
    assert "heterogeneous Toeplitz" in found.warnings[0]
    assert "unstructured" in found.warnings[0]
    assert found.warnings[0] in repr(found)


def test_without_fallback_nothing_is_shown(gap):
    found = oc.mmrm(FORMULA, gap, fallback=None, **WHERE)
    assert not found.converged
    assert not found.convergence.usable
    assert repr(found).startswith("NOT CONVERGED")
    estimate = f"{found.coefficients['estimate'].iloc[0]:.4g}"
    assert estimate not in repr(found)
    assert "<table" not in found._repr_html_()
    assert len(found.coefficients) == 9
    assert found.explain()


def test_a_fallback_of_ones_own(gap):
    found = oc.mmrm(FORMULA, gap, fallback=["csh", "cs"], **WHERE)
    assert found.structure == "csh"
    assert oc.mmrm(FORMULA, gap, fallback="cs", **WHERE).structure == "cs"


def test_order_of_the_policy():
    order = ("us", "toeph", "ar1h", "csh", "toep", "ar1", "cs")
    assert repeated_policy().order == order
    assert fallback_names("us", "stated") == order[1:]
    assert fallback_names("toep", "stated") == ("ar1", "cs")
    assert fallback_names("cs", "stated") == ()
    assert fallback_names("ri_ar1", "stated") == order
    assert fallback_names("us", None) == ()


def test_a_variance_of_zero_is_said(frame):
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(60, 3))
    noise -= 0.8 * noise.mean(axis=1, keepdims=True)
    flat = frame.assign(score=noise.T.ravel())
    found = oc.mmrm("score ~ visit", flat, covariance="ri_ar1", ddf="satterthwaite", **WHERE)
    if found.converged and found.convergence.singular:
        assert "standard deviation of intercept of 0" in " ".join(found.warnings)
    assert found.converged


def test_kenward_roger_that_narrows_is_said(frame):
    few = frame[frame["client"].lt(24)]
    full = oc.mmrm(FORMULA, few, ddf="kenward-roger", **WHERE)
    linear = oc.mmrm(FORMULA, few, ddf="kenward-roger-linear", **WHERE)
    plain = oc.mmrm(FORMULA, few, **WHERE)
    ratio = (full.coefficients["se"] / plain.coefficients["se"]).min()
    assert any("second derivatives" in text for text in full.warnings) == (ratio < 0.99)
    assert ratio < 0.99
    assert not linear.warnings
    assert (linear.coefficients["se"] > 0.99 * plain.coefficients["se"]).all()


def test_a_covariance_that_is_none_is_not_used():
    """Second derivatives that take away more than there is: the first order is left."""
    for seed in range(40):
        few = sessions(n=10, weeks=(4, 8, 12), seed=seed, leave=0.15)
        found = oc.mmrm("score ~ arm * visit", few, ddf="kenward-roger", **WHERE)
        assert (found.coefficients["se"] > 0).all()


# --- what is refused --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ddf": "kr"}, "degrees of freedom"),
        ({"covariance": "un"}, "unknown covariance"),
        ({"reml": False, "ddf": "kenward-roger"}, "restricted maximum likelihood"),
        ({"cluster": "arm"}, "robust covariance only"),
        ({"level": 95}, "between 0 and 1"),
        ({"subject": "person"}, "missing"),
        ({"fallback": ["nonsense"], "covariance": "us"}, "unknown covariance"),
    ],
)
def test_options_that_are_refused(change, message, frame):
    with pytest.raises(UsageError, match=message):
        oc.mmrm(FORMULA, frame, **{**WHERE, **change})


def test_formulas_that_are_refused(frame):
    with pytest.raises(UsageError, match="no random terms"):
        oc.mmrm(FORMULA + " + (1 | client)", frame, **WHERE)
    with pytest.raises(UsageError, match="does not have"):
        oc.mmrm("score ~ nothing * visit", frame, **WHERE)


def test_rows_that_are_refused(frame):
    twice = pd.concat([frame, frame.dropna().head(2)])
    with pytest.raises(UsageError, match="more than one row") as error:
        oc.mmrm(FORMULA, twice, **WHERE)
    assert error.value.how_many == 2
    with pytest.raises(NotEnoughData, match="same visit"):
        oc.mmrm("score ~ arm", frame[frame["visit"].eq(4)], **WHERE)
    with pytest.raises(UsageError, match="more than one cluster"):
        oc.mmrm(FORMULA, frame.assign(team=frame.index % 7), ddf="cr2", cluster="team", **WHERE)
