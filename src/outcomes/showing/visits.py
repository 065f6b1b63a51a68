"""What of a model for repeated measures may be shown: means of cells with enough people.

How many people were seen at a visit is shown only where nobody can subtract it from another
number of the same group and be left with few: 25 at one visit and 24 at the next name one.
"""

from __future__ import annotations

import pandas as pd

from outcomes.models.repeated import MmrmResult
from outcomes.privacy import Policy, hidden


def visible_means(result: MmrmResult, policy: Policy, group: str | None) -> pd.DataFrame:
    """Means by `group` and visit with `n` people seen and whether each may be shown.

    Columns of `result.means` and n, mean_shown, n_shown. Nothing is shown of a model that
    did not converge. A cell nobody was seen in has no mean.
    """
    keys = [result.visit] if group is None else [group, result.visit]
    table = result.means(keys).merge(result.seen(group), on=keys, how="left")
    table["n"] = table["n"].fillna(0).astype(int)
    if not result.convergence.usable:
        return table.assign(mean_shown=False, n_shown=False)
    enough = table["n"].map(lambda n: _enough(n, policy))
    groups = table[group] if group is not None else pd.Series("all", table.index)
    shown = pd.Series(False, table.index)
    for _, rows in table.groupby(groups, observed=True, sort=False):
        shown[rows.index] = _apart(rows["n"].tolist(), policy)
    return table.assign(mean_shown=enough, n_shown=shown)


def _enough(n: int, policy: Policy) -> bool:
    return n > 0 and not hidden(n, policy) and not (policy.suppress and n < policy.minimum_plot)


def _apart(counts: list[int], policy: Policy) -> list[bool]:
    """Which counts may be shown, decided one after the other."""
    shown: list[int] = []
    answers = []
    for count in counts:
        near = any(hidden(abs(count - other), policy) for other in shown)
        answers.append(not hidden(count, policy) and not near)
        if answers[-1]:
            shown.append(count)
    return answers
