"""The engine against the n x n likelihood written out, and what must not matter."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.errors import NotEnoughData, UsageError
from outcomes.models import mixed
from outcomes.models.mixed.data import model_data
from outcomes.models.mixed.directions import directions, products
from outcomes.models.mixed.fit import fit_summary
from outcomes.models.mixed.model import summary_of
from outcomes.models.mixed.objective import Objective
from outcomes.models.mixed.parameters import parameters_of
from outcomes.models.mixed.parts import fit_parts, part_summary
from outcomes.models.mixed.prepare import prepare

EXACT = 1e-10  # rounding of a likelihood of order 100
DIFFERENCE = 1e-7  # central differences with a step of 1e-5
FORMULAS = {
    "one factor": "y ~ arm * t + age + (t | client)",
    "uncorrelated": "y ~ arm * t + age + (t || client)",
    "no intercept": "y ~ arm + (0 + t | client)",
    "nested": "y ~ arm * t + age + (t | client) + (1 | practitioner)",
    "nested slopes": "y ~ arm * t + (t || client) + (t + arm | practitioner)",
    "three levels": "y ~ arm * t + (t | client) + (t | practitioner) + (1 | site)",
    "slash": "y ~ t + (1 | site/practitioner/client)",
    "crossed": "y ~ arm * t + (t | client) + (1 | other)",
    "three crossed": "y ~ arm * t + (t | client) + (1 | other) + (1 | item)",
    "crossed slopes": "y ~ arm * t + (t | client) + (t | other) + (1 | item)",
    "nested and crossed": "y ~ t + (1 | client) + (t | practitioner) + (1 | site) + (1 | item)"
    " + (1 | other)",
    "three columns": "y ~ arm + (t + I(t**2) | client) + (1 | practitioner)",
}


def rows(seed=1, n=90):
    draw = np.random.default_rng(seed)
    client = draw.integers(0, 20, n)
    practitioner = client % 6
    other = np.where(draw.random(n) < 0.3, draw.integers(0, 6, n), practitioner)
    t, arm = draw.standard_normal(n), (client % 3 == 0) * 1.0
    y = draw.standard_normal(n) + arm + t + 0.8 * draw.standard_normal(20)[client]
    return pd.DataFrame(
        {
            "client": client,
            "practitioner": practitioner,
            "site": practitioner % 2,
            "other": other,
            "item": draw.integers(0, 5, n),
            "t": t,
            "arm": arm,
            "age": (client * 7 % 11) * 0.3,
            "y": y,
        }
    )


def written_out(data, prepared, D, reml):
    """-2 log likelihood, V and the derivatives of V, from n x n matrices in scaled columns."""
    by_name = {g.name: g for g in data.groupings}
    y = (data.outcome - data.origin) / prepared.outcome_scale
    X = data.fixed.matrix / prepared.fixed_scale
    V, changes = np.eye(len(y)), []
    for factor, small, scale in zip(prepared.factors, D, prepared.random_scale, strict=True):
        grouping = by_name[factor.name]
        Z = grouping.columns / scale
        same = grouping.codes[:, None] == grouping.codes[None, :]
        V = V + Z @ small @ Z.T * same
        for places in factor.blocks:
            for at, column in enumerate(places):
                for row in places[at:]:
                    unit = np.zeros_like(small)
                    unit[row, column] = unit[column, row] = 1
                    changes.append(Z @ unit @ Z.T * same)
    inverse = np.linalg.inv(V)
    XVX = X.T @ inverse @ X
    P = inverse - inverse @ X @ np.linalg.solve(XVX, X.T @ inverse)
    df = len(y) - (X.shape[1] if reml else 0)
    value = np.linalg.slogdet(V)[1] + df * (1 + np.log(2 * np.pi * (y @ P @ y) / df))
    if reml:
        value += np.linalg.slogdet(XVX)[1]
    worked = [change @ P @ y for change in changes]
    information = np.array([[one @ P @ two for two in worked] for one in worked])
    return value, information


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("name", FORMULAS)
def test_equals_the_likelihood_written_out(name, reml):
    data = model_data(FORMULAS[name], rows())
    prepared = prepare(summary_of(data))
    objective = Objective(prepared, parameters_of(prepared.factors), reml)
    parameters = objective.parameters
    theta = np.where(parameters.row == parameters.column, 0.7, 0.2) + 0.1 * np.arange(parameters.n)
    D = parameters.covariances(theta)
    value, swept = objective.value(D)
    known, information = written_out(data, prepared, D, reml)
    assert value == pytest.approx(known, abs=EXACT)
    point = objective.point(swept)
    along = directions(swept, parameters, point.scores)
    np.testing.assert_allclose(products(swept, along), information, atol=EXACT)
    gradient = parameters.jacobian(theta).T @ point.gradient
    for k in range(parameters.n):
        move = np.zeros(parameters.n)
        move[k] = 1e-5
        ends = [objective.value(parameters.covariances(theta + s * move))[0] for s in (1, -1)]
        assert gradient[k] == pytest.approx((ends[0] - ends[1]) / 2e-5, abs=DIFFERENCE)


def test_modes_and_their_errors_equal_henderson():
    for name in ("three levels", "crossed slopes", "nested and crossed"):
        data = model_data(FORMULAS[name], rows())
        fit = mixed(FORMULAS[name], rows())
        by_name = {g.name: g for g in data.groupings}
        Z, Lambda, labels = [], [], []
        for factor, S in zip(fit.fit.prepared.factors, fit.fit.covariances, strict=True):
            grouping = by_name[factor.name]
            for level in range(grouping.n_levels):
                Z.append(grouping.columns * (grouping.codes == level)[:, None])
                Lambda.append(S)
                labels += [(factor.name, factor.levels[level], c) for c in factor.column_names]
        Z = np.hstack(Z)
        G = np.zeros((Z.shape[1], Z.shape[1]))
        at = 0
        for S in Lambda:
            G[at : at + len(S), at : at + len(S)] = S
            at += len(S)
        V = Z @ G @ Z.T + fit.residual_sd**2 * np.eye(len(Z))
        rest = data.outcome - data.fixed.matrix @ fit.coefficients["estimate"].to_numpy()
        b = G @ Z.T @ np.linalg.solve(V, rest)
        variance = np.diag(G - G @ Z.T @ np.linalg.solve(V, Z @ G))
        known = pd.DataFrame(labels, columns=["group", "level", "name"]).assign(b=b, v=variance)
        both = known.merge(fit.modes(), on=["group", "level", "name"])
        assert len(both) == len(known)
        np.testing.assert_allclose(both["estimate"], both["b"], atol=1e-8)
        np.testing.assert_allclose(both["se"] ** 2, both["v"], atol=1e-8)
        np.testing.assert_allclose(fit.fitted(), data.outcome - rest + Z @ b, atol=1e-8)
        # Error of a prediction for known levels: x and z through the mixed-model equations.
        X = data.fixed.matrix
        inverse = np.linalg.inv(X.T @ np.linalg.solve(V, X))
        A = G @ Z.T
        g = X - (Z @ A).T @ np.linalg.solve(V, X)
        error = np.diag(Z @ G @ Z.T - (Z @ A).T @ np.linalg.solve(V, Z @ A)) + np.einsum(
            "ni,ij,nj->n", g, inverse, g
        )
        predicted = fit.predict(rows())
        np.testing.assert_allclose(predicted["estimate"], fit.fitted(), atol=1e-8)
        np.testing.assert_allclose(predicted["se"] ** 2, error, atol=1e-8)


def estimates(fit):
    return np.r_[fit.coefficients["estimate"], fit.variances["estimate"], fit.loglik]


@given(seed=st.integers(0, 10_000), name=st.sampled_from(["nested", "crossed", "three levels"]))
@settings(max_examples=8, deadline=None)
def test_row_order_and_labels_do_not_matter(seed, name):
    frame = rows()
    draw = np.random.default_rng(seed)
    mixed_up = frame.iloc[draw.permutation(len(frame))].copy()
    for column in ("client", "practitioner", "other", "site", "item"):
        words = [f"w{place}" for place in draw.permutation(30)]
        mixed_up[column] = [words[code] for code in mixed_up[column]]
    one, two = mixed(FORMULAS[name], frame), mixed(FORMULAS[name], mixed_up)
    np.testing.assert_allclose(estimates(one), estimates(two), rtol=1e-6, atol=1e-7)


@given(shift=st.floats(-1e4, 1e4), scale=st.floats(1e-3, 1e3))
@settings(max_examples=8, deadline=None)
def test_shift_and_scale_of_the_outcome(shift, scale):
    frame = rows()
    one = mixed(FORMULAS["nested"], frame)
    two = mixed(FORMULAS["nested"], frame.assign(y=shift + scale * frame["y"]))
    beta = one.coefficients["estimate"].to_numpy() * scale
    beta[0] += shift
    np.testing.assert_allclose(two.coefficients["estimate"], beta, rtol=1e-6, atol=1e-6 * scale)
    np.testing.assert_allclose(
        two.variances["estimate"], one.variances["estimate"] * scale**2, rtol=1e-5, atol=1e-9
    )
    np.testing.assert_allclose(two.coefficients["df"], one.coefficients["df"], rtol=1e-5)


def test_a_constant_column_is_left_out_and_said():
    frame = rows().assign(always=3.0)
    one = mixed("y ~ arm + (1 | client)", frame)
    two = mixed("y ~ arm + always + (1 | client)", frame)
    assert two.loglik == pytest.approx(one.loglik, abs=1e-9)
    assert any("always" in text for text in two.warnings)


def test_clients_twice_under_new_names_double_the_likelihood():
    frame = rows()
    twice = pd.concat([frame, frame.assign(client=frame["client"] + 100)])
    one = mixed("y ~ arm * t + (t | client)", frame, reml=False)
    two = mixed("y ~ arm * t + (t | client)", twice, reml=False)
    assert two.loglik == pytest.approx(2 * one.loglik, rel=1e-9)
    np.testing.assert_allclose(
        two.coefficients["estimate"], one.coefficients["estimate"], rtol=1e-6
    )


def test_parts_give_what_the_whole_gives():
    frame = rows(n=160)
    template = model_data(FORMULAS["nested"], frame)
    nested = ("client", "practitioner")
    parts = [part_summary(template, part, nested) for _, part in frame.groupby("site")]
    whole, joined = fit_summary(summary_of(template)), fit_parts(parts)
    assert joined.deviance == pytest.approx(whole.deviance, abs=1e-10)
    np.testing.assert_allclose(joined.beta, whole.beta, rtol=1e-10)
    # A client with rows in both parts adds up too.
    halves = [part_summary(template, frame.iloc[a::2], nested) for a in (0, 1)]
    assert fit_parts(halves).deviance == pytest.approx(whole.deviance, abs=1e-9)


def test_parts_that_contradict_each_other_are_refused():
    frame = rows()
    template = model_data(FORMULAS["nested"], frame)
    moved = frame.assign(practitioner=frame["practitioner"] + 1)
    nested = ("client", "practitioner")
    parts = [part_summary(template, one, nested) for one in (frame, moved)]
    with pytest.raises(UsageError, match="different groups"):
        fit_parts(parts)


def test_correlation_of_one_is_an_answer():
    draw = np.random.default_rng(4)
    client = np.repeat(np.arange(40), 6)
    t = np.tile(np.arange(6.0), 40)
    u = draw.standard_normal(40)[client]
    frame = pd.DataFrame({"client": client, "t": t, "y": 2 * u + u * t + draw.standard_normal(240)})
    fit = mixed("y ~ t + (t | client)", frame)
    known = fit.variances.set_index("name2")["sd_or_correlation"]
    assert fit.converged
    if fit.singular:
        assert known["t"] == pytest.approx(1, abs=1e-6)
    else:
        assert known["t"] > 0.9


def test_what_cannot_be_told_is_refused_or_does_not_converge():
    frame = rows()
    with pytest.raises(NotEnoughData):
        mixed("y ~ t + (1 | row)", frame.assign(row=range(len(frame))))
    with pytest.raises(NotEnoughData):
        mixed("y ~ t + (1 | one)", frame.assign(one=1))
    with pytest.raises(UsageError):
        mixed("y ~ t", frame)
    with pytest.raises(UsageError):
        mixed("y ~ t + (1 | client)", frame, ddf="between-within")
    with pytest.raises(UsageError):
        mixed("y ~ t + (1 | client)", frame, reml=False, ddf="kenward-roger")
    twin = mixed("y ~ t + (1 | client) + (1 | same)", frame.assign(same=frame["client"]))
    assert not twin.converged
    assert repr(twin).startswith("NOT CONVERGED")
    assert "estimate" not in repr(twin)
