"""Differences between groups at the horizon, and tests of their rates of leaving.

Where clusters are counted, how one cluster moves both groups is subtracted before it is
squared, so that a practitioner with people in both is counted as one. Degrees of freedom are
those of `degrees.py`, which are Welch's where no cluster has people in both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import fdtrc, stdtr

from outcomes.errors import NotEnoughData
from outcomes.models.leaving.degrees import Working, satterthwaite, working
from outcomes.models.leaving.groups import (
    Group,
    People,
    Terms,
    at_horizon,
    cluster_moves,
    enough_endings,
)
from outcomes.models.leaving.partial import evaluate, ordered, score_residuals
from outcomes.models.leaving.policy import leaving_policy
from outcomes.models.leaving.rank_tests import rank_test
from outcomes.models.leaving.risk import FloatArray, IntArray
from outcomes.models.leaving.survival import quantile
from outcomes.schema.verdicts import Verdict

DIFFERENCE_COLUMNS = [
    *("group", "reference", "measure", "estimate", "se", "df", "low", "high", "p", "verdict"),
]
TEST_COLUMNS = ["test", "statistic", "df", "df2", "p"]
TIME_IN_CARE = "time in care"


@dataclass(frozen=True, slots=True)
class _Part:
    """An estimate of one group, its variance and degrees of freedom.

    `moves` of its clusters, whose squares add up to the variance, with their codes `labels` and
    their `working` covariance.
    """

    estimate: float
    variance: float
    df: float
    moves: FloatArray | None
    labels: IntArray | None
    working: Working | None


def differences(groups: Sequence[Group], terms: Terms) -> pd.DataFrame:
    """Each group less the first: time in care up to the horizon, and shares by the horizon.

    Columns `DIFFERENCE_COLUMNS`. The verdict is on 'the groups differ'.
    """
    rows: list[dict[str, object]] = []
    for other in groups[1:]:
        reference = groups[0]
        few = _few(reference, other)
        for place, cause in enumerate(terms.causes):
            pair = [_share(group, place + 1, terms.horizon) for group in (other, reference)]
            rows.append(_row(pair, (other, reference), f"{cause} by then", terms, few=few))
        if other.mean is not None and reference.mean is not None:
            pair = [_time(group) for group in (other, reference)]
            rows.append(_row(pair, (other, reference), TIME_IN_CARE, terms, few=few))
    return pd.DataFrame(rows, columns=DIFFERENCE_COLUMNS)


def _few(*groups: Group) -> bool:
    """Whether a group has too few events of the first cause for a verdict."""
    fewest = int(leaving_policy("verdict")["fewest_events"])
    return any(group.table.events[:, 0].sum() < fewest for group in groups)


def _share(group: Group, cause: int, horizon: float) -> _Part:
    share, se, _, _ = at_horizon(group.incidences[cause - 1], horizon)
    return _part(group, share, se, cluster_moves(group, cause, horizon))


def _time(group: Group) -> _Part:
    mean = group.mean
    if mean is None:
        raise NotEnoughData("A group was not followed up to the horizon.")
    return _part(group, mean.mean, mean.wide_se, mean.moves)


def _part(group: Group, estimate: float, se: float, moves: FloatArray | None) -> _Part:
    if group.members is None or moves is None:
        return _Part(estimate, se**2, group.n - 1.0, None, None, None)
    scaled = moves * np.sqrt(group.members.correction)
    model = working(group.members.sizes, group.members.kind)
    return _Part(estimate, se**2, group.members.df, scaled, group.labels, model)


def _row(
    pair: Sequence[_Part], groups: tuple[Group, Group], measure: str, terms: Terms, *, few: bool
) -> dict[str, object]:
    variance, df = _spread(pair)
    estimate, se = pair[0].estimate - pair[1].estimate, float(np.sqrt(variance))
    known = df > 0 and all(enough_endings(group, terms.horizon) for group in groups)
    reach = quantile(terms.level, df) * se if known else np.nan
    low, high = estimate - reach, estimate + reach
    below = -abs(estimate) / se if se > 0 else np.nan
    clear = se > 0 and (low > 0 or high < 0) and not few
    return {
        "group": groups[0].name,
        "reference": groups[1].name,
        "measure": measure,
        "estimate": estimate,
        "se": se,
        "df": df,
        "low": low,
        "high": high,
        "p": float(2 * stdtr(df, below)) if known else np.nan,
        "verdict": str(Verdict.SUPPORTED if clear else Verdict.CANNOT_TELL),
    }


def _spread(pair: Sequence[_Part]) -> tuple[float, float]:
    """Variance of the difference, and its degrees of freedom."""
    a, b = pair
    none = np.array([], dtype=np.intp)
    own, others = (none if part.labels is None else part.labels for part in pair)
    if len(np.intersect1d(own, others)) and a.moves is not None and b.moves is not None:
        labels = np.union1d(own, others)
        moved = np.zeros(len(labels))
        moved[np.searchsorted(labels, own)] += a.moves
        moved[np.searchsorted(labels, others)] -= b.moves
        models = [_over(labels, part) for part in pair]
        df = satterthwaite(models, [part.variance for part in pair])
        return float((moved**2).sum()), df
    total = a.variance + b.variance
    parts = [part for part in pair if part.variance > 0]
    if not parts or any(part.df <= 0 for part in parts):
        return total, np.nan
    return total, float(total**2 / sum(part.variance**2 / part.df for part in parts))


def _over(labels: IntArray, part: _Part) -> Working:
    """The working covariance of a group's clusters among the clusters of both groups."""
    own, shared = np.zeros(len(labels)), np.zeros(len(labels))
    if part.labels is not None and part.working is not None:
        place = np.searchsorted(labels, part.labels)
        own[place], shared[place] = part.working.own, part.working.shared
    return Working(own, shared)


def rate_tests(people: People, group: IntArray) -> pd.DataFrame:
    """Log-rank and Peto tests of the rate of the first cause, columns `TEST_COLUMNS`.

    With clusters the log-rank test is Hotelling's T² of the clusters' sums of score
    residuals at no effect, an F on q and G − q degrees of freedom; Peto's is left out.
    """
    event = (people.cause == 1).astype(np.intp)
    rows: list[tuple[str, float, float, float, float]] = []
    if len(np.unique(group)) < 2 or not event.any():
        return pd.DataFrame(columns=TEST_COLUMNS)
    if people.clusters is not None:
        clustered = _clustered(people, people.clusters, event, group)
        return pd.DataFrame([clustered], columns=TEST_COLUMNS)
    for name, rho in (("log-rank", 0.0), ("Peto & Peto", 1.0)):
        found = rank_test(people.time, event, group, rho=rho)
        rows.append((name, found.chi2, float(found.df), np.inf, found.p))
    return pd.DataFrame(rows, columns=TEST_COLUMNS)


def _clustered(
    people: People, clusters: IntArray, event: IntArray, group: IntArray
) -> tuple[str, float, float, float, float]:
    X = (group[:, None] == np.unique(group)[1:]).astype(float)
    rows = ordered(people.time, event, X, np.zeros(len(event), dtype=np.intp), efron=False)
    residuals = score_residuals(rows, evaluate(rows, np.zeros(X.shape[1])))
    codes = np.unique(clusters, return_inverse=True)[1].ravel()
    sums = np.column_stack([np.bincount(codes, weights=column) for column in residuals.T])
    count, q = sums.shape
    name = "log-rank, clustered"
    if count <= q + 1:
        return name, np.nan, float(q), float(count - q), np.nan
    centred = sums - sums.mean(axis=0)
    total = sums.sum(axis=0)
    covariance = centred.T @ centred * count / (count - 1)
    squared = float(total @ np.linalg.pinv(covariance) @ total)
    statistic = squared * (count - q) / ((count - 1) * q)
    return name, statistic, float(q), float(count - q), float(fdtrc(q, count - q, statistic))
