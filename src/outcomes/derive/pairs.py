"""Start and end scores of each person in each episode, found by key and date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.api.extensions import ExtensionArray

from outcomes.derive.care import care_at_start
from outcomes.derive.people import (
    EPISODE_COLUMNS,
    PERSON_COLUMNS,
    people,
    sessions_attended,
    taken,
)
from outcomes.derive.policy import derive_policy
from outcomes.errors import UsageError
from outcomes.instruments.registry import get
from outcomes.instruments.scoring import score
from outcomes.schema import Study, vocabularies
from outcomes.schema.texts import places_of, repeated, text_array

STATUSES = ("paired", "no_start_score", "no_end_score", "no_score")
PAIR_COLUMNS = [
    *EPISODE_COLUMNS[: EPISODE_COLUMNS.index("unit")],
    "arm",
    *EPISODE_COLUMNS[EPISODE_COLUMNS.index("unit") :],
    *PERSON_COLUMNS,
    "instrument",
    "pre",
    "pre_on",
    "pre_occasion",
    "post",
    "post_on",
    "post_occasion",
    "n_scores",
    "days",
    "sessions_attended",
    "status",
]
_WHOSE = ("client_id", "episode_id")
_SECONDS_A_DAY = 86400


def pairs(
    study: Study,
    instrument: str,
    *,
    scores: pd.DataFrame | None = None,
    follow_up_days: int | None = None,
    follow_up_window: int | None = None,
    rater: str = "client",
    grace_days: int | None = None,
) -> pd.DataFrame:
    """One row for each person and episode, with the start and the end score.

    Nobody is left out: `status` says "paired", "no_start_score", "no_end_score" or
    "no_score". Columns are `PAIR_COLUMNS`; pre and post are in the instrument's points
    (NaN where there is none), `days` is post_on - pre_on, `n_scores` counts every valid
    score of the row. Row order: client_id, started_on, episode_id.

    Start: the earliest score given as intake; without one, the earliest that was not given
    at or after the end. End: the latest score strictly later (by date) than the start
    that was given at a session or at the end. With `follow_up_days`: instead the score
    nearest to started_on + follow_up_days, at most `follow_up_window` days away (default:
    policy.toml), on any occasion but intake; of two equally near, the later. An occasion
    that is not stated counts as a session. Several scores on one day: "intake" first for
    the start, "end" first for the end, then the lower score, so that row order cannot matter.

    `scores` as from `outcomes.instruments.scoring.score`; None scores the study. `grace_days`
    is that of `care_at_start`. Raises
    InstrumentError for an unknown instrument, UsageError for an unknown rater or a
    negative number of days.
    """
    instrument = get(instrument).id
    check_rater(rater)
    if scores is None:
        scores = one_instrument(study, instrument)
    rows = people(study)
    usable, _ = placed_scores(rows, scores, instrument, rater)
    start = _start(usable)
    after = _later_than_start(usable, start)
    if follow_up_days is None:
        end = _end(usable, after)
    else:
        end = _follow_up(usable, after, rows["started_on"], follow_up_days, follow_up_window)
    found = {
        **{str(name): cells.array for name, cells in rows.items()},
        "arm": care_at_start(rows, grace_days).array,
        "instrument": repeated(instrument, len(rows)),
        **_chosen(start, "pre", len(rows)),
        **_chosen(end, "post", len(rows)),
        "n_scores": np.bincount(usable["row"], minlength=len(rows)),
        "sessions_attended": sessions_attended(study, rows["episode_id"]).array,
    }
    found["days"] = _between(found["pre_on"], found["post_on"])
    found["status"] = _status(found["pre"], found["post"])
    return pd.DataFrame({name: found[name] for name in PAIR_COLUMNS}, copy=False)


def one_instrument(study: Study, instrument: str) -> pd.DataFrame:
    """Score one instrument of a study; other questionnaires are left alone."""
    answers = study.responses
    wanted = answers["instrument"].eq(instrument).fillna(False)
    return score(replace(study, responses=answers[wanted]))


def placed_scores(
    rows: pd.DataFrame, scores: pd.DataFrame, instrument: str, rater: str
) -> tuple[pd.DataFrame, int]:
    """Give valid scores the row of `rows` they belong to; count those that belong to none.

    A score belongs to the row of the same client and episode. Columns: row, day (days
    since 1970), taken_on, occasion, score.
    """
    wanted = scores["instrument"].eq(instrument) & scores["rater"].eq(rater)
    valid = (wanted & scores["score"].notna() & scores["taken_on"].notna()).fillna(False)
    where = np.flatnonzero(valid.to_numpy(dtype=bool))
    there = rows["client_id"].notna().to_numpy(dtype=bool)
    row = _rows_of([scores[c].iloc[where] for c in _WHOSE], [rows[c] for c in _WHOSE], there)
    lost = int((row < 0).sum())
    where, row = where[row >= 0], row[row >= 0]
    taken_on = scores["taken_on"].iloc[where]
    usable = {
        "row": row,
        "day": taken_on.to_numpy().astype("datetime64[D]").astype("int64"),
        "taken_on": taken_on.array,
        "occasion": _stated(scores["occasion"].iloc[where]).array,
        "score": scores["score"].to_numpy(dtype="float64", na_value=np.nan)[where],
    }
    return pd.DataFrame(usable, index=scores.index[where], copy=False), lost


def _stated(occasion: pd.Series) -> pd.Series:
    """Occasions, a session where none is stated; categories stay categories."""
    if not isinstance(occasion.dtype, pd.CategoricalDtype):
        return occasion.astype("string").fillna("session")
    if "session" not in occasion.cat.categories:
        occasion = occasion.cat.add_categories("session")
    return occasion.fillna("session")


def _rows_of(
    found: Sequence[pd.Series], rows: Sequence[pd.Series], there: np.ndarray
) -> np.ndarray:
    """The row of each score by client and episode, -1 where there is none.

    A row is one client in one episode; only rows that are `there` count.
    """
    wanted = np.zeros(len(there), dtype=np.int64)
    given = np.zeros(len(found[0]), dtype=np.int64)
    for mine, theirs in zip(rows, found, strict=True):
        here, texts = _coded(mine)
        codes, others = _coded(theirs)
        place = places_of(texts, others)
        # A text that no row has is another number than no text.
        place = np.append(np.where(place < 0, -2, place), -1)
        wanted = wanted * (len(texts) + 2) + here + 2
        given = given * (len(texts) + 2) + place[codes] + 2
    where = np.flatnonzero(there)
    rows_of = pd.Index(wanted[where]).get_indexer(given)
    row: np.ndarray = np.append(where, -1)[rows_of]
    return row


def _coded(cells: pd.Series) -> tuple[np.ndarray, pa.Array]:
    """A code for each cell (-1 where missing), and the distinct texts."""
    if isinstance(cells.dtype, pd.CategoricalDtype):
        return cells.cat.codes.to_numpy(), text_array(cells.cat.categories.to_series())
    coded = text_array(cells).dictionary_encode()
    return coded.indices.fill_null(-1).to_numpy(zero_copy_only=False), coded.dictionary


def check_rater(rater: str) -> None:
    """Raise UsageError for a rater that the vocabulary does not have."""
    known = vocabularies()["rater"].words
    if rater not in known:
        raise UsageError(
            f"Unknown rater: {rater!r}.",
            where="parameter rater",
            fix=f"Choose from {', '.join(known)}.",
        )


def _start(usable: pd.DataFrame) -> pd.DataFrame:
    occasion = usable["occasion"]
    early = ~occasion.isin(["end", "followup"]).to_numpy(dtype=bool)
    late = occasion.ne("intake").to_numpy(dtype=bool)
    return _first(usable, early, late, usable["day"].to_numpy())


def _end(usable: pd.DataFrame, after: np.ndarray) -> pd.DataFrame:
    occasion = usable["occasion"]
    given = after & occasion.isin(["session", "end"]).to_numpy(dtype=bool)
    not_end = occasion.ne("end").to_numpy(dtype=bool)
    return _first(usable, given, -usable["day"].to_numpy(), not_end)


def _follow_up(
    usable: pd.DataFrame,
    after: np.ndarray,
    started_on: pd.Series,
    days: int,
    window: int | None,
) -> pd.DataFrame:
    width = derive_policy().window_days if window is None else window
    for name, value in (("follow_up_days", days), ("follow_up_window", width)):
        if value < 0:
            raise UsageError(
                f"{name} is negative.", where=f"parameter {name}", fix="Give days after the start."
            )
    candidates = after & usable["occasion"].ne("intake").to_numpy(dtype=bool)
    begun = started_on.to_numpy().astype("datetime64[D]")[usable["row"].to_numpy()]
    day = usable["day"].to_numpy()
    distance = np.abs(day - (begun.astype("int64") + days))
    near = candidates & ~np.isnat(begun) & (distance <= width)
    not_end = usable["occasion"].ne("end").to_numpy(dtype=bool)
    return _first(usable, near, distance, -day, not_end)


def _first(usable: pd.DataFrame, candidates: np.ndarray, *order: np.ndarray) -> pd.DataFrame:
    """Choose the best candidate of each row by `order` (smallest first), then the lower score."""
    row = usable["row"].to_numpy()
    left = np.flatnonzero(candidates)
    for key in (*order, usable["score"].to_numpy()):
        # By the smallest key of each row, which costs less than a sort; as floats, since
        # numpy has no quick way for a mix of types.
        best = np.full(int(row.max(initial=-1)) + 1, np.inf)
        mine, owner = key[left].astype(np.float64), row[left]
        np.minimum.at(best, owner, mine)
        left = left[mine == best[owner]]
    _, first = np.unique(row[left], return_index=True)
    return taken(usable, left[first])


def _later_than_start(usable: pd.DataFrame, start: pd.DataFrame) -> np.ndarray:
    """Which scores may be an end score: later than the start, or no start is there."""
    row = usable["row"].to_numpy()
    days = np.full(int(row.max(initial=-1)) + 1, np.nan)
    days[start["row"].to_numpy()] = start["day"].to_numpy()
    start_day = days[row]
    later: np.ndarray = np.isnan(start_day) | (usable["day"].to_numpy() > start_day)
    return later


def _chosen(scores: pd.DataFrame, name: str, n: int) -> dict[str, Any]:
    """Columns of n rows with the score chosen for each, its date and its occasion."""
    row = scores["row"].to_numpy()
    place = np.full(n, -1)
    place[row] = np.arange(len(row))
    points = np.full(n, np.nan)
    points[row] = scores["score"].to_numpy()
    days = np.full(n, np.datetime64("NaT"), dtype="datetime64[s]")
    days[row] = scores["taken_on"].to_numpy(dtype="datetime64[s]")
    codes, texts = _coded(scores["occasion"])
    said = np.append(codes, -1)[place]
    words = texts.take(pa.array(said, mask=said < 0))
    return {name: points, f"{name}_on": days, f"{name}_occasion": pd.array(words, dtype="string")}


def _between(first: np.ndarray, last: np.ndarray) -> ExtensionArray:
    """Days from one date to the other, missing where one is."""
    seconds = (last - first).astype("timedelta64[s]")
    unknown = np.isnat(seconds)
    days = np.where(unknown, 0, seconds.astype("int64") // _SECONDS_A_DAY)
    return pd.arrays.IntegerArray(days, unknown)


def _status(pre: np.ndarray, post: np.ndarray) -> ExtensionArray:
    """Which of `STATUSES` each row has."""
    # Without a start counts one, without an end two.
    place = np.isnan(pre) + 2 * np.isnan(post)
    return pd.array(pa.array(STATUSES, pa.large_string()).take(pa.array(place)), dtype="string")
