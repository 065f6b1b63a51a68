"""Couples by hand, and that there is no first partner."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.change import change
from outcomes.change.partners import couples
from outcomes.change.partners.units import mean_factor
from outcomes.errors import NotEnoughData, UsageError
from outcomes.proportions import wilson

EXACT = 1e-12
SCORES = {  # PHQ-9, lower is better: reliable from 6 points on, clinical from 10 on.
    "both recover": ((20, 8), (18, 6)),
    "discordant": ((20, 8), (10, 20)),
    "one known": ((15, 14), (15, np.nan)),
    "one improves": ((22, 16), (20, 20)),
    "nobody known": ((15, np.nan), (np.nan, 9)),
}


def people(*names: str) -> pd.DataFrame:
    rows = [(f"c{place}", *scores) for place, name in enumerate(names) for scores in SCORES[name]]
    return pd.DataFrame(rows, columns=["couple_id", "pre", "post"]).astype({"post": float})


def share(result, unit, measure="reliable_improvement", denominator="paired"):
    row = result.rate(unit, measure, denominator).iloc[0]
    return int(row["n"]), int(row["n_total"])


class TestByHand:
    @pytest.fixture
    def found(self):
        return couples(people(*SCORES), instrument="phq9")

    def test_units(self, found):
        assert share(found, "partner") == (4, 7)
        assert share(found, "both") == (1, 3)
        assert share(found, "either") == (3, 3)
        # Means fall by 12, 1 and 3; the threshold of a mean is 6 / sqrt(2) = 4.24.
        assert share(found, "couple_mean") == (1, 3)
        assert share(found, "weaker") == (3, 3)

    def test_everybody_stays_in_the_denominator_of_all_who_started(self, found):
        assert share(found, "both", denominator="started") == (1, 5)
        assert share(found, "couple", "one_partner", "started") == (1, 5)
        assert share(found, "couple", "no_partner", "started") == (1, 5)
        assert (found.n_couples, found.n_both, found.n_one) == (5, 3, 1)

    def test_discordance_is_counted_and_missing_where_not_known(self, found):
        assert share(found, "couple", "discordant") == (1, 3)
        assert found.frame["discordant"].tolist()[:2] == [False, True]
        assert found.frame["discordant"].isna().sum() == 2
        assert "In 1 of 3" in found.sentence()

    def test_recovery_among_those_who_could(self, found):
        assert share(found, "both", "reliable_recovery", "clinical at start") == (1, 3)
        assert share(found, "weaker", "reliable_recovery", "clinical at start") == (2, 3)

    def test_the_cross_table_has_no_first_partner(self, found):
        table = found.cross_table()
        assert table.loc["recovered", "recovered"] == 1
        assert table.loc["recovered", "deteriorated"] == 1
        assert table.loc["improved", "unchanged"] == 1
        assert table.to_numpy().sum() == 3

    def test_couples_have_wilsons_interval(self, found):
        row = found.rate("both", "reliable_improvement").iloc[0]
        assert (row["low"], row["high"]) == pytest.approx(wilson(1, 3), abs=EXACT)


class TestTheMeanOfTwo:
    @pytest.mark.parametrize(("rho", "factor"), [(0, 0.5**0.5), (0.5, 0.75**0.5), (1, 1)])
    def test_error_of_a_mean(self, rho, factor):
        assert mean_factor(rho) == pytest.approx(factor, abs=EXACT)

    def test_by_simulation(self):
        rng = np.random.default_rng(4)
        errors = rng.multivariate_normal([0, 0], [[1, 0.3], [0.3, 1]], 200_000).mean(axis=1)
        assert errors.std() == pytest.approx(mean_factor(0.3), rel=0.01)

    @pytest.mark.parametrize(("gain", "n"), [(4.0, 0), (4.5, 1)])
    def test_below_and_above_the_threshold_of_a_mean(self, gain, n):
        frame = pd.DataFrame({"couple_id": ["a", "a"], "pre": [20.0, 20.0], "post": 20 - gain})
        assert share(couples(frame, instrument="phq9"), "couple_mean") == (n, 1)
        assert share(couples(frame, instrument="phq9", error_correlation=1), "couple_mean")[0] == 0

    def test_an_impossible_correlation_is_refused(self):
        with pytest.raises(UsageError, match="between 0 and 1"):
            couples(people("both recover"), instrument="phq9", error_correlation=1.5)


class TestClusters:
    def test_agreeing_partners_count_as_couples(self):
        frame = people(*["both recover"] * 10)
        still = people(*["one improves"] * 10).assign(post=lambda f: f["pre"])
        still["couple_id"] = "x" + still["couple_id"]
        found = couples(pd.concat([frame, still]), instrument="phq9")
        row = found.rate("partner", "reliable_improvement").iloc[0]
        assert (row["n"], row["n_total"]) == (20, 40)
        # Twenty couples, t on 19 degrees of freedom (2.0930).
        assert row["n_effective"] == pytest.approx(20 * (1.959964 / 2.093024) ** 2, rel=1e-6)

    def test_practitioners_widen_the_interval_of_couples(self):
        frame = people(*["both recover"] * 6, *["discordant"] * 6)
        frame["who"] = np.repeat(["p", "q", "r", "s"], 6)
        alone = couples(frame, instrument="phq9").rate("both", "reliable_improvement").iloc[0]
        found = couples(frame, instrument="phq9", cluster="who")
        row = found.rate("both", "reliable_improvement").iloc[0]
        assert row["n_effective"] < alone["n_effective"] == 12


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(sorted(SCORES)), min_size=1, max_size=8), st.randoms())
def test_swapping_partners_and_shuffling_rows_changes_nothing(names, random):
    frame = people("both recover", *names)
    order = list(range(len(frame)))
    random.shuffle(order)
    one, other = (couples(f, instrument="phq9") for f in (frame, frame.iloc[order]))
    pd.testing.assert_frame_equal(one.rates, other.rates)
    pd.testing.assert_frame_equal(one.frame, other.frame)


def test_people_without_a_couple_are_left_out_and_counted():
    frame = pd.concat([people("both recover"), people("discordant").assign(couple_id=None)])
    found = couples(frame, instrument="phq9")
    assert (found.n_couples, found.n_without_couple) == (1, 2)
    assert share(found, "partner") == (2, 2)


def test_a_couple_of_one_row_is_kept():
    frame = people("both recover", "discordant").iloc[:3]
    found = couples(frame, instrument="phq9")
    assert (found.n_couples, found.n_one) == (2, 1)


def test_the_result_of_change_is_taken_as_it_is():
    frame = people("both recover", "one improves")
    result = change(frame, instrument="phq9")
    pd.testing.assert_frame_equal(couples(result).rates, couples(frame, instrument="phq9").rates)
    with pytest.raises(UsageError, match="result is given"):
        couples(result, instrument="phq9")


class TestRefusals:
    def test_three_rows_of_a_couple(self):
        frame = people("both recover", "discordant").assign(couple_id="a")
        with pytest.raises(UsageError, match="more than two rows"):
            couples(frame, instrument="phq9")

    def test_partners_in_different_groups(self):
        frame = people("both recover").assign(arm=["coaching", "therapy"])
        with pytest.raises(UsageError, match="differ in"):
            couples(frame, instrument="phq9", by="arm")

    def test_no_couple(self):
        with pytest.raises(NotEnoughData):
            couples(people("both recover").assign(couple_id=None), instrument="phq9")
