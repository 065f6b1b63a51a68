"""Estimating functions of estimated weights against WeightIt's M-estimation and derivatives."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from outcomes.models import ESTIMANDS, propensity, weight_scores, weights
from outcomes.models.weighting import balancing_weights

COVARIATES = ["age", "educ", "race", "married", "nodegree", "re74", "re75"]
# R's glm solves its score to 3e-8; WeightIt's standard errors carry that.
WEIGHTIT_RTOL = 1e-6
SOLVED = 1e-12  # scores on orthonormal columns are solved to rounding
STEP = 1e-6  # central differences are good to about its square


@pytest.fixture(scope="module")
def lalonde(shared):
    return pd.read_csv(shared / "data" / "lalonde" / "lalonde_cobalt.csv")


def stacked_error(found, y, in_other):
    """Standard error of the weighted difference by stacked estimating equations (HC0)."""
    w = found.weights.to_numpy()
    X = np.column_stack([np.ones(len(y)), in_other])
    bread = np.linalg.inv((X * w[:, None]).T @ X)
    residual = y - X @ (bread @ X.T @ (w * y))
    by_weight = X * residual[:, None]
    scores = by_weight * w[:, None] + weight_scores(found).correction(by_weight)
    return np.sqrt((bread @ scores.T @ scores @ bread)[1, 1])


@pytest.mark.parametrize("estimand", ESTIMANDS)
def test_stacked_standard_error_equals_weightit(lalonde, shared, estimand):
    path = shared / "reference" / "weighting_lalonde.json"
    reference = json.loads(path.read_text(encoding="utf-8"))[f"weightit_glm_{estimand}"]
    found = weights(lalonde, "treat", COVARIATES, estimand, reference="0")
    se = stacked_error(found, lalonde["re78"].to_numpy(), lalonde["treat"].to_numpy(dtype=float))
    assert se == pytest.approx(reference["lm_weightit"]["se"], rel=WEIGHTIT_RTOL)


def test_scores_sum_to_zero_and_correction_is_the_long_way_round(lalonde):
    found = weight_scores(weights(lalonde, "treat", COVARIATES, "ATT", reference="0"))
    assert np.abs(found.psi().sum(axis=0)).max() < SOLVED
    outcome = np.column_stack([lalonde["re78"], lalonde["re78"] ** 0.5])
    slow = found.influence() @ (found.weight_slopes().T @ outcome)
    np.testing.assert_allclose(found.correction(outcome), slow, rtol=1e-8, atol=1e-8)
    both = found.influence() @ (
        (found.weight_slopes() + found.chance_slopes * found.basis).T @ outcome
    )
    np.testing.assert_allclose(found.correction(outcome, outcome), both, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("estimand", ESTIMANDS)
def test_slopes_are_derivatives_of_the_weights(estimand):
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"x": rng.normal(size=60), "arm": np.tile(["a", "b", "b"], 20)})
    result = weights(frame, "arm", ["x"], estimand)
    scores = weight_scores(result)
    in_other = frame["arm"].eq("b").to_numpy()
    logit = np.log(result.propensity / (1 - result.propensity)).to_numpy()
    for column in range(scores.n_parameters):
        change = STEP * scores.basis[:, column]
        moved = [
            balancing_weights(expit(logit + step), in_other, estimand) for step in (change, -change)
        ]
        slope = (moved[0] - moved[1]) / (2 * STEP)
        np.testing.assert_allclose(scores.weight_slopes()[:, column], slope, atol=1e-8)


def test_a_separated_direction_adds_nothing():
    x = np.arange(40.0)
    frame = pd.DataFrame({"x": x, "arm": np.where(x >= 20, "b", "a")})
    found = weights(frame, "arm", ["x"], "ATO")
    assert found.separated
    assert np.isfinite(weight_scores(found).correction(np.ones((40, 1)))).all()
    assert propensity((x >= 20).astype(float), x[:, None]).basis.shape == (40, 2)
