"""Effect sizes by England's standard deviation of first scores, as NHS England publishes."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from outcomes.change.indicators import Rows
from outcomes.change.rates import group_masks
from outcomes.change.service.courses import SCORES, Status
from outcomes.change.service.policy import service_policy

EFFECT_COLUMNS = [
    "group",
    "measure",
    "among",
    "n",
    "mean_first",
    "mean_last",
    "england_sd",
    "effect_size",
    "low",
    "high",
]


def effect_sizes(
    courses: pd.DataFrame, status: Status, rows: Rows, confidence: float
) -> pd.DataFrame:
    """(mean first - mean last) / England's SD of first scores, positive where scores fell.

    Of courses with both scores of the measure, all and those at caseness. The interval is
    that of the mean change (t, n - 1; clusters - 1 and their sums where there are clusters),
    divided by the same SD, which is taken as fixed. Missing where fewer than two courses
    have both scores or England's SD of the measure is not known. Columns `EFFECT_COLUMNS`.
    """
    depression = service_policy().depression
    found = []
    names = courses["anxiety_measure"].astype("object")
    asked = [(depression, SCORES[:2], np.ones(len(courses), dtype=bool))]
    asked += [
        (str(name), SCORES[2:], names.eq(name).to_numpy(dtype=bool))
        for name in sorted(names.dropna().unique())
    ]
    for group, mask in group_masks(rows.groups, rows.n):
        for measure, columns, own in asked:
            first, last = (courses[c].to_numpy(dtype="float64", na_value=np.nan) for c in columns)
            there = mask & own & ~np.isnan(first + last)
            for among, base in (("finished", there), ("caseness", there & status.caseness)):
                sd = service_policy().england_sd.get(measure, np.nan)
                members = None if rows.clusters is None else rows.clusters[base]
                found.append(
                    (
                        group,
                        measure,
                        among,
                        *_effect(first[base], last[base], sd, members, confidence),
                    )
                )
    return pd.DataFrame(found, columns=EFFECT_COLUMNS)


def _effect(
    first: np.ndarray, last: np.ndarray, sd: float, members: np.ndarray | None, confidence: float
) -> tuple[float, ...]:
    n = len(first)
    if n < 2:
        mean = (float(first.mean()), float(last.mean())) if n else (np.nan, np.nan)
        return (n, *mean, sd, (mean[0] - mean[1]) / sd, np.nan, np.nan)
    gain = first - last
    codes = np.arange(n) if members is None else np.unique(members, return_inverse=True)[1]
    k = int(codes.max()) + 1
    if k < 2:
        codes, k = np.arange(n), n
    sums = np.bincount(codes, weights=gain - gain.mean())
    error = float(np.sqrt(k / (k - 1) * (sums**2).sum())) / n
    half = float(stdtrit(k - 1, 0.5 + confidence / 2)) * error
    middle = float(gain.mean())
    ends = ((middle - half) / sd, (middle + half) / sd)
    return (n, float(first.mean()), float(last.mean()), sd, middle / sd, *ends)
