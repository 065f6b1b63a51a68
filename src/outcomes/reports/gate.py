"""The last door: a report leaves only if no small number and no identifier is in it.

The tables and results were suppressed where they were built. The gate trusts none of that
and looks at what is about to be written.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from outcomes.errors import ReleaseError
from outcomes.figures.figure import Figure
from outcomes.privacy import KNOWN_ID, Finding, Policy, hidden, scan
from outcomes.reports.blocks import (
    Attachment,
    Block,
    FigureBlock,
    ResultsBlock,
    Section,
    TableBlock,
)
from outcomes.reports.document import Document, Page
from outcomes.reports.policy import report_policy
from outcomes.reports.results import Result
from outcomes.reports.texts import texts
from outcomes.schema import Study
from outcomes.sources import scan_file
from outcomes.tables.table import Table

SMALL = "small number"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason against a release: where, what kind, how often; never the value itself."""

    where: str
    kind: str
    count: int


def inspect(document: Document, policy: Policy) -> tuple[Refusal, ...]:
    """Everything that speaks against releasing the document under this policy.

    A policy that does not suppress lets small numbers pass; identifiers never pass.
    """
    found = []
    for block in document.blocks:
        where = _name(block)
        small = _small_numbers(block, policy)
        if small:
            found.append(Refusal(where, SMALL, small))
        for finding in _identifiers(block):
            found.append(Refusal(where, finding.kind, finding.count))
    for finding in scan("\n".join(texts(document.meta))):
        found.append(Refusal("title page", finding.kind, finding.count))
    return tuple(found)


def require_release(document: Document, policy: Policy) -> None:
    """Raise ReleaseError where something speaks against a release."""
    refusals = inspect(document, policy)
    if not refusals:
        return
    raise ReleaseError(
        "the report was not released: it holds what must not leave",
        where="; ".join(f"{r.where}: {r.kind}" for r in refusals),
        how_many=sum(refusal.count for refusal in refusals),
        fix=(
            "suppress the small numbers where the table, figure or result is built, and remove "
            "what names a person from the source or the notebook"
        ),
    )


def checked_page(study: Study, blocks: tuple[Block, ...]) -> Page:
    """The blocks as one page. Raises ReleaseError where an id of the study is in them."""
    columns = (
        study.clients["client_id"],
        study.couples["couple_id"],
        study.episodes["episode_id"],
        study.practitioners["practitioner_id"],
    )
    require_no_ids(blocks, (str(value) for ids in columns for value in ids))
    return Page(blocks)


def require_no_ids(blocks: Iterable[Block], ids: Iterable[str]) -> None:
    """Raise ReleaseError where the id of a client, couple, episode or practitioner is in a block.

    For pages, which know the study; the document that `require_release` sees does not carry ids.
    """
    known = set(ids)
    for block in blocks:
        counts = [f.count for f in scan("\n".join(texts(block)), known) if f.kind == KNOWN_ID]
        if counts:
            raise ReleaseError(
                "the report names a row of the source by its id",
                where=_name(block),
                how_many=sum(counts),
                fix="leave ids out of tables, figures and sentences",
            )


def suppressed_cells(document: Document) -> int:
    """How many cells of tables are hidden; said in the manifest."""
    tables = [block.table for block in document.of(TableBlock)]
    return sum(cell.state == "suppressed" for t in tables for row in t.rows for cell in row)


def _name(block: Block) -> str:
    match block:
        case TableBlock():
            return f"table {block.table.id}"
        case FigureBlock():
            return f"figure {block.figure.id}"
        case Section():
            return f"section {block.id}"
        case Attachment():
            return f"file {block.name}"
        case _:
            return block.kind


def _identifiers(block: Block) -> list[Finding]:
    if isinstance(block, Attachment):
        return scan_file(block.name, block.text.encode("utf-8"))
    return scan("\n".join(texts(block)))


def _small_numbers(block: Block, policy: Policy) -> int:
    match block:
        case TableBlock():
            return _in_table(block.table, policy)
        case FigureBlock():
            return _in_figure(block.figure, policy)
        case ResultsBlock():
            return sum(_in_result(result, policy) for result in block.results)
        case _:
            return 0


def _in_table(table: Table, policy: Policy) -> int:
    return sum(
        cell.kind == "count"
        and cell.state == "shown"
        and isinstance(cell.value, int | float)
        and hidden(cell.value, policy)
        for row in table.rows
        for cell in row
    )


def _in_figure(figure: Figure, policy: Policy) -> int:
    found = 0
    for name in figure.data.columns:
        if name in report_policy().count_columns:
            counts = pd.to_numeric(figure.data[name], errors="coerce").dropna()
            found += sum(hidden(float(count), policy) for count in counts)
    return found


def _in_result(result: Result, policy: Policy) -> int:
    counts = [n for n in (result.n, result.n_total) if n is not None]
    leaks = policy.suppress and result.suppressed and result.value is not None
    return sum(hidden(n, policy) for n in counts) + int(leaks)
