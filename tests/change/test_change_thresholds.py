"""Thresholds side by side: alpha and retest against closed forms, and what is left out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.change.thresholds import cronbach_alpha, retest
from outcomes.errors import NotEnoughData, UsageError


def test_alpha_of_two_items_is_spearman_brown_of_equal_variances():
    x = np.array([1.0, 2, 3, 4, 5])
    y = np.array([2.0, 1, 4, 3, 5])
    r = np.corrcoef(x, y)[0, 1]
    value, n = cronbach_alpha(np.column_stack([x, y]))
    assert (value, n) == (pytest.approx(2 * r / (1 + r)), 5)
    # Mean inter-item covariance form: k^2 * mean covariance / variance of the sum.
    items = np.random.default_rng(1).normal(size=(50, 4)) + np.arange(50)[:, None] / 20
    covariance = np.cov(items.T)
    off = (covariance.sum() - np.trace(covariance)) / 12
    assert cronbach_alpha(items)[0] == pytest.approx(16 * off / covariance.sum())
    with pytest.raises(NotEnoughData):
        cronbach_alpha(items[:, :1])


def test_every_basis_has_its_row_and_its_count(make_instrument):
    rng = np.random.default_rng(2)
    true = rng.normal(14, 4, 200)
    items = pd.DataFrame({k: true / 5 + rng.normal(0, 0.5, 200) for k in range(5)})
    pre = items.sum(axis=1).clip(0, 27)
    frame = pd.DataFrame({"pre": pre, "post": (pre - 4 + rng.normal(0, 3, 200)).clip(0, 27)})
    stable = pd.DataFrame({"one": pre, "two": pre + rng.normal(0, 2, 200)})
    scale = make_instrument(threshold=6, reliability=0.85)
    result = oc.thresholds(frame, instrument=scale, items=items, stable=stable)
    table = result.to_frame().set_index("basis")
    assert len(table) == 4 and result.left_out == {}
    assert table.loc["published", "points"] == 6
    gain = frame["pre"] - frame["post"]
    assert table.loc["published", "improved"] == (gain >= 6).sum()
    r, n = retest(stable["one"].to_numpy(), stable["two"].to_numpy())
    own = table.loc["own sample, own reliability (test-retest)"]
    assert own["points"] == pytest.approx(1.959964 * np.sqrt(2 * (1 - r)) * pre.std(), rel=1e-6)
    assert (own["n"], own["improved"]) == (n, (gain > own["points"]).sum())
    assert own["low"] < own["rate"] < own["high"]
    assert "Choose one basis" in result.explain()


def test_what_cannot_be_used_is_said(make_instrument):
    frame = pd.DataFrame({"pre": [20.0, 15, 10], "post": [10.0, 14, 9]})
    result = oc.thresholds(frame, instrument=make_instrument(threshold=6))
    assert len(result.table) == 1 and len(result.left_out) == 2
    with pytest.raises(UsageError, match="nothing to take"):
        oc.thresholds(frame, direction="lower")
