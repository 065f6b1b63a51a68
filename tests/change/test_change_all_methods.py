"""All methods at once: the same as one by one, with agreement, and what is left out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.change import change, change_methods
from outcomes.change.all_methods import BLOCK, agreement
from outcomes.errors import UsageError

KNOWN = {"direction": "lower", "reliability": 0.86, "functional_mean": 5, "functional_sd": 4}


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(5)
    n = BLOCK + 100  # more than one block
    start, slope = rng.normal(15, 5, n), rng.normal(-2, 1.5, n)
    table = pd.DataFrame(
        {
            name: start + k * slope + rng.normal(0, 2, n)
            for k, name in enumerate(("pre", "mid", "post"))
        }
    )
    table.loc[::50, "post"] = np.nan
    table["arm"] = rng.choice(["coaching", "therapy"], n)
    return table


def test_equals_change_for_every_method_and_criterion(frame):
    occasions = ["pre", "mid", "post"]
    result = change_methods(frame, occasions=occasions, by="arm", **KNOWN)
    found = result.categories()
    assert found.shape[1] == 21
    assert result.codes.dtype == np.int8
    for method, criterion in result.combinations:
        more = {"occasions": occasions} if method == "hlm" else {}
        alone = change(frame, method=method, criterion=criterion, by="arm", **KNOWN, **more)
        assert (found[f"{method}_{criterion}"] == alone.frame["category"]).all()
        mine = result.rates.query(
            "method == @method and criterion == @criterion and group == 'therapy' "
            "and measure == 'recovered'"
        ).iloc[0]
        theirs = alone.rates.query(
            "group == 'therapy' and measure == 'recovered' and denominator == 'paired'"
        ).iloc[0]
        assert tuple(mine[["n", "n_total", "low", "high"]]) == tuple(
            theirs[["n", "n_total", "low", "high"]]
        )


def test_growth_model_is_left_out_with_a_reason(frame):
    result = change_methods(frame, **KNOWN)
    assert "three occasions" in result.left_out["hlm"]
    assert len(result.combinations) == 18
    assert "hlm" in repr(result) and "hlm" in result.explain()
    with pytest.raises(UsageError, match="measurement error"):
        change_methods(frame, methods=["anchor"], **KNOWN)


def test_kappa_is_cohens():
    """Cohen's table by hand: 20 of 35 agree plus 15; p_e from the margins."""
    one = np.repeat(np.array([1, 1, 2, 2], dtype=np.int8), [20, 5, 10, 15])
    two = np.repeat(np.array([1, 2, 1, 2], dtype=np.int8), [20, 5, 10, 15])
    same, kappa, n = agreement(one, two)
    assert (same, n) == (0.7, 50)
    assert kappa == pytest.approx((0.7 - 0.5) / 0.5)
    assert np.isnan(agreement(one[:20], two[:20])[1])
