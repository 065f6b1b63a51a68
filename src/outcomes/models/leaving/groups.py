"""The statistics of one group of people: curves, times, shares, with what differences need."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import UsageError
from outcomes.models.leaving.competing import Incidence, aalen_johansen
from outcomes.models.leaving.influence import Ended, Members, incidence_moves, members
from outcomes.models.leaving.policy import leaving_policy
from outcomes.models.leaving.risk import FloatArray, IntArray, RiskTable, risk_table
from outcomes.models.leaving.survival import (
    RestrictedMean,
    SurvivalCurve,
    Transform,
    kaplan_meier,
    median,
    quantile,
    restricted_mean,
)

IN_CARE = "in care"
CURVE_COLUMNS = [
    *("group", "state", "time", "at_risk", "events", "censored"),
    *("share", "se", "low", "high"),
]


@dataclass(frozen=True, slots=True)
class Terms:
    """By which conventions: names of the causes 1 to k, transform, level, and the horizon."""

    causes: tuple[str, ...]
    transform: Transform
    level: float
    horizon: float


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """Times (n), causes (n; 0 is open), and cluster codes over all groups or None."""

    time: FloatArray
    cause: IntArray
    clusters: npt.NDArray[np.intp] | None

    def part(self, rows: npt.NDArray[np.bool_]) -> People:
        """Some of the people, with the same codes of clusters."""
        kept = None if self.clusters is None else self.clusters[rows]
        return People(self.time[rows], self.cause[rows], kept)


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """One group's table of counts, its curves, and its numbers at the horizon.

    `labels` are the cluster codes that members' positions stand for.
    """

    name: str
    n: int
    table: RiskTable
    survival: SurvivalCurve
    incidences: tuple[Incidence, ...]
    mean: RestrictedMean | None
    members: Members | None
    labels: npt.NDArray[np.intp] | None


def enough_endings(group: Group, horizon: float) -> bool:
    """Whether so many had ended by the horizon that limits hold what they say (policy.toml)."""
    table = group.table
    fewest = float(leaving_policy("interval")["fewest_endings"])
    return bool(table.ended[: table.until(horizon)].sum() >= fewest)


def share_at(group: Group, cause: int, horizon: float) -> tuple[float, float, float, float]:
    """As `at_horizon`; without limits where too few had ended."""
    share, se, low, high = at_horizon(group.incidences[cause - 1], horizon)
    if not enough_endings(group, horizon):
        low = high = float("nan")
    return share, se, low, high


def one_group(name: str, people: People, terms: Terms) -> Group:
    """All statistics of one group."""
    table = risk_table(people.time, people.cause, len(terms.causes))
    group, labels = _members(people)
    survival = kaplan_meier(table, terms.transform, terms.level, group)
    incidences = tuple(
        aalen_johansen(table, cause, level=terms.level, transform=terms.transform, members=group)
        for cause in range(1, len(terms.causes) + 1)
    )
    try:
        mean = restricted_mean(table, terms.horizon, group)
    except UsageError:
        # This group was not followed so far; the others may have been.
        mean = None
    return Group(name, len(people.time), table, survival, incidences, mean, group, labels)


def _members(people: People) -> tuple[Members | None, npt.NDArray[np.intp] | None]:
    """Clusters of one group; none where all are together."""
    if people.clusters is None:
        return None, None
    labels = np.unique(people.clusters)
    if len(labels) < 2:
        return None, None
    return members(people.clusters, people.cause), labels


def at_horizon(incidence: Incidence, horizon: float) -> tuple[float, float, float, float]:
    """Share, standard error and limits of a cumulative incidence at the horizon.

    Before the first event the share is 0, and the data tell no limits.
    """
    place = int(np.searchsorted(incidence.time, horizon, side="right")) - 1
    if place < 0:
        return 0.0, 0.0, float("nan"), float("nan")
    values = (incidence.share, incidence.se, incidence.low, incidence.high)
    share, se, low, high = (float(value[place]) for value in values)
    return share, se, low, high


def curve_rows(group: Group, terms: Terms) -> pd.DataFrame:
    """Columns `CURVE_COLUMNS`: in care, then each cause, one row for each time."""
    table = group.table
    states = [(IN_CARE, group.survival, table.ended)]
    states += [
        (cause, found, table.events[:, place])  # type: ignore[misc]
        for place, (cause, found) in enumerate(zip(terms.causes, group.incidences, strict=True))
    ]
    parts = [
        pd.DataFrame(
            {
                "group": group.name,
                "state": state,
                "time": table.time,
                "at_risk": table.at_risk.astype("int64"),
                "events": events.astype("int64"),
                "censored": table.censored.astype("int64"),
                "share": found.share,
                "se": found.se,
                "low": found.low,
                "high": found.high,
            },
            columns=CURVE_COLUMNS,
        )
        for state, found, events in states
    ]
    return pd.concat(parts, ignore_index=True)


def summary_row(group: Group, terms: Terms) -> dict[str, object]:
    """n, counts by cause, median and restricted mean time in care, shares at the horizon."""
    middle, low, high = median(group.survival)
    row: dict[str, object] = {"group": group.name, "n": group.n}
    row |= {
        f"n_{cause}": int(group.table.events[:, place].sum())
        for place, cause in enumerate(terms.causes)
    }
    row |= {"n_open": int(group.table.censored.sum())}
    row |= {"median": middle, "median_low": low, "median_high": high, "horizon": terms.horizon}
    mean = group.mean
    nan = float("nan")
    if mean is None:
        row |= {"mean": nan, "mean_se": nan, "mean_low": nan, "mean_high": nan}
    else:
        known = enough_endings(group, terms.horizon)
        reach = quantile(terms.level, mean.df) * mean.wide_se if known else nan
        row |= {
            "mean": mean.mean,
            "mean_se": mean.se,
            "mean_low": float(np.maximum(mean.mean - reach, 0.0)),
            "mean_high": float(np.minimum(mean.mean + reach, terms.horizon)),
        }
    for place, cause in enumerate(terms.causes):
        share, se, lower, upper = share_at(group, place + 1, terms.horizon)
        row |= {cause: share, f"{cause}_se": se, f"{cause}_low": lower, f"{cause}_high": upper}
    return row


def cluster_moves(group: Group, cause: int, horizon: float) -> FloatArray | None:
    """How each cluster of a group moves its incidence of a cause at the horizon."""
    if group.members is None:
        return None
    found = group.incidences[cause - 1]
    place = int(np.searchsorted(found.time, horizon, side="right")) - 1
    if place < 0:
        return np.zeros(group.members.count)
    ended = Ended(cause, found.before, found.share)
    return incidence_moves(group.table, group.members, ended, place)
