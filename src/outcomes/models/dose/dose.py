"""`dose`: outcomes by total of sessions, as description."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.errors import UsageError
from outcomes.models.dose.courses import course_rows
from outcomes.models.dose.people import Changed, Ended, Stratum, ended_people, strata_of
from outcomes.models.dose.policy import dose_policy
from outcomes.models.dose.result import DoseResult
from outcomes.models.dose.shares import contrast_rows, mean_rows, share_rows
from outcomes.proportions import critical_value


@dataclass(frozen=True, slots=True, eq=False)
class _Classified:
    """A frame with categories, as a result of `oc.change` gives it."""

    frame: pd.DataFrame
    direction: str
    pre: str = "pre"
    post: str = "post"
    unit: str = "points"
    instrument: str | None = None
    by: str | None = None
    # Recovery has a meaning where the frame says who was healthy at the start.
    cutoff: float | None = np.nan


def dose(
    changed: Changed | pd.DataFrame,
    trajectories: pd.DataFrame | None = None,
    *,
    sessions: str = "sessions_attended",
    direction: str | None = None,
    by: str | None = None,
    cluster: str | None = None,
    strata: Sequence[int] | None = None,
    level: float = 0.95,
) -> DoseResult:
    """Describe who got better and recovered, by how many sessions people had in all.

    `changed` is the result of `oc.change(oc.pairs(study, instrument), instrument=...)`, or its
    frame (then with `direction`); with `trajectories` (`oc.trajectories`) the course over the
    scores is added. Only ended episodes with a number of `sessions` are counted; the others are
    told by reason. `by` makes groups (default: those of `changed`), `cluster` says who is not
    independent, `strata` where each stratum of sessions begins (default `policy.toml`).

    Every result carries the warning that ending is part of the outcome. Raises UsageError for
    missing columns, NotEnoughData where nobody has ended.
    """
    critical_value(level)
    known = _known(changed, direction)
    group = known.by if by is None else by
    people, left, notes = ended_people(known, sessions, group, cluster)
    asked = strata_of(dose_policy("strata")["starts"] if strata is None else strata)
    cuts = tuple(stratum for stratum in asked if stratum.holds(people.sessions).any())
    groups = sorted(set(people.groups))
    single = _single_counts(people)
    courses = None
    if trajectories is not None:
        courses = course_rows(
            people,
            trajectories,
            cuts,
            groups,
            direction=known.direction,
            confidence=level,
        )
    return DoseResult(
        strata=share_rows(people, cuts, groups, level),
        counts=share_rows(people, single, groups, level),
        means=mean_rows(people, cuts, groups, level),
        courses=courses,
        contrasts=contrast_rows(people, cuts, groups, level),
        cells=_cells(people, cuts, single),
        by=group,
        cluster=cluster,
        direction=known.direction,
        unit=known.unit,
        instrument=known.instrument,
        n_in=len(known.frame),
        n_used=len(people),
        left_out=left.reasons,
        left_by_group=left.by_group,
        level=level,
        notes=notes,
    )


def _known(changed: Changed | pd.DataFrame, direction: str | None) -> Changed:
    if not isinstance(changed, pd.DataFrame):
        return changed
    if direction not in ("lower", "higher"):
        raise UsageError(
            "Which score is better is not said.",
            where="parameter direction",
            fix='Give direction="lower" or "higher", or the result of oc.change.',
        )
    absent = [name for name in ("category", "pre", "post") if name not in changed.columns]
    if absent:
        raise UsageError(
            "The frame lacks columns that are needed.",
            where=f"columns {', '.join(absent)}",
            fix="Give the result of oc.change(oc.pairs(study, instrument), instrument=...).",
        )
    return _Classified(changed, direction)


def _single_counts(people: Ended) -> tuple[Stratum, ...]:
    """Each number of sessions somebody had, the highest together."""
    last = int(dose_policy("strata")["last_single"])
    there = np.unique(people.sessions)
    single = [Stratum(int(count), int(count)) for count in there if count <= last]
    return (*single, Stratum(last + 1, None)) if there.max() > last else tuple(single)


def _cells(people: Ended, cuts: Sequence[Stratum], single: Sequence[Stratum]) -> pd.DataFrame:
    """group, stratum, count, and flags, with n: the smallest groups of people counted."""
    labels = {}
    for name, parts in (("stratum", cuts), ("count", single)):
        label = np.full(len(people), "", dtype=object)
        for part in parts:
            label[part.holds(people.sessions)] = part.label
        labels[name] = label
    flags = {
        "paired": people.paired,
        "better": people.better,
        "clinical": people.clinical,
        "recovered": people.recovered,
        "planned": np.zeros(len(people), bool) if people.planned is None else people.planned,
    }
    table = pd.DataFrame({"group": people.groups, **labels, **flags})
    return table.value_counts(sort=False).rename("n").reset_index()
