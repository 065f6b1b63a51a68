"""People of two arms with PHQ-9 scores, and the results that tables and figures show."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.change import change
from outcomes.comparison import compare
from outcomes.derive import Cohort, Period
from outcomes.instruments import get

COVARIATES = ["pre", "gender", "prior_care"]


def make_people(n: dict[str, int], seed: int = 7) -> pd.DataFrame:
    """`n` people by arm; therapy starts three points higher, a fifth has no end score."""
    rng = np.random.default_rng(seed)
    parts = []
    for place, (arm, size) in enumerate(n.items()):
        pre = np.clip(np.round(rng.normal(11 + 3 * place, 5, size)), 0, 27)
        post = np.clip(np.round(0.6 * pre + rng.normal(1.5, 4, size)), 0, 27)
        gone = rng.random(size) < 0.2
        parts.append(
            pd.DataFrame(
                {
                    "client_id": [f"{arm}-{number}" for number in range(size)],
                    "arm": arm,
                    "pre": pre,
                    "post": np.where(gone, np.nan, post),
                    "status": np.where(gone, "no_end_score", "paired"),
                    "gender": rng.choice(["woman", "man", "other"], size, p=[0.6, 0.37, 0.03]),
                    "prior_care": rng.random(size) < 0.3,
                    "cluster": [f"{arm}-{number % 12}" for number in range(size)],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="session")
def people():
    return make_people


@pytest.fixture(scope="session")
def frame():
    return make_people({"coaching": 180, "therapy": 170})


@pytest.fixture(scope="session")
def changes(frame):
    return change(frame, instrument="phq9", by="arm")


@pytest.fixture(scope="session")
def effects(frame):
    return [
        compare(
            frame,
            reference="coaching",
            covariates=COVARIATES,
            cluster="cluster",
            method=method,
            direction="lower",
            margin=2.0,
        )
        for method in ("weighting", "ancova")
    ]


@pytest.fixture(scope="session")
def incomparable(frame):
    """Arms that have nobody in common."""
    apart = frame.assign(pre=frame["pre"] + frame["arm"].eq("therapy") * 30)
    return compare(apart, reference="coaching", covariates=["pre"], direction="lower")


@pytest.fixture(scope="session")
def cohort(frame):
    steps = [
        ("read", "Episodes read", frame["pre"].notna()),
        ("named", "Episode names its client", frame["pre"].notna()),
        ("first", "The person's first such episode", frame.index < len(frame) - 2),
        ("start_score", "Score at the start", frame.index < len(frame) - 2),
        ("paired", "Scores at the start and at the end", frame["post"].notna()),
    ]
    rows, kept = [], pd.Series(True, index=frame.index)
    for step, label, keep in steps:
        before, kept = kept, kept & keep
        for arm in ("all", "coaching", "therapy"):
            mine = frame["arm"].eq(arm) | (arm == "all")
            n = int((kept & mine).sum())
            rows.append((step, label, arm, n, 0, n, int((before & mine).sum()) - n, 0, 0))
    columns = ["step", "label", "arm", "persons", "couples", "episodes", "left_out"]
    columns += ["couples_left_out", "episodes_left_out"]
    return Cohort(
        frame=frame,
        flow=pd.DataFrame(rows, columns=columns),
        instrument=get("phq9"),
        arms=("coaching", "therapy"),
        period=Period.parse("all"),
        practice=None,
        follow_up_days=None,
        unplaced_scores=0,
    )
