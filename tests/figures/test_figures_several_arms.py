"""Figures of three arms: what is drawn is what was found, and small counts do not show."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import UsageError
from outcomes.privacy import policy


@pytest.fixture(scope="module")
def found():
    rng = np.random.default_rng(1)
    z = rng.normal(size=600)
    linear = np.column_stack([np.zeros(600), 0.5 * z, z - 0.3])
    p = np.exp(linear) / np.exp(linear).sum(axis=1, keepdims=True)
    code = (rng.uniform(size=600)[:, None] > p.cumsum(axis=1)).sum(axis=1)
    frame = pd.DataFrame({"pre": z, "post": z - code + rng.normal(size=600)})
    frame["arm"] = np.array(["coaching", "therapy", "both"])[code]
    return oc.compare_arms(
        frame, arms=["coaching", "therapy", "both"], covariates=["pre"], direction="lower"
    )


def test_pairs_are_drawn_with_their_intervals(found):
    figure = found.plot()
    assert len(figure.data) == 3
    np.testing.assert_allclose(figure.data["estimate"], found.to_frame()["estimate"])
    assert "not adjusted for the number of pairs" in figure.notes[0]
    assert "Therapy minus coaching" in figure.alt
    assert figure.svg.startswith(("<?xml", "<svg"))


def test_a_pair_without_a_number_has_its_verdict(found):
    rules = oc.comparison.comparison_policy().with_limits(overlap=0.99)
    frame = pd.DataFrame({"arm": found.weights.arm, "post": 0.0})
    frame["pre"] = found.weights.covariates.candidates[:, 0]
    frame["post"] = frame["pre"] + np.random.default_rng(2).normal(size=len(frame))
    none = oc.compare_arms(frame, covariates=["pre"], policy=rules)
    figure = none.plot()
    assert not figure.data["drawn"].any()
    assert "not comparable" in figure.alt


def test_balance_shows_the_two_arms_that_differ_most(found):
    figure = found.plot(kind="balance")
    expected = found.weights.balance()["smd_before"].abs().max()
    assert figure.data["before"].iloc[0] == pytest.approx(expected)
    assert "two arms that differ most" in figure.caption
    assert oc.plot(found.weights).data.equals(figure.data)


def test_chances_of_every_arm_are_drawn_and_no_small_count_shows(found):
    figure = found.plot(kind="overlap")
    assert set(figure.data["chance_of"]) == set(found.arms)
    totals = figure.data.groupby(["chance_of", "arm"])["n"].sum()
    assert all(totals[arm, own] == found.weights.n[own] for arm, own in totals.index)
    rules = policy()
    shown = figure.data.loc[figure.data["n"] > 0, "n"]
    assert shown.min() >= rules.minimum_count
    assert oc.plot(found.weights, kind="overlap").alt == figure.alt


def test_another_kind_is_refused(found):
    with pytest.raises(UsageError):
        found.plot(kind="magic")
