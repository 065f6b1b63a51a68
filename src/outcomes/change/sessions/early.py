"""`early_response`: reliable improvement within the first weeks, and how those people ended."""

from __future__ import annotations

from typing import Unpack

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.change.sessions.grid import Grid, last_of
from outcomes.change.sessions.policy import sessions_policy
from outcomes.change.sessions.rule import Scale
from outcomes.change.sessions.shares import OverSessions, Question, count_shares
from outcomes.change.sessions.terms import begin
from outcomes.errors import UsageError

Flags = npt.NDArray[np.bool_]


class EarlyResponse(OverSessions):
    """Early response of each person: `frame` adds `early` and `improved_end` (missing: no score).

    `early` is reliable improvement at the last score given by the mark, `improved_end` at
    the last score given after it.
    """

    __slots__ = ()


def early_response(
    frame: pd.DataFrame,
    *,
    by_day: int | None = None,
    by: str | None = None,
    cluster: str | None = None,
    **scale: Unpack[Scale],
) -> EarlyResponse:
    """Compare the end of early responders with that of the others.

    `by_day`: days after the start score that count as early (default `policy.toml`). A
    later score decides the end, so that no score counts on both sides. Raises UsageError
    where `by_day` is not above 0, and as `oc.change`.
    """
    policy = sessions_policy("early_response")
    mark = int(policy["by_day"]) if by_day is None else by_day
    if mark <= 0:
        raise UsageError(
            "The mark of early response is not after the start.",
            where="parameter by_day",
            fix="Give days after the start score, for example 28.",
        )
    known, terms = begin(frame, by, cluster, scale)
    rule = terms.rule
    early, has_early, improved, has_end = _two_ends(known, mark)
    responded = rule.better(rule.gain(known.scores[:, 0], early))
    ended = rule.better(rule.gain(known.scores[:, 0], improved))
    people = known.people.assign(
        early=pd.Series(responded).astype("boolean").mask(~has_early),
        improved_end=pd.Series(ended).astype("boolean").mask(~has_end),
    )
    both = has_early & has_end
    return EarlyResponse(
        frame=people,
        counted=count_shares(
            known.people,
            _questions(mark, has_early, both, responded, ended),
            terms,
        ),
        terms=terms,
        n_in=len(people),
        n_used=int(both.sum()),
        title="Early response",
        told=(
            f"Early: reliably better at the last score given within {mark} days of the start. "
            "The end is the last score given later than that.",
            "Early responders end better in every kind of help, and with none: this tells whom "
            "to look at, not what worked.",
        ),
        source=str(policy["source"]),
    )


def _two_ends(known: Grid, mark: int) -> tuple[np.ndarray, Flags, np.ndarray, Flags]:
    """The last score up to the mark and the last after it, and who has each."""
    with np.errstate(invalid="ignore"):
        soon = (known.days > 0) & (known.days <= mark)
        late = known.days > mark
    early = last_of(np.where(soon, known.scores, np.nan))
    end = last_of(np.where(late, known.scores, np.nan))
    return early, ~np.isnan(early), end, ~np.isnan(end)


def _questions(
    mark: int, has_early: Flags, both: Flags, responded: Flags, ended: Flags
) -> list[Question]:
    of = f"with a score within {mark} days"
    return [
        Question(
            "early_response",
            "early score",
            responded,
            has_early,
            f"Reliably better within {mark} days; of people {of} of the start.",
        ),
        Question(
            "improved_if_early",
            "early responders",
            ended,
            both & responded,
            "Reliably better at the end; of early responders who have a later score.",
        ),
        Question(
            "improved_if_not_early",
            "other people",
            ended,
            both & ~responded,
            f"Reliably better at the end; of people {of} without response who have a later score.",
        ),
    ]
