"""Who is in the report: persons and couples left after each step, by arm."""

from __future__ import annotations

import pandas as pd

from outcomes.derive import Cohort
from outcomes.privacy import Policy
from outcomes.showing import format as fmt
from outcomes.showing.disclosure import visible_flow
from outcomes.tables.notes import hiding
from outcomes.tables.table import Cell, Table, TableColumn, shown, suppressed, text

_ALL = "all"
_WHAT = {"persons": "persons", "couples": "couples"}


def flow_table(cohort: Cohort, policy: Policy) -> Table:
    """One row for each step from every episode read to those with both scores.

    Columns: the step; persons in all, and those left out at the step; then persons and,
    where there are any, couples by arm. Two counts are not both shown where their
    difference is small, and a sum is hidden where a part of it is.
    """
    flow = cohort.flow
    flags = visible_flow(flow, cohort.arms, policy)
    columns = [TableColumn("step", "After this step", "text")]
    series = [(_ALL, "persons", "All: persons")]
    for arm in cohort.arms:
        for what in _WHAT:
            if what == "persons" or _any(flow, arm, what):
                series.append((arm, what, f"{fmt.group_name('arm', arm)}: {what}"))
    columns += [TableColumn(f"{arm}_{what}", name, "count") for arm, what, name in series]
    columns.insert(2, TableColumn("left_out", "All: left out here", "count"))
    body = {(arm, what): _cells(flow, flags, arm, what) for arm, what, _ in series}
    left_out = _left_out(flow, flags)
    steps = flow[flow["arm"] == _ALL]
    rows = []
    changed = _changed(flow, [arm for arm, _, _ in series])
    for place, step in enumerate(steps.itertuples()):
        if not changed[place]:
            continue
        cells = [body[arm, what][place] for arm, what, _ in series]
        rows.append((text(str(step.label)), cells[0], left_out[place], *cells[1:]))
    notes = (
        "A person counts once however many episodes there are. Before the step that keeps one "
        "episode a person may stand in two arms, so that the arms need not add up to all.",
        "A couple counts while at least one partner is left. Steps that left nobody out are not "
        "listed.",
    )
    return Table(
        id="flow",
        caption="From the episodes read to the people with both scores",
        columns=tuple(columns),
        rows=tuple(rows),
        notes=(*notes, *hiding(rows, policy)),
    )


def _changed(flow: pd.DataFrame, arms: list[str]) -> list[bool]:
    """Which steps changed a number of an arm shown; the first and the last always stand."""
    wide = flow[flow["arm"].isin(arms)].pivot_table(
        index="step", columns="arm", values=["persons", "couples"], sort=False
    )
    moved = (wide.diff().fillna(1) != 0).any(axis=1).tolist()
    return [*moved[:-1], True]


def _any(flow: pd.DataFrame, arm: str, what: str) -> bool:
    return bool((flow.loc[flow["arm"] == arm, what] > 0).any())


def _cells(flow: pd.DataFrame, flags: pd.DataFrame, arm: str, what: str) -> list[Cell]:
    rows = flow["arm"] == arm
    pairs = zip(flow.loc[rows, what], flags.loc[rows, what], strict=True)
    return [shown(n, fmt.count(n), "count") if ok else suppressed("count") for n, ok in pairs]


def _left_out(flow: pd.DataFrame, flags: pd.DataFrame) -> list[Cell]:
    """Persons lost at each step; shown only between two shown counts."""
    rows = flow["arm"] == _ALL
    seen = flags.loc[rows, "persons"].tolist()
    lost = flow.loc[rows, "left_out"].tolist()
    before = [seen[0], *seen[:-1]]
    return [
        shown(n, fmt.count(n), "count") if now and then else suppressed("count")
        for n, now, then in zip(lost, seen, before, strict=True)
    ]
