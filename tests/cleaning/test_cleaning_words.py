"""Which unknown words of a coded column an error may show."""

from __future__ import annotations

import pandas as pd
import pytest

from outcomes.cleaning import cleaning_policy
from outcomes.cleaning.words import _listed


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("x" * 40, True),
        ("x" * 41, False),
        ("was off for the day again", True),
        ("was off for the day again today", False),
    ],
)
def test_what_is_longer_than_a_status_is_counted_and_not_shown(word, shown):
    listed = _listed(pd.Series({word: 3}), cleaning_policy())
    assert (word[:10] in listed) == shown
    assert ("1 not shown" in listed) != shown
