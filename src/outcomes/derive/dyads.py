"""Partners of couples with their role, from rows of people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.errors import UsageError
from outcomes.schema import Study

ALIKE, GENDER = "alike", "gender"
_TOLD_APART = ("man", "woman")


@dataclass(frozen=True, slots=True, eq=False)
class Dyads:
    """Rows of people in couples, with `couple` (a number for couple and episode) and `role`.

    `roles` are the two words that mean the same in every couple, or None where partners are not
    told apart (a role is then the client's pseudonym, so that no model can take it for more than
    a name). `n_couples` are in `frame`, `n_left_out` couples have no such roles.
    """

    frame: pd.DataFrame
    roles: tuple[str, str] | None
    n_couples: int
    n_left_out: int


def dyads(study: Study, rows: pd.DataFrame, *, tell_apart: str = ALIKE) -> Dyads:
    """Give each row of a partner its couple and role; rows of people alone are left out.

    `rows` has client_id, couple_id and episode_id (pairs, a cohort's frame, trajectories).
    `tell_apart`: "alike" or "gender", which keeps couples of one man and one woman. One couple
    in two episodes is two couples. Row order stays. Raises UsageError for another word.
    """
    if tell_apart not in (ALIKE, GENDER):
        raise UsageError(
            "Partners cannot be told apart by that.",
            where="parameter tell_apart",
            fix=f"Choose from {ALIKE}, {GENDER}.",
        )
    partners = _partners(study, tell_apart)
    together = rows[rows["couple_id"].notna() & rows["client_id"].notna()]
    keys = ["couple_id", "client_id"]
    role = together[keys].merge(partners, on=keys, how="left")["role"]
    known = role.notna().to_numpy(dtype=bool)
    names = together[["couple_id", "episode_id"]].drop_duplicates()
    kept = together[known].assign(role=role[known].to_numpy())
    number = kept.groupby(["couple_id", "episode_id"], sort=True).ngroup()
    frame = kept.assign(couple=number.to_numpy())
    n_couples = int(number.nunique())
    return Dyads(
        frame=frame.reset_index(drop=True),
        roles=_TOLD_APART if tell_apart == GENDER else None,
        n_couples=n_couples,
        n_left_out=len(names) - n_couples,
    )


def _partners(study: Study, tell_apart: str) -> pd.DataFrame:
    """couple_id, client_id and role of each partner; couples without such roles are left out."""
    sides = [
        study.couples[["couple_id", f"client_{side}"]]
        .rename(columns={f"client_{side}": "client_id"})
        .assign(role=study.couples[f"client_{side}"])
        for side in ("a", "b")
    ]
    found = pd.concat(sides, ignore_index=True).dropna(subset="client_id")
    found = found.drop_duplicates(["couple_id", "client_id"])
    if tell_apart == ALIKE:
        return found
    gender = study.clients.set_index("client_id")["gender"].astype("string")
    words = found["client_id"].map(gender)
    usable = words.isin(list(_TOLD_APART)).fillna(False).to_numpy(dtype=bool)
    found = found.assign(role=words.to_numpy())[usable]
    kinds = found.groupby("couple_id")["role"].nunique()
    both = kinds.index[np.asarray(kinds == len(_TOLD_APART))]
    return found[found["couple_id"].isin(both)]
