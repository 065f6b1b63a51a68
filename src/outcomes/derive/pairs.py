"""Start and end scores of each person in each episode, found by key and date."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa

from outcomes.derive.care import care_at_start
from outcomes.derive.people import EPISODE_COLUMNS, PERSON_COLUMNS, people, sessions_attended
from outcomes.derive.policy import derive_policy
from outcomes.errors import UsageError
from outcomes.instruments.registry import get
from outcomes.instruments.scoring import score
from outcomes.schema import Study, vocabularies
from outcomes.schema.texts import places_of, text_array

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


def pairs(
    study: Study,
    instrument: str,
    *,
    scores: pd.DataFrame | None = None,
    follow_up_days: int | None = None,
    follow_up_window: int | None = None,
    rater: str = "client",
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

    `scores` as from `outcomes.instruments.scoring.score`; None scores the study. Raises
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
    rows["arm"] = care_at_start(rows)
    rows["instrument"] = pd.Series(instrument, index=rows.index, dtype="string")
    rows = _attach(rows, start, "pre")
    rows = _attach(rows, end, "post")
    rows["n_scores"] = np.bincount(usable["row"], minlength=len(rows))
    rows["days"] = (rows["post_on"] - rows["pre_on"]).dt.days.astype("Int64")
    rows["sessions_attended"] = sessions_attended(study, rows["episode_id"])
    rows["status"] = _status(rows)
    return rows[PAIR_COLUMNS]


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
    valid = wanted & scores["score"].notna() & scores["taken_on"].notna()
    found = scores.loc[
        valid.fillna(False), ["client_id", "episode_id", "taken_on", "occasion", "score"]
    ]
    keys = rows[["client_id", "episode_id"]].assign(row=np.arange(len(rows)))
    keys = keys.dropna(subset="client_id")
    row = _rows_of(found, keys)
    usable = found.assign(row=row)[row >= 0]
    day = usable["taken_on"].to_numpy().astype("datetime64[D]").astype("int64")
    usable = usable.assign(
        day=day,
        occasion=_stated(usable["occasion"]),
        score=usable["score"].to_numpy(dtype="float64", na_value=np.nan),
    )
    return usable[["row", "day", "taken_on", "occasion", "score"]], len(found) - len(usable)


def _stated(occasion: pd.Series) -> pd.Series:
    """Occasions, a session where none is stated; categories stay categories."""
    if not isinstance(occasion.dtype, pd.CategoricalDtype):
        return occasion.astype("string").fillna("session")
    if "session" not in occasion.cat.categories:
        occasion = occasion.cat.add_categories("session")
    return occasion.fillna("session")


def _rows_of(found: pd.DataFrame, keys: pd.DataFrame) -> np.ndarray:
    """The row of each score, -1 where there is none. A row is one client in one episode."""
    wanted = np.zeros(len(keys), dtype=np.int64)
    given = np.zeros(len(found), dtype=np.int64)
    for column in ("client_id", "episode_id"):
        here, texts = _coded(keys[column])
        there, others = _coded(found[column])
        place = places_of(texts, others)
        # A text that no row has is another number than no text.
        place = np.append(np.where(place < 0, -2, place), -1)
        wanted = wanted * (len(texts) + 2) + here + 2
        given = given * (len(texts) + 2) + place[there] + 2
    rows = pd.Index(wanted).get_indexer(given)
    row: np.ndarray = np.append(keys["row"].to_numpy(), -1)[rows]
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
    return usable.iloc[left[first]].set_index("row")


def _later_than_start(usable: pd.DataFrame, start: pd.DataFrame) -> np.ndarray:
    """Which scores may be an end score: later than the start, or no start is there."""
    row = usable["row"].to_numpy()
    days = np.full(int(row.max(initial=-1)) + 1, np.nan)
    days[start.index.to_numpy()] = start["day"].to_numpy()
    start_day = days[row]
    later: np.ndarray = np.isnan(start_day) | (usable["day"].to_numpy() > start_day)
    return later


def _attach(rows: pd.DataFrame, chosen: pd.DataFrame, name: str) -> pd.DataFrame:
    """`rows` with the chosen score, its date and its occasion."""
    aligned = chosen.reindex(rows.index)
    return rows.assign(
        **{
            name: aligned["score"].astype("float64"),
            f"{name}_on": aligned["taken_on"].astype("datetime64[s]"),
            f"{name}_occasion": aligned["occasion"].astype("string"),
        }
    )


def _status(rows: pd.DataFrame) -> pd.Series:
    """Which of `STATUSES` each row has."""
    no_start, no_end = (rows[name].isna().to_numpy(dtype=bool) for name in ("pre", "post"))
    # Without a start counts one, without an end two.
    words = pa.array(STATUSES, pa.large_string()).take(pa.array(no_start + 2 * no_end))
    return pd.Series(pd.array(words, dtype="string"), index=rows.index)
