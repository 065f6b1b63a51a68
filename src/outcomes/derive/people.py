"""Episodes by person: who took part in what, with what is known of them at the start."""

from __future__ import annotations

import pandas as pd

from outcomes.derive.policy import derive_policy
from outcomes.schema import TABLES, Study

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
    alone = episodes.loc[~of_couple, EPISODE_COLUMNS].assign(couple_id=pd.NA)
    alone["couple_id"] = alone["couple_id"].astype("string")
    rows = alone
    if of_couple.any():
        together = episodes.loc[of_couple, EPISODE_COLUMNS].drop(columns="client_id")
        together = together.merge(_partners(study.couples), on="couple_id", how="left")
        rows = pd.concat([alone, together[EPISODE_COLUMNS]], ignore_index=True)

    persons = study.clients[["client_id", "practice_id", *PERSON_COLUMNS]]
    persons = persons.rename(columns={"practice_id": "_home"})
    rows = rows.merge(persons, on="client_id", how="left", validate="many_to_one")
    rows["practice_id"] = rows["practice_id"].fillna(rows["_home"])
    if of_couple.any():
        couples = study.couples[["couple_id", "practice_id"]]
        couples = couples.rename(columns={"practice_id": "_shared"})
        rows = rows.merge(couples, on="couple_id", how="left", validate="many_to_one")
        rows["practice_id"] = rows["practice_id"].fillna(rows["_shared"])
    rows = rows[[*EPISODE_COLUMNS, *PERSON_COLUMNS]]
    order = ["client_id", "started_on", "episode_id"]
    return rows.sort_values(order, kind="stable", ignore_index=True)


def sessions_attended(study: Study, episode_ids: pd.Series) -> pd.Series:
    """How many sessions of each episode the client attended.

    Missing, not zero, where no session of the episode is recorded: an episode starts
    with an attended session, so an empty list means that sessions were not exported.
    """
    sessions = study.sessions
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
