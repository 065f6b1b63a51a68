"""All words of a block, for what reads words: the scan for identifiers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from outcomes.figures.figure import Figure
from outcomes.reports import blocks as b
from outcomes.tables.table import Table

# A drawing is coordinates; only its words and comments can name somebody.
SVG_TAGS = re.compile(r"<[^!][^>]*>")


def texts(block: b.Block) -> Iterator[str]:
    """The words of a block; digests and the coordinates of drawings are not words."""
    yield from READERS[block.kind](block)


def _meta(block: b.Meta) -> Iterator[str]:
    yield from (block.title, block.subtitle, *block.facts, *block.facts.values())


def _verdicts(block: b.Verdicts) -> Iterator[str]:
    for line in block.items:
        yield from (line.title, line.sentence, line.note)


def _table(table: Table) -> Iterator[str]:
    yield from (table.caption, *table.notes, *(column.label for column in table.columns))
    for row in table.rows:
        yield from (cell.text for cell in row)


def _figure(figure: Figure) -> Iterator[str]:
    yield from (figure.caption, figure.alt, *figure.notes)
    yield from (SVG_TAGS.sub(" ", svg) for svg in (figure.svg, figure.svg_narrow))
    for name in figure.data.columns:
        yield str(name)
        yield from (value for value in figure.data[name] if isinstance(value, str))


def _results(block: b.ResultsBlock) -> Iterator[str]:
    for result in block.results:
        yield from (result.id, result.method, result.source)


READERS: dict[str, Callable[[Any], Iterator[str]]] = {
    b.Meta.kind: _meta,
    b.Section.kind: lambda block: iter((block.title, block.lead)),
    b.Prose.kind: lambda block: iter((block.heading or "", *block.paragraphs)),
    b.Verdicts.kind: _verdicts,
    b.TableBlock.kind: lambda block: _table(block.table),
    b.FigureBlock.kind: lambda block: _figure(block.figure),
    b.ResultsBlock.kind: _results,
    b.Provenance.kind: lambda block: iter(
        (*(file.name for file in block.sources), *block.extra.values())
    ),
    b.Attachment.kind: lambda block: iter((block.text,)),
}
