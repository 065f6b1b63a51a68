"""Whether those who did their tasks are those who got better: in time order, never as cause."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.derive.pairs import pairs
from outcomes.derive.policy import derive_policy
from outcomes.instruments.registry import library
from outcomes.process.correlation import association_verdict, correlation
from outcomes.process.policy import process_policy
from outcomes.process.seats import group_names
from outcomes.schema import Study

ASSOCIATION_COLUMNS = ["group", "what", "instrument", "n", "n_total", "r", "low", "high", "verdict"]


def tasks_done(sessions: pd.DataFrame, until: pd.DataFrame) -> pd.DataFrame:
    """Share of tasks done in each episode, from sessions before the day of the end score.

    `until` has episode_id and post_on. A session on the day of the score or later is not used:
    it may be a consequence. Columns episode_id, tasks, done_share; NaN without any task reported.
    """
    seen = sessions["status"].isin(list(derive_policy().attended)).fillna(False)
    told = sessions[seen & sessions["homework_done"].notna()]
    met = told.merge(until[["episode_id", "post_on"]], on="episode_id")
    met = met[met["held_on"].lt(met["post_on"]).fillna(False)]
    counts = (
        met.assign(done=met["homework_done"].astype("float64"))
        .groupby("episode_id")["done"]
        .agg(tasks="size", done_share="mean")
    )
    found = until[["episode_id"]].merge(counts.reset_index(), on="episode_id", how="left")
    return found.assign(tasks=found["tasks"].fillna(0).astype("int64"))


def homework_associations(
    study: Study, rows: pd.DataFrame, confidence: float
) -> list[dict[str, object]]:
    """Spearman correlation of tasks done with change towards better, by group and instrument.

    One value for each episode (the mean of partners), so that couples do not count twice.
    """
    rules = process_policy()["association"]
    found = []
    for name in rules["instruments"]:
        if name not in library() or not study.responses["instrument"].eq(name).fillna(False).any():
            continue
        sign = 1.0 if library()[name].direction == "higher" else -1.0
        scored = pairs(study, name)
        scored = scored.merge(
            rows[["client_id", "episode_id", "group"]], on=["client_id", "episode_id"]
        )
        scored["better"] = sign * (scored["post"] - scored["pre"])
        one = scored.groupby(["group", "episode_id"], sort=True).agg(
            better=("better", "mean"), post_on=("post_on", "min")
        )
        one = one.reset_index()
        for group in group_names(one):
            part = one[one["group"].eq(group)]
            tasks = tasks_done(study.sessions, part).set_index("episode_id")["done_share"]
            share = part["episode_id"].map(tasks).to_numpy(dtype="float64", na_value=np.nan)
            r = correlation(share, part["better"].to_numpy(float), "spearman", confidence)
            verdict = association_verdict(r, int(rules["minimum"]))
            values = (group, "tasks done and change", name, r.n, len(part), r.r, r.low, r.high)
            found.append(dict(zip(ASSOCIATION_COLUMNS, (*values, str(verdict)), strict=True)))
    return found
