"""What each panel of the scatter of scores shows: its points, moved where they must be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.change import ChangeResult
from outcomes.figures.blurring import moved
from outcomes.instruments import get
from outcomes.privacy import Policy, hidden
from outcomes.showing import format as fmt
from outcomes.showing.disclosure import visible_rates

BETTER, NONE, WORSE = "reliably better", "no reliable change", "reliably worse"
_ZONES = {
    BETTER: ("recovered", "improved"),
    NONE: ("unchanged",),
    WORSE: ("deteriorated", "harmed"),
}
_MEASURES = {BETTER: "reliable_improvement", NONE: "unchanged", WORSE: "reliable_deterioration"}
_WITHHELD = "not shown"

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Panel:
    """One arm: its points, or why there are none, and what its zones hold."""

    group: str
    title: str
    points: pd.DataFrame  # start, end, zone
    drawn: bool
    n: int | None  # None where the number is hidden
    zones: dict[str, int | None]


def limits_of(result: ChangeResult) -> tuple[float, float]:
    """The instrument's range, or the range of the scores."""
    if result.instrument is not None:
        instrument = get(result.instrument)
        return float(instrument.total_min), float(instrument.total_max)
    scores = result.frame[[result.pre, result.post]].to_numpy(dtype=float, na_value=np.nan)
    step = max(step_of(result), 1.0)
    return (
        float(np.floor(np.nanmin(scores) / step) * step),
        float(np.ceil(np.nanmax(scores) / step) * step),
    )


def step_of(result: ChangeResult) -> float:
    """Size of the shifts that hide a score, in points.

    The method's threshold where that is in points, else half the SD of the start scores.
    """
    if result.line is not None and not result.line.relative and result.threshold > 0:
        return result.threshold
    return max(0.5 * float(result.frame[result.pre].std()), 1e-9)


def panels_of(
    result: ChangeResult, policy: Policy, seed: int, limits: tuple[float, float]
) -> list[Panel]:
    """One panel for each group of the result, with what the policy lets be seen."""
    frame = result.frame
    names = fmt.ordered_groups(result.by, result.rates["group"])
    groups = (
        pd.Series("all", index=frame.index)
        if result.by is None
        else frame[result.by].astype("string").fillna("not stated")
    )
    visible = visible_rates(result, policy)
    panels = []
    for name in names:
        rows = frame[(groups == name) & (frame["category"] != "missing")]
        zones = _zone_counts(result, visible, name)
        n = len(rows)
        drawn = n > 0 and not (policy.suppress and n < policy.minimum_plot)
        panels.append(
            Panel(
                group=name,
                title=fmt.group_name(result.by, name),
                points=_points(result, rows, zones, policy=policy, seed=seed, limits=limits)
                if drawn
                else _nobody(),
                drawn=drawn,
                n=None if hidden(n, policy) else n,
                zones=zones,
            )
        )
    return panels


def _zone_counts(result: ChangeResult, visible: pd.DataFrame, group: str) -> dict[str, int | None]:
    rates = result.rates
    found: dict[str, int | None] = {}
    for zone, measure in _MEASURES.items():
        row = rates[
            (rates["group"] == group)
            & (rates["measure"] == measure)
            & (rates["denominator"] == "paired")
        ].index[0]
        found[zone] = int(rates.loc[row, "n"]) if visible.loc[row, "n"] else None
    return found


def _points(
    result: ChangeResult,
    rows: pd.DataFrame,
    zones: dict[str, int | None],
    *,
    policy: Policy,
    seed: int,
    limits: tuple[float, float],
) -> pd.DataFrame:
    """start, end and zone of each point, in an order that says nothing about the rows."""
    start = rows[result.pre].to_numpy(dtype=float)
    end = rows[result.post].to_numpy(dtype=float)
    by_category = {name: zone for zone, names in _ZONES.items() for name in names}
    zone = rows["category"].astype(str).map(by_category).to_numpy(dtype=object)
    if policy.suppress:
        secret = {name for name, count in zones.items() if count is None}
        # The middle zone touches both others: with it open, points may cross either border.
        merged = secret | {NONE} if secret else secret
        if result.line is None:
            # Where no band belongs to the method, no point can be kept inside its zone.
            merged = set(_ZONES)
        start, end, kept = _shifted(result, (start, end, zone), merged, seed=seed, limits=limits)
        zone = np.array([_WITHHELD if name in merged else name for name in zone], dtype=object)
        start, end, zone = start[kept], end[kept], zone[kept]
    order = np.lexsort((end, start))
    return pd.DataFrame({"start": start[order], "end": end[order], "zone": zone[order]})


def _shifted(
    result: ChangeResult,
    points: tuple[Numbers, Numbers, npt.NDArray[np.object_]],
    merged: set[str],
    *,
    seed: int,
    limits: tuple[float, float],
) -> tuple[Numbers, Numbers, npt.NDArray[np.bool_]]:
    """Points moved at random within the method's zones, and which found a place.

    The method's band is straightened to one along the diagonal, the points are moved there,
    and bent back; whoever would leave the scale or the zone by that is left out.
    """
    start, end, zone = points
    step, line = step_of(result), result.line
    bands = _bands(result.direction)
    codes = np.array([bands[name] for name in zone], dtype=np.int8)
    free = [bands[name] for name in merged]
    straight = line is None or (line.slope, line.constant, line.relative) == (1.0, 0.0, False)
    if line is None or straight:
        return moved(start, end, codes, free=free, threshold=step, limits=limits, seed=seed)
    wide = (limits[0] - 20 * step, limits[1] + 20 * step)
    flat = start + step * np.clip(line.index(start, end) / line.critical, -9, 9)
    new, bent, kept = moved(start, flat, codes, free=free, threshold=step, limits=wide, seed=seed)
    back = line.expected(new) + (bent - new) / step * line.critical * line.scale(new)
    new, back = np.clip(new, *limits), np.clip(back, *limits)
    low, high = line.limits(new)
    found = np.where(back < low, -1, np.where(back > high, 1, 0))
    kept &= (found == codes) | (np.isin(codes, free) & np.isin(found, free))
    return new, back, kept


def _bands(direction: str) -> dict[str, int]:
    """On which side of the diagonal each zone lies: -1 where the end score is lower."""
    better = -1 if direction == "lower" else 1
    return {BETTER: better, NONE: 0, WORSE: -better}


def _nobody() -> pd.DataFrame:
    return pd.DataFrame({"start": [], "end": [], "zone": []})
