"""Person-periods of a cohort: services, scores and leaving, month by month."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.comparison.concurrent.courses import ADDED, LEFT, added_care
from outcomes.comparison.concurrent.policy import concurrent_policy
from outcomes.derive import Cohort
from outcomes.derive.pairs import one_instrument
from outcomes.derive.people import PERSON_COLUMNS
from outcomes.errors import UsageError
from outcomes.schema import Study

KEYS = ["client_id", "episode_id"]


def person_time(
    study: Study, cohort: Cohort, *, every_days: int | None = None, until_days: int = 365
) -> pd.DataFrame:
    """One row for each person and period of `every_days` in care, up to `until_days`.

    Columns: client_id, episode_id, practitioner_or_couple, period (0, 1, ...), the cohort's
    characteristics and `pre`, `exposed` (the other service had begun when the period began),
    `current` (the last score up to then), `since` (days since it), `score` (the last one in the
    period, NaN where there is none), `left` (care ended in the period and not by the horizon).
    People without a start score are left out. Give a cohort that holds "both".
    """
    step = int(concurrent_policy()["person_time"]["every_days"] if every_days is None
               else every_days)  # fmt: skip
    if not 0 < step <= until_days:
        raise UsageError("A period is at least a day and at most the horizon.",
                         where="parameter every_days")  # fmt: skip
    people = added_care(study, cohort)
    people = people[people["pre"].notna()].reset_index(drop=True)
    stay = people[LEFT].fillna(np.inf).to_numpy()
    last_known = _last_seen(study, cohort, people)
    # Nobody is known to be in care after the last thing recorded of an open episode.
    stay_seen = np.where(np.isinf(stay), last_known, stay)
    count = np.clip(np.ceil(np.minimum(stay_seen, until_days) / step), 1, None).astype(int)
    row = np.repeat(np.arange(len(people)), count)
    period = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    start = period * step
    long = people.iloc[row].reset_index(drop=True)
    final = period == count[row] - 1
    scored = _scores(study, cohort, people)
    keep = [*KEYS, "practitioner_or_couple", "arm", "intervention", *PERSON_COLUMNS, "pre"]
    return long[keep].assign(
        period=period,
        exposed=(people[ADDED].to_numpy()[row] <= start),
        **_seen(scored, row, start, step, long["pre"].to_numpy()),
        left=final & np.isfinite(stay)[row] & (stay[row] <= until_days),
    )


def _scores(study: Study, cohort: Cohort, people: pd.DataFrame) -> pd.DataFrame:
    """Row (of people), day, score in order of row and day."""
    scores = one_instrument(study, cohort.instrument.id)
    usable = scores[scores["score"].notna() & scores["taken_on"].notna()]
    usable = usable[usable["rater"].eq("client").fillna(False)]
    texts = dict.fromkeys(KEYS, "string")
    begun = people[[*KEYS, "started_on"]].astype(texts).assign(row=np.arange(len(people)))
    found = usable[[*KEYS, "taken_on", "score"]].astype(texts).merge(begun, on=KEYS)
    found["day"] = (found["taken_on"] - found["started_on"]).dt.days.astype(float)
    order = ["row", "day", "score"]
    return found[order].astype(float).sort_values(order, ignore_index=True)


def _last_seen(study: Study, cohort: Cohort, people: pd.DataFrame) -> np.ndarray:
    days = _scores(study, cohort, people).groupby("row")["day"].max()
    return np.asarray(days.reindex(range(len(people))).fillna(0.0).to_numpy() + 1.0)


def _seen(
    scored: pd.DataFrame, row: np.ndarray, start: np.ndarray, step: int, pre: np.ndarray
) -> dict[str, np.ndarray]:
    """Last score up to the start of each period, and last score within it."""
    far = 1e6  # days; keeps people apart on one line of time
    line = scored["row"].to_numpy() * far + scored["day"].to_numpy()
    values, days = scored["score"].to_numpy(), scored["day"].to_numpy()
    up_to = np.searchsorted(line, row * far + start, side="right") - 1
    within = np.searchsorted(line, row * far + start + step, side="right") - 1
    mine = (up_to >= 0) & (scored["row"].to_numpy()[np.maximum(up_to, 0)] == row)
    place = np.maximum(up_to, 0)
    new = within > up_to
    new &= (within >= 0) & (scored["row"].to_numpy()[np.maximum(within, 0)] == row)
    return {
        "current": np.where(mine, values[place], pre),
        "since": np.where(mine, start - days[place], start.astype(float)),
        "score": np.where(new, values[np.maximum(within, 0)], np.nan),
    }
