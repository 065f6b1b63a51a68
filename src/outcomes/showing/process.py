"""Which shares, means and losses of attendance, satisfaction, goals and phases may be shown."""

from __future__ import annotations

import pandas as pd

from outcomes.privacy import Policy, hidden, suppress_counts
from outcomes.process import Findings, ProcessResult
from outcomes.process.policy import process_policy
from outcomes.showing.disclosure import releasable

# Families whose shares add up to those of all: a single hidden one would follow from the rest.
_SIBLINGS = ("goals.scale.", "goals.domain.")


def visible_shares(result: Findings, policy: Policy) -> pd.Series:
    """For each row of `result.shares`: may it be shown. Booleans with its index.

    Decided for a group and family together, in the order of the rows: no set of atoms with a
    small count of people can be computed from what is shown. Of domains and scales of goals that
    add up to all goals, further ones are hidden until those hidden are not small together.
    """
    table = result.shares
    seen = pd.Series(True, index=table.index)
    for (group, family), rows in table.groupby(["group", "family"], sort=False):
        here = result.atoms["group"].eq(group) & result.atoms["family"].eq(family)
        atoms = result.atoms[here].drop_duplicates("atom").set_index("atom")["people"]
        asked = [
            [atom in part for atom in atoms.index]
            for _, row in rows.iterrows()
            for part in (row["base"], row["cases"])
        ]
        allowed = releasable(atoms.tolist(), asked, policy)
        both = [a and b for a, b in zip(allowed[::2], allowed[1::2], strict=True)]
        few = [
            hidden(row["people"], policy) or hidden(row["people_total"], policy)
            for _, row in rows.iterrows()
        ]
        seen.loc[rows.index] = [a and not b for a, b in zip(both, few, strict=True)]
    for start in _SIBLINGS:
        alike = table[table["family"].str.startswith(start)]
        for _, rows in alike.groupby(["group", "measure"], sort=False):
            seen.loc[rows.index] = _complemented(rows, seen.loc[rows.index], policy)
    return seen


def visible_losses(result: ProcessResult, policy: Policy) -> pd.Series:
    """For each row of `losses`: may its count be shown.

    Only where the funnel shows how many reached this phase and the next, closed and in all: else
    a loss would give away a share that is hidden there. Then as parts of a known total.
    """
    losses, table = result.losses, result.shares
    known = dict(
        zip(
            zip(table["group"], table["measure"], strict=True),
            visible_shares(result, policy),
            strict=True,
        )
    )
    order = process_policy()["phases"]["order"]
    seen = pd.Series(True, index=losses.index)
    for (group, phase), rows in losses.groupby(["group", "phase"], sort=False):
        ends = (str(phase), order[order.index(str(phase)) + 1])
        needed = [(group, f"{word}_{base}") for word in ends for base in ("closed", "started")]
        counts = rows.set_index("reason")["n"]
        shown = ~suppress_counts(counts, policy).to_numpy()
        seen.loc[rows.index] = shown & all(known.get(key, False) for key in needed)
    return seen


def visible_size(n: pd.Series, policy: Policy) -> pd.Series:
    """For each count of people behind a mean: is it large enough (or zero)."""
    return pd.Series([not hidden(float(size), policy) for size in n], index=n.index, dtype=bool)


def _complemented(rows: pd.DataFrame, seen: pd.Series, policy: Policy) -> pd.Series:
    """Hide the smallest siblings until those hidden are safe together."""
    open_ = seen.astype(bool).copy()
    rest = rows["n_total"] - rows["n"]
    order = rows.sort_values(["n_total", "family"]).index
    waiting = [place for place in order if open_[place]]

    def safe() -> bool:
        concealed = open_.index[~open_]
        sums = (rows.loc[concealed, "n"].sum(), rest[concealed].sum())
        return len(concealed) > 1 and not any(hidden(float(size), policy) for size in sums)

    while waiting and not open_.all() and not safe():
        open_[waiting.pop(0)] = False
    return open_
