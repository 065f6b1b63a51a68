"""Which cells of a transition matrix may be shown, so that no small count follows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.change import ZONES, ZonesResult
from outcomes.privacy import Policy
from outcomes.showing.disclosure import releasable


def visible_moves(result: ZonesResult, policy: Policy) -> pd.DataFrame:
    """For each row of `result.matrix`: may its count `n` be shown, and its `n_total`.

    Boolean columns n and n_total, with the index of the matrix. A row's total is decided
    before its cells, all of a group together.
    """
    matrix = result.matrix
    flags = pd.DataFrame(True, index=matrix.index, columns=["n", "n_total"])
    size = len(ZONES)
    for _, rows in matrix.groupby("group", sort=False):
        atoms = rows["n"].tolist()
        units = np.eye(len(atoms), dtype=bool)
        totals = [units[place * size : (place + 1) * size].any(axis=0) for place in range(size)]
        # The largest cells first, since each number shown may forbid a later one.
        order = np.argsort(-rows["n"].to_numpy(), kind="stable")
        asked = [*totals, *(units[place] for place in order)]
        answers = releasable(atoms, [list(each) for each in asked], policy)
        flags.loc[rows.index, "n_total"] = np.repeat(answers[:size], size)
        cells = np.empty(len(atoms), dtype=bool)
        cells[order] = answers[size:]
        flags.loc[rows.index, "n"] = cells
    return flags
