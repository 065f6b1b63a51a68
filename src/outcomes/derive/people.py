"""Episodes by person: who took part in what, with what is known of them at the start."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.derive.policy import derive_policy
from outcomes.errors import InputError
from outcomes.schema import TABLES, Study
from outcomes.schema.texts import places_of, ranks, text_array

EPISODE_COLUMNS = [
    "client_id",
    "couple_id",
    "episode_id",
    "practice_id",
    "practitioner_id",
    "intervention",
    "unit",
    "started_on",
    "ended_on",
    "end_reason",
]
# What is known of a person at the start, in the order of the schema.
PERSON_COLUMNS = [
    name for name in TABLES["clients"].names if name not in ("client_id", "practice_id")
]


def people(study: Study) -> pd.DataFrame:
    """One row for each episode and person: a couple's episode gives a row for each partner.

    Columns `EPISODE_COLUMNS` and `PERSON_COLUMNS`. `couple_id` is filled for couples'
    episodes only. An episode that names nobody keeps one row with an empty `client_id`,
    so that no episode disappears unseen. An empty practice is taken from the person,
    then from the couple.
    """
    episodes = study.episodes
    of_couple = episodes["couple_id"].notna() & (
        episodes["unit"].eq("couple").fillna(False) | episodes["client_id"].isna()
    )
    rows = episodes
    if of_couple.any():
        alone = episodes.loc[~of_couple, EPISODE_COLUMNS].assign(couple_id=_nobody)
        together = episodes.loc[of_couple, EPISODE_COLUMNS].drop(columns="client_id")
        together = together.merge(_partners(study.couples), on="couple_id", how="left")
        rows = pd.concat([alone, together[EPISODE_COLUMNS]], ignore_index=True)
    else:
        rows = rows.assign(couple_id=_nobody)
    rows = _with_persons(rows, study.clients)
    if of_couple.any():
        couples = study.couples[["couple_id", "practice_id"]]
        couples = couples.rename(columns={"practice_id": "_shared"})
        rows = rows.merge(couples, on="couple_id", how="left", validate="many_to_one")
        rows["practice_id"] = rows["practice_id"].fillna(rows["_shared"])
        rows = rows.drop(columns="_shared")
    started = rows["started_on"].to_numpy().astype("datetime64[s]").astype("int64")
    # A day that is not known is the smallest number, and comes last.
    started = np.where(rows["started_on"].isna(), np.iinfo(np.int64).max, started)
    order = np.lexsort((ranks(rows["episode_id"]), started, ranks(rows["client_id"])))
    return taken(rows, order)


def _nobody(rows: pd.DataFrame) -> pd.Series:
    return pd.Series(pd.NA, index=rows.index, dtype="string")


def taken(rows: pd.DataFrame, places: np.ndarray) -> pd.DataFrame:
    """Rows by their places, all of which there are, with an index of their own."""
    columns = {str(name): cells.array.take(places) for name, cells in rows.items()}
    # One frame of ready columns costs a third of taking the rows of a frame and its index.
    return pd.DataFrame(columns, index=pd.RangeIndex(len(places)), copy=False)


def _with_persons(rows: pd.DataFrame, clients: pd.DataFrame) -> pd.DataFrame:
    """Rows with what is known of their person, and their practice where they have none.

    Columns `EPISODE_COLUMNS` and `PERSON_COLUMNS`.
    """
    ids = text_array(clients["client_id"])
    if len(ids.unique()) < len(ids):
        raise InputError(
            "a client id stands in more than one row of the clients",
            where="clients.client_id",
            how_many=len(ids) - len(ids.unique()),
            fix="read the source with outcomes.read, which resolves repeated keys",
        )
    known = clients[["practice_id", *PERSON_COLUMNS]].set_axis(range(len(clients)))
    found = known.reindex(places_of(ids, rows["client_id"]))
    columns = {name: rows[name].array for name in EPISODE_COLUMNS}
    columns |= {name: found[name].array for name in PERSON_COLUMNS}
    if rows["practice_id"].isna().any():
        home = found["practice_id"].set_axis(rows.index)
        columns["practice_id"] = rows["practice_id"].fillna(home).array
    return pd.DataFrame(columns, index=pd.RangeIndex(len(rows)), copy=False)


def sessions_attended(study: Study, episode_ids: pd.Series) -> pd.Series:
    """How many sessions of each episode the client attended.

    Missing, not zero, where no session of the episode is recorded: an episode starts
    with an attended session, so an empty list means that sessions were not exported.
    """
    sessions = study.sessions
    if sessions.empty:
        return pd.Series(pd.NA, index=episode_ids.index, dtype="Int64")
    seen = sessions["status"].isin(list(derive_policy().attended))
    counts = seen.astype("Int64").groupby(sessions["episode_id"]).sum()
    return episode_ids.map(counts).astype("Int64")


def _partners(couples: pd.DataFrame) -> pd.DataFrame:
    """couple_id, client_id: two rows for each couple."""
    sides = [
        couples[["couple_id", side]].rename(columns={side: "client_id"})
        for side in ("client_a", "client_b")
    ]
    partners = pd.concat(sides, ignore_index=True).dropna(subset="client_id")
    return partners.drop_duplicates(ignore_index=True)
