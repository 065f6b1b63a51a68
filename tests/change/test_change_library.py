"""`change` with the instruments of the library: published facts are the defaults."""

from __future__ import annotations

import pandas as pd
import pytest

from outcomes.change import change
from outcomes.errors import UsageError


def one(pre: float, post: float) -> pd.DataFrame:
    return pd.DataFrame({"pre": [float(pre)], "post": [float(post)]})


@pytest.mark.parametrize(
    ("instrument", "pre", "post", "category"),
    [
        # NHS Talking Therapies: PHQ-9 at least 6 and clinical at 10, GAD-7 at least 4 and at 8.
        ("phq9", 15, 9, "recovered"),
        ("phq9", 14, 9, "unchanged"),
        ("phq9", 9, 15, "harmed"),
        ("gad7", 11, 7, "recovered"),
        ("gad7", 10, 7, "unchanged"),
        ("gad7", 7, 11, "harmed"),
    ],
)
def test_published_boundaries(instrument, pre, post, category):
    result = change(one(pre, post), instrument=instrument)
    assert result.frame["category"].tolist() == [category]
    assert result.basis == "published"
    assert result.instrument == instrument


def test_the_core10_threshold_is_said_to_be_a_90_percent_one():
    result = change(one(20, 12), instrument="core10")
    assert "90 % confidence, not 95 %" in result.warnings[0]


def test_the_direction_of_the_library_cannot_be_turned():
    with pytest.raises(UsageError, match="contradicts"):
        change(one(20, 12), instrument="phq9", direction="higher")
    assert change(one(40, 60), instrument="who5", sd=20, reliability=0.8).direction == "higher"
