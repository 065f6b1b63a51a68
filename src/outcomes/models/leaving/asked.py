"""People in groups with their times and ways of ending, and the estimates of all groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.derive.leaving import DROPOUT, OPEN, OTHER, PLANNED
from outcomes.errors import UsageError
from outcomes.models.leaving.groups import Group, People, Terms, one_group
from outcomes.models.leaving.policy import leaving_policy
from outcomes.models.leaving.risk import risk_table
from outcomes.models.leaving.survival import Transform
from outcomes.proportions import cluster_codes

ALL = "all"
NOT_STATED = "not stated"
STUDY_CAUSES = (DROPOUT, PLANNED, OTHER)


@dataclass(frozen=True, slots=True)
class Split:
    """Columns that make groups and clusters, and how limits are made."""

    by: str | None
    cluster: str | None
    transform: Transform
    level: float


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """Times and causes of people in groups, with the options that apply to all."""

    people: People
    group: npt.NDArray[np.intp]
    names: tuple[str, ...]
    causes: tuple[str, ...]
    split: Split


@dataclass(frozen=True, slots=True, eq=False)
class Estimated:
    """The statistics of all groups, by one set of conventions."""

    asked: Asked
    terms: Terms
    groups: tuple[Group, ...]

    @property
    def horizon(self) -> float:
        """The time of shares and mean times."""
        return self.terms.horizon


def estimate(asked: Asked, horizon: float | None) -> Estimated:
    """All groups; without `horizon` the one of policy.toml. Raises UsageError unless above 0."""
    masks = [asked.group == place for place in range(len(asked.names))]
    end = _horizon(asked, masks) if horizon is None else float(horizon)
    if not end > 0:
        raise UsageError(
            "The horizon is not after the start.",
            where="parameter horizon",
            fix="Give a time above 0, at which people are still followed.",
        )
    terms = Terms(asked.causes, asked.split.transform, asked.split.level, end)
    groups = tuple(
        one_group(name, asked.people.part(mask), terms)
        for name, mask in zip(asked.names, masks, strict=True)
    )
    return Estimated(asked, terms, groups)


def _horizon(asked: Asked, masks: list[npt.NDArray[np.bool_]]) -> float:
    """The last time at which in every group enough people are still there."""
    fewest = int(leaving_policy("curve")["fewest_at_risk"])
    ends = []
    for mask in masks:
        part = asked.people.part(mask)
        table = risk_table(part.time, part.cause, len(asked.causes))
        enough = np.flatnonzero(table.at_risk >= fewest)
        ends.append(float(table.time[enough[-1]] if len(enough) else table.time[-1]))
    return min(ends)


def asked_of(
    frame: pd.DataFrame,
    time: str,
    codes: npt.NDArray[np.intp],
    causes: tuple[str, ...],
    split: Split,
) -> Asked:
    """Times, causes and groups of a frame; `codes` are positions among the causes, 0 is open."""
    group = np.zeros(len(frame), dtype=np.intp)
    names: tuple[str, ...] = (ALL,)
    if split.by is not None:
        column = frame[split.by]
        words = column.astype("string").fillna(NOT_STATED)
        order = sorted(words.unique())
        if isinstance(column.dtype, pd.CategoricalDtype):
            known = [str(level) for level in column.cat.categories]
            order = [*(word for word in known if word in order), *(set(order) - set(known))]
        names = tuple(order)
        group = pd.Categorical(words, categories=order).codes.astype(np.intp)
    clusters = None if split.cluster is None else cluster_codes(frame[split.cluster])
    if clusters is not None and len(np.unique(clusters)) == len(frame):
        clusters = None  # everybody is alone
    times = frame[time].to_numpy(dtype="float64", na_value=np.nan)
    return Asked(People(times, codes, clusters), group, names, causes, split)


def cause_codes(column: pd.Series) -> npt.NDArray[np.intp]:
    """0 for open, 1 dropout, 2 planned, 3 other. Raises UsageError for another word."""
    words = (OPEN, *STUDY_CAUSES)
    codes = pd.Index(words).get_indexer(column.astype("string"))
    if (codes < 0).any():
        raise UsageError(
            "The event says something else than the ways of ending.",
            where=f"column {column.name}",
            how_many=int((codes < 0).sum()),
            fix=f"Use the words {', '.join(words)}, or True and False.",
        )
    found: npt.NDArray[np.intp] = np.asarray(codes, dtype=np.intp)
    return found
