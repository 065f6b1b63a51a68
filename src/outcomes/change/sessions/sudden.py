"""`sudden_gains`: who improved abruptly between two sessions, and whether it lasted."""

from __future__ import annotations

from typing import Unpack

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from outcomes.change.sessions.gains import (
    Criteria,
    Intervals,
    find_intervals,
    reversed_later,
)
from outcomes.change.sessions.grid import Grid
from outcomes.change.sessions.policy import sessions_policy
from outcomes.change.sessions.rule import Rule, Scale
from outcomes.change.sessions.shares import OverSessions, Question, count_shares
from outcomes.change.sessions.terms import begin


class SuddenGains(OverSessions):
    """Sudden gains and losses of each person.

    `frame` adds `judged` (intervals with enough scores), `gains`, `losses`, `first_gain`
    (number of the score before it), `largest_gain` in points and `reversed` (every gain
    given back by half or more; missing without a gain).
    """

    __slots__ = ()


def sudden_gains(
    frame: pd.DataFrame,
    *,
    by: str | None = None,
    cluster: str | None = None,
    **scale: Unpack[Scale],
) -> SuddenGains:
    """Find sudden gains in a frame of trajectories, by the three criteria of `policy.toml`.

    Raises UsageError, InstrumentError or NotEnoughData as `oc.change`. Scores are taken as
    neighbours by order: a session without a questionnaire is no missing score.
    """
    known, terms = begin(frame, by, cluster, scale)
    rule = terms.rule
    policy = sessions_policy("sudden_gain")
    criteria = Criteria(policy["share"], policy["alpha"], policy["window"])
    found = find_intervals(known.scores, rule, criteria)
    back = reversed_later(known.scores, rule, found.gain, policy["reversal"])
    people = _people(known, found, back)
    enough = people["judged"].to_numpy() > 0
    return SuddenGains(
        frame=people,
        counted=count_shares(known.people, _questions(people), terms),
        terms=terms,
        n_in=len(people),
        n_used=int(enough.sum()),
        title="Sudden gains",
        told=_told(rule, criteria, policy["reversal"]),
        source=str(policy["source"]),
    )


def _people(known: Grid, found: Intervals, back: np.ndarray) -> pd.DataFrame:
    """One row for each person with what happened."""
    any_gain = np.asarray(found.gain.any(axis=1), dtype=bool)
    first = pd.array(found.gain.argmax(axis=1), dtype="Int64")
    largest = np.where(found.gain, found.size, np.nan)
    best = np.full(len(any_gain), np.nan)
    best[any_gain] = np.nanmax(largest[any_gain], axis=1)
    all_back = (back == found.gain).all(axis=1)
    return known.people.assign(
        judged=found.judged.sum(axis=1),
        gains=found.gain.sum(axis=1),
        losses=found.loss.sum(axis=1),
        first_gain=pd.Series(first).mask(~any_gain),
        largest_gain=best,
        reversed=pd.Series(all_back).astype("boolean").mask(~any_gain),
    )


def _questions(people: pd.DataFrame) -> list[Question]:
    judged = people["judged"].to_numpy() > 0
    gain = people["gains"].to_numpy() > 0
    loss = people["losses"].to_numpy() > 0
    back = people["reversed"].fillna(False).to_numpy(dtype=bool)
    of = "of people with at least one interval that has two scores on either side"
    return [
        Question("sudden_gain", "enough scores", gain, judged, f"At least one sudden gain; {of}."),
        Question("sudden_loss", "enough scores", loss, judged, f"At least one sudden loss; {of}."),
        Question(
            "reversed",
            "sudden gain",
            back,
            gain,
            "Every sudden gain given back by half or more; of people with a sudden gain.",
        ),
    ]


def _told(rule: Rule, criteria: Criteria, reversal: float) -> tuple[str, ...]:
    # From all scores on both sides down to the two a side needs.
    freedom = range(2 * criteria.window - 2, 1, -1)
    critical = ", ".join(f"{stdtrit(df, 1 - criteria.alpha / 2):.3f}" for df in freedom)
    return (
        f"A sudden gain lies between two neighbouring scores and is (1) a reliable change, (2) at "
        f"least {100 * criteria.share:g} % of the score before, counted from the best score "
        f"{rule.best:g}, and (3) lasting: the means of up to {criteria.window} scores before and "
        f"after differ by more than t * pooled SD, t at {100 * criteria.alpha:g} % two-sided with "
        f"the scores there are ({critical} from the most scores to the fewest).",
        f"It is reversed when a later score gives back at least {100 * reversal:g} % of it.",
        "With few scores a sudden gain can hardly be seen: people without an interval to judge "
        "are not in the denominator.",
    )
