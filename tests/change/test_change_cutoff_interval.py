"""The interval of a computed cut-off: seeded, by cluster, with its coverage."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.change import change
from outcomes.change.cutoff import OWN_SAMPLE, CutoffUsed, Norms
from outcomes.change.cutoff_interval import cutoff_interval
from outcomes.errors import UsageError


def frame(n=80, seed=1):
    rng = np.random.default_rng(seed)
    return pd.DataFrame({"pre": rng.normal(20, 5, n), "post": rng.normal(14, 5, n)})


def test_seed_repeats_and_estimate_is_the_cutoff():
    table = frame()
    result = change(table, direction="lower", reliability=0.8, criterion="a")
    one, two = result.cutoff_interval(draws=300), result.cutoff_interval(draws=300)
    assert one == two
    assert one.estimate == pytest.approx(result.cutoff)
    assert one.low < one.estimate < one.high
    assert result.cutoff_interval(draws=300, seed=1) != one
    shuffled = change(table[::-1], direction="lower", reliability=0.8, criterion="a")
    assert shuffled.cutoff_interval(draws=300).estimate == pytest.approx(one.estimate)


def test_clusters_are_drawn_together():
    """Everybody twice, as couples with equal scores: no narrower than the people once."""
    once = frame(60)
    twice = pd.concat([once.assign(c=range(60))] * 2, ignore_index=True)
    known = {"direction": "lower", "reliability": 0.8, "criterion": "a"}
    alone = change(once, **known).cutoff_interval(draws=1000)
    both = change(twice, cluster="c", **known).cutoff_interval(draws=1000)
    naive = change(twice, **known).cutoff_interval(draws=1000)
    width = [each.high - each.low for each in (alone, both, naive)]
    assert both.units == 60
    assert width[1] == pytest.approx(width[0], rel=0.1)
    assert width[2] < 0.85 * width[0]


def test_nothing_uncertain_is_refused():
    known = {"direction": "lower", "reliability": 0.8, "functional_mean": 5, "functional_sd": 4}
    with pytest.raises(UsageError, match="No sample"):
        change(frame(), criterion="b", **known).cutoff_interval()
    with pytest.raises(UsageError, match="No sample"):
        change(frame(), direction="lower", reliability=0.8).cutoff_interval()


def test_norms_of_a_known_size_are_uncertain_too():
    used = CutoffUsed(16.0, "at_or_above", functional=Norms(8, 4, "book", 100))
    found = cutoff_interval(np.array([20.0, 22, 25, 19]), used, "b", "lower", draws=2000)
    # SD of M + 2 SD: 4 * sqrt(1/100 + 4/(2 * 99)).
    expected = 4 * np.sqrt(0.01 + 4 / 198)
    assert (found.high - found.low) / (2 * 1.96) == pytest.approx(expected, rel=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("criterion", ["a", "c"])
def test_coverage(criterion):
    """95 % intervals of 60 people hold the true cut-off in 95 %; error 1.3 points of 300."""
    rng = np.random.default_rng(7)
    functional = Norms(8, 4, "given")
    true = 20 - 2 * 5 if criterion == "a" else (5 * 8 + 4 * 20) / 9
    hits = 0
    for seed in range(300):
        pre = rng.normal(20, 5, 60)
        used = CutoffUsed(true, "at_or_above", Norms(0, 1, OWN_SAMPLE), functional)
        found = cutoff_interval(pre, used, criterion, "lower", draws=400, seed=seed)
        hits += found.low <= true <= found.high
    assert 0.90 <= hits / 300 <= 0.98
