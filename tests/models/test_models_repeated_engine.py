"""The likelihood by missingness pattern, against n × n matrices and closed forms."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.inference import adjusted_covariance
from outcomes.models.repeated import STRUCTURES, fit_patterns, fit_reduced, patterns, structure
from outcomes.models.repeated.likelihood import curvature, value
from outcomes.models.repeated.robust import cluster_robust
from outcomes.models.repeated.small_sample import kenward_roger, satterthwaite
from outcomes.models.repeated.structures import continuous_ar1, intercept_and

# Rounding in sums of a few hundred products.
EXACT = 1e-9
NUMERIC = 1e-6

SIZE = 4
EVERY = [*STRUCTURES, "car1"]


def kind_of(name: str, size: int = SIZE):
    return continuous_ar1(np.arange(size) * 1.5) if name == "car1" else structure(name, size)


def sample(n_subjects=30, size=SIZE, seed=1, missing=0.3, rho=0.5):
    """y, X (intercept, arm, visits, arm × visit, a number that changes), subject, position."""
    rng = np.random.default_rng(seed)
    arm = np.arange(n_subjects) % 2
    V = (rho + (1 - rho) * np.eye(size)) * 9
    scores = (
        rng.multivariate_normal(np.zeros(size), V, n_subjects) + 10 - np.outer(arm, range(size))
    )
    seen = rng.random((n_subjects, size)) > missing
    seen[np.arange(n_subjects), rng.integers(0, size, n_subjects)] = True
    subject, position = np.nonzero(seen)
    visit = np.eye(size)[position]
    X = np.column_stack([visit, visit[:, 1:] * arm[subject, None], rng.normal(size=len(subject))])
    return scores[subject, position], X, subject, position


def whole(V, subject, position):
    """The n × n covariance of all rows."""
    return np.where(subject[:, None] == subject[None, :], V[np.ix_(position, position)], 0.0)


def deviance(V, y, X, subject, position, *, reml):
    """−2 log-likelihood from n × n matrices, by its definition."""
    omega = whole(V, subject, position)
    inverse = np.linalg.inv(omega)
    A = X.T @ inverse @ X
    residual = y - X @ np.linalg.solve(A, X.T @ inverse @ y)
    n, p = X.shape
    out = np.linalg.slogdet(omega)[1] + residual @ inverse @ residual
    if reml:
        return out + np.linalg.slogdet(A)[1] + (n - p) * np.log(2 * np.pi)
    return out + n * np.log(2 * np.pi)


def near(kind, data, seed=0):
    V = np.eye(kind.size) * 6 + 3
    start = kind.start(V)
    return start + np.random.default_rng(seed).normal(0, 0.1, len(start))


@pytest.mark.parametrize("reml", [True, False], ids=["REML", "ML"])
@pytest.mark.parametrize("name", EVERY)
def test_the_objective_is_that_of_the_whole_matrices(name, reml):
    y, X, subject, position = sample()
    kind = kind_of(name)
    data = patterns(y, X, subject, position, SIZE)
    theta = near(kind, data)
    found = value(data, kind, theta, reml=reml)
    expected = deviance(kind.matrix(theta), y, X, subject, position, reml=reml)
    assert found.deviance == pytest.approx(expected, rel=EXACT)


@pytest.mark.parametrize("reml", [True, False], ids=["REML", "ML"])
@pytest.mark.parametrize("name", EVERY)
def test_gradient_and_curvature_are_exact(name, reml):
    data = patterns(*sample(), SIZE)
    kind = kind_of(name)
    theta = near(kind, data)
    at = value(data, kind, theta, reml=reml)
    found = curvature(data, kind, at, reml=reml)
    step = 1e-5
    for j, move in enumerate(np.eye(len(theta)) * step):
        ahead, behind = (value(data, kind, theta + s * move, reml=reml) for s in (1, -1))
        slope = (ahead.deviance - behind.deviance) / (2 * step)
        assert found.gradient[j] == pytest.approx(slope, rel=NUMERIC, abs=NUMERIC)
        change = [curvature(data, kind, one, reml=reml).gradient for one in (ahead, behind)]
        bend = (change[0] - change[1]) / (2 * step)
        np.testing.assert_allclose(found.observed[j], bend, rtol=NUMERIC, atol=NUMERIC)


def test_the_expected_curvature_is_the_mean_of_the_observed():
    """Over many samples of the model itself, with the design held."""
    _, X, subject, position = sample(12)
    kind = structure("csh", SIZE)
    theta = kind.start(np.eye(SIZE) * 6 + 3)
    factor = np.linalg.cholesky(whole(kind.matrix(theta), subject, position))
    rng = np.random.default_rng(5)
    observed = []
    for _ in range(400):
        data = patterns(factor @ rng.normal(size=len(X)), X, subject, position, SIZE)
        found = curvature(data, kind, value(data, kind, theta, reml=True), reml=True)
        observed.append(found.observed)
    error = np.std(observed, axis=0) / np.sqrt(len(observed))
    assert (np.abs(np.mean(observed, axis=0) - found.expected) < 4.5 * error + 1e-9).all()


@pytest.mark.parametrize("reml", [True, False], ids=["REML", "ML"])
def test_complete_data_without_structure_are_multivariate_regression(reml):
    """The same X for all visits: β by ordinary least squares, V = E'E / (n − q) or / n."""
    rng = np.random.default_rng(8)
    n, size = 40, 3
    Z = np.column_stack([np.ones(n), np.arange(n) % 2, rng.normal(size=n)])
    scores = rng.normal(size=(n, size)) @ np.array([[2, 1, 0.5], [0, 1, 1], [0, 0, 3.0]]) + Z @ (
        rng.normal(size=(3, size))
    )
    B = np.linalg.lstsq(Z, scores, rcond=None)[0]
    E = scores - Z @ B
    V = E.T @ E / (n - 3 if reml else n)
    subject, position = np.repeat(np.arange(n), size), np.tile(np.arange(size), n)
    visit = np.eye(size)[position]
    X = np.einsum("nv,nz->nvz", visit, Z[subject]).reshape(len(subject), -1)
    fit = fit_patterns(scores.ravel(), X, subject, position, structure("us", size), reml=reml)
    assert fit.converged
    np.testing.assert_allclose(fit.covariance, V, rtol=EXACT)
    np.testing.assert_allclose(fit.coefficients, B.T.ravel(), rtol=EXACT)
    expected = np.kron(V, np.linalg.inv(Z.T @ Z))
    np.testing.assert_allclose(fit.coefficient_covariance, expected, rtol=EXACT, atol=1e-12)
    if reml:
        df = satterthwaite(fit).single(np.eye(X.shape[1]))
        np.testing.assert_allclose(df, n - 3, rtol=EXACT)
        # With equal numbers for all, Kenward and Roger's linear covariance changes nothing.
        linear = kenward_roger(fit, linear=True)
        np.testing.assert_allclose(linear.covariance, expected, rtol=1e-8, atol=1e-10)
        np.testing.assert_allclose(linear.single(np.eye(X.shape[1])), n - 3, rtol=EXACT)


def test_two_visits_without_covariates_are_a_paired_t_test():
    rng = np.random.default_rng(4)
    scores = rng.normal(size=(17, 2)) @ np.array([[2, 1], [0, 1.5]]) + [10, 8]
    subject, position = np.repeat(np.arange(17), 2), np.tile([0, 1], 17)
    X = np.column_stack([np.ones(34), position])
    fit = fit_patterns(scores.ravel(), X, subject, position, structure("us", 2))
    row = np.array([[0.0, 1.0]])
    expected = stats.ttest_rel(scores[:, 1], scores[:, 0])
    made = satterthwaite(fit)
    t = fit.coefficients[1] / np.sqrt(made.covariance[1, 1])
    assert t == pytest.approx(expected.statistic, rel=EXACT)
    assert made.single(row)[0] == pytest.approx(16, rel=EXACT)
    robust = cluster_robust(
        X, scores.ravel() - X @ fit.coefficients, subject, position, fit.covariance
    )
    assert np.sqrt(robust.covariance[1, 1]) == pytest.approx(
        np.sqrt(made.covariance[1, 1]), rel=1e-8
    )
    assert robust.single(row)[0] == pytest.approx(16, rel=1e-6)


def test_compound_symmetry_of_complete_data_is_analysis_of_variance():
    """V by mean squares within and between subjects, negative correlation too."""
    rng = np.random.default_rng(12)
    n, size = 25, 3
    noise = rng.normal(size=(n, size))
    scores = noise - 0.8 * noise.mean(axis=1, keepdims=True) + [1.0, 2, 3]
    subject, position = np.repeat(np.arange(n), size), np.tile(np.arange(size), n)
    X = np.eye(size)[position]
    fit = fit_patterns(scores.ravel(), X, subject, position, structure("cs", size))
    centred = scores - scores.mean(axis=0)
    between = size * (centred.mean(axis=1) ** 2).sum() / (n - 1)
    within = ((centred - centred.mean(axis=1, keepdims=True)) ** 2).sum() / ((n - 1) * (size - 1))
    assert fit.converged
    assert fit.covariance[0, 1] == pytest.approx((between - within) / size, rel=EXACT)
    assert fit.covariance[0, 1] < 0
    assert fit.covariance[0, 0] == pytest.approx((between + (size - 1) * within) / size, rel=EXACT)


@pytest.mark.parametrize("name", EVERY)
def test_no_general_optimiser_finds_more(name):
    y, X, subject, position = sample(60, seed=2)
    kind = kind_of(name)
    data = patterns(y, X, subject, position, SIZE)
    fit = fit_reduced(data, kind)

    def objective(theta):
        found = value(data, kind, theta, reml=True)
        return 1e10 if found is None else found.deviance

    other = optimize.minimize(objective, near(kind, data, 3), method="BFGS", options={"gtol": 1e-7})
    assert -2 * fit.loglik <= other.fun + 1e-8
    if name != "ri_ar1":  # without any falling correlation its two parts cannot be told apart
        assert fit.converged
        assert -2 * fit.loglik == pytest.approx(other.fun, abs=1e-5)


@pytest.mark.parametrize("linear", [True, False])
@pytest.mark.parametrize("name", ["us", "csh", "ri_ar1", "toeph"])
def test_kenward_roger_from_whole_matrices(name, linear):
    y, X, subject, position = sample(40, seed=7, rho=0.3)
    kind = kind_of(name)
    theta = near(kind, None)
    data = patterns(y, X, subject, position, SIZE)
    fit = fit_reduced(data, kind, start=theta, max_steps=0)
    omega = whole(kind.matrix(theta), subject, position)
    inverse = np.linalg.inv(omega)
    first = [whole(D, subject, position) for D in kind.derivative(theta)]
    turned = [inverse @ D @ inverse for D in first]
    P = -np.array([X.T @ D @ X for D in turned])
    Q = np.array([[X.T @ D @ omega @ F @ X for F in turned] for D in turned])
    second = kind.second(theta)
    R = np.array(
        [[X.T @ inverse @ whole(S, subject, position) @ inverse @ X for S in row] for row in second]
    )
    phi = np.linalg.inv(X.T @ inverse @ X)
    W = fit.theta_covariance
    expected = adjusted_covariance(phi, P, Q, W, None if linear else R)
    made = kenward_roger(fit, linear=linear)
    np.testing.assert_allclose(made.plain, phi, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(made.P, P, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(made.covariance, expected, rtol=1e-8, atol=1e-10)


def test_satterthwaite_gradients_are_those_of_the_covariance():
    data = patterns(*sample(), SIZE)
    kind = structure("toeph", SIZE)
    theta = near(kind, data)
    made = satterthwaite(fit_reduced(data, kind, start=theta, max_steps=0))
    for j, move in enumerate(np.eye(len(theta)) * 1e-5):
        ahead, behind = (
            fit_reduced(data, kind, start=theta + s * move, max_steps=0).coefficient_covariance
            for s in (1, -1)
        )
        np.testing.assert_allclose(made.gradients[j], (ahead - behind) / 2e-5, atol=1e-7, rtol=1e-6)


# --- rows kept instead of sums, order, labels, units ------------------------------------------


def module(name):
    """The module itself: the package has a function of the same name."""
    return sys.modules[f"outcomes.models.repeated.{name}"]


def test_rows_kept_give_the_same_as_sums(monkeypatch):
    y, X, subject, position = sample(60, seed=2)
    sums = fit_patterns(y, X, subject, position, structure("us", SIZE))
    monkeypatch.setattr(module("patterns"), "CROSS_LIMIT", 0)
    kept = fit_patterns(y, X, subject, position, structure("us", SIZE))
    assert any(group.cross is None for group in kept.data.groups)
    assert kept.loglik == pytest.approx(sums.loglik, rel=1e-12)
    np.testing.assert_allclose(kept.coefficients, sums.coefficients, rtol=1e-8)
    np.testing.assert_allclose(kept.theta_covariance, sums.theta_covariance, rtol=1e-7, atol=1e-12)
    np.testing.assert_allclose(
        kenward_roger(kept).covariance, kenward_roger(sums).covariance, rtol=1e-7, atol=1e-12
    )


@pytest.mark.parametrize("chunk", [1, 50, 400])
def test_pieces_of_any_size_give_the_same(monkeypatch, chunk):
    y, X, subject, position = sample(60, seed=2)
    once = fit_patterns(y, X, subject, position, structure("us", SIZE))
    for name in ("patterns", "likelihood"):
        monkeypatch.setattr(module(name), "CHUNK", chunk)
    pieces = fit_patterns(y, X, subject, position, structure("us", SIZE))
    assert pieces.loglik == pytest.approx(once.loglik, rel=1e-12)
    np.testing.assert_allclose(pieces.gradient, once.gradient, atol=1e-6)
    np.testing.assert_allclose(
        pieces.theta_covariance, once.theta_covariance, rtol=1e-7, atol=1e-12
    )


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), name=st.sampled_from(["us", "toeph", "ar1h", "csh", "cs"]))
def test_order_and_labels_do_not_matter(seed, name):
    y, X, subject, position = sample(40, seed=3)
    fit = fit_patterns(y, X, subject, position, structure(name, SIZE))
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(y))
    labels = rng.permutation(10**6)[: subject.max() + 1]
    named = np.array([f"person {label}" for label in labels])[subject]
    other = fit_patterns(y[order], X[order], named[order], position[order], structure(name, SIZE))
    assert other.loglik == pytest.approx(fit.loglik, rel=1e-11)
    np.testing.assert_allclose(other.coefficients, fit.coefficients, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(other.covariance, fit.covariance, rtol=1e-7)


@settings(max_examples=15, deadline=None)
@given(shift=st.floats(-1e4, 1e4), scale=st.floats(1e-3, 1e3))
def test_units_of_the_outcome_change_only_units(shift, scale):
    y, X, subject, position = sample(40, seed=3)
    fit = fit_patterns(y, X, subject, position, structure("us", SIZE))
    other = fit_patterns(shift + scale * y, X, subject, position, structure("us", SIZE))
    moved = scale * fit.coefficients
    moved[:SIZE] += shift  # the visits' means; differences do not move
    tolerance = 1e-7 * scale + 1e-12 * abs(shift)
    np.testing.assert_allclose(other.coefficients, moved, rtol=1e-7, atol=tolerance)
    np.testing.assert_allclose(other.covariance, scale**2 * fit.covariance, rtol=1e-6)
    change = -(len(y) - X.shape[1]) * np.log(scale)
    assert other.loglik == pytest.approx(fit.loglik + change, abs=1e-6)
    df = [satterthwaite(one).single(np.eye(X.shape[1])) for one in (fit, other)]
    np.testing.assert_allclose(df[0], df[1], rtol=1e-5)


def test_columns_in_other_units_and_far_from_zero():
    y, X, subject, position = sample(40, seed=3)
    fit = fit_patterns(y, X, subject, position, structure("us", SIZE))
    far = X.copy()
    far[:, -1] = 1e6 + 1e-2 * X[:, -1]
    other = fit_patterns(y, far, subject, position, structure("us", SIZE))
    # Ten of sixteen digits are the same in every row of the column.
    assert other.loglik - fit.loglik == pytest.approx(np.log(1e2), abs=1e-4)
    assert other.coefficients[-1] == pytest.approx(1e2 * fit.coefficients[-1], rel=1e-5)


# --- what cannot be estimated -----------------------------------------------------------------


def test_a_pair_of_visits_nobody_has_is_no_optimum():
    y, X, subject, position = sample(40, seed=3, missing=0.0)
    keep = ~((position == 3) & (subject % 2 == 0)) & ~((position == 2) & (subject % 2 == 1))
    X = X[:, :SIZE]
    fit = fit_patterns(y[keep], X[keep], subject[keep], position[keep], structure("us", SIZE))
    assert not fit.converged
    assert fit.data.pairs[2, 3] == 0
    assert fit_reduced(fit.data, structure("toeph", SIZE)).converged


def test_a_visit_that_repeats_another_is_no_optimum():
    y, X, subject, position = sample(30, size=3, seed=3, missing=0.0)
    y = y.copy()
    X = np.eye(3)[position]
    y[position == 2] = y[position == 1]
    fit = fit_patterns(y, X, subject, position, structure("us", 3))
    assert not fit.converged


def test_a_variance_of_zero_is_an_answer():
    """Negative correlation within people: the random intercept is 0, the rest is fitted."""
    rng = np.random.default_rng(12)
    noise = rng.normal(size=(40, 3))
    scores = noise - 0.8 * noise.mean(axis=1, keepdims=True)
    subject, position = np.repeat(np.arange(40), 3), np.tile(np.arange(3), 40)
    kind = intercept_and(structure("id", 3), "ri")
    fit = fit_patterns(scores.ravel(), np.eye(3)[position], subject, position, kind)
    assert fit.converged
    plain = fit_patterns(scores.ravel(), np.eye(3)[position], subject, position, structure("id", 3))
    assert fit.loglik == pytest.approx(plain.loglik, abs=1e-6)
    assert np.exp(fit.theta[0]) < 1e-3


def test_what_is_refused():
    y, X, subject, position = sample()
    kind = structure("us", SIZE)
    with pytest.raises(UsageError, match="more than one row"):
        fit_patterns(np.append(y, 1.0), np.vstack([X, X[:1]]), np.append(subject, subject[0]), np.append(position, position[0]), kind)  # noqa: E501 # fmt: skip
    with pytest.raises(UsageError, match="outside the grid"):
        fit_patterns(y, X, subject, position + 1, kind)
    with pytest.raises(UsageError, match="complete and finite"):
        fit_patterns(np.where(np.arange(len(y)) == 3, np.nan, y), X, subject, position, kind)
    with pytest.raises(UsageError, match="different lengths"):
        fit_patterns(y[:-1], X, subject, position, kind)
    with pytest.raises(NotEnoughData, match="cannot be told apart"):
        fit_patterns(y, np.column_stack([X, X[:, 0]]), subject, position, kind)
    with pytest.raises(NotEnoughData, match="too few"):
        fit_patterns(y[:5], X[:5], subject[:5], position[:5], kind)
    ml = fit_patterns(y, X, subject, position, kind, reml=False)
    with pytest.raises(UsageError, match="restricted"):
        kenward_roger(ml)
