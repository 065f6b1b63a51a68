"""Repeated measures against every entry of mmrm.json (R mmrm 0.3.18, nlme gls), and more of R.

R's optimisers stop a little below the maximum, which is flat: up to 1.2e-5 in the
log-likelihood, 4e-4 in standard errors. So each entry is held twice: our maximum is no lower
and near; and at R's own covariance everything equals R to rounding.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outcomes.models.inference import FixedEffects, Marginal
from outcomes.models.repeated import fit_reduced, mmrm, patterns, structure
from outcomes.models.repeated.robust import cluster_robust
from outcomes.models.repeated.small_sample import kenward_roger, satterthwaite
from outcomes.models.repeated.structures import (
    ContinuousAutoregressive,
    Scaled,
    intercept_and,
)
from outcomes.models.repeated.visits import visit_data

# At R's own covariance: rounding of a sum over 300 to 600 rows, and of its printed digits.
AT_R_LOGLIK, AT_R = 1e-8, 1e-6
# R's search ends below the maximum by less than this (gls ML on Beat the Blues: 1.15e-5).
BELOW = 2e-5
# and by this in estimates (share of a standard error), standard errors and df (relative).
FLAT_ESTIMATE, FLAT_SE, FLAT_DF = 4e-4, 4e-4, 1e-3
# Elements of V move more than what is estimated from it.
FLAT_V = 1e-3

BTHEB = "bdi ~ pre + treatment * visit"
STRUCTURES = ("toeph", "ar1h", "csh", "cs", "ar1", "toep")
# entry: (data, structure, reml, inference)
ENTRIES = {
    "BtheB_gls_UN_REML": ("post", "us", True, None),
    "BtheB_gls_UN_ML": ("post", "us", False, None),
    "BtheB_mmrm_us_REML_Satterthwaite": ("post", "us", True, "satterthwaite"),
    "BtheB_mmrm_us_REML_Kenward-Roger": ("post", "us", True, "kenward-roger"),
    "BtheB_mmrm_us_REML_Kenward-Roger-Linear": ("post", "us", True, "kenward-roger-linear"),
    "BtheB_mmrm_us_ML": ("post", "us", False, "satterthwaite"),
    **{f"BtheB_mmrm_{name}_REML": ("post", name, True, "satterthwaite") for name in STRUCTURES},
    "BtheB5_mmrm_us_REML_KR": ("all", "us", True, "kenward-roger"),
    "BtheB5_mmrm_us_REML_Satt": ("all", "us", True, "satterthwaite"),
    "antidep_mmrm_us_REML_Satterthwaite": ("antidep", "us", True, "satterthwaite"),
    "antidep_mmrm_us_REML_Kenward-Roger": ("antidep", "us", True, "kenward-roger"),
    "antidep_gls_UN_REML": ("antidep", "us", True, None),
}
WITH_MEANS = [name for name, entry in ENTRIES.items() if entry[3] and not name.endswith("_ML")]


@pytest.fixture(scope="module")
def reference(shared):
    return json.loads((shared / "reference" / "mmrm.json").read_text())


@pytest.fixture(scope="module")
def studies(shared):
    """formula, frame, columns of subject, visit and arm, by name."""
    folder = shared / "data"
    renamed = {"bdi.pre": "pre", "month": "visit"}
    tables = {}
    for name in ("post", "all"):
        table = pd.read_csv(folder / "BtheB" / f"BtheB_long_{name}.csv").rename(columns=renamed)
        tables[name] = table.assign(treatment=pd.Categorical(table["treatment"], ["TAU", "BtheB"]))
    trial = pd.read_csv(folder / "antidepressant_trial" / "antidepressant_data.csv")
    trial["THERAPY"] = pd.Categorical(trial["THERAPY"], ["PLACEBO", "DRUG"])
    by = ("subject", "visit", "treatment")
    return {
        "post": (BTHEB, tables["post"], *by),
        "all": ("bdi ~ treatment * visit", tables["all"], *by),
        "antidep": (
            "CHANGE ~ BASVAL * VISIT + THERAPY * VISIT", trial, "PATIENT", "VISIT", "THERAPY",
        ),
    }  # fmt: skip


def test_every_entry_is_held(reference):
    # The remaining entry repeats means of the first under df that nobody should use.
    assert set(reference) - set(ENTRIES) == {"BtheB_gls_UN_REML_emmeans_dferror"}


# --- names: R's terms as ours ------------------------------------------------------------


def renamed(term: str, levels: dict[str, tuple]) -> frozenset[str]:
    """A term whatever the order of its parts and the way levels are written."""
    parts = set()
    for part in term.replace("bdi.pre", "pre").split(":"):
        found = "(intercept)" if part == "(Intercept)" else part
        for name, values in levels.items():
            for value in values:
                if part == f"{name}{value}":
                    found = f"{name}[{value}]"
        parts.add(found)
    return frozenset(parts)


def in_our_order(entry, design) -> list[dict]:
    rows = {renamed(row["term"], design.levels): row for row in entry["fixef"]}
    return [rows[frozenset(name.split(":"))] for name in design.names]


def column(rows: list[dict], name: str) -> np.ndarray:
    return np.array([row[name] for row in rows])


# --- our maximum -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ENTRIES)
def test_the_maximum_is_no_lower_than_that_of_r(name, reference, studies):
    which, covariance, reml, inference = ENTRIES[name]
    formula, frame, subject, visit, _ = studies[which]
    entry = reference[name]
    found = mmrm(
        formula, frame, subject=subject, visit=visit, covariance=covariance, reml=reml,
        ddf=inference or "none", fallback=None,
    )  # fmt: skip
    assert found.converged
    assert found.convergence.gradient < 1e-6
    assert found.convergence.curvature > 0.01
    assert -1e-8 <= found.loglik - entry["logLik"] < BELOW
    rows = in_our_order(entry, found.design)
    table = found.coefficients
    scale = column(rows, "se")
    assert (np.abs(table["estimate"] - column(rows, "estimate")) / scale).max() < FLAT_ESTIMATE
    if name == "BtheB_gls_UN_ML":
        # nlme multiplies standard errors under ML by √(n / (n − p)).
        scale = scale * np.sqrt((found.n_used - len(rows)) / found.n_used)
    np.testing.assert_allclose(table["se"], scale, rtol=FLAT_SE)
    np.testing.assert_allclose(found.covariance, entry["cov"], rtol=FLAT_V)
    if inference:
        np.testing.assert_allclose(table["df"], column(rows, "df"), rtol=FLAT_DF)
        np.testing.assert_allclose(table["p"], column(rows, "p"), rtol=1e-2, atol=1e-12)
    if which == "all" and inference:
        # Nobody lacks the start score: its difference is a t test with n - 2 df. R has 97.97.
        assert table["df"].iloc[1] == pytest.approx(found.n_subjects - 2, rel=1e-8)


@pytest.mark.parametrize("name", ["BtheB_mmrm_us_REML_Satterthwaite", "BtheB_mmrm_cs_REML"])
def test_information_criteria(name, reference, studies):
    _, covariance, _, _ = ENTRIES[name]
    formula, frame, subject, visit, _ = studies["post"]
    found = mmrm(formula, frame, subject=subject, visit=visit, covariance=covariance)
    assert found.aic == pytest.approx(reference[name]["AIC"], abs=2 * BELOW)
    assert found.bic == pytest.approx(reference[name]["BIC"], abs=2 * BELOW)


def test_information_criteria_under_ml_count_the_mean_too(reference, studies):
    formula, frame, subject, visit, _ = studies["post"]
    found = mmrm(formula, frame, subject=subject, visit=visit, reml=False, ddf="satterthwaite")
    assert found.aic == pytest.approx(reference["BtheB_gls_UN_ML"]["AIC"], abs=2 * BELOW)


@pytest.mark.parametrize("name", WITH_MEANS)
def test_means_and_contrasts(name, reference, studies):
    which, covariance, _, inference = ENTRIES[name]
    formula, frame, subject, visit, arm = studies[which]
    found = mmrm(formula, frame, subject=subject, visit=visit, covariance=covariance, ddf=inference)
    expected = pd.DataFrame(reference[name]["contrasts"])
    table = found.contrasts(arm, by=visit)
    assert list(table)[:2] == [visit, "contrast"]
    assert list(table["contrast"]) == list(expected["contrast"])
    assert list(table[visit].astype(str)) == list(expected[visit].astype(str))
    close(table, expected, {"estimate": "estimate", "p": "p.value"})
    means = pd.DataFrame(reference[name]["emmeans"])
    ours = found.means([arm, visit])
    limits = {"low": "lower.CL", "high": "upper.CL"}
    means_by_cell = ours.assign(**{visit: ours[visit].astype(str)})
    wanted = means.assign(**{visit: means[visit].astype(str)})
    both = means_by_cell.merge(wanted, on=[arm, visit], suffixes=("", "_r"))
    assert len(both) == len(means)
    close(both, both.rename(columns={"df_r": "df_"}), {"estimate": "emmean", **limits}, df="df_")


def close(ours, theirs, columns: dict[str, str], df: str = "df") -> None:
    se = theirs["SE"].to_numpy()
    np.testing.assert_allclose(ours["se"], se, rtol=FLAT_SE)
    np.testing.assert_allclose(ours["df"], theirs[df], rtol=FLAT_DF)
    for own, other in columns.items():
        if own == "p":
            np.testing.assert_allclose(ours["p"], theirs[other], rtol=3e-3)
        else:
            # A limit moves with the estimate and with twice the standard error.
            limit = FLAT_ESTIMATE + (2.1 * FLAT_SE if own in {"low", "high"} else 0)
            assert (np.abs(ours[own] - theirs[other]) / se).max() < limit


# --- at R's own covariance --------------------------------------------------------------------


def theta_of(name: str, V: np.ndarray) -> np.ndarray:
    """The parameters of R's matrix, by the formulas of its documentation."""
    size = len(V)
    if name == "us":
        return structure("us", size).start(V)
    sd = np.sqrt(np.diag(V))
    rho = (V / np.outer(sd, sd))[0, 1:]
    if name.startswith("cs"):
        bound = 1 / (size - 1)
        share = (rho[0] + bound) / (1 + bound)
        x = np.array([np.log(share / (1 - share))])
    else:
        x = rho / np.sqrt(1 - rho**2)
        x = x[:1] if name.startswith("ar1") else x
    return np.concatenate([np.log(sd) if name.endswith("h") else np.log(sd[:1]), x])


KINDS = {
    "satterthwaite": satterthwaite,
    "kenward-roger": kenward_roger,
    "kenward-roger-linear": lambda fit: kenward_roger(fit, linear=True),
}


@pytest.mark.parametrize("name", ENTRIES)
def test_at_the_covariance_of_r_everything_is_equal(name, reference, studies):
    which, covariance, reml, inference = ENTRIES[name]
    formula, frame, subject, visit, arm = studies[which]
    entry = reference[name]
    data = visit_data(formula, frame, subject=subject, visit=visit)
    V = np.array(entry["cov"])
    kind = structure(covariance, len(V))
    theta = theta_of(covariance, V)
    np.testing.assert_allclose(kind.matrix(theta), V, rtol=AT_R)
    reduced = patterns(data.y, data.X, data.subject, data.position, len(V))
    fit = fit_reduced(reduced, kind, reml=reml, start=theta, max_steps=0)
    assert fit.loglik == pytest.approx(entry["logLik"], abs=AT_R_LOGLIK)
    rows = in_our_order(entry, data.design)
    scale = column(rows, "se")
    assert (np.abs(fit.coefficients - column(rows, "estimate")) / scale).max() < AT_R
    if inference is None:
        return
    made = KINDS[inference](fit)
    np.testing.assert_allclose(np.sqrt(np.diag(made.covariance)), scale, rtol=AT_R)
    np.testing.assert_allclose(made.single(np.eye(len(rows))), column(rows, "df"), rtol=AT_R)
    if "contrasts" in entry:
        effects = FixedEffects(data.design.names, fit.coefficients, made)
        table = Marginal(data.design, effects).contrasts(arm, by=visit)
        expected = pd.DataFrame(entry["contrasts"])
        for ours, theirs in {"estimate": "estimate", "se": "SE", "df": "df"}.items():
            np.testing.assert_allclose(table[ours], expected[theirs], rtol=AT_R)
        np.testing.assert_allclose(table["p"], expected["p.value"], rtol=1e-5)


# --- more of R: tests/reference/repeated ------------------------------------------------------


@pytest.fixture(scope="module")
def more():
    place = Path(__file__).resolve().parents[1] / "reference" / "repeated" / "repeated.json"
    return json.loads(place.read_text())


R_NAMES = {
    "(intercept)": "(Intercept)",
    "pre": "bdi.pre",
    "treatment[BtheB]": "treatmentBtheB",
    **{f"visit[{k}]": f"visit{k}" for k in (3, 5, 8)},
    **{f"treatment[BtheB]:visit[{k}]": f"treatmentBtheB:visit{k}" for k in (3, 5, 8)},
}


@pytest.mark.parametrize("group", ["subject", "twenty"])
def test_robust_covariance_equals_clubsandwich(group, more, studies):
    formula, frame, subject, visit, _ = studies["post"]
    frame = frame.assign(twenty=frame["subject"] % 20)
    cluster = None if group == "subject" else group
    found = mmrm(formula, frame, subject=subject, visit=visit, ddf="cr2", cluster=cluster)
    path = "us/CR2" if group == "subject" else "us/CR2 of 20"
    # clubSandwich's root of B_i depends on the order of a cluster's rows; ours, that of R's
    # mmrm, does not. test_cr2_by_brute_force holds both to rounding.
    root = FLAT_SE if group == "subject" else 5e-3
    for row in found.coefficients.itertuples():
        at = f"{path}/{R_NAMES[row.term]}"
        # clubSandwich takes the covariance at which gls stopped.
        assert abs(row.estimate - more[f"{at}/estimate"]) / row.se < FLAT_ESTIMATE
        assert row.se == pytest.approx(more[f"{at}/se"], rel=root)
        assert row.df == pytest.approx(more[f"{at}/df"], rel=FLAT_DF)


@pytest.mark.parametrize("group", ["subject", "twenty"])
def test_cr2_by_brute_force(group, more, studies):
    """(I − H)^(−1/2) over the whole n × n matrices; and the form of clubSandwich equals it."""
    formula, frame, subject, visit, _ = studies["post"]
    data = visit_data(formula, frame, subject=subject, visit=visit)
    fit = fit_reduced(patterns(data.y, data.X, data.subject, data.position, 4), structure("us", 4))
    number = frame.dropna(subset=["bdi"])["subject"].to_numpy()
    cluster = data.subject if group == "subject" else number % 20
    X, residual = data.X, data.y - data.X @ fit.coefficients
    together = data.subject[:, None] == data.subject[None, :]
    at = np.ix_(data.position, data.position)
    omega = np.where(together, fit.covariance[at], 0.0)
    bread = np.linalg.inv(X.T @ np.linalg.solve(omega, X))
    left = omega - X @ bread @ X.T
    own, theirs = np.zeros_like(bread), np.zeros_like(bread)
    for one in np.unique(cluster):
        rows = np.flatnonzero(cluster == one)
        part, rest = omega[np.ix_(rows, rows)], left[np.ix_(rows, rows)]
        root, upper = symmetric(part, 0.5), np.linalg.cholesky(part).T
        inverse = np.linalg.inv(root)
        adjust = root @ symmetric(inverse @ rest @ inverse, -0.5) @ inverse
        own += outer(X[rows].T @ np.linalg.solve(part, adjust @ residual[rows]))
        adjust = upper.T @ symmetric(upper @ rest @ upper.T, -0.5) @ upper
        theirs += outer(X[rows].T @ np.linalg.solve(part, adjust @ residual[rows]))
    made = cluster_robust(
        X, residual, data.subject, data.position, fit.covariance, clusters=cluster
    )
    np.testing.assert_allclose(made.covariance, bread @ own @ bread, rtol=1e-9, atol=1e-12)
    path = "us/CR2" if group == "subject" else "us/CR2 of 20"
    expected = [more[f"{path}/{R_NAMES[name]}/se"] for name in data.design.names]
    np.testing.assert_allclose(np.sqrt(np.diag(bread @ theirs @ bread)), expected, rtol=1e-5)


def symmetric(matrix: np.ndarray, power: float) -> np.ndarray:
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * values**power) @ vectors.T


def outer(vector: np.ndarray) -> np.ndarray:
    return np.outer(vector, vector)


def test_tests_of_terms_equal_joint_tests_of_emmeans(more, studies):
    formula, frame, subject, visit, _ = studies["post"]
    found = mmrm(formula, frame, subject=subject, visit=visit, ddf="satterthwaite").tests()
    assert list(found["term"]) == ["pre", "treatment", "visit", "treatment:visit"]
    for row in found.itertuples():
        at = f"us/joint_tests/{row.term.replace('pre', 'bdi.pre')}"
        assert row.df1 == more[f"{at}/df1"]
        # emmeans prints three decimals.
        assert row.statistic == pytest.approx(more[f"{at}/statistic"], abs=6e-4, rel=FLAT_SE)


@pytest.mark.parametrize("reml", [True, False], ids=["REML", "ML"])
@pytest.mark.parametrize("name", ["cs", "csh", "ar1", "ar1h", "car1", "id", "idh"])
def test_structures_equal_gls(name, reml, more, studies):
    formula, frame, subject, visit, _ = studies["post"]
    kind = name
    if name == "car1":
        kind = Scaled(ContinuousAutoregressive(np.array([2.0, 3.0, 5.0, 8.0])), False)
    found = mmrm(formula, frame, subject=subject, visit=visit, covariance=kind, reml=reml, ddf="satterthwaite")  # fmt: skip # noqa: E501
    method = "REML" if reml else "ML"
    assert found.converged
    assert -1e-8 <= found.loglik - more[f"{name}/{method}/logLik"] < 1e-6
    for row in found.coefficients.itertuples():
        expected = more[f"{name}/{method}/estimate/{R_NAMES[row.term]}"]
        assert abs(row.estimate - expected) / row.se < FLAT_ESTIMATE


def test_a_random_intercept_beside_an_autoregressive_residual(shared, more, studies):
    """lme with corCAR1: all five months, and the four after the start."""
    stored = json.loads((shared / "reference" / "growth_mixed.json").read_text())
    entry = stored["BtheB_gxt_ri_ar1_nlme_REML"]
    _, frame, subject, visit, _ = studies["all"]
    frame = frame.assign(month=frame["visit"])
    times = np.array([0.0, 2.0, 3.0, 5.0, 8.0])
    kind = intercept_and(Scaled(ContinuousAutoregressive(times), False), "ri_car1")
    found = mmrm(
        "bdi ~ treatment * month", frame, subject=subject, visit=visit, covariance=kind,
        ddf="satterthwaite",
    )  # fmt: skip
    assert found.converged
    assert found.loglik == pytest.approx(entry["logLik"], abs=1e-6)
    expected = {row["term"]: row for row in entry["fixef"]}
    for ours, theirs in zip(found.coefficients.itertuples(), expected.values(), strict=True):
        assert ours.estimate == pytest.approx(theirs["estimate"], rel=1e-5)
        assert ours.se == pytest.approx(theirs["se"], rel=1e-5)
    table = found.variances.set_index("component")["estimate"]
    printed = {row["_row"]: float(row["StdDev"]) for row in entry["varcorr"]}
    assert table["intercept"] == pytest.approx(printed["(Intercept)"], rel=1e-4)
    assert table["residual"].iloc[0] == pytest.approx(printed["Residual"], rel=1e-4)
    # The table tells the correlation of the first two occasions, which are two months apart.
    assert table["residual"].iloc[1] == pytest.approx(entry["Phi"] ** 2, rel=1e-4)
