"""Every score of each person in each episode, in the order in which it was given."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.derive.care import care_at_start
from outcomes.derive.pairs import check_rater, one_instrument, placed_scores
from outcomes.derive.people import EPISODE_COLUMNS, people
from outcomes.instruments.registry import get
from outcomes.schema import Study

# A follow-up after the end tells whether change lasted, not how it came about.
DURING = ("intake", "session", "end")
TRAJECTORY_COLUMNS = [
    *EPISODE_COLUMNS,
    "arm",
    "instrument",
    "number",
    "day",
    "taken_on",
    "occasion",
    "score",
    "start",
    "n_scores",
]


def trajectories(
    study: Study,
    instrument: str,
    *,
    scores: pd.DataFrame | None = None,
    rater: str = "client",
) -> pd.DataFrame:
    """One row for each score given during an episode, by person and date.

    Columns `TRAJECTORY_COLUMNS`: `number` counts from 0 (the start score), `day` is days
    since the start score, `start` the start score in points, `n_scores` how many scores
    the person has in the episode. Follow-ups after the end are left out. Of several
    scores on one day one is kept: the intake before a session before the end, then the
    lower, so that row order cannot matter. Row order: client_id, started_on, episode_id,
    number. A person without any score has no row; `pairs` keeps everybody.

    Raises InstrumentError for an unknown instrument, UsageError for an unknown rater.
    """
    name = get(instrument).id
    check_rater(rater)
    if scores is None:
        scores = one_instrument(study, name)
    rows = people(study)
    rows["arm"] = care_at_start(rows)
    rows["instrument"] = pd.Series(name, index=rows.index, dtype="string")
    usable, _ = placed_scores(rows, scores, name, rater)
    during = usable[usable["occasion"].isin(DURING)]
    kept = _one_a_day(during)
    first = kept.groupby("row", sort=False)[["day", "score"]].transform("first")
    known = rows.loc[kept["row"]].reset_index(drop=True)
    known["number"] = kept.groupby("row", sort=False).cumcount().to_numpy()
    known["day"] = (kept["day"] - first["day"]).to_numpy()
    known["taken_on"] = kept["taken_on"].astype("datetime64[s]").to_numpy()
    known["occasion"] = kept["occasion"].astype("string").to_numpy()
    known["score"] = kept["score"].to_numpy(dtype="float64")
    known["start"] = first["score"].to_numpy(dtype="float64")
    known["n_scores"] = kept.groupby("row", sort=False)["day"].transform("size").to_numpy()
    return known[TRAJECTORY_COLUMNS]


def _one_a_day(during: pd.DataFrame) -> pd.DataFrame:
    """The scores in order of row and day, one for each day."""
    rank = during["occasion"].map({word: place for place, word in enumerate(DURING)})
    keys = (
        during["score"].to_numpy(),
        rank.to_numpy(dtype="int64"),
        during["day"].to_numpy(),
        during["row"].to_numpy(),
    )
    ordered: pd.DataFrame = during.iloc[np.lexsort(keys)]
    return ordered.drop_duplicates(["row", "day"]).reset_index(drop=True)
