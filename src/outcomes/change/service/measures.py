"""`service_measures`: the published rates of NHS Talking Therapies, from raw pairs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from outcomes.change.categories import Flags
from outcomes.change.indicators import Indicator, Rows, indicator_rates
from outcomes.change.service.courses import Status, classify, joined
from outcomes.change.service.effects import effect_sizes
from outcomes.change.service.policy import service_policy
from outcomes.change.service.result import ServiceMeasures
from outcomes.errors import NotEnoughData, UsageError

FINISHED, ENTITLED = "finished", "finished, not below caseness"


def service_measures(
    depression: pd.DataFrame,
    anxiety: pd.DataFrame | Sequence[pd.DataFrame],
    *,
    key: Sequence[str] = ("client_id", "episode_id"),
    by: str | None = None,
    cluster: str | None = None,
    finished: str | None = None,
    effect: bool = False,
    confidence: float = 0.95,
    allow_unverified: bool = False,
) -> ServiceMeasures:
    """Count finished courses, caseness, recovery and reliable change as the NHS does.

    `depression` and `anxiety` are pairs of the PHQ-9 and of the anxiety measure, one row for
    each course (`key`), with `pre` and `post` in points; a column `instrument` names the
    anxiety measure of each row, else it is the GAD-7. Several anxiety frames are tried in
    order for each course. `finished`: boolean column of finished courses; without it a
    course is finished that has ended with at least two sessions attended (`ended_on`,
    `sessions_attended`), or, where those columns are not there, every course, with a warning.
    `effect` adds effect sizes by England's standard deviation. Rates within groups of `by`;
    `cluster` names who is not independent.

    Recovery and reliable recovery are of finished courses less those below caseness at
    first; all other rates of all finished courses, so that courses without both scores stay
    in the denominator. Raises UsageError (columns, repeated courses), InstrumentError (no
    thresholds), RangeError, NotEnoughData (no finished course). Source: NHS Talking Therapies
    annual metadata 2024-25.
    """
    several = [anxiety] if isinstance(anxiety, pd.DataFrame) else list(anxiety)
    if not several:
        raise UsageError("There is no anxiety measure.", where="parameter anxiety", fix="Give one.")
    courses = joined(depression, several, key)
    done, warnings = _finished(courses, finished)
    if not done.any():
        raise NotEnoughData(
            "No course is finished.",
            where="service_measures(depression, anxiety)",
            how_many=len(courses),
            fix="Choose a period in which courses ended.",
        )
    kept = courses[done].reset_index(drop=True)
    status = classify(kept, allow_unverified=allow_unverified)
    rows = Rows.of(kept, by, cluster)
    asked = _indicators(status)
    warnings += _unverified(kept["anxiety_measure"])
    return ServiceMeasures(
        frame=_labelled(kept, status),
        rates=indicator_rates(asked, rows, confidence),
        effects=effect_sizes(kept, status, rows, confidence) if effect else None,
        questions=tuple(asked),
        rows=rows,
        by=by,
        cluster=cluster,
        confidence=confidence,
        n_in=len(courses),
        warnings=tuple(warnings),
    )


def _finished(courses: pd.DataFrame, column: str | None) -> tuple[Flags, list[str]]:
    """Which courses are finished, and what to warn of."""
    if column is not None:
        if column not in courses.columns:
            raise UsageError(
                f"The frame has no column {column!r}.",
                where="parameter finished",
                fix=f"Its columns are {', '.join(map(str, courses.columns))}.",
            )
        flags = courses[column].astype("boolean").fillna(False)
        return flags.to_numpy(dtype=bool), []
    if {"ended_on", "sessions_attended"} <= set(courses.columns):
        enough = courses["sessions_attended"].ge(service_policy().minimum_sessions).fillna(False)
        ended = courses["ended_on"].notna()
        return (enough & ended).to_numpy(dtype=bool), []
    return np.ones(len(courses), dtype=bool), [
        "It is not known which courses are finished; every course counts as finished."
    ]


def _unverified(names: pd.Series) -> list[str]:
    """A warning for each measure whose thresholds nobody has checked at the source."""
    known = service_policy().measures
    unsafe = [name for name in sorted(names.dropna().unique()) if not known[name].verified]
    return [f"The thresholds of {name} are not verified." for name in unsafe]


def _indicators(status: Status) -> list[Indicator]:
    """The published measures, each with its own denominator."""
    every = np.ones(len(status.caseness), dtype=bool)
    entitled = ~status.not_caseness
    reliable = status.recovery & status.improvement
    of_all = "of all finished courses"
    of_cases = "of finished courses less those below caseness at the first score"
    table = [
        ("caseness", status.caseness, "At or above either cut-off at the first score"),
        ("not_caseness", status.not_caseness, "Below both cut-offs at the first scores"),
        (
            "unknown_caseness",
            status.unknown_caseness,
            "A first score is missing, the other no case",
        ),
        (
            "reliable_improvement",
            status.improvement,
            "Either reliably better, neither worse",
        ),
        ("reliable_deterioration", status.deterioration, "Either reliably worse, neither better"),
        (
            "no_reliable_change",
            status.no_change,
            "All four scores known, neither improved nor deteriorated",
        ),
        ("unpaired", ~status.paired, "A first or last score is missing"),
    ]
    found = [
        Indicator(name, FINISHED, hits, every, f"{words}; {of_all}.") for name, hits, words in table
    ]
    recovery = "A case at first, below both cut-offs at the last scores"
    found += [
        Indicator("recovery", ENTITLED, status.recovery, entitled, f"{recovery}; {of_cases}."),
        Indicator(
            "reliable_recovery",
            ENTITLED,
            reliable,
            entitled,
            f"{recovery}, and reliably better; {of_cases}.",
        ),
    ]
    return found


def _labelled(courses: pd.DataFrame, status: Status) -> pd.DataFrame:
    """The finished courses with their flags."""
    caseness = np.select(
        [status.caseness, status.not_caseness], ["case", "not a case"], "not known"
    )
    outcome = np.select(
        [status.improvement, status.deterioration, status.no_change],
        ["improved", "deteriorated", "no reliable change"],
        "not paired",
    )
    return courses.assign(
        caseness=pd.Series(caseness, index=courses.index, dtype="string"),
        reliable_change=pd.Series(outcome, index=courses.index, dtype="string"),
        recovery=status.recovery,
        reliable_recovery=status.recovery & status.improvement,
    )
