"""`leaving`: who leaves, when and how, from a study or from a frame of times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import numpy as np
import pandas as pd

from outcomes.derive.leaving import (
    DEFINITIONS,
    OPEN,
    UNITS,
    Endings,
    endings,
    leaving_rules,
)
from outcomes.derive.period import Period
from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.arms import require_columns
from outcomes.models.leaving.asked import (
    STUDY_CAUSES,
    Asked,
    Split,
    asked_of,
    cause_codes,
    estimate,
)
from outcomes.models.leaving.differences import differences, rate_tests
from outcomes.models.leaving.groups import curve_rows, enough_endings, share_at, summary_row
from outcomes.models.leaving.model_frame import event_flags
from outcomes.models.leaving.policy import leaving_policy
from outcomes.models.leaving.result import LeavingResult
from outcomes.models.leaving.survival import Transform
from outcomes.schema import Study

GROUPS = ("intervention", "arm", "unit", "practice_id", "practitioner_id")
DEFINITION_COLUMNS = [
    *("definition", "label", "group", "n", "n_dropout", "n_planned", "n_other", "n_open"),
    *("share", "se", "low", "high"),
]
_SOURCE = (
    "Kaplan & Meier 1958; Aalen & Johansen 1978; Irwin 1949; Mantel 1966; Peto & Peto 1972; "
    "clusters: jackknife, Lipsitz, Dear & Zhao 1994"
)


@dataclass(frozen=True, slots=True, eq=False)
class _Told:
    """Where the times come from, in words and counts."""

    definition: str
    id: str
    text: str
    unit: str
    who: str
    n_rows: int
    left_out: dict[str, int]
    as_of: pd.Timestamp | None = None
    n_silent: int = 0


def leaving(
    data: Study | pd.DataFrame,
    *,
    time: str | None = None,
    event: str | None = None,
    by: str | None = None,
    cluster: str | None = None,
    definition: str = "unplanned",
    unit: str | None = None,
    horizon: float | None = None,
    as_of: str | pd.Timestamp | None = None,
    few: int | None = None,
    begun: str | Period = "all",
    transform: Transform | None = None,
    level: float = 0.95,
) -> LeavingResult:
    """Estimate who is still in care over time, and who has left in which way.

    From a study: one row for each episode (partners of a couple leave together), `unit`
    "weeks" (default), "days" or "sessions", `definition` one of `DEFINITIONS` for the
    curves, all of them in `definitions`; `as_of`, `few` and `begun` are
    those of `oc.endings`. From a frame: `time` and `event` are columns; the
    event is yes or no, or one of the words dropout, planned, other, open; `unit` names what
    the time counts. `by` makes groups, the first in sorted order (or of a category) is the
    reference; `cluster` names who is not independent. `horizon` is the time of shares and
    mean times (default: as long as in every group as many people are still there as
    policy.toml asks). Raises UsageError for columns or words that are not
    known, NotEnoughData where there is nobody.
    """
    split = Split(by, cluster, _transform(transform), level)
    if isinstance(data, Study):
        unit = unit or UNITS[0]
        _check(definition, unit, by)
        found = endings(data, as_of=as_of, few=few, begun=begun)
        if cluster is not None:
            require_columns(found.frame, [cluster])
        return _of_study(found, split, definition, unit=unit, horizon=horizon)
    if time is None or event is None:
        raise UsageError(
            "A frame needs the columns of time and event.",
            where="parameters time and event",
            fix="Write oc.leaving(frame, time='weeks', event='dropout').",
        )
    unit = unit or (time if time in UNITS else "units of time")
    return _of_frame(data, split, time, event, unit=unit, horizon=horizon)


def _check(definition: str, unit: str, by: str | None) -> None:
    for name, value, known in (
        ("definition", definition, DEFINITIONS),
        ("unit", unit, UNITS),
        ("by", by, (None, *GROUPS)),
    ):
        if value not in known:
            raise UsageError(
                f"{value!r} is not known.",
                where=f"parameter {name}",
                fix=f"Choose from {', '.join(map(str, known))}.",
            )


def _of_study(
    found: Endings, split: Split, definition: str, *, unit: str, horizon: float | None
) -> LeavingResult:
    asked = {
        name: asked_of(found.frame, unit, cause_codes(found.frame[name]), STUDY_CAUSES, split)
        for name in DEFINITIONS
    }
    rules = leaving_rules()[definition]
    text = str(rules["text"])
    if definition == "few_sessions":
        text += f" The number is {found.few}."
    told = _Told(
        definition=str(rules["label"]),
        id=definition,
        text=text,
        unit=unit,
        who="episodes",
        n_rows=len(found.frame) + sum(found.left_out.values()),
        left_out=found.left_out,
        as_of=found.as_of,
        n_silent=found.n_silent,
    )
    return _result(asked[definition], told, horizon, asked)


def _of_frame(
    frame: pd.DataFrame, split: Split, time: str, event: str, *, unit: str, horizon: float | None
) -> LeavingResult:
    named = [name for name in (time, event, split.by, split.cluster) if name is not None]
    require_columns(frame, named)
    lacking = {name: frame[name].isna().to_numpy() for name in (time, event)}
    usable = ~np.logical_or.reduce(list(lacking.values()))
    if not usable.any():
        raise NotEnoughData("Nobody has a time and an event.", where=f"columns {time}, {event}")
    rows = frame.loc[usable]
    column = rows[event]
    words = not (pd.api.types.is_bool_dtype(column) or pd.api.types.is_numeric_dtype(column))
    causes = STUDY_CAUSES if words else ("left",)
    codes = cause_codes(column) if words else event_flags(column, None)
    told = _Told(
        definition=f"column {event}",
        id="ending",
        text=f"column {event} of the frame.",
        unit=unit,
        who="people",
        n_rows=len(frame),
        left_out={
            f"without {name}": int(gaps.sum()) for name, gaps in lacking.items() if gaps.any()
        },
    )
    return _result(asked_of(rows, time, codes, causes, split), told, horizon, {})


def _definition_rows(name: str, asked: Asked, horizon: float) -> list[dict[str, object]]:
    """The share that has dropped out by the horizon, by one definition."""
    rows: list[dict[str, object]] = []
    for group in estimate(asked, horizon).groups:
        share, se, low, high = share_at(group, 1, horizon)
        counts = group.table.events.sum(axis=0).astype(int)
        rows.append(
            {
                "definition": name,
                "label": leaving_rules()[name]["label"],
                "group": group.name,
                "n": group.n,
                "n_dropout": int(counts[0]),
                "n_planned": int(counts[1]),
                "n_other": int(counts[2]),
                "n_open": int(group.table.censored.sum()),
                "share": share,
                "se": se,
                "low": low,
                "high": high,
            }
        )
    return rows


def _cells(asked: Asked, definitions: dict[str, Asked]) -> pd.DataFrame:
    """group, a word for each definition ("ending" without any), n."""
    words = np.array([OPEN, *asked.causes], dtype=object)
    columns = {name: words[one.people.cause] for name, one in definitions.items()}
    columns = columns or {"ending": words[asked.people.cause]}
    group = np.array(asked.names, dtype=object)[asked.group]
    counted = pd.DataFrame({"group": group, **columns}).value_counts(sort=False)
    return counted.rename("n").reset_index()


def _result(
    asked: Asked, told: _Told, horizon: float | None, definitions: dict[str, Asked]
) -> LeavingResult:
    found = estimate(asked, horizon)
    terms, split, clusters = found.terms, asked.split, asked.people.clusters
    end = terms.horizon
    beside = [row for name, one in definitions.items() for row in _definition_rows(name, one, end)]
    return LeavingResult(
        curves=pd.concat([curve_rows(group, terms) for group in found.groups], ignore_index=True),
        summary=pd.DataFrame([summary_row(group, terms) for group in found.groups]),
        differences=differences(found.groups, terms),
        tests=rate_tests(asked.people, asked.group),
        definitions=pd.DataFrame(beside, columns=DEFINITION_COLUMNS),
        cells=_cells(asked, definitions),
        causes=terms.causes,
        definition=told.definition,
        definition_id=told.id,
        definition_text=told.text,
        unit=told.unit,
        horizon=end,
        by=split.by,
        cluster=split.cluster,
        n_clusters=None if clusters is None else len(np.unique(clusters)),
        few_endings=tuple(group.name for group in found.groups if not enough_endings(group, end)),
        fewest_clusters=min((g.members.count for g in found.groups if g.members), default=None),
        as_of=told.as_of,
        n_silent=told.n_silent,
        left_out=told.left_out,
        n_rows=told.n_rows,
        n_used=len(asked.people.time),
        level=terms.level,
        transform=terms.transform,
        method="Kaplan-Meier and Aalen-Johansen",
        source=_SOURCE,
        who=told.who,
    )


def _transform(transform: Transform | None) -> Transform:
    if transform is None:
        chosen: Transform = leaving_policy("curve")["transform"]
        return chosen
    if transform not in get_args(Transform):
        raise UsageError(
            f"{transform!r} is not known.",
            where="parameter transform",
            fix=f"Choose from {', '.join(get_args(Transform))}.",
        )
    return transform
