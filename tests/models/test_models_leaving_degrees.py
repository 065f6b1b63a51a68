"""Degrees of freedom between unequal clusters, and no limits where too few had ended."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.models.leaving import leaving
from outcomes.models.leaving.degrees import satterthwaite, working

SIZES = np.array([3, 40, 7, 12, 5])


def by_matrices(sizes: np.ndarray, kind: str) -> tuple[float, np.ndarray]:
    """Bell and McCaffrey's df of a mean person by person: the definition, n × n."""
    codes = np.repeat(np.arange(len(sizes)), sizes)
    n = len(codes)
    residual = np.eye(n) - 1 / n
    marks = (codes[:, None] == np.arange(len(sizes))).astype(float)
    forms = residual @ marks / (n - sizes if kind == "CR3" else n)
    inner = forms.T @ forms
    return float(np.trace(inner) ** 2 / (inner**2).sum()), inner


@pytest.mark.parametrize("kind", ["CR1", "CR3"])
def test_degrees_of_freedom_equal_bell_and_mccaffreys_by_matrices(kind):
    found = satterthwaite([working(SIZES, kind)], [1.0])
    assert found == pytest.approx(by_matrices(SIZES, kind)[0], rel=1e-12)
    assert found < len(SIZES) - 1


@pytest.mark.parametrize("kind", ["CR1", "CR3"])
@pytest.mark.parametrize("count", [2, 6, 30])
def test_equal_clusters_give_clusters_less_one(kind, count):
    found = satterthwaite([working(np.full(count, 9), kind)], [0.3])
    assert found == pytest.approx(count - 1, rel=1e-12)


def test_groups_that_share_no_cluster_give_welch():
    first, second = np.r_[SIZES, 0, 0, 0], np.r_[np.zeros(5), 8, 20, 11]
    found = satterthwaite([working(first, "CR3"), working(second, "CR3")], [2.0, 0.7])
    df = [by_matrices(sizes, "CR3")[0] for sizes in (SIZES, np.array([8, 20, 11]))]
    assert found == pytest.approx(2.7**2 / (2.0**2 / df[0] + 0.7**2 / df[1]), rel=1e-12)


def test_groups_that_share_clusters_equal_the_sum_of_matrices():
    other = np.array([10, 4, 4, 30, 2])
    inner = [by_matrices(sizes, "CR3")[1] for sizes in (SIZES, other)]
    total = 2.0 * inner[0] / np.trace(inner[0]) + 0.7 * inner[1] / np.trace(inner[1])
    found = satterthwaite([working(SIZES, "CR3"), working(other, "CR3")], [2.0, 0.7])
    assert found == pytest.approx(np.trace(total) ** 2 / (total**2).sum(), rel=1e-12)


def test_a_cluster_without_people_changes_nothing():
    padded = np.insert(SIZES, 2, 0)
    assert satterthwaite([working(padded, "CR3")], [1.0]) == pytest.approx(
        satterthwaite([working(SIZES, "CR3")], [1.0]), rel=1e-12
    )


def practice(ended: int) -> pd.DataFrame:
    """Two groups of twenty; of the second so many have ended by week 6."""
    second = ["dropout"] * ended + ["open"] * (20 - ended)
    return pd.DataFrame(
        {
            "arm": ["a"] * 20 + ["b"] * 20,
            "weeks": [*range(1, 21), *range(1, ended + 1), *[9] * (20 - ended)],
            "event": ["dropout"] * 20 + second,
        }
    )


@pytest.mark.parametrize(("ended", "told"), [(4, False), (5, True), (6, True)])
def test_limits_need_five_who_had_ended(ended, told):
    found = leaving(practice(ended), time="weeks", event="event", by="arm", horizon=8)
    row = found.summary.set_index("group").loc["b"]
    limits = row[["mean_low", "mean_high", "dropout_low", "dropout_high"]].astype(float)
    assert np.isfinite(limits).all() == told
    assert np.isfinite(row["mean"]) and row["dropout"] == pytest.approx(ended / 20)
    apart = found.differences[["low", "high", "p"]].to_numpy(dtype=float)
    assert np.isfinite(apart[0]).all() == told
    assert found.few_endings == (() if told else ("b",))
    assert any("Fewer than 5" in text for text in found.warnings) != told
    assert not any("Fewer than 5" in text and " a:" in text for text in found.warnings)
