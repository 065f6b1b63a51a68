"""A claim about all groups is not shown where it would give a hidden group away."""

from __future__ import annotations

import pandas as pd
import pytest

import outcomes as oc
from outcomes.showing.disclosure import visible_rates
from outcomes.showing.pooled import claim_beside_rates

ON, OFF = oc.policy(), oc.policy("off")
CLAIM = (0.70, 0.75)


def made(better: int, lost: int = 0):
    """Coaching with so many better and so many without an end score; therapy is large."""
    rows = [("coaching", 20, 5)] * better + [("coaching", 20, 20)] * 40
    rows += [("coaching", 20, None)] * lost
    rows += [("therapy", 20, 5)] * 63 + [("therapy", 20, 20)] * 57
    frame = pd.DataFrame(rows, columns=["arm", "pre", "post"]).astype(
        {"pre": "float64", "post": "float64"}
    )
    changes = oc.change(frame, instrument="phq9", by="arm")
    return changes, oc.claim(frame, CLAIM, instrument="phq9")


@pytest.mark.parametrize(("better", "shown"), [(4, False), (5, True), (0, True)])
def test_all_less_therapy_is_coaching(better, shown):
    changes, result = made(better)
    found = claim_beside_rates(result, changes, ON)
    assert (found is not None) is shown
    assert claim_beside_rates(result, changes, OFF) is not None


def test_the_ways_that_are_left_keep_their_numbers_and_questions():
    changes, result = made(10)
    found = claim_beside_rates(result, changes, ON)
    assert len(found.questions) == len(found.specifications)
    pd.testing.assert_frame_equal(found.specifications, result.specifications)


def test_a_hidden_total_of_one_group_hides_the_ways_out_of_everybody():
    """Two in coaching have no end score, so how many started there is hidden."""
    changes, result = made(10, lost=2)
    flags = changes.rates.join(visible_rates(changes, ON).add_suffix("_shown"))
    started = flags[flags["denominator"].eq("started") & flags["group"].eq("coaching")]
    assert not started["n_total_shown"].any()
    found = claim_beside_rates(result, changes, ON)
    assert found is None or "started" not in set(found.specifications["denominator"])
