"""CR0, CR1, CR2 and Satterthwaite df against clubSandwich, statsmodels and the definition."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from outcomes.errors import NotEnoughData
from outcomes.models import cluster_covariance, cluster_inference, least_squares
from outcomes.models.least_squares import TALL, orthonormal

CLUBSANDWICH_RTOL = 1e-10  # both are closed forms; the JSON carries 15 digits
EXACT_RTOL = 1e-9  # the same algebra in another order


@pytest.fixture(scope="module")
def misc(shared):
    return json.loads((shared / "reference" / "misc.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def btheb(shared):
    frame = pd.read_csv(shared / "data" / "BtheB" / "BtheB_long_all.csv").dropna(subset="bdi")
    assert len(frame) == 380
    arm = frame["treatment"].eq("BtheB").to_numpy(dtype=float)
    month = frame["month"].to_numpy(dtype=float)
    X = np.column_stack([np.ones(len(frame)), arm, month, arm * month])
    return frame["bdi"].to_numpy(dtype=float), X, frame["subject"].to_numpy()


@pytest.mark.parametrize("kind", ["CR0", "CR1", "CR2"])
def test_equals_clubsandwich_on_btheb(btheb, misc, kind):
    y, X, subject = btheb
    fit = least_squares(y, X)
    found = cluster_inference(X, fit.residuals, None, subject, np.eye(4), kind=kind)
    expected = pd.DataFrame(misc[f"BtheB_ols_{kind}"])
    df = "df_Satt" if kind == "CR2" else "df_t"
    np.testing.assert_allclose(fit.coefficients, expected["beta"], rtol=CLUBSANDWICH_RTOL)
    np.testing.assert_allclose(found.se, expected["SE"], rtol=CLUBSANDWICH_RTOL)
    np.testing.assert_allclose(found.df, expected[df], rtol=CLUBSANDWICH_RTOL)


def test_equals_clubsandwich_with_twelve_therapists(shared, misc):
    folder = shared / "data" / "implement_gad_sessions"
    frame = pd.read_csv(folder / "implement_gad_sessions.csv")
    wide = frame.pivot_table(index=["patient", "therapist"], columns="occasion", values="bai")
    wide = wide[[1, 15]].dropna().reset_index()
    expected = misc["implement_prepost_CR2_therapist"]
    assert (len(wide), wide["therapist"].nunique()) == (expected["n"], expected["n_therapist"])
    # The reference names the start score bai_pre and the end score is the outcome.
    X = np.column_stack([np.ones(len(wide)), wide[1].to_numpy()])
    fit = least_squares(wide[15].to_numpy(), X)
    found = cluster_inference(X, fit.residuals, None, wide["therapist"], np.eye(2))
    table = pd.DataFrame(expected["coef"])
    np.testing.assert_allclose(fit.coefficients, table["beta"], rtol=CLUBSANDWICH_RTOL)
    np.testing.assert_allclose(found.se, table["SE"], rtol=CLUBSANDWICH_RTOL)
    np.testing.assert_allclose(found.df, table["df_Satt"], rtol=CLUBSANDWICH_RTOL)


@pytest.mark.parametrize("month", ["2m", "3m", "5m", "8m"])
def test_one_row_clusters_give_hc2(shared, month):
    path = shared / "reference" / "ancova_es_tost_evalue.json"
    expected = json.loads(path.read_text(encoding="utf-8"))[f"BtheB_ancova_{month}"]
    frame = pd.read_csv(shared / "data" / "BtheB" / "BtheB.csv").dropna(subset=f"bdi.{month}")
    arm = frame["treatment"].eq("BtheB").to_numpy(dtype=float)
    X = np.column_stack([np.ones(len(frame)), arm, frame["bdi.pre"].to_numpy(dtype=float)])
    fit = least_squares(frame[f"bdi.{month}"].to_numpy(dtype=float), X)
    covariance = cluster_covariance(X, fit.residuals, None, np.arange(len(frame)))
    hc2 = [row["se"] for row in expected["HC2"]]
    np.testing.assert_allclose(np.sqrt(np.diag(covariance)), hc2, rtol=CLUBSANDWICH_RTOL)
    # CR3 with one-row clusters is HC3: the residuals divided once more by the same root.
    leverage = np.einsum("ni,ij,nj->n", X, np.linalg.inv(X.T @ X), X)
    hc3_residuals = fit.residuals / (1 - leverage)
    hc3 = cluster_covariance(X, hc3_residuals, None, np.arange(len(frame)), "CR0")
    np.testing.assert_allclose(
        np.sqrt(np.diag(hc3)), [row["se"] for row in expected["HC3"]], rtol=CLUBSANDWICH_RTOL
    )


def data(n=80, p=3, clusters=14, seed=3):
    """Clusters of 1 to about 20 rows, smaller and larger than twice the columns."""
    rng = np.random.default_rng(seed)
    X = np.column_stack([np.ones(n), rng.normal(size=(n, p - 1))])
    y = X @ rng.normal(size=p) + rng.normal(size=n)
    share = np.r_[8.0, 6.0, np.ones(clusters - 2)]
    codes = rng.choice(clusters, size=n, p=share / share.sum())
    return y, X, rng.uniform(0.1, 3, size=n), codes


def by_definition(X, residuals, weights, codes, contrast):
    """CR2 and df with every n × n matrix formed, as Pustejovsky and Tipton (2018) write it."""
    n = len(X)
    W = np.diag(np.ones(n) if weights is None else weights)
    M = np.linalg.inv(X.T @ W @ X)
    rest = np.eye(n) - X @ M @ X.T @ W
    meat = np.zeros((X.shape[1], X.shape[1]))
    forms = []
    for code in np.unique(codes):
        rows = np.flatnonzero(codes == code)
        values, vectors = np.linalg.eigh(rest[rows] @ rest[rows].T)
        root = np.where(values > 1e-10, 1 / np.sqrt(np.maximum(values, 1e-300)), 0)
        adjust = vectors @ np.diag(root) @ vectors.T
        score = X[rows].T @ W[np.ix_(rows, rows)] @ adjust @ residuals[rows]
        meat += np.outer(score, score)
        forms.append(rest[rows].T @ adjust @ W[np.ix_(rows, rows)] @ X[rows] @ M @ contrast)
    G = np.array(forms)
    inner = G @ G.T
    return M @ meat @ M, np.trace(inner) ** 2 / (inner**2).sum()


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("own_column", [False, True])
def test_low_rank_form_equals_the_definition(weighted, own_column):
    y, X, weights, codes = data()
    if own_column:
        # The model absorbs one whole cluster: B is singular there.
        X = np.column_stack([X, codes == codes[0]])
    given = weights if weighted else None
    contrast = np.eye(X.shape[1])[1]
    fit = least_squares(y, X, given)
    found = cluster_inference(X, fit.residuals, given, codes, contrast[None])
    covariance, df = by_definition(X, fit.residuals, given, codes, contrast)
    np.testing.assert_allclose(found.covariance, covariance, rtol=EXACT_RTOL, atol=1e-14)
    np.testing.assert_allclose(found.df, df, rtol=EXACT_RTOL)


def test_inverse_variance_weights_on_scaled_rows_give_statsmodels_hc2():
    """The other convention (weights are inverse variances) is plain HC2 of √w-scaled rows."""
    import statsmodels.api as sm

    y, X, weights, _ = data()
    root = np.sqrt(weights)
    fit = least_squares(y, X, weights)
    expected = sm.WLS(y, X, weights).fit(cov_type="HC2")
    found = cluster_covariance(X * root[:, None], fit.residuals * root, None, np.arange(len(y)))
    np.testing.assert_allclose(fit.coefficients, expected.params, rtol=EXACT_RTOL)
    np.testing.assert_allclose(found, expected.cov_HC2, rtol=EXACT_RTOL)


def test_row_order_units_and_weight_scale_do_not_matter():
    y, X, weights, codes = data()
    contrast = np.eye(3)[1:2]
    residuals = least_squares(y, X, weights).residuals
    first = cluster_inference(X, residuals, weights, codes, contrast)
    shuffled = np.random.default_rng(0).permutation(len(y))
    wide = X * [1, 1e6, 1e-4]
    second = cluster_inference(
        wide[shuffled], residuals[shuffled], 7 * weights[shuffled], codes[shuffled], contrast
    )
    np.testing.assert_allclose(second.se * 1e6, first.se, rtol=EXACT_RTOL)
    np.testing.assert_allclose(second.df, first.df, rtol=EXACT_RTOL)


def test_many_rows_form_no_square_matrix():
    """50,000 rows: a matrix of rows × rows would need 20 GB and fail."""
    rng = np.random.default_rng(5)
    n = 50_000
    X = np.column_stack([np.ones(n), rng.normal(size=(n, 5))])
    weights = rng.uniform(size=n)
    fit = least_squares(rng.normal(size=n), X, weights)
    for codes in (np.arange(n), np.arange(n) % 24, np.arange(n) // 7):
        found = cluster_inference(X, fit.residuals, weights, codes, np.eye(6)[1:2])
        assert 0 < found.df[0] < found.n_clusters


def test_one_cluster_is_refused():
    y, X, _, _ = data()
    with pytest.raises(NotEnoughData, match="two clusters"):
        cluster_covariance(X, least_squares(y, X).residuals, None, np.zeros(len(y)))


@pytest.mark.slow
def test_satterthwaite_interval_covers_with_ten_weighted_clusters():
    """Weighted fit, ten clusters, an arm that goes with the cluster: about 95 % covered.

    The usual large-sample interval (CR0, normal quantile) misses far more often.
    """
    from scipy.special import stdtrit

    rng = np.random.default_rng(11)
    runs, hits, plain_hits = 1500, 0, 0
    codes = np.arange(60) % 10
    X = np.column_stack([np.ones(60), (codes < 5).astype(float), rng.normal(size=60)])
    weights = rng.uniform(0.3, 3, size=60)
    contrast = np.eye(3)[1:2]
    for _ in range(runs):
        y = rng.normal(size=10)[codes] * 0.3 + rng.normal(size=60)
        fit = least_squares(y, X, weights)
        new = cluster_inference(X, fit.residuals, weights, codes, contrast)
        old = cluster_inference(X, fit.residuals, weights, codes, contrast, kind="CR0")
        hits += abs(fit.coefficients[1]) <= stdtrit(new.df[0], 0.975) * new.se[0]
        plain_hits += abs(fit.coefficients[1]) <= 1.959964 * old.se[0]
    # Three Monte-Carlo standard errors of 95 % in 1,500 runs are 1.7 points.
    assert abs(hits / runs - 0.95) < 0.017, hits / runs
    assert plain_hits / runs < 0.90


class TestFactorisation:
    def test_of_many_rows_equals_householders(self):
        X = np.random.default_rng(4).normal(size=(120_000, 9)) * 10.0 ** np.arange(9)
        basis, triangle = orthonormal(X)
        assert X.size > TALL
        np.testing.assert_allclose(basis.T @ basis, np.eye(9), atol=1e-13)
        np.testing.assert_allclose(basis @ triangle, X, rtol=1e-11, atol=1e-11)
        slow = np.abs(np.linalg.qr(X, mode="r"))
        np.testing.assert_allclose(np.abs(triangle), slow, rtol=1e-9, atol=1e-9 * slow.max())

    def test_columns_nearly_alike_take_the_long_way(self):
        rng = np.random.default_rng(5)
        x = rng.normal(size=600_000)
        X = np.column_stack([x, x + 1e-6 * rng.normal(size=600_000)])
        basis, _ = orthonormal(X)
        np.testing.assert_allclose(basis.T @ basis, np.eye(2), atol=1e-12)

    def test_columns_that_repeat_are_refused_in_many_rows_too(self):
        x = np.random.default_rng(6).normal(size=600_000)
        with pytest.raises(NotEnoughData, match="told apart"):
            orthonormal(np.column_stack([x, 2 * x]))
