"""How often the intervals of every estimator cover the truth, with few practitioners. Seeded."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from outcomes.comparison.estimators import Given, Options, by_method, logistic_model
from outcomes.comparison.estimators.intervals import interval

RUNS = 250
MONTE_CARLO = 3 * np.sqrt(0.95 * 0.05 / RUNS)
EFFECT = 0.4  # in standard deviations of the outcome; the same for all, so for every population


def practice(rng, n, clusters, kind, *, binary=False):
    """Start scores drive arm and outcome; practitioners differ in outcome, and `kind`:

    "mixed" practitioners see both arms and lean to one, "one" see one arm only, and in
    "couples" both partners get the same help.
    """
    who = np.arange(n) % clusters
    if kind == "couples":
        who = np.arange(n) // 2
    count = int(who.max()) + 1
    start, other = rng.normal(size=n), rng.normal(size=n)
    pull = 0.6 * start + 0.3 * other
    if kind == "one":
        arm = who % 2 == 0
        start = start + 0.36 * arm
    elif kind == "couples":
        together = np.bincount(who, pull)[who] / 2
        arm = rng.uniform(size=count)[who] < expit(1.4 * together)
    else:
        arm = rng.uniform(size=n) < expit(pull + 0.5 * rng.normal(size=count)[who])
    own = rng.normal(size=count)[who] * (0.5 if kind == "couples" else 0.3)
    y = 0.7 * start + 0.2 * other + EFFECT * arm + own + rng.normal(0, 0.8, n)
    if binary:
        # No effect: then every population and scale has the same truth, none.
        y = (y - EFFECT * arm > 0.3).astype(float)
    return y, arm, np.column_stack([start, other]), who.astype(np.intp)


def covered(n, clusters, kind, estimand, method, truth, *, binary=False, runs=RUNS, **how):
    rng = np.random.default_rng(17)
    hits = 0
    for _ in range(runs):
        y, arm, X, who = practice(rng, n, clusters, kind, binary=binary)
        model = logistic_model(arm, X, estimand)
        one = Given(y, arm, X, who, model.weights, model, estimand, binary)
        span = interval(by_method(one, method, Options(**how)), 0.95)
        hits += span.low <= truth <= span.high
    return hits / runs


@pytest.mark.slow
@pytest.mark.parametrize("estimand", ["ATE", "ATT", "ATO"])
@pytest.mark.parametrize("method", ["weighting", "g_computation", "aipw", "ancova_interactions"])
@pytest.mark.parametrize(
    ("n", "clusters", "kind"),
    [(40, 8, "mixed"), (80, 8, "one"), (240, 24, "mixed"), (120, 60, "couples")],
)
def test_differences(n, clusters, kind, method, estimand):
    share = covered(n, clusters, kind, estimand, method, EFFECT)
    assert abs(share - 0.95) <= MONTE_CARLO, f"{share:.3f}"


@pytest.mark.slow
@pytest.mark.parametrize("effect", ["difference", "ratio"])
@pytest.mark.parametrize("method", ["weighting", "g_computation", "aipw"])
def test_shares_and_ratios(method, effect):
    share = covered(120, 12, "mixed", "ATO", method, 0.0, binary=True, effect=effect)
    assert abs(share - 0.95) <= MONTE_CARLO, f"{share:.3f}"


@pytest.mark.slow
def test_weights_counted_as_known_cover_too_often():
    """Why the estimation of the weights is in the interval: it is what the default corrects."""
    known = covered(240, 24, "mixed", "ATE", "weighting", EFFECT, uncertainty="fixed")
    assert known > 0.965, f"{known:.3f}"


@pytest.mark.slow
def test_cross_fitting():
    share = covered(240, 24, "mixed", "ATO", "aipw", EFFECT, folds=5, repeats=1)
    assert abs(share - 0.95) <= MONTE_CARLO, f"{share:.3f}"


@pytest.mark.slow
@pytest.mark.parametrize("uncertainty", ["bootstrap", "bootstrap_bca"])
def test_bootstrap(uncertainty):
    runs = 30
    share = covered(
        120, 24, "mixed", "ATE", "weighting", EFFECT, runs=runs, uncertainty=uncertainty, draws=99
    )
    assert share >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / runs), f"{share:.3f}"
