"""One small document with every kind of block, for the tests of its readers."""

from __future__ import annotations

import pandas as pd

from outcomes.figures.figure import Figure
from outcomes.reports.document import (
    Attachment,
    Document,
    FigureBlock,
    Meta,
    Prose,
    Provenance,
    ResultsBlock,
    Section,
    TableBlock,
    VerdictLine,
    Verdicts,
)
from outcomes.reports.results import Result
from outcomes.schema import SourceFile, Verdict
from outcomes.tables.table import Table, TableColumn, missing, shown, suppressed, text

SCRIPT = "<script>alert(1)</script>"
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="72pt" height="36pt" viewBox="0 0 72 36"></svg>'
)


def table(n: int = 12, name: str = "people") -> Table:
    columns = (
        TableColumn("what", f"What {SCRIPT}", "text"),
        TableColumn("n", "People", "count"),
        TableColumn("rate", "Share", "percent"),
    )
    rows = (
        (text(f"Started {SCRIPT}"), shown(n, str(n), "count"), shown(0.5, "50 %", "percent")),
        (text("Left"), suppressed("count"), missing("percent")),
        (text("Nobody"), shown(0, "0", "count"), shown(0.0, "0 %", "percent")),
    )
    return Table(name, f'Who is "in" it {SCRIPT}', columns, rows, ("A note.",))


def figure(n: int = 12, rows: int = 1) -> Figure:
    data = pd.DataFrame({"group": ["coaching"] * rows, "n": [n] * rows, "rate": [0.125] * rows})
    return Figure("rates", "Rates by group", f"One bar {SCRIPT}", SVG, SVG, data, ("Of 12.",))


def verdicts() -> Verdicts:
    return Verdicts(
        tuple(VerdictLine(verdict, f"Sentence {SCRIPT}.", "Claim", "Note") for verdict in Verdict)
    )


def document(n: int = 12, *, rows: int = 1, words: str = "Plain words.") -> Document:
    return Document(
        Meta(f"Report {SCRIPT}", "below", {"Practice": "all"}),
        (
            Prose(None, ("Before any section.",)),
            Section("first", f"First {SCRIPT}", "What it is about."),
            verdicts(),
            Prose("Heading", (words, "Second."), "list"),
            Section("second one", "Second"),
            TableBlock(table(n)),
            FigureBlock(figure(rows=rows)),
            ResultsBlock((Result("a.b", 0.1 + 0.2, n=12, verdict=Verdict.CANNOT_TELL),)),
            Provenance(
                (SourceFile("c.csv", "ab" * 32, 40),), {"figures": 1}, "default", {"R": "4"}
            ),
            Attachment("ledger.csv", "a,b\n"),
        ),
    )
