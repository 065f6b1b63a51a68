"""Shares and means of those who had so many sessions: each with its denominator and interval."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import stdtrit

from outcomes.models.cluster_robust import cluster_inference
from outcomes.models.dose.people import BoolArray, Ended, Stratum
from outcomes.models.dose.policy import dose_policy
from outcomes.proportions import counted_share

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
SHARE_COLUMNS = [
    "group",
    "stratum",
    "first",
    "last",
    "measure",
    "n",
    "n_total",
    "rate",
    "low",
    "high",
    "definition",
]
MEAN_COLUMNS = ["group", "stratum", "first", "last", "measure", "n", "mean", "low", "high"]
DEFINITIONS = {
    "reliable_improvement": "Reliably better; of those with both scores.",
    "reliable_recovery": "Reliably better and out of the clinical range at the end; of those with "
    "both scores and in the clinical range at the start.",
    "planned_ending": "Ended as agreed; of all who had so many sessions.",
    "both_scores": "With a start and an end score; of all who had so many sessions.",
}


def share_rows(
    people: Ended, strata: Sequence[Stratum], groups: Sequence[str], confidence: float
) -> pd.DataFrame:
    """Columns `SHARE_COLUMNS`: a row for each group, stratum and measure. Wilson limits."""
    everybody = np.ones(len(people), dtype=bool)
    asked: dict[str, tuple[BoolArray, BoolArray]] = {
        "reliable_improvement": (people.better, people.paired),
        "both_scores": (people.paired, everybody),
    }
    if people.clinical.any():
        asked["reliable_recovery"] = (people.recovered, people.clinical)
    if people.planned is not None:
        asked["planned_ending"] = (people.planned, everybody)
    rows = []
    for group in groups:
        for stratum in strata:
            here = (people.groups == group) & stratum.holds(people.sessions)
            for measure, (hits, base) in asked.items():
                of = base & here
                clusters = None if people.clusters is None else people.clusters[of]
                found = counted_share(hits[of], clusters, confidence)
                rows.append(
                    (
                        group,
                        stratum.label,
                        stratum.first,
                        stratum.last,
                        measure,
                        found.n,
                        found.total,
                        found.rate,
                        found.low,
                        found.high,
                        DEFINITIONS[measure],
                    )
                )
    return pd.DataFrame(rows, columns=SHARE_COLUMNS).astype({"last": "Int64"})


def mean_rows(
    people: Ended, strata: Sequence[Stratum], groups: Sequence[str], confidence: float
) -> pd.DataFrame:
    """Columns `MEAN_COLUMNS`: mean improvement, and per session, of those with both scores."""
    rows = []
    values = {"change": people.gain, "change_per_session": people.gain / people.sessions}
    for group in groups:
        for stratum in strata:
            here = (people.groups == group) & stratum.holds(people.sessions) & people.paired
            clusters = None if people.clusters is None else people.clusters[here]
            for measure, value in values.items():
                mean, low, high = mean_limits(value[here], clusters, confidence)
                start = (group, stratum.label, stratum.first, stratum.last, measure)
                rows.append((*start, int(here.sum()), mean, low, high))
    return pd.DataFrame(rows, columns=MEAN_COLUMNS).astype({"last": "Int64"})


def mean_limits(
    values: FloatArray, clusters: IntArray | None, confidence: float
) -> tuple[float, float, float]:
    """Mean with t limits; with clusters by CR2 and Satterthwaite's df. nan for fewer than three."""
    n = len(values)
    if n < int(dose_policy("display")["fewest_for_mean"]):
        return (float(values.mean()) if n else np.nan), np.nan, np.nan
    mean, df = float(values.mean()), float(n - 1)
    se = float(values.std(ddof=1)) / np.sqrt(n)
    if clusters is not None and 1 < len(np.unique(clusters)) < n:
        one = np.ones((n, 1))
        found = cluster_inference(one, values - mean, None, clusters, np.eye(1))
        se, df = float(found.se[0]), float(found.df[0])
    half = float(stdtrit(df, 0.5 + confidence / 2)) * se
    return mean, mean - half, mean + half


def contrast_rows(
    people: Ended, strata: Sequence[Stratum], groups: Sequence[str], confidence: float
) -> pd.DataFrame:
    """Change per session of the longest against the shortest stratum, by group.

    Columns group, shortest, longest, difference, low, high: unequal variances (HC2, or CR2 over
    clusters) with Bell and McCaffrey's df (2002). Strata with too few people (`policy.toml`) do
    not count; nan where fewer than two are left.
    """
    fewest = int(dose_policy("display")["fewest_to_compare"])
    rows = []
    for group in groups:
        held = [
            (stratum, here)
            for stratum in strata
            for here in [(people.groups == group) & stratum.holds(people.sessions) & people.paired]
            if here.sum() >= fewest
        ]
        if len(held) < 2:
            rows.append((group, "", "", np.nan, np.nan, np.nan))
            continue
        (first, few), (last, many) = held[0], held[-1]
        limits = _difference(people, few, many, confidence)
        rows.append((group, first.label, last.label, *limits))
    columns = ["group", "shortest", "longest", "difference", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def _difference(
    people: Ended, few: BoolArray, many: BoolArray, confidence: float
) -> tuple[float, float, float]:
    """Mean change per session of `many` less that of `few`, with limits."""
    used = few | many
    X = np.column_stack([np.ones(int(used.sum())), many[used].astype(float)])
    pace = people.gain[used] / people.sessions[used]
    means = np.where(X[:, 1] == 1, pace[X[:, 1] == 1].mean(), pace[X[:, 1] == 0].mean())
    # Everybody alone is HC2: for two means the standard error of Welch's test.
    clusters = np.arange(len(pace)) if people.clusters is None else people.clusters[used]
    gap = float(means[X[:, 1] == 1][0] - means[X[:, 1] == 0][0])
    if len(np.unique(clusters)) < 2:
        return gap, np.nan, np.nan
    found = cluster_inference(X, pace - means, None, clusters, np.array([[0.0, 1.0]]))
    half = float(stdtrit(found.df[0], 0.5 + confidence / 2) * found.se[0])
    return gap, gap - half, gap + half
