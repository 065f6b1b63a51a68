"""Shares of people by category: within each group, with its denominator and interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.change.categories import (
    DETERIORATED,
    HARMED,
    IMPROVED,
    MISSING,
    RECOVERED,
    UNCHANGED,
    Flags,
)
from outcomes.proportions import cluster_codes, counted_share, newcombe

__all__ = ["EVERYBODY", "RATE_COLUMNS", "difference", "rates"]

EVERYBODY = "all"
NOT_STATED = "not stated"
RATE_COLUMNS = [
    "group",
    "measure",
    "denominator",
    "n",
    "n_total",
    "rate",
    "low",
    "high",
    "n_effective",
    "definition",
]


@dataclass(frozen=True, slots=True)
class _Measure:
    """A share that is counted, and whether it needs a cut-off."""

    id: str
    codes: tuple[int, ...]
    meaning: str
    needs_cutoff: bool = False


_MEASURES = (
    _Measure(
        "recovered",
        (RECOVERED,),
        "reliably better, clinical at the start and not at the end",
        needs_cutoff=True,
    ),
    _Measure("improved", (IMPROVED,), "reliably better without recovery"),
    _Measure("unchanged", (UNCHANGED,), "change within measurement error"),
    _Measure("deteriorated", (DETERIORATED,), "reliably worse without becoming clinical"),
    _Measure(
        "harmed",
        (HARMED,),
        "reliably worse, not clinical at the start but at the end",
        needs_cutoff=True,
    ),
    _Measure("reliable_improvement", (RECOVERED, IMPROVED), "reliably better, recovered or not"),
    _Measure("reliable_deterioration", (DETERIORATED, HARMED), "reliably worse, harmed or not"),
)
# By id: positions in CATEGORIES, the meaning, and whether it needs a cut-off.
MEASURE_CODES = {
    m.id: (m.codes, f"{m.meaning[0].upper()}{m.meaning[1:]}", m.needs_cutoff) for m in _MEASURES
}
_PLAIN = {"improved": "reliably better", "deteriorated": "reliably worse"}

_CROSSING = {
    "improved": "clinical at the start and not at the end",
    "unchanged": "on the same side of the cut-off at the start and at the end",
    "deteriorated": "not clinical at the start but at the end",
    "reliable_improvement": "clinical at the start and not at the end, by whatever change",
    "reliable_deterioration": "not clinical at the start but at the end, by whatever change",
}

_OF = {
    "paired": "of those with both scores",
    "started": "of everybody who started; whoever lacks a score does not count as a case",
    "clinical at start": "of those clinical at the start who have both scores",
}


@dataclass(frozen=True, slots=True)
class _Group:
    """The rows of one group as arrays of equal length."""

    name: str
    codes: npt.NDArray[np.int8]
    clinical: Flags | None
    clusters: npt.NDArray[np.intp] | None


@dataclass(frozen=True, slots=True)
class _Share:
    """Who counts as a case of a measure, in one group."""

    measure: str
    meaning: str
    hits: Flags


def rates(
    codes: npt.NDArray[np.int8],
    *,
    groups: pd.Series | None = None,
    clinical_at_start: Flags | None = None,
    clusters: pd.Series | None = None,
    confidence: float = 0.95,
    crossing: bool = False,
) -> pd.DataFrame:
    """Shares within each group, never of the grand total. Columns `RATE_COLUMNS`.

    `codes` are positions in CATEGORIES; the other arguments are as long. A missing group
    is "not stated". Without `clinical_at_start` (no cut-off) the measures that need one
    are left out: they are unknown, not zero. `crossing`: better and worse mean crossing the
    cut-off, so that recovered and harmed are left out. `clusters` names who belongs together
    (a couple, a practitioner); a missing name stands alone. Where clusters repeat, the Wilson
    interval uses the effective size of `proportions.effective_size`: n / design effect, less
    what few clusters leave unknown.
    """
    members = None if clusters is None else cluster_codes(clusters)
    rows: list[dict[str, object]] = []
    for name, mask in group_masks(groups, len(codes)):
        group = _Group(
            name,
            codes[mask],
            None if clinical_at_start is None else clinical_at_start[mask],
            None if members is None else members[mask],
        )
        rows += _group_rates(group, confidence, crossing=crossing)
    return pd.DataFrame(rows, columns=RATE_COLUMNS)


def difference(
    table: pd.DataFrame,
    measure: str,
    group: str,
    reference: str,
    *,
    denominator: str = "paired",
    confidence: float = 0.95,
) -> tuple[float, float, float]:
    """Rate of `group` minus rate of `reference`, with Newcombe's limits.

    Unadjusted: it says how the groups differ, not what the intervention did. Uses the
    effective sizes of `table` (the `rates` of a result). Raises KeyError for a row that is
    not there.
    """
    rows = table.set_index(["group", "measure", "denominator"])
    one = rows.loc[(group, measure, denominator)]
    two = rows.loc[(reference, measure, denominator)]
    sizes = [float(row["n_effective"]) for row in (one, two)]
    cases = [
        0.0 if size == 0 else float(row["n"]) / float(row["n_total"]) * size
        for row, size in zip((one, two), sizes, strict=True)
    ]
    low, high = newcombe(cases[0], sizes[0], cases[1], sizes[1], confidence)
    return float(one["rate"] - two["rate"]), low, high


def _group_rates(group: _Group, confidence: float, *, crossing: bool) -> list[dict[str, object]]:
    """Build every row of one group."""
    started = np.ones(len(group.codes), dtype=bool)
    paired = group.codes != MISSING
    both = (("paired", paired), ("started", started))
    wanted: list[tuple[_Share, str, Flags]] = []
    for measure in _MEASURES:
        if measure.needs_cutoff and (group.clinical is None or crossing):
            continue
        meaning = _PLAIN.get(measure.id, "") if group.clinical is None else ""
        meaning = _CROSSING[measure.id] if crossing else meaning
        hits = np.isin(group.codes, measure.codes)
        share = _Share(measure.id, meaning or measure.meaning, hits)
        wanted += [(share, denominator, base) for denominator, base in both]
    lost = _Share("missing", "no score at the start or at the end", ~paired)
    wanted.append((lost, "started", started))
    if group.clinical is not None:
        hits = group.codes == (IMPROVED if crossing else RECOVERED)
        meaning = _CROSSING["improved"] if crossing else "recovered"
        recovery = _Share("reliable_recovery", meaning, hits)
        wanted.append((recovery, "clinical at start", paired & group.clinical))
        start = _Share("clinical_at_start", "clinical at the start", group.clinical)
        wanted += [(start, denominator, base) for denominator, base in both]
        healthy = _Share(
            "healthy_at_start",
            "already healthy at the start, so that recovery is impossible",
            ~group.clinical,
        )
        wanted.append((healthy, "paired", paired))
    return [
        _row(group, share, denominator, base, confidence) for share, denominator, base in wanted
    ]


def _row(
    group: _Group, share: _Share, denominator: str, base: Flags, confidence: float
) -> dict[str, object]:
    """One share with its interval."""
    members = None if group.clusters is None else group.clusters[base]
    found = counted_share(share.hits[base], members, confidence)
    how = f"Wilson interval, {100 * confidence:g} % confidence"
    if group.clusters is not None:
        how += f", effective sample size {found.n_effective:.1f} (design effect {found.effect:.2f})"
    meaning = f"{share.meaning[0].upper()}{share.meaning[1:]}"
    return {
        "group": group.name,
        "measure": share.measure,
        "denominator": denominator,
        "n": found.n,
        "n_total": found.total,
        "rate": found.rate,
        "low": found.low,
        "high": found.high,
        "n_effective": found.n_effective,
        "definition": f"{meaning}; {_OF[denominator]}. {how}.",
    }


def group_masks(groups: pd.Series | None, n: int) -> list[tuple[str, Flags]]:
    """Name and rows of every group, sorted by value, the missing last."""
    if groups is None:
        return [(EVERYBODY, np.ones(n, dtype=bool))]
    codes, values = pd.factorize(groups, sort=True)
    named = [(str(value), codes == place) for place, value in enumerate(values)]
    unnamed = codes == -1
    return [*named, (NOT_STATED, unnamed)] if unnamed.any() else named
