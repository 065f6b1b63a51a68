"""The question as a target trial, and the TARGET checklist, as tables of words."""

from __future__ import annotations

from outcomes.comparison.question import Checklist, Question
from outcomes.comparison.question.protocol import SOURCE
from outcomes.tables.table import Table, TableColumn, text


def question_table(question: Question) -> Table:
    """One row for each element: in the target trial, and with these data."""
    columns = (
        TableColumn("element", "Element", "text"),
        TableColumn("target_trial", "Target trial", "text"),
        TableColumn("emulation", "With these data", "text"),
    )
    rows = tuple(
        (text(row.element), text(row.target_trial), text(row.emulation))
        for row in question.to_frame().itertuples()
    )
    return Table(
        id="question",
        caption=f"The question as a target trial: {question.name}",
        columns=columns,
        rows=rows,
        notes=(f"Source: {SOURCE}.",),
    )


def checklist_table(checklist: Checklist) -> Table:
    """One row for each item: what it asks for, and what is reported."""
    columns = (
        TableColumn("item", "Item", "text"),
        TableColumn("section", "Section", "text"),
        TableColumn("asks", "Asks for", "text"),
        TableColumn("reported", "Reported", "text"),
    )
    rows = tuple(
        (text(row.item), text(row.section), text(row.asks), text(row.reported))
        for row in checklist.to_frame().itertuples()
    )
    return Table(
        id="target_checklist",
        caption="Checklist for emulated target trials (TARGET)",
        columns=columns,
        rows=rows,
        notes=(f"Source: {checklist.source}.",),
    )
