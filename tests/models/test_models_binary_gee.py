"""Population-averaged models: against geepack, clubSandwich and statsmodels, and their words."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

import outcomes as oc
from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.binary.sandwich import CORRECTIONS
from outcomes.schema.verdicts import Verdict

COEFFICIENT_TOL = 1e-6  # relative
# geepack stops at epsilon = 1e-4 by default; the logistic fit of the stored numbers stopped there.
# With epsilon = 1e-13 (tests/reference/binary) it agrees to COEFFICIENT_TOL.
EPSILON_TOL = 5e-5
REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference" / "binary" / "binary.json").read_text("utf-8")
)
NAMES = ["(Intercept)", "treatmentBtheB", "month", "treatmentBtheB:month"]


@pytest.fixture(scope="session")
def btheb(shared):
    frame = pd.read_csv(shared / "data" / "BtheB" / "BtheB_long_all.csv")
    frame["treatment"] = pd.Categorical(frame["treatment"], ["TAU", "BtheB"])
    return frame.assign(low=frame["bdi"].lt(14).astype(float).mask(frame["bdi"].isna()))


@pytest.fixture(scope="session")
def stored(shared):
    return json.loads((shared / "reference" / "misc.json").read_text("utf-8"))


def fitted(frame, correlation, family="gaussian", **options):
    outcome = "bdi" if family == "gaussian" else "low"
    order = "month" if correlation == "ar1" else None
    return oc.gee(
        f"{outcome} ~ treatment * month",
        frame,
        cluster="subject",
        family=family,
        correlation=correlation,
        order=order,
        **options,
    )


@pytest.mark.parametrize("correlation", ["independence", "exchangeable", "ar1"])
def test_equals_geepack(btheb, stored, correlation):
    fit = fitted(btheb, correlation)
    row = stored[f"BtheB_gee_{correlation}"]
    found = fit.coefficients["estimate"].to_numpy()
    assert found == pytest.approx([c["estimate"] for c in row["coef"]], rel=COEFFICIENT_TOL)
    robust = [c["robust_se"] for c in row["coef"]]
    assert fit.standard_errors["none"].to_numpy() == pytest.approx(robust, rel=COEFFICIENT_TOL)
    assert fit.scale == pytest.approx(row["scale"], rel=COEFFICIENT_TOL)
    assert fit.alpha == pytest.approx(row["alpha"] or 0.0, abs=COEFFICIENT_TOL)


def test_yes_no_equals_geepack_as_it_stopped(btheb, stored):
    fit = fitted(btheb, "exchangeable", "binomial")
    row = stored["BtheB_gee_logit_bdi_lt14"]
    found = fit.coefficients["estimate"].to_numpy()
    assert found == pytest.approx([c["estimate"] for c in row["coef"]], rel=EPSILON_TOL)
    robust = [c["robust_se"] for c in row["coef"]]
    assert fit.standard_errors["none"].to_numpy() == pytest.approx(robust, rel=EPSILON_TOL)
    assert fit.alpha == pytest.approx(row["alpha"], abs=EPSILON_TOL)


@pytest.mark.parametrize(
    ("entry", "correlation", "family"),
    [
        ("gee logit exchangeable", "exchangeable", "binomial"),
        ("gee logit ar1", "ar1", "binomial"),
        ("gee exchangeable", "exchangeable", "gaussian"),
        ("gee ar1", "ar1", "gaussian"),
    ],
)
def test_equals_geepack_searched_to_the_end(btheb, entry, correlation, family):
    fit = fitted(btheb, correlation, family)
    for place, name in enumerate(NAMES):
        start = f"{entry}/coef/{name}"
        expected = (REFERENCE[f"{start}/estimate"], REFERENCE[f"{start}/se"])
        assert fit.coefficients["estimate"][place] == pytest.approx(expected[0], rel=1e-6)
        assert fit.standard_errors["none"][place] == pytest.approx(expected[1], rel=1e-6)
    assert fit.alpha == pytest.approx(REFERENCE[f"{entry}/alpha"], abs=1e-7)


def test_corrections_equal_clubsandwich(btheb, stored):
    fit = fitted(btheb, "independence")
    for correction, kind in (("kauermann-carroll", "CR2"), ("mancl-derouen", "CR3")):
        expected = [row["SE"] for row in stored[f"BtheB_ols_{kind}"]]
        assert fit.standard_errors[correction].to_numpy() == pytest.approx(expected, rel=1e-9)
    expected = [row["df_Satt"] for row in stored["BtheB_ols_CR2"]]
    assert fit.coefficients["df"].to_numpy() == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("correlation", ["exchangeable", "ar1"])
@pytest.mark.parametrize("family", ["gaussian", "binomial"])
def test_mancl_derouen_equals_statsmodels_at_the_same_correlation(btheb, correlation, family):
    fit = fitted(btheb, correlation, family)
    used = btheb.dropna(subset=["bdi"]).sort_values(["subject", "month"])
    arm = used["treatment"].eq("BtheB").to_numpy(float)
    month = used["month"].to_numpy(float)
    X = np.column_stack([np.ones(len(used)), arm, month, arm * month])
    structure = {
        "exchangeable": sm.cov_struct.Exchangeable(),
        "ar1": sm.cov_struct.Autoregressive(grid=True),
    }[correlation]
    structure.dep_params = fit.alpha
    kind = sm.families.Gaussian() if family == "gaussian" else sm.families.Binomial()
    outcome = used["bdi" if family == "gaussian" else "low"].to_numpy(float)
    model = sm.GEE(
        outcome,
        X,
        groups=used["subject"].to_numpy(),
        time=np.unique(month, return_inverse=True)[1][:, None],
        family=kind,
        cov_struct=structure,
        update_dep=False,
    )
    start = fit.coefficients["estimate"].to_numpy()
    found = model.fit(start_params=start, cov_type="bias_reduced", ctol=1e-12)
    assert found.params == pytest.approx(start, rel=1e-9)
    assert fit.standard_errors["mancl-derouen"].to_numpy() == pytest.approx(found.bse, rel=1e-9)


def practice(groups=12, size=15, seed=2, effect=0.5, sd=0.6):
    rng = np.random.default_rng(seed)
    practitioner = np.repeat(np.arange(groups), size)
    arm = np.where(practitioner % 2, "therapy", "coaching")
    linear = -0.2 + effect * (practitioner % 2) + sd * rng.normal(size=groups)[practitioner]
    improved = rng.random(len(practitioner)) < expit(linear)
    frame = pd.DataFrame({"improved": improved, "arm": arm, "practitioner": practitioner})
    return frame.assign(number=np.tile(np.arange(size), groups))


MODEL = "improved ~ arm"


def test_corrections_are_in_order_and_df_are_few():
    fit = oc.gee(MODEL, practice(), cluster="practitioner")
    none, root, average, whole = (
        fit.standard_errors[name].to_numpy()
        for name in ("none", "kauermann-carroll", "average", "mancl-derouen")
    )
    assert (none < root).all()
    assert (root < average).all()
    assert (average < whole).all()
    assert average == pytest.approx((root + whole) / 2)
    # Six clusters in each arm: the df are near ten, as of two means of six.
    assert 8 < fit.coefficients["df"][1] < 10.01
    clusters = oc.gee(MODEL, practice(), cluster="practitioner", ddf="clusters")
    assert (clusters.coefficients["df"] == 12 - 2).all()


def test_counts_and_their_rows_give_one_answer():
    frame = practice()
    together = frame.groupby(["practitioner", "arm"])["improved"].agg(["sum", "size"]).reset_index()
    rows = oc.gee(MODEL, frame, cluster="practitioner", correlation="independence")
    grouped = oc.gee(
        "sum ~ arm", together, cluster="practitioner", correlation="independence", trials="size"
    )
    columns = ["estimate", "se", "df"]
    assert grouped.coefficients[columns].to_numpy() == pytest.approx(
        rows.coefficients[columns].to_numpy(), rel=1e-9
    )


def test_probabilities_of_two_arms_are_their_shares():
    frame = practice()
    fit = oc.gee(MODEL, frame, cluster="practitioner", correlation="independence")
    shares = frame.groupby("arm")["improved"].mean()
    table = fit.probabilities("arm").set_index("arm")
    assert table["probability"]["therapy"] == pytest.approx(shares["therapy"])
    gap = fit.differences("arm").iloc[0]
    assert gap["difference"] == pytest.approx(shares["therapy"] - shares["coaching"])
    # The delta method at the two shares: se of a share is p (1 − p) times that of its logit.
    logit = fit.coefficients.set_index("term")["se"]["(intercept)"]
    p = shares["coaching"]
    assert table["se"]["coaching"] == pytest.approx(p * (1 - p) * logit, rel=1e-9)


def test_separation_is_told_and_no_number_is():
    frame = practice()
    frame.loc[frame["arm"].eq("therapy"), "improved"] = False
    fit = oc.gee(MODEL, frame, cluster="practitioner")
    assert fit.verdict is Verdict.CANNOT_TELL
    assert repr(fit).startswith("CANNOT TELL")
    assert fit.to_frame()["estimate"].isna().all()
    with pytest.raises(NotEnoughData, match="Cannot tell"):
        fit.probabilities("arm")


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000), correlation=st.sampled_from(["exchangeable", "ar1"]))
def test_row_order_and_labels_do_not_matter(seed, correlation):
    frame = practice()
    options = {"correlation": correlation, "order": "number"}
    fit = oc.gee(MODEL, frame, cluster="practitioner", **options)
    changed = frame.sample(frac=1, random_state=seed)
    changed["practitioner"] = "p" + (97 - changed["practitioner"]).astype(str)
    other = oc.gee(MODEL, changed, cluster="practitioner", **options)
    assert other.coefficients.iloc[:, 1:].to_numpy() == pytest.approx(
        fit.coefficients.iloc[:, 1:].to_numpy(), rel=1e-8
    )


def test_shift_and_scale_of_a_number():
    frame = practice().assign(score=lambda f: f["improved"] * 3.0 + f["number"])
    one = oc.gee("score ~ arm", frame, cluster="practitioner", family="gaussian")
    other = frame.assign(score=2 * frame["score"] + 7)
    two = oc.gee("score ~ arm", other, cluster="practitioner", family="gaussian")
    assert two.coefficients["estimate"][1] == pytest.approx(2 * one.coefficients["estimate"][1])
    assert two.coefficients["se"].to_numpy() == pytest.approx(2 * one.coefficients["se"].to_numpy())
    assert two.alpha == pytest.approx(one.alpha)
    with pytest.raises(UsageError, match="no odds"):
        _ = one.odds_ratios
    with pytest.raises(UsageError, match="no probabilities"):
        one.probabilities("arm")
    assert "points of the outcome" in one.unit
    assert "Population-averaged" in repr(one)


@pytest.mark.parametrize(
    ("formula", "options", "match"),
    [
        ("improved ~ arm + (1 | practitioner)", {}, "no random term"),
        (MODEL, {"cluster": "nobody"}, "does not have"),
        (MODEL, {"correlation": "unstructured"}, "Unknown correlation"),
        (MODEL, {"correlation": "ar1"}, "order of the rows"),
        (MODEL, {"correlation": "ar1", "order": "arm"}, "two rows of one occasion"),
        (MODEL, {"family": "poisson"}, "Unknown family"),
        (MODEL, {"correction": "magic"}, "Unknown correction"),
        (MODEL, {"ddf": "magic"}, "Unknown ddf"),
        (MODEL, {"level": 2}, "between 0 and 1"),
    ],
)
def test_mistakes_are_named(formula, options, match):
    with pytest.raises(UsageError, match=match):
        oc.gee(formula, practice(), **{"cluster": "practitioner", **options})


def test_one_cluster_is_refused():
    with pytest.raises(NotEnoughData, match="fewer than two"):
        oc.gee(MODEL, practice().assign(practitioner=1), cluster="practitioner")


@pytest.mark.parametrize("correction", CORRECTIONS)
def test_words(correction):
    fit = oc.gee(MODEL, practice(groups=6), cluster="practitioner", correction=correction)
    text = fit.explain()
    assert "What this does not tell" in text
    assert "6 clusters" in text
    assert "population" in text
    assert fit.method.startswith("generalised")


@pytest.mark.slow
@pytest.mark.parametrize("groups", [6, 20])
def test_intervals_cover(root, groups):
    """A hundred runs; `benchmarks/calibration/binary.py` has the whole table."""
    path = root / "benchmarks" / "calibration" / "binary.py"
    spec = importlib.util.spec_from_file_location("calibration_binary", path)
    calibration = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = calibration
    spec.loader.exec_module(calibration)
    found = calibration.simulate(calibration.Setting(groups, "between"), 100).mean()
    # 95 % of 100 within three standard errors.
    for name in ("gee_odds", "gee_difference", "mixed_odds"):
        assert found[name] > 0.95 - 3 * 0.022
