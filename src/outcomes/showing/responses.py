"""Response rates that may be shown: one place masks them for tables, figures and results.

Groups of one dimension (practices, months of start) add up to everybody. A number of a group is
hidden where it or a difference is small, and as many other groups with it as are needed
so that what the hidden ones hold together is not small either.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from outcomes.derive.completeness import ATOMS, EVERYBODY
from outcomes.privacy import Policy, hidden
from outcomes.proportions import wilson
from outcomes.showing.disclosure import releasable

KEYS = ["instrument", "dimension", "group"]
# What is shown, as sums of the atoms.
PARTS = {
    "started": ("open_started", "open_none", *ATOMS[4:]),
    "ended": ATOMS[4:],
    "with_end": ("ended_both", "ended_end_only"),
    "with_start": ("open_started", "ended_both", "ended_start_only"),
}
# In the order of deciding, the most needed first. With underscore: people whom the help
# reached at all, known from other questionnaires; no part here may give them away.
_ORDER = {
    "_ended": ("outside_ended", *ATOMS[4:]),
    "ended": PARTS["ended"],
    "_started": ATOMS,
    "started": PARTS["started"],
    "with_end": PARTS["with_end"],
    "with_start": PARTS["with_start"],
}
_SUMS = [[atom in parts for atom in ATOMS] for parts in _ORDER.values()]
_NAMES = list(_ORDER)
SHARES = {"start": ("with_start", "started"), "end": ("with_end", "ended")}


def responses(counts: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Counts and shares as they may be shown, one row for each row of `counts`.

    `counts` as from `response_counts`, for any number of questionnaires. Columns: KEYS, the
    counts named in PARTS (missing where hidden), and for "start" and "end" the share with
    its Wilson interval (`end_rate`, `end_low`, `end_high`), NaN where it or what it is
    made of is hidden, and where nobody ended.
    """
    counts = counts.reset_index(drop=True)
    seen = visible_responses(counts, policy)
    shown = counts[KEYS].copy()
    for name, parts in PARTS.items():
        shown[name] = counts[list(parts)].sum(axis=1).astype("Int64").where(seen[name])
    for share, (n, total) in SHARES.items():
        spans = [
            _share(a, b, policy.confidence) for a, b in zip(shown[n], shown[total], strict=True)
        ]
        names = [f"{share}_rate", f"{share}_low", f"{share}_high"]
        values = np.array(spans, dtype="float64").reshape(-1, 3)
        shown[names] = pd.DataFrame(values, index=shown.index)
    return shown


def visible_responses(counts: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """For each row of `counts`: may each of PARTS be shown. Booleans with its index."""
    flags = pd.DataFrame(True, index=counts.index, columns=_NAMES)
    for place, row in counts[list(ATOMS)].iterrows():
        flags.loc[place] = releasable(row.tolist(), _SUMS, policy)
    for _, rows in counts.groupby("instrument", sort=False):
        everybody = rows["dimension"].eq(EVERYBODY[0])
        parts = [part for _, part in rows[~everybody].groupby("dimension", sort=False)]
        for rank, name in enumerate(_NAMES):
            # A total is known where it is shown, or where all groups of any kind are.
            known = bool(flags.loc[rows.index[everybody], name].all())
            known |= any(bool(flags.loc[part.index, name].all()) for part in parts)
            for part in parts if known else ():
                flags.loc[part.index, name] = _complemented(part, flags[name], rank, policy)
    for n, total in SHARES.values():
        # Nearly everybody has a start score: its count would stand for the hidden total.
        flags[n] &= flags[total]
    return flags[list(PARTS)]


def _complemented(part: pd.DataFrame, seen: pd.Series, rank: int, policy: Policy) -> pd.Series:
    """Which groups stay visible once those hidden are safe together."""
    open_ = seen.loc[part.index].astype(bool).copy()
    size = part[[a for a, inside in zip(ATOMS, _SUMS[rank], strict=True) if inside]].sum(axis=1)
    order = part.assign(_n=size).sort_values(["_n", "group"]).index
    waiting = [place for place in order if open_[place]]

    def safe(concealed: pd.Index) -> bool:
        value = int(size[concealed].sum()) - len(concealed) + 1
        pooled = part.loc[concealed, list(ATOMS)].sum().tolist()
        apart = len(concealed) > 1 and not hidden(max(value, 1), policy)
        return apart and all(releasable(pooled, _SUMS[: rank + 1], policy))

    while waiting and not open_.all() and not safe(open_.index[~open_]):
        concealed = open_.index[~open_]
        # One more group is enough where there is such a group: the smallest one.
        enough = (place for place in waiting if safe(concealed.append(pd.Index([place]))))
        chosen = next(enough, waiting[0])
        waiting.remove(chosen)
        open_[chosen] = False
    return open_


def _share(
    n: Any,  # noqa: ANN401 - a count or NA
    total: Any,  # noqa: ANN401
    confidence: float,
) -> tuple[float, float, float]:
    if pd.isna(n) or pd.isna(total) or not total:
        return np.nan, np.nan, np.nan
    return int(n) / int(total), *wilson(int(n), int(total), confidence)
