"""Times to reliable change compared: leaving is a rival, and the checks decide here too."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from outcomes.comparison import compare_times
from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.leaving import leaving
from outcomes.models.weighting import Recipe
from outcomes.schema.verdicts import Verdict

ASKED = {"reference": "coaching", "covariates": ["pre"], "cluster": "practitioner"}


def people(seed=1, n=240, practitioners=24, faster=1.6, strength=0.6):
    rng = np.random.default_rng(seed)
    who = np.arange(n) % practitioners
    pre = rng.normal(15, 5, n)
    therapy = rng.uniform(size=n) < 1 / (1 + np.exp(-strength * (pre - 15) / 5))
    own = np.exp(rng.normal(0, 0.3, practitioners))[who]
    rate = 0.08 * np.exp(-0.05 * (pre - 15)) * np.where(therapy, faster, 1) * own
    change, left = rng.exponential(1 / rate), rng.exponential(25.0, n)
    seen = rng.uniform(13, 40, n)
    time = np.minimum(np.minimum(change, left), seen)
    words = np.where(
        change <= np.minimum(left, seen), "improved", np.where(left <= seen, "left", "still open")
    )
    arm = np.where(therapy, "therapy", "coaching")
    return pd.DataFrame(
        {"pre": pre, "arm": arm, "practitioner": who, "time": np.ceil(time), "event": words}
    )


def test_equals_the_unweighted_curve_when_the_arms_are_alike():
    frame = people(strength=0.0)
    half = pd.concat([frame.assign(arm=arm) for arm in ("coaching", "therapy")])
    later = half["arm"].eq("therapy") & half.groupby("arm").cumcount().mod(2).eq(0)
    both = half.assign(time=half["time"] + later).reset_index(drop=True)
    both = both.drop(columns="practitioner")
    found = compare_times(both, reference="coaching", covariates=["pre"], horizon=12)
    both["ending"] = both["event"].map(
        {"improved": "dropout", "left": "planned", "still open": "open"}
    )
    plain = leaving(both, time="time", event="ending", by="arm", horizon=12)
    row = plain.differences.query("measure == 'dropout by then'").iloc[0]
    assert found.share.estimate == pytest.approx(row["estimate"], rel=1e-8)


def test_shares_times_curves_and_counts():
    found = compare_times(people(), **ASKED, horizon=12, good=True)
    assert found.share.better == found.mean.better == "therapy"
    assert found.share.estimate > 0 > found.mean.estimate
    assert found.verdict is found.share.verdict
    assert found.share.n == {
        "coaching": found.events.loc[0, "n"],
        "therapy": found.events.loc[1, "n"],
    }
    at = found.curves.query("time <= 12").groupby("arm").last()
    assert at.loc["therapy", "reached"] - at.loc["coaching", "reached"] == pytest.approx(
        found.share.estimate, rel=1e-9
    )
    assert "12 weeks" in found.sentence
    assert "shorter" in found.sentence
    assert len(found.to_frame()) == 2
    assert "Aalen" in found.explain()
    assert found.plot().caption
    assert "<p>" in found._repr_html_()


def test_leaving_is_not_censoring():
    frame = people()
    censored = frame.assign(event=frame["event"].replace("left", "still open"))
    rival, naive = (compare_times(it, **ASKED, horizon=12) for it in (frame, censored))
    # As if the leavers went on: more would seem to get there in both arms.
    for arm in ("coaching", "therapy"):
        assert naive.share.means[arm] > rival.share.means[arm]


def test_unlike_arms_show_no_number_and_few_events_no_verdict():
    frame = people()
    frame["pre"] += 40 * frame["arm"].eq("therapy")
    found = compare_times(frame, **ASKED, horizon=12)
    assert found.verdict is Verdict.NOT_COMPARABLE
    assert math.isnan(found.share.estimate)
    assert math.isnan(found.mean.estimate)
    assert found.curves.empty
    assert "Not comparable" in found.sentence
    rare = people()
    rare.loc[rare.groupby("arm").cumcount() > 25, "event"] = "left"
    few = compare_times(rare, **ASKED, horizon=3)
    assert few.verdict is Verdict.CANNOT_TELL
    assert "events" in few.share.reasons


def test_a_recipe_and_true_or_false_events():
    frame = people()
    frame["event"] = frame["event"].eq("improved")
    found = compare_times(frame, **ASKED, horizon=12, recipe=Recipe(trim=0.2), unit="days")
    assert found.share.n_used < found.share.n_in
    assert "days" in found.sentence
    assert compare_times(frame, **ASKED).horizon > 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"horizon": 0},
        {"time": "arm"},
        {"event": "nothing"},
        {"uncertainty": "bootstrap"},
        {"effect": "ratio"},
    ],
)
def test_misuse_is_one_clear_error(wrong):
    with pytest.raises(UsageError):
        compare_times(people(), **{**ASKED, "horizon": 12, **wrong})


def test_bad_times_and_empty_arms():
    last = people()
    last.loc[last["time"].ge(20), "event"] = "still open"
    with pytest.raises(UsageError, match="not followed"):
        compare_times(last, **ASKED, horizon=500)
    with pytest.raises(UsageError, match="from 0 upwards"):
        compare_times(people().assign(time=-1.0), **ASKED)
    with pytest.raises(UsageError, match="says that somebody reached"):
        compare_times(people().assign(event="gone"), **ASKED)
    frame = people()
    frame.loc[frame["arm"].eq("therapy"), "time"] = np.nan
    with pytest.raises(NotEnoughData):
        compare_times(frame, **ASKED)


@pytest.mark.slow
@pytest.mark.parametrize(("n", "practitioners"), [(80, 8), (240, 24)])
def test_the_intervals_cover(n, practitioners):
    runs, hits = 250, np.zeros(2)
    for seed in range(runs):
        frame = people(seed, n, practitioners, faster=1.0)
        found = compare_times(frame, **ASKED, horizon=12, estimand="ATE")
        pair = (found.share, found.mean)
        hits += [not one.low > 0 and not one.high < 0 for one in pair]
    # 95 % and three Monte-Carlo standard errors.
    assert (np.abs(hits / runs - 0.95) <= 3 * np.sqrt(0.95 * 0.05 / runs)).all(), hits / runs
