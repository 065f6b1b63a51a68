"""Figures and tables of change over the sessions: what is drawn, what is hidden."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes import figures, tables
from outcomes.showing.sessions import visible_shares

SCALE = {"direction": "lower", "reliability": 0.9, "sd": 5.0}


def practice(n, *, arms=("coaching", "therapy"), seed=2):
    rng = np.random.default_rng(seed)
    rows = []
    for person in range(n):
        start = rng.normal(16, 5)
        for k in range(5):
            score = start - 1.5 * k + rng.normal(0, 2.5)
            rows.append((f"c{person}", f"e{person}", k, 7 * k, score, arms[person % len(arms)]))
    columns = ["client_id", "episode_id", "number", "day", "score", "arm"]
    return pd.DataFrame(rows, columns=columns).assign(ended_on=pd.Timestamp("2026-01-01"))


@pytest.fixture(scope="module")
def frame():
    return practice(160)


def test_the_curve_is_the_result_and_no_more(frame):
    result = oc.first_change(frame, by="arm", **SCALE)
    drawn = result.plot()
    assert drawn.data["improved"].tolist() == result.curve["improved"].tolist()
    assert "by week" in drawn.alt
    assert "<svg" in drawn.svg


def test_a_small_group_is_named_and_not_drawn(frame):
    few = frame[frame["arm"].eq("therapy") | frame["client_id"].isin(["c0", "c2", "c4"])]
    drawn = oc.first_change(few, by="arm", **SCALE).plot()
    assert set(drawn.data["group"]) == {"therapy"}
    assert "Coaching" in drawn.notes[0]
    assert "hidden" in drawn.alt
    whole = oc.first_change(few, by="arm", **SCALE).plot(policy=oc.policy("off"))
    assert set(whole.data["group"]) == {"coaching", "therapy"}


@pytest.mark.parametrize("direction", ["lower", "higher"])
def test_the_alert_area_lies_on_the_worse_side(frame, direction):
    scores = frame.assign(score=frame["score"] if direction == "lower" else 40 - frame["score"])
    result = oc.on_track(scores, **{**SCALE, "direction": direction})
    data = result.plot().data
    worse = data["limit"] > data["expected"] if direction == "lower" else (
        data["limit"] < data["expected"]
    )  # fmt: skip
    assert worse.all()


def test_says_so_where_nobody_can_be_drawn():
    drawn = oc.on_track(practice(4), **SCALE).plot()
    assert drawn.notes == ("Too few people for an expected course.",)


def test_small_cells_are_hidden_with_what_gives_them_away(frame):
    result = oc.sudden_gains(frame, by="arm", **SCALE)
    table = tables.sessions_table(result, oc.policy())
    for row, cells in zip(result.rates.itertuples(), table.rows, strict=True):
        small = any(0 < count < 5 for count in (row.n, row.n_total - row.n, row.n_total))
        if small:
            assert cells[2].state == "suppressed"
        if cells[2].state == "shown":
            assert cells[2].value == row.n


def test_zero_is_shown_and_nobody_is_missing():
    steady = practice(40).assign(score=10.0)
    steady.loc[steady["client_id"].eq("c0"), "score"] += steady["number"]
    table = tables.sessions_table(oc.setbacks(steady, **SCALE), oc.policy())
    shown = {cells[0].text: cells for cells in table.rows}
    assert shown["Setback"][2].value == 0
    assert shown["Came back from the setback"][3].state == "missing"


def test_every_share_has_words(frame):
    for call in (oc.sudden_gains, oc.setbacks, oc.early_response, oc.on_track):
        result = call(frame, **SCALE)
        assert tables.sessions_table(result, oc.policy()).rows
        assert set(figures.plot(oc.on_track(frame, **SCALE)).data) >= {"expected", "limit"}


class TestBesideTheRates:
    """What the table of rates tells of the same group is subtracted by a reader too."""

    @pytest.fixture
    def part(self):
        return oc.setbacks(practice(60), by="arm", **SCALE)

    def known(self, part, more):
        rates = part.rates
        found = {}
        for group, rows in rates.groupby("group"):
            better = rows[rows["measure"].str.startswith("improved")]["n"].sum()
            found[group] = (int(rows["n_total"].max()) + more, int(better))
        return found

    @pytest.mark.parametrize(("more", "hidden"), [(0, False), (1, True), (4, True), (5, False)])
    def test_few_people_left_over_hide_the_group(self, part, more, hidden):
        alone = visible_shares(part, oc.policy())
        beside = visible_shares(part, oc.policy(), self.known(part, more))
        assert alone["n_total"].any()
        assert (not beside.to_numpy().any()) is hidden
        if not hidden:
            assert beside.equals(alone)

    def test_without_suppression_nothing_is_hidden(self, part):
        assert visible_shares(part, oc.policy("off"), self.known(part, 1)).to_numpy().all()
