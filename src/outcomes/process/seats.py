"""Who sat in which episode, in which group, and with whom they are not independent."""

from __future__ import annotations

import pandas as pd

from outcomes.derive.care import care_at_start
from outcomes.derive.people import people
from outcomes.errors import UsageError
from outcomes.schema import Study

EVERYBODY = "all"
NOT_STATED = "not stated"
GROUPS = ("intervention", "arm", "unit", "practice_id", "practitioner_id")


def seats(study: Study, by: str | None) -> pd.DataFrame:
    """One row for each person and episode: `people`, and group, party and cluster.

    `group` is the value of `by` ("not stated" where missing; "all" without `by`); `party` is
    the couple or the person; `cluster` the practitioner, else the party. Rows without a person
    are left out. Raises UsageError for another `by` than `GROUPS`.
    """
    if by is not None and by not in GROUPS:
        raise UsageError(
            f"nothing is known of how to group by {by!r}",
            where="parameter by",
            fix=f"Choose from {', '.join(GROUPS)}, or None for everybody.",
        )
    rows = people(study)
    if by == "arm":
        rows["arm"] = care_at_start(rows)
    rows = rows.dropna(subset="client_id").reset_index(drop=True)
    if by is None:
        rows["group"] = pd.Series(EVERYBODY, index=rows.index, dtype="string")
    else:
        rows["group"] = rows[by].astype("string").fillna(NOT_STATED)
    rows["party"] = rows["couple_id"].fillna(rows["client_id"])
    rows["cluster"] = rows["practitioner_id"].fillna(rows["party"])
    return rows


def episodes_of(rows: pd.DataFrame) -> pd.DataFrame:
    """One row for each episode of `seats`. Partners in different care make it "both"."""
    one = rows.drop_duplicates("episode_id").copy()
    kinds = rows.groupby("episode_id")["group"].nunique()
    mixed = one["episode_id"].map(kinds).gt(1)
    one.loc[mixed, "group"] = "both"
    return one.reset_index(drop=True)


def group_names(rows: pd.DataFrame) -> list[str]:
    """The groups there are, sorted, the unstated last."""
    names = sorted({str(name) for name in rows["group"].dropna()} - {NOT_STATED})
    return [*names, NOT_STATED] if rows["group"].eq(NOT_STATED).any() else names
