"""The growth model against lme4, statsmodels and the closed form; fixed plus random slope."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pandas as pd
import pytest

from outcomes.change import change
from outcomes.change.methods import growth
from outcomes.errors import NotEnoughData, UsageError

LOGLIK_TOL = 1e-5  # flat optimum, two optimisers
SLOPE_TOL = 1e-6  # of the fixed slope, in points for one session
VARIANCE_TOL = 2e-3  # relative; two optimisers stop at slightly different places
CLOSED_TOL = 1e-9


def people(n=60, seed=1, *, mean=-1.0, spread=1.0, occasions=4):
    rng = np.random.default_rng(seed)
    times = np.arange(occasions)
    level = rng.normal(20, 5, (n, 1))
    return level + times * rng.normal(mean, spread, (n, 1)) + rng.normal(0, 2, (n, occasions))


def test_equals_lme4_on_sessions_with_gaps(shared):
    reference = json.loads((shared / "reference" / "growth_mixed.json").read_text("utf-8"))
    entry = reference["implement_bai_2level_REML"]
    rows = pd.read_csv(shared / "data" / "implement_gad_sessions" / "implement_gad_sessions.csv")
    wide = rows.pivot_table(index="patient", columns="session", values="bai")
    fit = growth.fit(wide.to_numpy(), wide.columns.to_numpy(float))
    assert fit.n_scores == entry["nobs"]
    assert fit.log_likelihood == pytest.approx(entry["logLik"], abs=LOGLIK_TOL)
    slope = entry["fixef"][1]
    assert fit.fixed[1] == pytest.approx(slope["estimate"], abs=SLOPE_TOL)
    assert np.sqrt(fit.fixed_covariance[1, 1]) == pytest.approx(slope["se"], rel=VARIANCE_TOL)
    found = [fit.covariance[0, 0], fit.covariance[1, 1], fit.covariance[0, 1], fit.residual]
    assert found == pytest.approx([v["vcov"] for v in _ordered(entry)], rel=VARIANCE_TOL)


def _ordered(entry):
    """Intercept, slope, covariance, residual."""
    parts = entry["varcorr"]
    return [parts[0], parts[1], parts[2], parts[3]]


def test_closed_form_is_the_maximum_of_the_restricted_likelihood():
    scores, times = people(), np.arange(4.0)
    fit = growth.fit(scores, times)
    assert fit.closed_form
    everybody = np.ones(len(scores), dtype=bool)
    patterns = growth._patterns(scores, times, ~np.isnan(scores), everybody)
    covariance, residual, _ = growth._search(patterns, scores, everybody)
    assert covariance == pytest.approx(fit.covariance, rel=1e-4)
    assert residual == pytest.approx(fit.residual, rel=1e-4)


def test_equals_statsmodels_mixedlm():
    from statsmodels.regression.mixed_linear_model import MixedLM

    scores = people(n=40, seed=3)
    fit = growth.fit(scores, np.arange(4.0))
    times = np.tile(np.arange(4.0), 40)
    design = np.column_stack([np.ones(160), times])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = MixedLM(scores.ravel(), design, np.repeat(np.arange(40), 4), design).fit()
    assert fit.fixed == pytest.approx(theirs.fe_params, abs=1e-6)
    assert fit.residual == pytest.approx(theirs.scale, rel=VARIANCE_TOL)
    random = np.array([theirs.random_effects[k].to_numpy()[1] for k in range(40)])
    assert fit.slope - fit.fixed[1] == pytest.approx(random, abs=2e-3)


def test_posterior_is_the_bayesian_closed_form():
    """b + u of one person given the scores of all, written as one joint normal."""
    scores, times = people(n=6, seed=4), np.arange(4.0)
    fit = growth.fit(scores, times)
    x = np.column_stack([np.ones(4), times])
    v = x @ fit.covariance @ x.T + fit.residual * np.eye(4)
    big = 1e8  # variance of the flat prior of the fixed effects
    n = len(scores)
    cov_y = np.kron(np.eye(n), v) + np.kron(np.ones((n, n)), x @ x.T) * big
    own = np.kron(np.eye(n)[0], fit.covariance @ x.T) + np.kron(np.ones(n), x.T) * big
    solved = np.linalg.solve(cov_y, own.T).T
    mean = solved @ scores.ravel()
    variance = fit.covariance + big * np.eye(2) - solved @ own.T
    assert fit.slope[0] == pytest.approx(mean[1], rel=1e-4)
    assert fit.posterior_sd[0] ** 2 == pytest.approx(variance[1, 1], rel=1e-3)


def test_everybody_improving_alike_is_improved_not_average():
    """The random part alone would call nobody improved here; R's package does."""
    frame = pd.DataFrame(people(mean=-5.0, spread=0.01), columns=list("abcd"))
    settings = {"pre": "a", "post": "d", "direction": "lower", "method": "hlm"}
    result = change(frame, occasions=list("abcd"), **settings)
    assert result.counts().iloc[0]["improved"] == len(frame)
    random_part = result.growth.slope - result.growth.fixed[1]
    assert not (np.abs(random_part / result.growth.posterior_sd) > 1.96).any()


def test_fewer_than_three_scores_are_missing_and_two_occasions_refused():
    scores = people(n=30)
    scores[0, 1:3] = np.nan
    scores[1, 2] = np.nan
    frame = pd.DataFrame(scores, columns=list("abcd"))
    settings = {"pre": "a", "post": "d", "direction": "lower", "method": "hlm"}
    result = change(frame, occasions=list("abcd"), **settings)
    assert result.frame["category"].eq("missing").tolist() == [True] + [False] * 29
    with pytest.raises(NotEnoughData, match="three occasions"):
        change(frame, occasions=["a", "d"], **settings)
    with pytest.raises(UsageError, match="occasions"):
        change(frame, **settings)
    with pytest.raises(UsageError, match="times"):
        change(frame, occasions=list("abcd"), times=[0, 1, 1, 2], **settings)


def test_scores_on_straight_lines_have_no_error():
    frame = pd.DataFrame({"a": [20.0, 15, 18, 9], "c": [10.0, 14, 9, 8]})
    frame["b"] = (frame["a"] + frame["c"]) / 2
    with pytest.raises(NotEnoughData, match="straight lines"):
        change(frame, pre="a", post="c", direction="lower", method="hlm", occasions=list("abc"))


def test_unit_of_time_does_not_matter():
    frame = pd.DataFrame(people(), columns=list("abcd"))
    settings = {"pre": "a", "post": "d", "direction": "lower", "method": "hlm"}
    one = change(frame, occasions=list("abcd"), **settings)
    two = change(frame, occasions=list("abcd"), times=[0, 7, 14, 21], **settings)
    assert np.allclose(one.frame["index"], two.frame["index"], atol=CLOSED_TOL)
