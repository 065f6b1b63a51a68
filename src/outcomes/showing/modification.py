"""Which counts of subgroups may be shown, so that nobody follows from the others."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.change.indicators import Indicator
from outcomes.comparison.modification import WhoBenefits
from outcomes.privacy import Policy, suppress_counts
from outcomes.showing.questions import visible_questions

# How states of a subgroup read where there is no estimate.
STATES = {
    "too few": "too few people in an arm",
    "one arm only": "people in one arm only",
    "not comparable": "arms not comparable here",
    "too many": "too many subgroups",
    "not estimated": "not estimated",
}


def visible_subgroups(result: WhoBenefits, policy: Policy) -> pd.DataFrame:
    """For each row of `result.subgroups`: may `n_reference` and `n_other` be shown.

    Booleans with its index. Within a modifier and arm the counts add up to the arm, so hidden
    ones are protected by others; over all modifiers together no small group of people may
    follow by adding and subtracting. Estimates rest on ten people or more in each arm and may
    be shown where their counts may not.
    """
    table = result.subgroups
    flags = pd.DataFrame(True, index=table.index, columns=["n_reference", "n_other"])
    if not policy.suppress:
        return flags
    cells, main = result.cells, result.main
    rows = cells.loc[cells.index.repeat(cells["n"])].reset_index(drop=True)
    asked, places = [], []
    for column, arm in (("n_reference", main.reference), ("n_other", main.other)):
        base = rows["arm"].eq(arm).to_numpy(dtype=bool)
        for name in result.tests["modifier"]:
            safe = _within(rows.loc[base, name], policy)
            for place in table.index[table["modifier"].eq(name)]:
                level = str(table.loc[place, "level"])
                if not safe.get(level, True):
                    flags.loc[place, column] = False
                    continue
                asked.append(_question(rows[name], level, base))
                places.append((place, column))
    for (place, column), seen in zip(places, visible_questions(asked, policy), strict=True):
        flags.loc[place, column] = seen
    return flags


def _within(levels: pd.Series, policy: Policy) -> dict[str, bool]:
    """Level to whether its count may be shown beside the other levels of the same modifier."""
    hidden = suppress_counts(levels.value_counts(), policy)
    return {str(level): not bool(value) for level, value in hidden.items()}


def _question(levels: pd.Series, level: str, base: npt.NDArray[np.bool_]) -> Indicator:
    hits = levels.eq(level).to_numpy(dtype=bool)
    return Indicator("subgroup", "arm", hits, base, "")
