"""A share as a question put to every row: who counts, among whom; and its rates by group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.change.categories import Flags
from outcomes.change.rates import RATE_COLUMNS, group_masks
from outcomes.errors import UsageError
from outcomes.proportions import (
    CountedShare,
    Proportion,
    cluster_codes,
    correlation,
    counted_share,
    difference_limits,
    ratio_limits,
)

CONTRAST_COLUMNS = [
    "group",
    "reference",
    "measure",
    "denominator",
    "n",
    "n_total",
    "rate",
    "reference_n",
    "reference_total",
    "reference_rate",
    "difference",
    "low",
    "high",
    "ratio",
    "ratio_low",
    "ratio_high",
    "correlation",
    "definition",
]


@dataclass(frozen=True, slots=True, eq=False)
class Indicator:
    """One share: rows that count (`hits`) among those in `base`, in words `definition`."""

    measure: str
    denominator: str
    hits: Flags
    base: Flags
    definition: str


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """What is known of each row besides its indicators: group and cluster, or None."""

    n: int
    groups: pd.Series | None
    clusters: npt.NDArray[np.intp] | None

    @classmethod
    def of(cls, frame: pd.DataFrame, by: str | None, cluster: str | None) -> Rows:
        """Read group and cluster from a frame; UsageError for a column that is not there."""
        absent = [name for name in (by, cluster) if name is not None and name not in frame]
        if absent:
            raise UsageError(
                f"The frame has no column {', '.join(map(repr, absent))}.",
                where="parameters by and cluster",
                fix=f"Its columns are {', '.join(map(str, frame.columns))}.",
            )
        members = None if cluster is None else cluster_codes(frame[cluster])
        return cls(len(frame), None if by is None else frame[by], members)


def indicator_rates(indicators: Sequence[Indicator], rows: Rows, confidence: float) -> pd.DataFrame:
    """Rate of each indicator within each group; columns `RATE_COLUMNS`."""
    found = []
    for name, mask in group_masks(rows.groups, rows.n):
        for asked in indicators:
            share = _share(asked, mask, rows, confidence)
            found.append(
                (
                    name,
                    asked.measure,
                    asked.denominator,
                    share.n,
                    share.total,
                    share.rate,
                    share.low,
                    share.high,
                    share.n_effective,
                    f"{asked.definition} Wilson interval, {100 * confidence:g} % confidence"
                    + (
                        ""
                        if rows.clusters is None
                        else f", effective sample size {share.n_effective:.1f}"
                    )
                    + ".",
                )
            )
    return pd.DataFrame(found, columns=RATE_COLUMNS)


def indicator_contrasts(
    indicators: Sequence[Indicator], rows: Rows, reference: str | None, confidence: float
) -> pd.DataFrame:
    """Each group's rate against the reference group's; columns `CONTRAST_COLUMNS`.

    Difference by Newcombe's method and ratio by recovery of variances, both with limits at
    the effective sizes; where clusters are in both groups, their correlation is used.
    Raises UsageError for fewer than two groups or an unknown reference.
    """
    masks = dict(group_masks(rows.groups, rows.n))
    against = _reference(list(masks), reference)
    found: list[tuple[object, ...]] = []
    for name in masks:
        if name == against:
            continue
        for asked in indicators:
            found.append(_contrast(asked, masks, (name, against), rows, confidence))
    return pd.DataFrame(found, columns=CONTRAST_COLUMNS)


def _contrast(
    asked: Indicator,
    masks: dict[str, Flags],
    names: tuple[str, str],
    rows: Rows,
    confidence: float,
) -> tuple[object, ...]:
    one, two = (_share(asked, masks[name], rows, confidence) for name in names)
    together = 0.0
    if rows.clusters is not None:
        chosen = [asked.base & masks[name] for name in names]
        hits = [asked.hits[mask] for mask in chosen]
        members = [rows.clusters[mask] for mask in chosen]
        together = correlation(hits[0], members[0], hits[1], members[1])
    first = Proportion(one.rate, one.low, one.high)
    second = Proportion(two.rate, two.low, two.high)
    low, high = difference_limits(first, second, together)
    ratio = one.rate / two.rate if two.rate > 0 else np.nan
    ends = ratio_limits(first, second, together)
    return (
        *names,
        asked.measure,
        asked.denominator,
        one.n,
        one.total,
        one.rate,
        two.n,
        two.total,
        two.rate,
        one.rate - two.rate,
        low,
        high,
        ratio,
        *ends,
        together,
        asked.definition,
    )


def _share(asked: Indicator, mask: Flags, rows: Rows, confidence: float) -> CountedShare:
    base = asked.base & mask
    members = None if rows.clusters is None else rows.clusters[base]
    return counted_share(asked.hits[base], members, confidence)


def _reference(names: list[str], reference: str | None) -> str:
    if len(names) < 2:
        raise UsageError(
            "There is only one group, so there is nothing to compare.",
            where="parameter by",
            fix="Make the result with by=, the column of the groups.",
        )
    if reference is None:
        return names[0]
    if reference not in names:
        raise UsageError(
            f"There is no group {reference!r}.",
            where="parameter reference",
            fix=f"Choose from {', '.join(names)}.",
        )
    return reference
