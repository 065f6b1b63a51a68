"""How complete a study is, against counts made by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.derive import pairs
from outcomes.derive.completeness import (
    ATOMS,
    filled_cells,
    practitioner_rates,
    response_counts,
    waits,
)


@pytest.fixture
def study(make_study, rows):
    """Five people: both scores, start only, none, still going on, and a couple's two."""
    end, north = "2026-03-01", {"practitioner_id": "T1"}
    return make_study(
        episodes=[
            rows.episode("E1", "C1", "therapy", "2026-01-05", end, **north),
            rows.episode("E2", "C2", "therapy", "2026-01-20", end, **north),
            rows.episode("E3", "C3", "coaching", "2026-02-01", end, practice_id="south", **north),
            rows.episode("E4", "C4", "coaching", "2026-02-03"),
            rows.episode("E5", "K1", "coaching", "2026-04-03", end),
        ],
        couples=[{"couple_id": "K1", "client_a": "C5", "client_b": "C6"}],
        answers=[
            rows.answer("C1", "E1", "2026-01-03", 15, "intake"),
            rows.answer("C1", "E1", "2026-03-04", 8, "end"),
            rows.answer("C2", "E2", "2026-01-25", 12, "intake"),
            rows.answer("C4", "E4", "2026-02-03", 12, "intake"),
            rows.answer("C5", "E5", "2026-02-20", 12, "end"),
        ],
        sessions=[
            {"session_id": "S1", "episode_id": "E1", "held_on": "2026-01-05", "status": "attended"},
            {"session_id": "S2", "episode_id": "E1", "held_on": "2026-03-01", "status": "attended"},
            {"session_id": "S3", "episode_id": "E1", "held_on": "2026-03-09", "status": "dna"},
        ],
    )


def counts_of(frame: pd.DataFrame, dimension: str, group: str) -> dict[str, int]:
    row = frame[frame["dimension"].eq(dimension) & frame["group"].eq(group)].iloc[0]
    return {name: int(row[name]) for name in ATOMS if row[name]}


def test_everybody_is_counted_once_in_every_dimension(study):
    found = response_counts(pairs(study, "phq9"))
    assert counts_of(found, "all", "all") == {
        "ended_both": 1,
        "ended_start_only": 1,
        "ended_end_only": 1,
        "ended_none": 2,
        "open_started": 1,
    }
    assert found.groupby("dimension")[list(ATOMS)].sum().sum(axis=1).eq(6).all()
    assert counts_of(found, "practice", "south") == {"ended_none": 1}
    assert counts_of(found, "begun", "2026-01") == {"ended_both": 1, "ended_start_only": 1}
    quarters = response_counts(pairs(study, "phq9"), span="Q")
    assert set(quarters.loc[quarters["dimension"] == "begun", "group"]) == {"2026Q1", "2026Q2"}


def test_a_measure_of_couples_leaves_the_others_outside(study):
    found = response_counts(pairs(study, "phq9"), couples_only=True)
    assert counts_of(found, "all", "all") == {
        "outside_open": 1,
        "outside_ended": 3,
        "ended_end_only": 1,
        "ended_none": 1,
    }


def test_days_between_the_help_and_its_scores(study):
    found = waits(pairs(study, "phq9"), study.sessions).set_index("measure")
    # Start scores 2 days before, 5 after and 0 after the start; the missed session does not count.
    assert found.loc["start"].tolist() == [3, -1.0, 0.0, 2.5]
    assert found.loc["end"].tolist() == [1, 3.0, 3.0, 3.0]


def test_practitioners_without_names(study):
    found = practitioner_rates(pairs(study, "phq9"), minimum=3)
    assert found.tolist() == [pytest.approx(1 / 3)]
    assert practitioner_rates(pairs(study, "phq9"), minimum=4).empty


def test_filled_cells_count_optional_columns_of_tables_with_rows(study):
    found = filled_cells(study.tables()).set_index(["table", "column"])
    assert found.loc["episodes", "ended_on"].tolist() == [4, 5]
    assert found.loc["clients", "age_band"].tolist() == [0, 6]
    assert "goals" not in found.index.get_level_values("table")
    assert not any(name.endswith("_id") for _, name in found.index)


def test_nobody_gives_columns_without_rows(make_study):
    found = response_counts(pairs(make_study(), "phq9"))
    assert found.empty
    assert waits(pairs(make_study(), "phq9"), make_study().sessions)["n"].tolist() == [0, 0]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_row_order_does_not_matter(study, seed):
    frame = pairs(study, "phq9")
    order = np.random.default_rng(seed).permutation(len(frame))
    mixed, sessions = frame.iloc[order], study.sessions.iloc[::-1]
    pd.testing.assert_frame_equal(response_counts(mixed), response_counts(frame))
    pd.testing.assert_frame_equal(waits(mixed, sessions), waits(frame, study.sessions))
    pd.testing.assert_series_equal(practitioner_rates(mixed, 1), practitioner_rates(frame, 1))
