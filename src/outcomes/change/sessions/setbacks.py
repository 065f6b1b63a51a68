"""`setbacks`: who got reliably worse again on the way, and who came back from it."""

from __future__ import annotations

from typing import Unpack

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.change.jacobson_truax import sign
from outcomes.change.sessions.grid import Matrix, last_of
from outcomes.change.sessions.policy import sessions_policy
from outcomes.change.sessions.rule import Rule, Scale
from outcomes.change.sessions.shares import OverSessions, Question, count_shares
from outcomes.change.sessions.terms import begin

Flags = npt.NDArray[np.bool_]


class Setbacks(OverSessions):
    """Setbacks of each person: `frame` adds `setback`, `setback_at`, `recovered`, `improved`.

    `setback_at` is the number of the first score that was reliably worse than the best
    before it; `recovered` says whether a later score was again within measurement error
    of that best (missing without a setback); `improved` whether the last score is
    reliably better than the first.
    """

    __slots__ = ()


def setbacks(
    frame: pd.DataFrame,
    *,
    by: str | None = None,
    cluster: str | None = None,
    **scale: Unpack[Scale],
) -> Setbacks:
    """Find each person's first setback in a frame of trajectories.

    Raises UsageError, InstrumentError or NotEnoughData as `oc.change`.
    """
    known, terms = begin(frame, by, cluster, scale)
    rule = terms.rule
    policy = sessions_policy("setback")
    fewest = int(policy["minimum_scores"])
    enough = known.n_scores >= fewest
    first, came_back = find_setbacks(known.scores, rule)
    has = (first >= 0) & enough
    improved = rule.better(rule.gain(known.scores[:, 0], last_of(known.scores)))
    people = known.people.assign(
        setback=pd.Series(has).astype("boolean").mask(~enough),
        setback_at=pd.Series(first).astype("Int64").mask(~has),
        recovered=pd.Series(came_back).astype("boolean").mask(~has),
        improved=improved,
    )
    return Setbacks(
        frame=people,
        counted=count_shares(
            known.people, _questions(fewest, enough, has, came_back, improved), terms
        ),
        terms=terms,
        n_in=len(people),
        n_used=int(enough.sum()),
        title="Setbacks",
        told=(str(policy["reason"]),),
        source=str(policy["source"]),
    )


def find_setbacks(scores: Matrix, rule: Rule) -> tuple[npt.NDArray[np.int64], Flags]:
    """Column of each person's first setback (-1: none), and whether a later score made it good."""
    value = sign(rule.direction) * scores
    # The best of the scores before each one; the first has none before it.
    best = np.fmax.accumulate(value, axis=1)
    before = np.full_like(value, np.nan)
    before[:, 1:] = best[:, :-1]
    down = rule.worse(value - before)
    has = down.any(axis=1)
    first: npt.NDArray[np.int64] = np.where(has, down.argmax(axis=1), -1)
    columns = np.arange(value.shape[1])
    later = columns[None, :] > first[:, None]
    reference = before[np.arange(len(value)), np.maximum(first, 0)]
    near = ~np.isnan(value) & ~rule.worse(value - reference[:, None])
    came_back = np.asarray(has & (later & near).any(axis=1), dtype=bool)
    return first, came_back


def _questions(
    fewest: int, enough: Flags, has: Flags, came_back: Flags, improved: Flags
) -> list[Question]:
    of = f"of people with at least {fewest} scores"
    return [
        Question(
            "setback",
            "enough scores",
            has,
            enough,
            f"Reliably worse at some time than the best score before; {of}.",
        ),
        Question(
            "recovered",
            "setback",
            came_back,
            has,
            "A later score within measurement error of the best before the setback; of people "
            "with a setback.",
        ),
        Question(
            "improved_after_setback",
            "setback",
            improved,
            has,
            "Reliably better at the last score than at the first; of people with a setback.",
        ),
        Question(
            "improved_without_setback",
            "no setback",
            improved,
            enough & ~has,
            f"Reliably better at the last score than at the first; {of} and no setback.",
        ),
    ]
