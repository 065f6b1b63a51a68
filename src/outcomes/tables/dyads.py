"""Tables of couples as two people: who they are, how alike, how they move, who goes with whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from outcomes.change.partners import CoupleResult
from outcomes.models.dyads import ApimResult, DyadicGrowthResult, PartnerAgreement
from outcomes.privacy import Policy
from outcomes.showing import format as fmt
from outcomes.showing.dyads import NOT_CONVERGED, may_show, usable
from outcomes.showing.share_rows import shown_couples
from outcomes.tables.notes import hiding, lacking
from outcomes.tables.table import Cell, Kind, Table, TableColumn, missing, shown, suppressed, text

_ALIKE = {
    "starts": "Partners' starts",
    "slopes": "Partners' change over time",
    "residuals at one occasion": "Partners at one occasion, around their courses",
}
_MANY = {"partner": "partners", "man": "men", "woman": "women"}


def couples_who_table(result: CoupleResult, policy: Policy) -> Table:
    """Couples by arm, and how many have both scores of both partners, of one, of none.

    Numbers follow the table of couples' rates, so that both together give away no small one.
    """
    rates = shown_couples(result, policy)
    rows = []
    for group in fmt.ordered_groups(result.by, rates["group"].unique()):
        mine = rates[rates["group"].eq(group) & rates["unit"].ne("partner")]
        cells = (
            _total(mine[mine["denominator"].eq("started")]),
            _total(mine[mine["denominator"].eq("paired")]),
            _case(mine[mine["measure"].eq("one_partner")]),
            _case(mine[mine["measure"].eq("no_partner")]),
        )
        rows.append((text(fmt.group_name(result.by, group)), *cells))
    columns = (
        TableColumn("group", "Group", "text"),
        TableColumn("couples", "Couples", "count"),
        TableColumn("both", "Both scores of both partners", "count"),
        TableColumn("one", "Both scores of one partner only", "count"),
        TableColumn("none", "No partner with both scores", "count"),
    )
    notes = ("Both scores: at the start and at the end. A couple in two episodes counts twice.",)
    return Table(
        "couples_who", "The couples, and whose scores are known", columns, tuple(rows),
        (*notes, *hiding(rows, policy)),
    )  # fmt: skip


def agreement_table(parts: Mapping[str, PartnerAgreement], policy: Policy) -> Table:
    """Intraclass correlation of each score, with interval and verdict."""
    rows = []
    for label, part in parts.items():
        ok = may_show(part, policy)
        cells = (
            _number(part.icc, ok=ok, decimals=2),
            _interval(part.low, part.high, ok=ok, decimals=2),
            text(str(part.verdict)) if ok else suppressed("text"),
        )
        rows.append((text(label), *cells))
    level = next(iter(parts.values())).level
    columns = (
        TableColumn("what", "Score", "text"),
        TableColumn("icc", "Intraclass correlation", "number"),
        TableColumn("interval", f"{fmt.level(level)} interval", "interval"),
        TableColumn("verdict", "More alike than strangers", "text"),
    )
    notes = (
        "1: partners always have the same score. 0: as alike as people of different couples. "
        "Below 0: where one is high the other is low.",
    )
    return Table(
        "agreement", "How alike the two partners are", columns, tuple(rows),
        (*notes, *hiding(rows, policy), *lacking(rows)),
    )  # fmt: skip


def partner_courses_table(
    result: DyadicGrowthResult, policy: Policy, *, time: str = "week"
) -> Table:
    """Mean at the start and change for one unit of time of each cell, then differences."""
    ok = may_show(result, policy) and usable(result)
    starts = result.means([0.0])
    slopes = result.slopes()
    rows = [_estimate(_cell(row), "Mean at the start", row, ok=ok) for _, row in starts.iterrows()]
    rows += [
        _estimate(_cell(row), f"Change in a {time}", row, ok=ok) for _, row in slopes.iterrows()
    ]
    for over in ("role", "arm"):
        if over in result.cells and len(set(result.cells[over])) > 1:
            for _, row in result.contrasts(over).iterrows():
                name = _contrast(row, over)
                rows.append(_estimate(name, f"Difference of change in a {time}", row, ok=ok))
    for _, row in result.variances.iterrows():
        if str(row["name"]).startswith("correlation of partners'"):
            what = _ALIKE[str(row["name"]).removeprefix("correlation of partners' ")]
            rows.append(
                (
                    text(what), text("Correlation"),
                    _number(row["estimate"], ok=ok, decimals=2),
                    _interval(row["low"], row["high"], ok=ok, decimals=2),
                )
            )  # fmt: skip
    columns = (
        TableColumn("who", "Who", "text"),
        TableColumn("what", "What", "text"),
        TableColumn("estimate", "Estimate", "number"),
        TableColumn("interval", f"{fmt.level(result.level)} interval", "interval"),
    )
    return Table(
        "dyadic_growth", "Both partners over time", columns, tuple(rows),
        (*_notes(result), *hiding(rows, policy)),
    )  # fmt: skip


def apim_table(
    result: ApimResult, policy: Policy, *, names: Mapping[str, str] | None = None
) -> Table:
    """Actor and partner effects with intervals, and how alike what is left is."""
    ok = may_show(result, policy) and usable(result)
    words = {**(names or {})}
    predictor = words.get(result.columns.actor or "", result.columns.actor or "")
    rows = []
    for _, row in result.effects.iterrows():
        whose = "own" if row["effect"] == "actor" else "partner's"
        name = fmt.sentence(str(row["role"]))
        rows.append(_estimate(name, f"One point more of {whose} {predictor}", row, ok=ok))
    last = result.variances.iloc[-1]
    rows.append(
        (
            text("Both partners"), text("Correlation of what is left"),
            _number(last["estimate"], ok=ok, decimals=2),
            _interval(last["low"], last["high"], ok=ok, decimals=2),
        )
    )  # fmt: skip
    outcome = words.get(result.columns.outcome, result.columns.outcome)
    columns = (
        TableColumn("who", f"Whose {outcome}", "text"),
        TableColumn("what", "What goes with it", "text"),
        TableColumn("estimate", "Points", "number"),
        TableColumn("interval", f"{fmt.level(result.level)} interval", "interval"),
    )
    return Table(
        "apim", f"{fmt.sentence(outcome)}, the own and the partner's {predictor}", columns,
        tuple(rows), (*_notes(result), *hiding(rows, policy)),
    )  # fmt: skip


def _notes(result: DyadicGrowthResult | ApimResult) -> tuple[str, ...]:
    if not usable(result):
        return (f"{fmt.sentence(NOT_CONVERGED)}.",)
    return result.warnings


def _total(rows: pd.DataFrame) -> Cell:
    """The number of couples that shown shares are of."""
    if rows.empty:
        return missing("count")
    seen = rows[rows["shown"]]
    if seen.empty:
        return suppressed("count")
    return _count(seen["n_total"].iloc[0])


def _case(rows: pd.DataFrame) -> Cell:
    if rows.empty:
        return missing("count")
    row = rows.iloc[0]
    return _count(row["n"]) if row["shown"] else suppressed("count")


def _count(n: Any) -> Cell:  # noqa: ANN401 - numpy's or Python's
    return shown(int(n), fmt.count(int(n)), "count")


def _estimate(who: str, what: str, row: pd.Series, *, ok: bool) -> tuple[Cell, ...]:
    return (
        text(who),
        text(what),
        _number(row["estimate"], ok=ok, decimals=2),
        _interval(row["low"], row["high"], ok=ok, decimals=2),
    )


def _number(value: float, *, ok: bool, decimals: int, kind: Kind = "number") -> Cell:
    return shown(value, fmt.number(value, decimals), kind) if ok else suppressed(kind)


def _interval(low: float, high: float, *, ok: bool, decimals: int) -> Cell:
    if not ok:
        return suppressed("interval")
    if not (fmt.available(low) and fmt.available(high)):
        return missing("interval")
    words = f"{fmt.number(low, decimals)} to {fmt.number(high, decimals)}"
    return Cell(words, words, "shown", "interval")


def _cell(row: pd.Series) -> str:
    parts: Sequence[str] = [
        fmt.group_name("arm", row["arm"]) if name == "arm" else _role(str(row[name]))
        for name in ("role", "arm")
        if name in row.index
    ]
    return ", ".join([parts[0], *(part.lower() for part in parts[1:])])


def _role(word: str) -> str:
    return fmt.sentence(_MANY.get(word, word))


def _contrast(row: pd.Series, over: str) -> str:
    high, low = str(row["contrast"]).split(" - ", 1)
    if over == "arm":
        high, low = fmt.group_name("arm", high), fmt.group_name("arm", low)
    head = f"{_role(high)} minus {_role(low).lower()}"
    other = "arm" if over == "role" else "role"
    if other not in row.index:
        return head
    within = fmt.group_name("arm", row[other]) if other == "arm" else _role(str(row[other]))
    return f"{head}, {within.lower()}"
