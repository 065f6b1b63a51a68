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


def visible_contrasts(result: MmrmResult, policy: Policy) -> pd.DataFrame:
    """Differences of the groups at each visit, with `shown` and the two `group` and `reference`.

    Shown where the means of both may be; no row where the model did not converge or its
    formula has no group.
    """
    by = result.group
    if by is None or not result.convergence.usable:
        return pd.DataFrame()
    means = visible_means(result, policy, by)
    shown = means[means["mean_shown"]]
    seen = set(zip(shown[by].astype(str), shown[result.visit].astype(str), strict=True))
    levels = list(dict.fromkeys(means[by].astype(str)))
    rows = result.contrasts(by, by=result.visit)
    pairs = {f"{one} - {levels[0]}": (one, levels[0]) for one in levels[1:]}
    found = [pairs[str(name)] for name in rows["contrast"]]
    visits = rows[result.visit].astype(str)
    return rows.assign(
        group=[one for one, _ in found],
        reference=[other for _, other in found],
        shown=[
            all((name, visit) in seen for name in pair)
            for pair, visit in zip(found, visits, strict=True)
        ],
    )


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
