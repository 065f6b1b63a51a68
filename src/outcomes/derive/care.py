"""Which care a person was in when an episode began: one kind, or both at once."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.derive.policy import derive_policy

BOTH = "both"


def care_at_start(rows: pd.DataFrame, grace_days: int | None = None) -> pd.Series:
    """Give the arm of each episode and person: its intervention, or "both".

    `rows` needs client_id, intervention, started_on and ended_on, and every episode of
    the people in it. An episode is "both" when an episode of another kind of counted care
    (coaching, therapy) of the same person, alone or as a partner, is open on any day from
    its start to `grace_days` after it (default: `policy.toml`). An episode without an end
    is open until further notice. Care that is not counted ("other") never makes coaching
    or therapy "both", but counted care beside it does, so that a group of usual care holds
    nobody who also had the help it is compared with. Aligned to `rows`.
    """
    policy = derive_policy()
    grace = policy.grace_days if grace_days is None else grace_days
    arm = rows["intervention"].astype("string").rename("arm")
    # Numbers in place of ids: pandas joins them several times as fast.
    client, care = (pd.factorize(rows[c])[0] for c in ("client_id", "intervention"))
    begun = rows["started_on"].notna().to_numpy()
    several = _several(client, care, begun)
    if not several.any():
        return arm
    begins, ends = (_days(rows[c]) for c in ("started_on", "ended_on"))
    counted = rows["intervention"].isin(list(policy.counted_care)).to_numpy(dtype=bool)
    here, there = np.flatnonzero(several & begun), np.flatnonzero(several & counted)
    left, right = _met(client[here], client[there])
    row, other = here[left], there[right]
    # Without an end a course is open until further notice; no day is before none.
    still_open = np.isnat(ends[other]) | (ends[other] >= begins[row])
    concurrent = (
        (care[row] >= 0)
        & (care[row] != care[other])
        & (begins[other] <= begins[row] + np.timedelta64(grace, "D"))
        & still_open
    )
    both = np.zeros(len(rows), dtype=bool)
    both[row[concurrent]] = True
    return arm.mask(both, BOTH) if both.any() else arm


def _days(dates: pd.Series) -> np.ndarray:
    return np.asarray(dates.to_numpy(dtype="datetime64[s]"))


def _met(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The places in `left` and in `right` of all pairs of equal numbers."""
    order = np.argsort(right, kind="stable")
    first = np.searchsorted(right[order], left, side="left")
    n = np.searchsorted(right[order], left, side="right") - first
    begins = np.cumsum(n) - n
    nth = np.arange(int(n.sum())) - np.repeat(begins, n)
    return np.repeat(np.arange(len(left)), n), order[np.repeat(first, n) + nth]


def _several(client: np.ndarray, care: np.ndarray, begun: np.ndarray) -> np.ndarray:
    """Rows of people with more than one kind of care that has begun."""
    known = (client >= 0) & (care >= 0) & begun
    kinds = int(care.max(initial=0)) + 1
    pairs = np.unique(client[known].astype(np.int64) * kinds + care[known])
    counts = np.bincount(pairs // kinds, minlength=int(client.max(initial=0)) + 1)
    found: np.ndarray = (counts > 1)[client] & (client >= 0)
    return found
