"""Change within each arm: how many got better or worse, of how many, with intervals."""

from __future__ import annotations

from outcomes.change import ChangeResult
from outcomes.privacy import Policy
from outcomes.showing import format as fmt
from outcomes.showing.disclosure import visible_rates
from outcomes.tables.notes import hiding, lacking
from outcomes.tables.table import (
    Cell,
    Table,
    TableColumn,
    missing,
    share_cells,
    text,
)

# Which shares are shown: all of those with both scores, and those that need another base.
_SHOWN = [
    *((measure, "paired") for measure in fmt.MEASURES),
    ("reliable_improvement", "started"),
    ("reliable_recovery", "clinical at start"),
    ("missing", "started"),
]
# More groups than this do not fit side by side.
_SIDE_BY_SIDE = 3

Key = tuple[str, str]


def rates_table(result: ChangeResult, policy: Policy) -> Table:
    """One row for each share, and for each group three columns: people, share, interval.

    With more than three groups, one row for each share and group. Definitions stand in the
    notes. What may be shown is decided for a group as a whole, so
    that nothing hidden follows from the shares beside it.
    """
    groups = fmt.ordered_groups(result.by, result.rates["group"])
    cells = _cells(result, policy)
    keys = [key for key in _ordered() if any((group, *key) in cells for group in groups)]
    names = {group: fmt.group_name(result.by, group) for group in groups}
    if len(groups) > _SIDE_BY_SIDE:
        columns, rows = _stacked(cells, keys, names, result.confidence)
    else:
        columns, rows = _side_by_side(cells, keys, names, result.confidence)
    return Table(
        id="rates",
        caption=_caption(result),
        columns=columns,
        rows=rows,
        notes=(*_definitions(result), *hiding(rows, policy), *lacking(rows)),
    )


def _ordered() -> list[Key]:
    """The shares in the order of the wording, each next to its other base."""
    place = {measure: number for number, measure in enumerate(fmt.MEASURES)}
    return sorted(_SHOWN, key=lambda key: (place[key[0]], list(fmt.DENOMINATORS).index(key[1])))


def _cells(result: ChangeResult, policy: Policy) -> dict[tuple[str, str, str], tuple[Cell, ...]]:
    """People, share and interval by group, measure and denominator."""
    flags = visible_rates(result, policy)
    found: dict[tuple[str, str, str], tuple[Cell, ...]] = {}
    for row, flag in zip(result.rates.itertuples(), flags.itertuples(), strict=True):
        span = (row.low, row.high)
        found[row.group, row.measure, row.denominator] = share_cells(
            row.n, row.n_total, row.rate, span, visible=bool(flag.n and flag.n_total)
        )
    return found


def _side_by_side(
    cells: dict[tuple[str, str, str], tuple[Cell, ...]],
    keys: list[Key],
    names: dict[str, str],
    confidence: float,
) -> tuple[tuple[TableColumn, ...], tuple[tuple[Cell, ...], ...]]:
    columns = [TableColumn("measure", "Change", "text"), _AMONG]
    for group, name in names.items():
        columns += [
            TableColumn(f"{group}_{column.id}", f"{name}: {column.label}", column.kind)
            for column in _columns(confidence)
        ]
    absent = (missing("count"), missing("percent"), missing("interval"))
    rows = []
    for measure, base in keys:
        triples = [cells.get((group, measure, base), absent) for group in names]
        rows.append((*_head(measure, base), *(cell for triple in triples for cell in triple)))
    return tuple(columns), tuple(rows)


def _stacked(
    cells: dict[tuple[str, str, str], tuple[Cell, ...]],
    keys: list[Key],
    names: dict[str, str],
    confidence: float,
) -> tuple[tuple[TableColumn, ...], tuple[tuple[Cell, ...], ...]]:
    group_column = TableColumn("group", "Group", "text")
    columns = (TableColumn("measure", "Change", "text"), _AMONG, group_column)
    rows = [
        (*_head(measure, base), text(name), *cells[group, measure, base])
        for measure, base in keys
        for group, name in names.items()
        if (group, measure, base) in cells
    ]
    return (*columns, *_columns(confidence)), tuple(rows)


_AMONG = TableColumn("among", "Among", "text")


def _columns(confidence: float) -> tuple[TableColumn, ...]:
    return (
        TableColumn("people", "people", "count"),
        TableColumn("share", "share", "percent"),
        TableColumn("interval", f"{100 * confidence:g} % interval", "interval"),
    )


def _head(measure: str, base: str) -> tuple[Cell, Cell]:
    return text(fmt.MEASURES[measure]), text(fmt.DENOMINATORS[base])


def _caption(result: ChangeResult) -> str:
    by = "" if result.by is None else f" by {result.by.replace('_', ' ')}"
    return f"Change{by}; reliable means {_what_counts(result)}"


def _what_counts(result: ChangeResult) -> str:
    """What counts as change: in points, or as the method says it."""
    if result.method not in ("jt", "anchor"):
        return result.rule_text
    rule = {"at_least": "at least", "exceeds": "more than"}[result.threshold_rule]
    return f"a change of {rule} {fmt.plain(result.threshold)} {result.unit}"


def _definitions(result: ChangeResult) -> tuple[str, ...]:
    """What the words of the table mean, and how the intervals were made."""
    rule = {"at_least": "at least", "exceeds": "more than"}[result.threshold_rule]
    size = f"{fmt.plain(result.threshold)} {result.unit}"
    said = f"the score changed by {rule} {size}"
    if result.method not in ("jt", "anchor"):
        said = f"the method asks for {result.rule_text}"
    notes = [
        f"Reliably: {said}, which measurement error alone rarely "
        f"does ({result.basis}). A {result.direction} score is better."
    ]
    if result.method in ("anchor", "percentage", "stat"):
        notes = [
            f"Better and worse mean {result.rule_text} ({result.basis}); measurement error is "
            f"not considered. A {result.direction} score is better."
        ]
    if result.cutoff is not None:
        side = str(result.cutoff_rule).replace("_", " ")
        notes.append(
            f"Clinical range: a score {side} {fmt.plain(result.cutoff)} {result.unit}. Recovered: "
            "in it at the start, out of it at the end, and reliably better."
        )
    together = (
        f"; people with the same {result.cluster.replace('_', ' ')} are not independent"
        if result.cluster
        else ""
    )
    notes.append(f"Intervals: Wilson, {100 * result.confidence:g} % confidence{together}.")
    return tuple(notes)
