"""The error this room exists for: 'ever had both', with the time people had to survive for it."""

from __future__ import annotations

import numpy as np

from outcomes.comparison.concurrent.history import EVENT, History
from outcomes.comparison.concurrent.structural import Structural, of_scores
from outcomes.errors import NotEnoughData


def ever_had(rows: History, kind: str) -> Structural | None:
    """Last score (or event at any time) by 'ever had both', given the start: biased, on purpose.

    What a table of people with a column 'had both' shows. People who add a service had to stay
    until then, so the column knows of the future (immortal time: Suissa 2008, Am J Epidemiol
    167:492). For comparison only; None where it cannot be computed.
    """
    last = np.r_[rows.new[1:], True]
    ever = np.maximum.reduceat(rows.exposed, np.flatnonzero(rows.new)).astype(float)
    person = np.cumsum(rows.new) - 1
    if kind == EVENT:
        y = np.zeros(rows.n_people)
        np.maximum.at(y, person, np.nan_to_num(rows.y))
    else:
        y = np.full(rows.n_people, np.nan)
        seen = ~np.isnan(rows.y)
        y[person[seen]] = rows.y[seen]  # rows are in order of time: the last one stays
    fixed = np.column_stack([np.ones(rows.n_people), rows.fixed[rows.new]])
    known = ~np.isnan(y)
    if not 0 < ever[known].mean() < 1:
        return None
    try:
        return of_scores(
            y[known], ever[known], fixed[known], np.ones(int(known.sum())),
            rows.cluster[last][known],
        )  # fmt: skip
    except NotEnoughData:
        return None
