"""The same people by every method and criterion: shares recovered and reliably better."""

from __future__ import annotations

import pandas as pd

from outcomes.change import MethodsResult
from outcomes.change.methods import METHODS
from outcomes.privacy import Policy, hidden, suppress_rate
from outcomes.showing import format as fmt
from outcomes.tables.notes import hiding, lacking
from outcomes.tables.table import Cell, Table, TableColumn, missing, shown, suppressed, text

_BETTER = "reliable_improvement"
_MEASURES = {_BETTER: "Reliably better", "recovered": "Recovered"}
_CRITERIA = (
    "Criterion a: beyond two SDs of the clinical mean; b: within two SDs of the functional mean; "
    "c: nearer to the functional mean."
)
_NO_CRITERIA = (
    "Recovery by these methods is not shown: no verified mean and SD of a functional population is "
    "known."
)


def methods_table(result: MethodsResult, policy: Policy) -> Table:
    """One row for each group, method and criterion, without counts; small shares hidden.

    Counts stay out: two methods that differ by few people would point at them. With
    criterion a alone the table has one row for each group and method, and no recovery.
    """
    several = len({criterion for _, criterion in result.combinations}) > 1
    measures = _MEASURES if several else {_BETTER: _MEASURES[_BETTER]}
    wanted = result.rates[result.rates["measure"].isin(list(measures))]
    rows = []
    for (group, method, criterion), part in wanted.groupby(
        ["group", "method", "criterion"], sort=False
    ):
        cells: list[Cell] = [
            text("All" if group == "all" else fmt.sentence(fmt.arm_or_word(group))),
            text(METHODS[str(method)].name),
            *([text(str(criterion))] if several else []),
        ]
        by_measure = part.set_index("measure")
        for measure in measures:
            cells += _cells(by_measure, measure, policy)
        rows.append(tuple(cells))
    made = tuple(rows)
    left = tuple(
        f"{fmt.sentence(METHODS[name].name)}: not used, {why.split(';')[0]}."
        for name, why in result.left_out.items()
    )
    used = dict.fromkeys(str(name) for name in result.rates["method"])
    cautions = tuple(
        f"{METHODS[name].name}: {METHODS[name].caution}" for name in used if METHODS[name].caution
    )
    return Table(
        id="methods",
        caption="The same people by several methods of reliable change",
        columns=_columns(measures, result.confidence, several=several),
        rows=made,
        notes=(
            "Shares of those with both scores whom the method can classify. "
            + (_CRITERIA if several else _NO_CRITERIA),
            *cautions,
            *left,
            *hiding(made, policy),
            *lacking(made),
        ),
    )


def _columns(
    measures: dict[str, str], confidence: float, *, several: bool
) -> tuple[TableColumn, ...]:
    found = [TableColumn("group", "Group", "text"), TableColumn("method", "Method", "text")]
    if several:
        found.append(TableColumn("criterion", "Criterion", "text"))
    for name, title in measures.items():
        found.append(TableColumn(f"{name}_share", title, "percent"))
        words = f"{title}, {fmt.level(confidence)} interval"
        found.append(TableColumn(f"{name}_interval", words, "interval"))
    return tuple(found)


def _cells(rows: pd.DataFrame, measure: str, policy: Policy) -> list[Cell]:
    """Share and interval; a share is hidden too where its distance to a shown one is small."""
    if measure not in rows.index:
        return [missing("percent"), missing("interval")]
    row = rows.loc[measure]
    n, total = int(row["n"]), int(row["n_total"])
    rest = 0 if measure == _BETTER else int(rows.loc[_BETTER, "n"]) - n
    if suppress_rate(n, total, policy) or hidden(rest, policy):
        return [suppressed("percent"), suppressed("interval")]
    if not total:
        return [missing("percent"), missing("interval")]
    span = fmt.percent_interval(float(row["low"]), float(row["high"]))
    share = float(row["rate"])
    return [shown(share, fmt.percent(share), "percent"), Cell(span, span, "shown", "interval")]
