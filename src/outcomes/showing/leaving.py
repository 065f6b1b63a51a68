"""What may be shown of who leaves and when: counts, steps of curves, numbers still there."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.models.leaving import LeavingResult
from outcomes.privacy import Policy, hidden
from outcomes.showing.disclosure import releasable, visible_steps

# Ways of ending as readers meet them.
STATES = {
    "in care": "Still in care",
    "dropout": "Dropped out",
    "planned": "Ended as planned",
    "other": "Ended otherwise",
    "left": "Left",
    "open": "Still going on",
}
# Work of deciding doubles with each cell; practices have about ten.
_MOST_CELLS = 14


def visible_counts(result: LeavingResult, policy: Policy) -> dict[tuple[str, str, str], bool]:
    """Whether a count may be shown, by (group, definition, word); the word "" is the group's n.

    All counts of a group are decided together, the main definition's dropouts first, so that
    nothing small follows from what is shown. A group with fewer people than figures ask for is
    hidden whole.
    """
    names = [name for name in result.cells.columns if name not in ("group", "n")]
    first = result.causes[0]
    main = result.definition_id
    asked = [(main, ""), (main, first)]
    asked += [(name, first) for name in names if name != main]
    asked += [(main, word) for word in (*result.causes[1:], "open")]
    answers: dict[tuple[str, str, str], bool] = {}
    for group, cells in result.cells.groupby("group", sort=False):
        if policy.suppress and (cells["n"].sum() < policy.minimum_plot or len(cells) > _MOST_CELLS):
            answers |= {(str(group), *key): False for key in asked}
            continue
        sums = [
            [word in ("", found) for found in cells[name]] if word else [True] * len(cells)
            for name, word in asked
        ]
        found = releasable(cells["n"].tolist(), sums, policy)
        answers |= {(str(group), *key): ok for key, ok in zip(asked, found, strict=True)}
    return answers


def visible_curve(
    result: LeavingResult, group: str, state: str, policy: Policy
) -> pd.DataFrame | None:
    """Rows of the curve that may be drawn, up to the horizon; None where none may.

    Columns time, share, low, high. A step that fewer people make than the policy lets be seen
    is joined with the next, so that no step points at few.
    """
    rows = result.curves
    rows = rows[rows["group"].eq(group) & rows["state"].eq(state)]
    rows = rows[rows["time"].le(result.horizon)].reset_index(drop=True)
    seen = visible_counts(result, policy)
    word = result.causes[0] if state == "in care" else state
    if not seen.get((group, result.definition_id, ""), False):
        return None
    if state != "in care" and not seen[group, result.definition_id, word]:
        return None
    if rows.empty or hidden(int(rows["events"].sum()), policy):
        return None
    least = policy.minimum_count if policy.suppress else 1
    # Nobody has left in this way: one flat line.
    kept = rows.iloc[_steps(rows["events"].to_numpy(), least) or [len(rows) - 1]]
    return kept[["time", "share", "low", "high"]].reset_index(drop=True)


def _steps(events: npt.NDArray[np.int64], least: int) -> list[int]:
    """Positions after which at least `least` more events have come; the rest joins the last.

    What joins the last step moves it to the time of the last event.
    """
    kept, waiting = [], 0
    for place, count in enumerate(events):
        waiting += int(count)
        if waiting >= least:
            kept.append(place)
            waiting = 0
    if waiting and kept:
        kept[-1] = int(np.flatnonzero(events)[-1])
    return kept


def numbers_at_risk(
    result: LeavingResult, group: str, times: npt.NDArray[np.float64], policy: Policy
) -> list[int | None]:
    """How many are still there at each time; None where hidden."""
    rows = result.curves
    rows = rows[rows["group"].eq(group) & rows["state"].eq("in care")]
    known = rows["time"].to_numpy()
    counts = rows["at_risk"].to_numpy()
    place = np.searchsorted(known, times, side="left")
    there = [int(counts[p]) if p < len(counts) else 0 for p in place]
    if not visible_counts(result, policy).get((group, result.definition_id, ""), False):
        return [None] * len(times)
    shown = visible_steps(there, policy)
    return [n if ok else None for n, ok in zip(there, shown, strict=True)]
