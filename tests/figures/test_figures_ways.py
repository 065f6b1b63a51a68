"""Figures of one answer by several ways: what is drawn, what is hidden."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import outcomes as oc


def people(n, seed=4):
    rng = np.random.default_rng(seed)
    pre = rng.normal(20, 5, n)
    return pd.DataFrame({"pre": pre, "post": pre - rng.normal(4, 5, n)})


SCALE = {"direction": "lower", "reliability": 0.85, "sd": 5.0}


@pytest.fixture(scope="module")
def result():
    return oc.change_methods(people(200), criteria=["a"], **SCALE)


def test_each_method_is_a_mark_with_its_share(result):
    drawn = result.plot()
    better = result.rates[result.rates["measure"].eq("reliable_improvement")]
    assert drawn.data["rate"].tolist() == better["rate"].tolist()
    assert "Jacobson" in drawn.alt


def test_small_shares_are_named_as_hidden():
    few = people(30)
    few.loc[3:, "post"] = few.loc[3:, "pre"]
    few.loc[:2, "post"] = few.loc[:2, "pre"] - 20
    drawn = oc.change_methods(few, methods=["jt"], criteria=["a"], **SCALE).plot()
    assert drawn.data["rate"].isna().all()
    assert "hidden" in drawn.alt
    assert drawn.notes
    shown = oc.change_methods(few, methods=["jt"], criteria=["a"], **SCALE).plot(
        policy=oc.policy("off")
    )
    assert shown.data["rate"].tolist() == [0.1]


def test_thresholds_stand_side_by_side(root):
    pairs = oc.pairs(oc.read(root / "data" / "example"), "phq9")
    found = oc.thresholds(pairs, instrument="phq9")
    drawn = found.plot()
    assert len(drawn.data) == len(found.to_frame())
    assert "6 points" in drawn.alt
