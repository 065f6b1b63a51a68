"""`leaving`: from a study or a frame to curves, differences, verdicts and words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from leaving_data import CAUSE, CLUSTER, TIME

import outcomes as oc
from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.leaving import leaving
from outcomes.schema.verdicts import Verdict

WORDS = np.array(["open", "dropout", "planned"])


def frame(**more) -> pd.DataFrame:
    return pd.DataFrame({"weeks": TIME, "end": WORDS[CAUSE], "site": CLUSTER, **more})


@pytest.fixture(scope="module")
def result(example_study):
    return leaving(example_study, by="intervention", cluster="practitioner_id")


def two_groups(n: int, seed: int, rate: float = 2.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    arm = np.arange(n) % 2
    drop, plan = rng.exponential(20 / (1 + (rate - 1) * arm)), rng.exponential(12, n)
    known = rng.uniform(5, 30, n)
    weeks = np.minimum(np.minimum(drop, plan), known)
    end = np.where(weeks == known, "open", np.where(drop < plan, "dropout", "planned"))
    site = rng.integers(0, 15, n)
    return pd.DataFrame({"weeks": weeks, "end": end, "arm": np.where(arm, "b", "a"), "site": site})


def test_counts_add_up_and_shares_too(result):
    for _, row in result.summary.iterrows():
        ways = [row[f"n_{word}"] for word in (*result.causes, "open")]
        assert sum(ways) == row["n"]
        curve = result.curves[result.curves["group"].eq(row["group"])]
        wide = curve.pivot_table(index="time", columns="state", values="share")
        np.testing.assert_allclose(wide.sum(axis=1), 1, atol=1e-12)
    assert result.n_used + sum(result.left_out.values()) == result.n_rows
    assert result.cells["n"].sum() == result.n_used


def test_definitions_stand_side_by_side(result):
    table = result.definitions.set_index(["definition", "group"])
    assert len(table.index.get_level_values(0).unique()) == 4
    main = result.summary.set_index("group")
    for group in result.groups:
        row = table.loc[("unplanned", group)]
        assert row["share"] == main.loc[group, "dropout"]
        bound = table.loc[("unplanned_or_not_known", group)]
        assert bound["n_dropout"] >= row["n_dropout"]
        assert row["n"] == bound["n"]


def test_a_frame_of_words_is_the_same_as_one_cause_after_the_other():
    found = leaving(frame(), time="weeks", event="end", horizon=8)
    assert found.causes == ("dropout", "planned", "other")
    assert found.unit == "weeks"
    row = found.summary.iloc[0]
    # R survival: 0.376 dropped out, 0.281 ended as planned by 8.
    assert row["dropout"] == pytest.approx(0.3761904761904761)
    assert row["planned"] == pytest.approx(0.2809523809523809)
    assert row["other"] == 0
    single = leaving(
        frame().assign(left=CAUSE > 0), time="weeks", event="left", unit="months", horizon=8
    )
    assert single.causes == ("left",)
    assert single.summary.iloc[0]["mean"] == row["mean"]
    assert single.unit == "months"


def test_everybody_in_a_cluster_of_their_own_is_no_cluster():
    alone = leaving(frame(who=np.arange(12)), time="weeks", event="end", cluster="who", horizon=8)
    plain = leaving(frame(), time="weeks", event="end", horizon=8)
    pd.testing.assert_frame_equal(alone.summary, plain.summary)


def test_a_difference_counts_practitioners_with_people_in_both_once():
    data = two_groups(200, 1)
    data["twin"] = np.arange(200) // 2  # each pair has one person in each group
    crossed = leaving(data, time="weeks", event="end", by="arm", cluster="twin", horizon=10)
    row = crossed.differences.iloc[0]
    assert row["df"] == pytest.approx(99)
    plain = leaving(data, time="weeks", event="end", by="arm", horizon=10).differences.iloc[0]
    assert row["estimate"] == plain["estimate"]
    # Pairs at random: about the same error.
    assert row["se"] == pytest.approx(plain["se"], rel=0.25)


def test_welch_where_no_cluster_is_in_both():
    data = two_groups(200, 2)
    data["site"] = data["arm"] + (np.arange(200) % 12).astype(str)
    row = leaving(
        data, time="weeks", event="end", by="arm", cluster="site", horizon=10
    ).differences.iloc[0]
    assert 5 <= row["df"] <= 10 + 1e-9
    # Twelve sites, but six in each group.
    found = leaving(data, time="weeks", event="end", by="arm", cluster="site", horizon=10)
    assert (found.n_clusters, found.fewest_clusters) == (12, 6)
    assert any("6 clusters in a group" in text for text in found.warnings)


def test_verdicts_follow_from_stored_numbers():
    clear = leaving(two_groups(800, 3, rate=3), time="weeks", event="end", by="arm", horizon=10)
    assert clear.verdict() is Verdict.SUPPORTED
    same = leaving(two_groups(300, 14, rate=1), time="weeks", event="end", by="arm", horizon=10)
    assert same.verdict() is Verdict.CANNOT_TELL
    few = leaving(two_groups(24, 5, rate=9), time="weeks", event="end", by="arm", horizon=5)
    assert few.verdict() is Verdict.CANNOT_TELL
    alone = leaving(two_groups(50, 6), time="weeks", event="end", horizon=5)
    assert alone.verdict() is Verdict.CANNOT_TELL
    assert alone.differences.empty


def test_row_order_and_an_empty_group_change_nothing():
    data = two_groups(120, 7)
    one = leaving(data, time="weeks", event="end", by="arm", cluster="site")
    mixed = data.sample(frac=1, random_state=3).reset_index(drop=True)
    other = leaving(mixed, time="weeks", event="end", by="arm", cluster="site")
    pd.testing.assert_frame_equal(one.summary, other.summary)
    pd.testing.assert_frame_equal(one.differences, other.differences)
    wider = data.assign(arm=pd.Categorical(data["arm"], ["a", "b", "c"]))
    third = leaving(wider, time="weeks", event="end", by="arm", cluster="site")
    pd.testing.assert_frame_equal(one.summary, third.summary)


def test_the_first_level_of_a_category_is_the_reference():
    data = two_groups(100, 8)
    data["arm"] = pd.Categorical(data["arm"], ["b", "a"])
    found = leaving(data, time="weeks", event="end", by="arm", horizon=8)
    assert found.groups == ["b", "a"]
    assert found.differences["reference"].eq("b").all()


def test_missing_times_are_counted_and_missing_groups_named():
    data = two_groups(60, 9)
    data.loc[:3, "weeks"] = np.nan
    data.loc[10:12, "arm"] = None
    found = leaving(data, time="weeks", event="end", by="arm", horizon=5)
    assert found.left_out == {"without weeks": 4}
    assert (found.n_rows, found.n_used) == (60, 56)
    assert "not stated" in found.groups


def test_a_group_that_was_not_followed_to_the_horizon_has_no_mean():
    data = two_groups(60, 10)
    data.loc[data["arm"].eq("b"), "weeks"] = 3.0
    data.loc[data["arm"].eq("b"), "end"] = "open"
    found = leaving(data, time="weeks", event="end", by="arm", horizon=6)
    row = found.summary.set_index("group").loc["b"]
    assert np.isnan(row["mean"])
    assert any("not followed" in text for text in found.warnings)
    assert "time in care" not in set(found.differences["measure"])


def test_the_horizon_keeps_ten_people_in_every_group():
    data = pd.DataFrame(
        {"weeks": [*range(1, 31), *range(1, 16)], "left": 1, "arm": ["a"] * 30 + ["b"] * 15}
    )
    found = leaving(data, time="weeks", event="left", by="arm")
    # Ten of b are there just before week 6.
    assert found.horizon == 6


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"definition": "gone"}, "gone"),
        ({"unit": "months"}, "months"),
        ({"by": "client_id"}, "client_id"),
        ({"cluster": "nothing"}, "nothing"),
        ({"horizon": 0.0}, "horizon"),
        ({"transform": "none"}, "transform"),
        ({"level": 2.0}, "level"),
    ],
)
def test_wrong_options_are_named(example_study, options, message):
    with pytest.raises(UsageError, match=message):
        leaving(example_study, **options)


def test_wrong_frames_are_named():
    with pytest.raises(UsageError, match="time and event"):
        leaving(frame())
    with pytest.raises(UsageError, match="ways of ending"):
        leaving(frame().assign(end="gone"), time="weeks", event="end")
    with pytest.raises(NotEnoughData):
        leaving(frame().assign(weeks=np.nan), time="weeks", event="end")


def test_a_result_speaks_for_itself(result):
    said = result.explain()
    for word in ("Aalen-Johansen", "does not tell", "Left out", "Source", "horizon"):
        assert word.lower() in said.lower()
    assert "LeavingResult" in repr(result)
    assert "<table" in result._repr_html_()
    assert len(result.to_frame()) == len(result.curves)
    assert result.converged


def test_no_argument_is_edited(example_study):
    before = example_study.episodes.copy()
    oc.leaving(example_study, by="arm", unit="sessions")
    pd.testing.assert_frame_equal(example_study.episodes, before)
    data = two_groups(60, 11)
    kept = data.copy()
    oc.leaving(data, time="weeks", event="end", by="arm")
    oc.cox("weeks ~ arm", data, event="end", cause="dropout", cluster="site")
    oc.leaving_by_visit("visit ~ arm", data.assign(visit=np.ceil(data["weeks"] / 5)), event="end",
                        cause="dropout")  # fmt: skip
    pd.testing.assert_frame_equal(data, kept)
