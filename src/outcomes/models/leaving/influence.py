"""How much each cluster of people moves a curve, from which its uncertainty follows.

People of one practitioner or couple are not independent, so the unit is the cluster. Up to the
number of clusters in policy.toml each is left out in turn and the whole curve is made anew
(jackknife, CR3: Tukey 1958; Lipsitz, Dear & Zhao 1994). With more, the derivative of the curve
by the cluster's weight is used (infinitesimal jackknife, CR1: Efron 1982; as R's survfit with
`cluster`, times G / (G − 1)). With everybody alone the latter is Greenwood's variance.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from outcomes.errors import NotEnoughData
from outcomes.models.leaving.degrees import Kind, satterthwaite, working
from outcomes.models.leaving.policy import leaving_policy
from outcomes.models.leaving.risk import FloatArray, IntArray, RiskTable

# Clusters are worked through in blocks of at most this many numbers (64 MB), to keep memory flat.
BLOCK = 8_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """Who belongs together: `cluster` (n) codes from 0 and `cause` (n) of each person."""

    cluster: IntArray
    cause: IntArray
    count: int
    kind: Kind

    @property
    def correction(self) -> float:
        """What Σ moves² is multiplied by: G / (G − 1), or (G − 1) / G for the jackknife."""
        ratio = self.count / (self.count - 1)
        return 1 / ratio if self.kind == "CR3" else ratio

    @property
    def sizes(self) -> FloatArray:
        """People in each cluster."""
        return np.bincount(self.cluster, minlength=self.count).astype(np.float64)

    @property
    def df(self) -> float:
        """Degrees of freedom of t: clusters less one, fewer where they are unequal."""
        return satterthwaite([working(self.sizes, self.kind)], [1.0])

    def of_kind(self, kind: Kind) -> Members:
        """The same clusters with the other way to move a curve."""
        return replace(self, kind=kind)


def members(cluster: npt.ArrayLike, cause: IntArray) -> Members:
    """Codes of clusters from any labels. Raises NotEnoughData with fewer than two clusters."""
    labels, codes = np.unique(np.asarray(cluster), return_inverse=True)
    if len(labels) < 2:
        raise NotEnoughData(
            "Uncertainty between clusters needs at least two of them.",
            where="cluster",
            how_many=len(labels),
            fix="Leave the cluster out, or name another column.",
        )
    few = len(labels) <= int(leaving_policy("clusters")["jackknife_most"])
    return Members(codes.ravel().astype(np.intp), cause, len(labels), "CR3" if few else "CR1")


@dataclass(frozen=True, slots=True, eq=False)
class Ended:
    """A cause with the share still there just before each time, and its incidence after it."""

    cause: int
    before: FloatArray
    share: FloatArray


def survival_squares(table: RiskTable, group: Members, share: FloatArray) -> FloatArray:
    """Σ over clusters of squared moves of the share still there, after each time (m)."""
    total = np.zeros(len(table.time))
    for span in _blocks(table, group):
        total += (_survival_moves(table, group, span, share) ** 2).sum(axis=0)
    return total


def area_moves(
    table: RiskTable, group: Members, share: FloatArray, widths: FloatArray
) -> FloatArray:
    """How each cluster (G) moves the area; `widths` is how long each step of it lasts."""
    found = [
        _survival_moves(table, group, span, share)[:, : len(widths)] @ widths
        for span in _blocks(table, group)
    ]
    return np.concatenate(found)


def incidence_squares(table: RiskTable, group: Members, ended: Ended) -> FloatArray:
    """Σ over clusters of squared moves of a cumulative incidence, after each time (m)."""
    total = np.zeros(len(table.time))
    for span in _blocks(table, group):
        total += (_incidence_moves(table, group, span, ended) ** 2).sum(axis=0)
    return total


def incidence_moves(table: RiskTable, group: Members, ended: Ended, place: int) -> FloatArray:
    """How each cluster (G) moves the cumulative incidence after the time at `place`."""
    found = [
        _incidence_moves(table, group, span, ended)[:, place] for span in _blocks(table, group)
    ]
    return np.concatenate(found)


def _blocks(table: RiskTable, group: Members) -> list[tuple[int, int]]:
    step = max(1, BLOCK // (5 * max(1, len(table.time))))
    return [(first, min(first + step, group.count)) for first in range(0, group.count, step)]


@dataclass(frozen=True, slots=True, eq=False)
class _Counts:
    """Of each cluster of a block, at each time: at risk, ended by any cause, by the cause."""

    there: FloatArray
    ended: FloatArray
    own: FloatArray


def _counts(table: RiskTable, group: Members, span: tuple[int, int], cause: int) -> _Counts:
    first, last = span
    m = len(table.time)
    mine = (group.cluster >= first) & (group.cluster < last)
    flat = (group.cluster[mine] - first) * m + table.place[mine]
    causes = group.cause[mine]

    def count(rows: npt.NDArray[np.bool_]) -> FloatArray:
        found = np.bincount(flat[rows], minlength=(last - first) * m)
        return np.asarray(found.reshape(last - first, m), dtype=np.float64)

    everybody = count(np.ones(len(flat), dtype=bool))
    there = everybody[:, ::-1].cumsum(axis=1)[:, ::-1]
    return _Counts(there, count(causes > 0), count(causes == cause))


def _hazards(table: RiskTable, counts: _Counts, cause: int) -> tuple[FloatArray, FloatArray]:
    """Hazards without each cluster: of any ending and of the cause; 0 where nobody is left."""
    n = table.at_risk - counts.there
    safe = np.where(n > 0, n, 1.0)
    ended = (table.ended - counts.ended) / safe
    own = (table.events[:, cause - 1] - counts.own) / safe
    return np.where(n > 0, ended, 0.0), np.where(n > 0, own, 0.0)


def _parts(table: RiskTable, counts: _Counts) -> FloatArray:
    """Derivative of the log of the curve at each time, with its sign turned."""
    hazard = table.ended / table.at_risk
    left = table.at_risk - table.ended
    safe = np.where(left > 0, left, 1.0)
    return np.where(left > 0, (counts.ended - counts.there * hazard) / safe, 0.0)


def _survival_moves(
    table: RiskTable, group: Members, span: tuple[int, int], share: FloatArray
) -> FloatArray:
    counts = _counts(table, group, span, 1)
    if group.kind == "CR3":
        return np.asarray(share - np.cumprod(1 - _hazards(table, counts, 1)[0], axis=1))
    return np.asarray(-share * _parts(table, counts).cumsum(axis=1))


def _incidence_moves(
    table: RiskTable, group: Members, span: tuple[int, int], ended: Ended
) -> FloatArray:
    """How each cluster of a block moves the incidence after each time.

    By derivative −F(t) P(t) + Q(t), with P the running sum of the curve's parts and Q that of
    F(v) parts(v) + S(v−) (d_1 − Y h_1)(v) / n(v).
    """
    counts = _counts(table, group, span, ended.cause)
    if group.kind == "CR3":
        hazard, own = _hazards(table, counts, ended.cause)
        after = np.cumprod(1 - hazard, axis=1)
        before = np.column_stack([np.ones(len(after)), after[:, :-1]])
        return np.asarray(ended.share - np.cumsum(before * own, axis=1))
    parts = _parts(table, counts)
    surprise = counts.own - counts.there * (table.events[:, ended.cause - 1] / table.at_risk)
    second = (parts * ended.share + surprise * (ended.before / table.at_risk)).cumsum(axis=1)
    return np.asarray(second - parts.cumsum(axis=1) * ended.share)
