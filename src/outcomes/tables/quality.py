"""How complete the data are: rows, cells, questionnaires and days, with small numbers hidden."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from outcomes.cleaning import reasons
from outcomes.derive.completeness import BEGUN, PRACTICE, PRACTITIONER
from outcomes.instruments import get
from outcomes.ledger import Action, Ledger
from outcomes.privacy import Policy, hidden, suppress_counts
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
_SPREAD = (
    TableColumn("instrument", "Measure", "text"),
    TableColumn("n", "Practitioners", "count"),
    TableColumn("q1", "A quarter of them below", "percent"),
    TableColumn("median", "Half below", "percent"),
    TableColumn("q3", "Three quarters below", "percent"),
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


def filled_groups_table(groups: pd.DataFrame, policy: Policy, *, begun: str) -> Table:
    """How complete the records of episodes are, by practice and by `begun`.

    `groups` as from `derive.completeness.filled_by_group`. Groups of few episodes are hidden,
    and as many others as are needed so that they cannot be worked out.
    """
    rows = []
    for dimension, label in ((PRACTICE, "Practice"), (BEGUN, begun)):
        part = groups[groups["dimension"] == dimension].set_index("group")
        hide = suppress_counts(part["episodes"], policy)
        for name, row in part.iterrows():
            cells = (suppressed("count"), suppressed("percent"))
            if not hide[name]:
                share = row.filled / row.cells if row.cells else np.nan
                cells = (
                    shown(int(row.episodes), fmt.count(int(row.episodes)), "count"),
                    shown(float(share), fmt.percent(share), "percent"),
                )
            rows.append((text(f"{label}: {name}"), *cells))
    columns = (
        TableColumn("group", "Group", "text"),
        TableColumn("episodes", "Episodes", "count"),
        TableColumn("share", "Cells filled", "percent"),
    )
    note = (
        "Of the optional columns of an episode and, where it is one person's, of the client; "
        "without those that may rightly be empty."
    )
    caption = f"How complete the records are, by practice and {begun.lower()}"
    return Table("filled_groups", caption, columns, tuple(rows), (note, *hiding(rows, policy)))


def filled_spread_table(groups: pd.DataFrame, policy: Policy) -> Table:
    """How the completeness of records differs between practitioners, without saying who."""
    part = groups[(groups["dimension"] == PRACTITIONER) & (groups["cells"] > 0)]
    part = part[part["episodes"] >= policy.minimum_count]
    rates = (part["filled"] / part["cells"]).astype("float64")
    rows = [_spread_row("Cells filled in the records of their episodes", rates, policy)]
    note = (
        f"Practitioners with at least {policy.minimum_count} episodes. A report names no "
        "practitioner."
    )
    caption = "How complete the records are: how practitioners differ"
    return Table(
        "filled_practitioners", caption, _SPREAD, tuple(rows), (note, *hiding(rows, policy))
    )


def waiting_table(ledger: Ledger, policy: Policy) -> Table:
    """Rows that wait for a decision, by reason, and what settles them."""
    found = ledger.summary()
    found = found[found["action"] == str(Action.QUARANTINED)]
    found = found.groupby("reason", as_index=False).agg(
        n=("n", "sum"), table=("table", lambda names: ", ".join(sorted(set(names))))
    )
    known = reasons()
    rows = [
        (
            text(known[row.reason].title),
            text(row.table),
            _count(pd.NA if hidden(row.n, policy) else int(row.n)),
            text(known[row.reason].to_do),
        )
        for row in found.sort_values(["n", "reason"], ascending=[False, True]).itertuples()
    ]
    columns = (
        TableColumn("reason", "Reason", "text"),
        TableColumn("tables", "In", "text"),
        TableColumn("n", "Rows", "count"),
        TableColumn("to_do", "What settles it", "text"),
    )
    caption = "Rows that wait for a decision and are in no table until then"
    return Table("waiting", caption, columns, tuple(rows), hiding(rows, policy))


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
    rows = [_spread_row(get(name).name, rates, policy) for name, rates in spread.items()]
    note = (
        f"Practitioners with at least {policy.minimum_count} people whose episode ended. "
        "A report names no practitioner; speak about differences, not about persons."
    )
    caption = "Share with an end score: how practitioners differ"
    return Table("practitioners", caption, _SPREAD, tuple(rows), (note, *hiding(rows, policy)))


def _spread_row(label: str, rates: pd.Series, policy: Policy) -> tuple[Cell, ...]:
    few = len(rates) == 0 or hidden(len(rates), policy)
    cells = [
        suppressed("percent") if few else shown(float(v), fmt.percent(v), "percent")
        for v in (rates.quantile(q) if len(rates) else np.nan for q in (0.25, 0.5, 0.75))
    ]
    n = suppressed("count") if few else shown(len(rates), fmt.count(len(rates)), "count")
    return (text(label), n, *cells)


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
        TableColumn("kept", "Used" if id == "files" else "Kept", "count"),
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
