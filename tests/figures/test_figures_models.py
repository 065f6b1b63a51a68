"""Figures of models of yes/no outcomes and of outcomes by number of sessions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes import tables
from outcomes.errors import UsageError
from outcomes.showing.dose import shown_counts, shown_strata

OFF = oc.policy("off")


def ended(cells):
    """A frame of change from (sessions, category, ending, n)."""
    rows = [
        (sessions, category, ending) for sessions, category, ending, n in cells for _ in range(n)
    ]
    frame = pd.DataFrame(rows, columns=["sessions_attended", "category", "end_reason"])
    return frame.assign(
        pre=20.0,
        post=np.where(frame["category"].eq("missing"), np.nan, 10.0),
        healthy_at_start=False,
        ended_on=pd.Timestamp("2026-01-01"),
    )


BIG = [
    (sessions, category, ending, 12)
    for sessions in (3, 7, 10)
    for category in ("recovered", "improved", "unchanged")
    for ending in ("completed", "dropped_out")
]


def dose(cells, **options):
    return oc.dose(ended(cells), direction="lower", **options)


def test_large_counts_are_all_shown():
    result = dose(BIG)
    assert all(shown_strata(result, oc.policy()).values())
    drawn = result.plot()
    assert "hidden" not in drawn.alt
    assert drawn.data["n"].notna().all()


def test_a_small_count_hides_its_stratum_and_one_more():
    cells = [*BIG, (7, "deteriorated", "completed", 0), (15, "improved", "completed", 3),
             (15, "unchanged", "completed", 20)]  # fmt: skip
    seen = shown_strata(dose(cells), oc.policy())
    measure = {
        stratum: ok for (_, stratum, name), ok in seen.items() if name == "reliable_improvement"
    }
    # Three people were better in the last: hidden, and with it the smallest other, since the
    # number of those reliably better in all is told elsewhere.
    assert not measure["13 to 20 sessions"]
    assert sum(not ok for ok in measure.values()) == 2
    assert all(shown_strata(dose(cells), OFF).values())
    drawn = dose(cells).plot()
    hidden = drawn.data[drawn.data["n"].isna()]
    assert hidden[["rate", "low", "high", "n_total"]].isna().all(axis=None)
    assert "hidden (small)" in drawn.alt
    assert drawn.notes


def test_few_people_left_out_are_not_found_by_subtraction():
    frame = ended(BIG)
    frame.loc[:2, "ended_on"] = pd.NaT
    seen = shown_strata(oc.dose(frame, direction="lower"), oc.policy())
    for measure in ("reliable_improvement", "planned_ending"):
        assert not all(ok for (_, _, name), ok in seen.items() if name == measure)


def test_single_numbers_are_hidden_where_their_stratum_is():
    cells = [*BIG, (6, "improved", "completed", 2), (8, "unchanged", "completed", 30),
             (8, "improved", "completed", 30)]  # fmt: skip
    result = dose(cells)
    strata, single = shown_strata(result, oc.policy()), shown_counts(result, oc.policy())
    assert not single["all", "6 sessions", "reliable_improvement"]
    named = [("all", f"{count} sessions", "reliable_improvement") for count in (6, 7, 8)]
    concealed = [key for key in named if not single[key]]
    assert len(concealed) > 1 or not strata["all", "5 to 8 sessions", "reliable_improvement"]
    data = result.plot(kind="counts", measure="reliable_improvement").data
    assert "6 sessions" not in set(data["stratum"])


def test_courses_need_trajectories_and_hide_points_of_few():
    frame = ended(BIG).assign(client_id=lambda f: [f"c{i}" for i in range(len(f))])
    frame["episode_id"] = frame["client_id"]
    with pytest.raises(UsageError, match="no courses"):
        oc.dose(frame, direction="lower").plot(kind="courses")
    scores = pd.concat(
        [
            frame[["client_id", "episode_id"]].assign(number=k, score=20.0 - k, start=20.0)
            for k in range(3)
        ]
    )
    last = frame[["client_id", "episode_id"]].head(6).assign(number=3, score=1.0, start=20.0)
    result = oc.dose(frame, pd.concat([scores, last]), direction="lower")
    data = result.plot(kind="courses").data
    assert data["number"].max() == 2
    assert "n" not in data.columns
    assert result.plot(kind="courses", policy=OFF).data["number"].max() == 3


def test_other_kinds_are_refused():
    with pytest.raises(UsageError, match="cannot be drawn"):
        dose(BIG).plot(kind="causes")
    with pytest.raises(UsageError, match="not counted"):
        dose(BIG).plot(kind="counts", measure="happiness")


def model(n=240):
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"practitioner": np.repeat(np.arange(n // 10), 10)})
    frame["arm"] = np.where(rng.random(n) < 0.5, "therapy", "coaching")
    return frame.assign(improved=rng.random(n) < 0.3 + 0.3 * frame["arm"].eq("therapy"))


def test_odds_ratios_are_those_of_the_result():
    fit = oc.mixed_logistic("improved ~ arm + (1 | practitioner)", model())
    drawn = fit.plot()
    assert drawn.data["odds_ratio"].tolist() == fit.odds_ratios["odds_ratio"].tolist()
    assert "Association, not effect" in drawn.caption
    both = fit.beside().plot()
    assert both.data["compares"].tolist() == ["within a group", "in the population"]
    assert "<svg" in both.svg_narrow


def test_a_model_of_few_people_is_not_drawn():
    few = pd.DataFrame({"improved": [1, 0, 1, 0, 1, 0, 0, 1], "x": [0, 1, 2, 3, 0, 1, 2, 3]})
    fit = oc.gee("improved ~ x", few.assign(g=[0, 0, 1, 1, 2, 2, 3, 3]), cluster="g")
    drawn = fit.plot()
    assert drawn.data["odds_ratio"].isna().all()
    assert "hidden" in drawn.alt
    assert fit.plot(policy=OFF).data["odds_ratio"].notna().all()


def test_the_table_shows_what_the_figure_shows_with_its_warning():
    result = dose([*BIG, (15, "improved", "completed", 3), (15, "unchanged", "completed", 20)])
    made = tables.dose_table(result, oc.policy())
    data = result.plot().data
    assert len(made.rows) == len(data)
    assert "Ending is part of the outcome" in made.notes[0]
    whole = tables.dose_table(result, OFF)
    assert len(whole.notes) < len(made.notes)
