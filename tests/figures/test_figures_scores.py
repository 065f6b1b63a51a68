"""The scatter of scores: what is moved, what stays, and what cannot be read off."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes import figures
from outcomes.change import change
from outcomes.figures.blurring import ACROSS, ALONG, moved
from outcomes.privacy import policy

ON, OFF = policy(), policy("off")
THRESHOLD = 6.0
LIMITS = (0.0, 27.0)

scores = st.lists(st.tuples(st.integers(0, 27), st.integers(0, 27)), min_size=1, max_size=60).map(
    lambda pairs: np.array(pairs, dtype=float).T
)


def band(difference):
    return np.where(difference <= -THRESHOLD, -1, np.where(difference >= THRESHOLD, 1, 0)).astype(
        np.int8
    )


def blur(start, end, free=(), seed=0):
    return moved(
        start, end, band(end - start), free=free, threshold=THRESHOLD, limits=LIMITS, seed=seed
    )


class TestMoved:
    @settings(max_examples=30, deadline=None)
    @given(scores)
    def test_every_point_moves_and_stays_in_its_zone(self, pairs):
        start, end = pairs
        x, y, kept = blur(start, end)
        assert kept.mean() > 0.9
        assert (band(y - x)[kept] == band(end - start)[kept]).all()
        assert (np.hypot(x - start, y - end)[kept] > 0.5).all()
        assert ((x >= 0) & (x <= 27) & (y >= 0) & (y <= 27)).all()

    @settings(max_examples=20, deadline=None)
    @given(scores)
    def test_row_order_does_not_matter(self, pairs):
        start, end = pairs
        order = np.argsort((7 * np.arange(len(start))) % (len(start) + 1), kind="stable")
        one = blur(start, end)
        two = blur(start[order], end[order])
        for first, second in zip(one, two, strict=True):
            np.testing.assert_array_equal(np.sort(first), np.sort(second))

    def test_shifts_are_bounded(self):
        rng = np.random.default_rng(1)
        start, end = rng.integers(0, 28, (2, 300)).astype(float)
        x, y, _ = blur(start, end)
        assert (np.abs((y - x) - (end - start)) <= ACROSS * THRESHOLD + 1e-9).all()
        assert (np.abs((x + y) - (start + end)) / 2 <= ALONG * THRESHOLD + 1e-9).all()

    def test_points_may_cross_between_zones_that_are_one(self):
        start = np.full(400, 12.0)
        end = np.full(400, 17.0)  # a point below the border
        x, y, _ = blur(start, end, free=(0, 1))
        assert set(band(y - x)) == {0, 1}

    def test_the_seed_alone_does_not_repeat_the_shifts(self):
        rng = np.random.default_rng(2)
        start, end = rng.integers(5, 20, (2, 40)).astype(float)
        other = np.append(start, 9.0), np.append(end, 8.0)
        shift = (blur(start, end)[0] - start).round(6)
        again = (blur(*other)[0][:-1] - start).round(6)
        assert len(set(shift) & set(again)) == 0

    def test_another_seed_gives_other_points(self):
        start, end = np.array([10.0, 12.0]), np.array([9.0, 3.0])
        assert (blur(start, end, seed=1)[0] != blur(start, end, seed=2)[0]).all()


class TestFigure:
    def test_exact_points_when_the_policy_is_off(self, frame, changes):
        data = figures.start_against_end(changes, OFF).data
        there = frame.dropna(subset="post")
        expected = there[["arm", "pre", "post"]].sort_values(["arm", "pre", "post"])
        found = data.sort_values(["group", "start", "end"])
        assert found[["start", "end"]].to_numpy().tolist() == (
            expected[["pre", "post"]].to_numpy().tolist()
        )

    def test_moved_points_stand_in_zones_that_are_shown(self, changes):
        figure = figures.start_against_end(changes, ON, seed=5)
        n = changes.rates.set_index(["group", "measure", "denominator"])["n"]
        for (group, zone), part in figure.data.groupby(["group", "zone"]):
            if zone == "reliably better":
                assert len(part) == n[group, "reliable_improvement", "paired"]
                assert (part["end"] - part["start"] <= -changes.threshold + 0.02).all()

    def test_a_zone_with_few_people_is_not_told_apart(self):
        pre = np.array([15.0] * 20 + [14.0] * 40 + [5.0] * 3)
        post = np.array([5.0] * 20 + [13.0] * 40 + [12.0] * 3)
        frame = pd.DataFrame({"pre": pre, "post": post, "arm": "coaching"})
        figure = figures.start_against_end(change(frame, instrument="phq9", by="arm"), ON)
        assert set(figure.data["zone"]) == {"reliably better", "not shown"}
        assert "reliably worse hidden (small)" in figure.alt
        assert any("do not count" in note for note in figure.notes)

    def test_an_arm_with_few_pairs_is_not_drawn_and_said_so(self, people):
        frame = people({"coaching": 9, "therapy": 60})
        figure = figures.start_against_end(change(frame, instrument="phq9", by="arm"), ON)
        assert set(figure.data["group"]) == {"therapy"}
        assert any("Coaching" in note and "10" in note for note in figure.notes)
        exact = figures.start_against_end(change(frame, instrument="phq9", by="arm"), OFF)
        assert set(exact.data["group"]) == {"coaching", "therapy"}

    def test_higher_is_better_turns_the_zones(self):
        frame = pd.DataFrame({"pre": [40.0] * 12 + [80.0] * 12, "post": [80.0] * 24})
        result = change(frame, direction="higher", reliability=0.9, sd=10.0)
        data = figures.start_against_end(result, ON).data
        better = data[data["zone"] == "reliably better"]
        assert len(better) == 12
        assert (better["end"] > better["start"]).all()

    def test_nothing_is_edited(self, frame, changes):
        before = frame.copy()
        figures.start_against_end(changes, ON)
        pd.testing.assert_frame_equal(frame, before)


class TestOtherMethods:
    """The band of a method is drawn by its own limits, and points stay on their side of it."""

    KNOWN = MappingProxyType({"direction": "lower", "instrument": "phq9"})

    @pytest.fixture
    def frame(self):
        rng = np.random.default_rng(1)
        table = pd.DataFrame(rng.integers(0, 28, (200, 3)), columns=["pre", "mid", "post"])
        return table.astype(float)

    def test_points_stay_in_the_zones_of_the_method(self, frame):
        for method, more in (
            ("gln", {"reliability": 0.8}),
            ("percentage", {"percentage": 50}),
            ("anchor", {"important_change": 5}),
        ):
            result = change(frame, method=method, **self.KNOWN, **more)
            data = figures.plot(result, kind="scores", policy=ON).data
            low, high = result.limits(data["start"].to_numpy())
            better, worse = data["zone"] == "reliably better", data["zone"] == "reliably worse"
            rounding = 0.02  # the data are rounded to two decimals
            assert (data["end"][better] <= low[better] + rounding).all()
            assert (data["end"][worse] >= high[worse] - rounding).all()
            assert len(data) > 150

    def test_without_a_band_no_zone_is_told(self, frame):
        for method, more in (("stat", {}), ("hlm", {"occasions": ["pre", "mid", "post"]})):
            result = change(frame, method=method, **self.KNOWN, **more)
            figure = figures.plot(result, kind="scores", policy=ON)
            assert set(figure.data["zone"]) == {"not shown"}
            assert "no band" in figure.caption
            exact = set(zip(frame["pre"], frame["post"], strict=True))
            shown = set(zip(figure.data["start"], figure.data["end"], strict=True))
            assert not shown & exact
