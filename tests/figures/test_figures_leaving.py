"""Figures and tables of leaving: what is drawn, what is hidden, and what is said."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from outcomes import tables
from outcomes.errors import UsageError
from outcomes.models.leaving import cox, dropout_weights, leaving, leaving_by_visit
from outcomes.privacy import policy
from outcomes.showing.leaving import numbers_at_risk, visible_counts, visible_curve


@pytest.fixture(scope="module")
def result(example_study):
    return leaving(example_study, by="intervention", cluster="practitioner_id")


def people(counts: dict[str, dict[str, int]]) -> pd.DataFrame:
    """`counts` people by group and word, one after the other from week 1."""
    rows = [
        {"arm": arm, "weeks": 1.0 + place, "end": word}
        for arm, words in counts.items()
        for word, n in words.items()
        for place in range(n)
    ]
    return pd.DataFrame(rows)


def estimate(**counts: dict[str, int]):
    return leaving(people(counts), time="weeks", event="end", by="arm", horizon=8)


@pytest.mark.parametrize("kind", ["dropout", "in care", "endings"])
def test_every_kind_is_drawn_with_words(result, kind):
    figure = result.plot(kind=kind)
    assert figure.svg.startswith("<svg")
    assert figure.svg_narrow.startswith("<svg")
    assert "Coaching" in figure.alt
    assert "Therapy" in figure.alt
    assert "%" in figure.alt
    assert len(figure.data)
    with pytest.raises(UsageError, match="drawn"):
        result.plot(kind="pie")


def test_the_same_result_gives_the_same_bytes(result):
    assert result.plot().svg == result.plot().svg


def test_a_step_is_never_made_by_few(result):
    rules = policy()
    for group in result.groups:
        drawn = visible_curve(result, group, "dropout", rules)
        whole = result.curves[
            result.curves["group"].eq(group) & result.curves["state"].eq("dropout")
        ]
        made = whole.groupby(np.searchsorted(drawn["time"], whole["time"]))["events"].sum()
        made = made[made.index < len(drawn)]
        assert made.ge(rules.minimum_count).all()
        # What is drawn is the estimate at those times, and the last is the one at the horizon.
        known = whole.set_index("time")["share"]
        assert drawn["share"].tolist() == known[drawn["time"]].tolist()
        assert drawn["share"].iloc[-1] == known[known.index <= result.horizon].iloc[-1]


def test_nothing_is_joined_where_nothing_is_hidden(result):
    drawn = visible_curve(result, "therapy", "dropout", policy("off"))
    rows = result.curves
    rows = rows[rows["group"].eq("therapy") & rows["state"].eq("dropout") & rows["events"].gt(0)]
    assert drawn["time"].tolist() == rows["time"].tolist()


@pytest.mark.parametrize(("dropouts", "drawn"), [(4, False), (5, True), (0, True)])
def test_few_dropouts_are_hidden(dropouts, drawn):
    words = {"dropout": dropouts, "planned": 20, "open": 10}
    found = estimate(a=words, b={"dropout": 12, "planned": 15, "open": 10})
    curve = visible_curve(found, "a", "dropout", policy())
    assert (curve is not None) is drawn
    figure = found.plot(policy=policy())
    table = tables.leaving_table(found, policy()).to_frame().set_index("group")
    if not drawn:
        assert "a: hidden (small)" in figure.alt
        assert "a" not in set(figure.data["group"])
        assert table.loc["a", "dropout"] == "hidden (small)"
        # Nor may the number of those who ended as planned give it away.
        hidden_cells = (table.loc["a"] == "hidden (small)").sum()
        assert hidden_cells >= 2
    else:
        assert table.loc["a", "dropout"] == dropouts


@pytest.mark.parametrize(("n", "shown"), [(9, False), (10, True)])
def test_a_small_group_is_hidden_whole(n, shown):
    found = estimate(a={"dropout": 5, "planned": n - 5}, b={"dropout": 12, "planned": 15})
    seen = visible_counts(found, policy())
    assert seen["a", "ending", ""] is shown
    if not shown:
        assert not any(ok for (group, *_), ok in seen.items() if group == "a")
        assert numbers_at_risk(found, "a", np.array([0.0, 4.0]), policy()) == [None, None]


def test_nobody_dropped_out_is_shown_as_none():
    found = estimate(a={"planned": 20, "open": 10}, b={"dropout": 12, "planned": 15})
    curve = visible_curve(found, "a", "dropout", policy())
    assert curve["share"].tolist() == [0.0]
    assert "a: 0 %" in found.plot().alt


def test_all_hidden_still_gives_a_figure():
    found = estimate(a={"dropout": 2, "planned": 3})
    for kind in ("dropout", "in care", "endings"):
        figure = found.plot(kind=kind)
        assert figure.svg.startswith("<svg")
        assert figure.data.empty


def test_definitions_that_differ_by_few_are_not_both_shown(result):
    table = tables.dropout_definitions_table(result, policy()).to_frame()
    known = result.definitions
    for group, label in (("coaching", "Coaching"), ("therapy", "Therapy")):
        shown = table[table["group"].eq(label)].set_index("definition")["dropouts"]
        counts = [n for n in shown if n != "hidden (small)"]
        gaps = [abs(a - b) for a in counts for b in counts]
        assert all(gap == 0 or gap >= 5 for gap in gaps)
        assert known[known["group"].eq(group)]["n_dropout"].iloc[0] in counts


def test_numbers_still_there_never_differ_by_few(result):
    times = np.arange(0, 17, 2.0)
    shown = [n for n in numbers_at_risk(result, "coaching", times, policy()) if n is not None]
    assert all(a == b or a - b >= 5 for a, b in pairwise(shown))


def test_ratios_are_drawn_or_the_figure_says_why_not():
    rng = np.random.default_rng(1)
    data = pd.DataFrame({"weeks": rng.exponential(5, 60), "left": rng.integers(0, 2, 60),
                         "x": rng.normal(size=60)})  # fmt: skip
    figure = cox("weeks ~ x", data, event="left").plot()
    assert "Hazard ratio" in figure.caption
    assert list(figure.data["term"]) == ["x"]
    odds = leaving_by_visit("v ~ x", data.assign(v=np.ceil(data["weeks"] / 4)), event="left")
    assert "Odds ratio" in odds.plot().caption
    parted = cox("weeks ~ bad", data.assign(bad=data["left"]), event="left").plot()
    assert "cannot tell" in parted.alt
    assert parted.data.empty
    assert any("has no end" in note for note in parted.notes)
    few = cox("weeks ~ x", data.assign(left=[1] * 4 + [0] * 56), event="left").plot()
    assert "hidden" in few.alt
    assert few.data.empty


def test_weights_show_both_analyses_and_hide_visits_where_few_left():
    rng = np.random.default_rng(2)
    n = 120
    start, rows = rng.normal(12, 3, n), []
    for visit, lost in ((1, 2), (2, 30)):
        score = rng.normal(10, 3, n)
        score[:lost] = np.nan
        rows.append(
            pd.DataFrame(
                {"who": range(n), "visit": visit, "start": start, "y": score,
                 "arm": ["a", "b"] * (n // 2)}
            )
        )  # fmt: skip
    found = dropout_weights(
        pd.concat(rows), person="who", visit="visit", outcome="y", start="start", arm="arm"
    )
    figure = found.plot()
    assert set(figure.data["analysis"]) == {"complete cases", "weighted for dropout"}
    assert set(figure.data["visit"]) == {2}
    assert "Weighted for dropout" in figure.alt
    assert set(found.plot(policy=policy("off")).data["visit"]) == {1, 2}
