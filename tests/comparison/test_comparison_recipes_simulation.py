"""Intervals under other recipes of weights cover, and curves remove the bias of what bends."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.models import Recipe

TRUE = -0.3
RUNS = 200
# Coverage of 95 % in 200 runs has a standard error of 1.5 %.
COVERAGE = (0.90, 0.99)
SMALL = 0.02  # bias in standard deviations; its simulation error is 0.007

pytestmark = pytest.mark.slow


def practice(seed, bend=0.0, n=300):
    """The arm is chosen by the start score and, with `bend`, by its square; so is the outcome."""
    rng = np.random.default_rng(seed)
    z, age = rng.normal(size=(2, n))
    square = (z**2 - 1) / np.sqrt(2)
    other = rng.uniform(size=n) < 1 / (1 + np.exp(-0.5 * z - 0.3 * age - bend * square))
    post = 0.6 * z + 0.2 * age + 0.8 * bend * square + TRUE * other + 0.8 * rng.normal(size=n)
    frame = pd.DataFrame({"pre": z, "age": age, "post": post})
    return frame.assign(arm=np.where(other, "therapy", "coaching"))


def errors_and_coverage(recipe, estimand, bend):
    found = [
        oc.compare(
            practice(seed, bend), reference="coaching", covariates=["pre", "age"],
            estimand=estimand, recipe=recipe,
        )
        for seed in range(RUNS)
    ]  # fmt: skip
    inside = [one.low <= TRUE <= one.high for one in found]
    return np.mean([one.estimate for one in found]) - TRUE, np.mean(inside)


@pytest.mark.parametrize(
    ("recipe", "estimand"),
    [
        (Recipe(way="entropy"), "ATE"),
        (Recipe(way="entropy"), "ATT"),
        (Recipe(bias_reduction="always"), "ATE"),
        (Recipe(trim="crump"), "ATE"),
    ],
    ids=["entropy ATE", "entropy ATT", "bias-reduced ATE", "Crump ATE"],
)
def test_intervals_cover(recipe, estimand):
    bias, coverage = errors_and_coverage(recipe, estimand, 0.0)
    assert abs(bias) < SMALL
    assert COVERAGE[0] <= coverage <= COVERAGE[1]


def test_curves_remove_what_straight_lines_leave():
    straight, _ = errors_and_coverage(Recipe(splines=False), "ATO", 0.5)
    curved, coverage = errors_and_coverage(Recipe(splines=True), "ATO", 0.5)
    assert straight > 0.1
    assert abs(curved) < SMALL
    assert COVERAGE[0] <= coverage <= COVERAGE[1]
