"""How complete the data are: rows, cells, questionnaires and days, with small numbers hidden."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from outcomes.cleaning import reasons
from outcomes.instruments import get
from outcomes.ledger import Ledger
from outcomes.privacy import Policy, hidden
from outcomes.showing import format as fmt
from outcomes.showing.disclosure import releasable
from outcomes.tables.notes import hiding, lacking
from outcomes.tables.table import Cell, Table, TableColumn, shown, suppressed, text

_WHOLE_AND_PARTS = ((True, True), (True, False), (False, True))
_WHOLE_AND_THREE_PARTS = (
    (True, True, True),
    (True, False, False),
    (False, True, False),
    (False, False, True),
)
_WAITS = {
    "start": "Start of the episode to start score",
    "end": "Last attended session to end score",
}


def balance_table(ledger: Ledger, policy: Policy) -> Table:
    """Rows read, kept, dropped and waiting, by table."""
    caption = "Rows read, kept, dropped, and waiting for a decision, by table"
    return _account("read", caption, "Table", ledger.balance(), policy)


def files_table(ledger: Ledger, policy: Policy) -> Table:
    """Lines read, used, dropped and waiting, by file."""
    caption = "Lines read, used, left out of every table, and waiting for a decision, by file"
    return _account("files", caption, "File", ledger.files(), policy)


def reasons_table(ledger: Ledger) -> Table:
    """What each reason in the ledger means, and what to do about it."""
    known = reasons()
    codes = [code for code in known if code in set(ledger.to_frame()["reason"])]
    rows = [
        (text(known[code].title), text(known[code].meaning), text(known[code].to_do))
        for code in codes
    ]
    columns = (
        TableColumn("reason", "Reason", "text"),
        TableColumn("meaning", "What it means", "text"),
        TableColumn("to_do", "What to do", "text"),
    )
    return Table("reasons", "What the reasons mean, and what to do", columns, tuple(rows))


def filled_table(filled: pd.DataFrame, policy: Policy) -> Table:
    """Share of filled cells of each optional column, by table."""
    rows = []
    for row in filled.itertuples():
        parts = (int(row.filled), int(row.rows - row.filled))
        visible = all(releasable(parts, _WHOLE_AND_PARTS, policy))
        name = fmt.sentence(str(row.column).replace("_", " "))
        rows.append((text(f"{row.table}: {name}"), *_share(row.filled, row.rows, visible=visible)))
    columns = (
        TableColumn("column", "Table and column", "text"),
        TableColumn("n", "Cells filled", "count"),
        TableColumn("share", "Share", "percent"),
    )
    note = (
        "An empty cell can be right: an episode that goes on has no end. Of sessions only those "
        "attended are counted."
    )
    notes = (note, *hiding(rows, policy))
    return Table("filled", "Cells that hold something", columns, tuple(rows), notes)


def response_table(shown_rows: pd.DataFrame, policy: Policy, *, id: str, caption: str) -> Table:
    """Who started, who ended, and how many of them have a score, by measure and group.

    `shown_rows` as from `showing.responses.responses`, where hidden numbers are missing.
    """
    rows = [
        (
            text(_row_name(row.instrument, row.group)),
            _count(row.started),
            _part(row.with_start, row.started),
            _count(row.ended),
            _part(row.with_end, row.ended),
        )
        for row in shown_rows.itertuples()
    ]
    columns = (
        TableColumn("group", "Measure", "text"),
        TableColumn("started", "Started", "count"),
        TableColumn("with_start", "Start score", "count"),
        TableColumn("ended", "Ended", "count"),
        TableColumn("with_end", "End score", "count"),
    )
    return Table(id, caption, columns, tuple(rows), (*hiding(rows, policy), *lacking(rows)))


def spread_table(spread: dict[str, pd.Series], policy: Policy) -> Table:
    """How the share with an end score differs between practitioners, without saying who.

    Hidden where fewer practitioners than the policy's minimum count have enough people.
    """
    rows = []
    for name, rates in spread.items():
        few = len(rates) == 0 or hidden(len(rates), policy)
        cells = [
            suppressed("percent") if few else shown(float(v), fmt.percent(v), "percent")
            for v in (rates.quantile(q) if len(rates) else np.nan for q in (0.25, 0.5, 0.75))
        ]
        n = suppressed("count") if few else shown(len(rates), fmt.count(len(rates)), "count")
        rows.append((text(get(name).name), n, *cells))
    columns = (
        TableColumn("instrument", "Measure", "text"),
        TableColumn("n", "Practitioners", "count"),
        TableColumn("q1", "A quarter of them below", "percent"),
        TableColumn("median", "Half below", "percent"),
        TableColumn("q3", "Three quarters below", "percent"),
    )
    note = (
        f"Practitioners with at least {policy.minimum_count} people whose episode ended. "
        "A report names no practitioner; speak about differences, not about persons."
    )
    caption = "Share with an end score: how practitioners differ"
    return Table("practitioners", caption, columns, tuple(rows), (note, *hiding(rows, policy)))


def waits_table(waits: pd.DataFrame, policy: Policy) -> Table:
    """Quartiles of days between the help and its scores, by measure.

    `waits` as from `derive.completeness.waits`, with `instrument`. Hidden below the
    policy's `minimum_plot`, since quartiles of few people are single people's days.
    """
    rows = []
    for row in waits.itertuples():
        few = policy.suppress and 0 < row.n < policy.minimum_plot
        days = [
            suppressed("number") if few else shown(float(v), fmt.plain(v), "number")
            for v in (row.q1, row.median, row.q3)
        ]
        rows.append((text(f"{get(row.instrument).name}: {_WAITS[row.measure]}"), *days))
    columns = (
        TableColumn("wait", "From and to", "text"),
        TableColumn("q1", "A quarter up to (days)", "number"),
        TableColumn("median", "Half up to (days)", "number"),
        TableColumn("q3", "Three quarters up to (days)", "number"),
    )
    notes = (
        "Below zero: the score came before that day.",
        f"Fewer than {policy.minimum_plot} people are not described.",
    )
    caption = "Days between the help and its scores"
    return Table("waits", caption, columns, tuple(rows), (*notes, *lacking(rows)))


def _account(id: str, caption: str, label: str, frame: pd.DataFrame, policy: Policy) -> Table:
    """Name, read, kept, dropped, waiting: what adds up is hidden together."""
    rows = []
    for name, read, *parts in frame.itertuples(index=False, name=None):
        seen = releasable(tuple(map(int, parts)), _WHOLE_AND_THREE_PARTS, policy)
        numbers = zip((read, *parts), seen, strict=True)
        rows.append((text(str(name)), *(_count(n if ok else pd.NA) for n, ok in numbers)))
    columns = (
        TableColumn("name", label, "text"),
        TableColumn("read", "Read", "count"),
        TableColumn("kept", "Kept", "count"),
        TableColumn("dropped", "Dropped", "count"),
        TableColumn("quarantined", "Waiting", "count"),
    )
    return Table(id, caption, columns, tuple(rows), hiding(rows, policy))


def _row_name(instrument: str, group: str) -> str:
    name = get(instrument).name
    return name if group == "all" else f"{name}, {group}"


def _count(n: Any) -> Cell:  # noqa: ANN401 - a count or NA
    return suppressed("count") if n is pd.NA else shown(n, fmt.count(int(n)), "count")


def _part(n: Any, total: Any) -> Cell:  # noqa: ANN401 - a count or NA
    """A count with its share of the total; `n` is shown only where the total is."""
    if n is pd.NA or total is pd.NA:
        return suppressed("count")
    return shown(n, fmt.count_and_share(int(n), int(total)), "count")


def _share(n: int, total: int, *, visible: bool) -> tuple[Cell, Cell]:
    if not visible:
        return suppressed("count"), suppressed("percent")
    return shown(n, fmt.n_of(n, total), "count"), shown(
        n / total, fmt.percent(n / total), "percent"
    )
