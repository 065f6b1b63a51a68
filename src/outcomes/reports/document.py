"""The document: blocks collected from an executed notebook, the one thing every writer reads."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from outcomes.errors import RunError
from outcomes.reports.blocks import (
    MIME,
    Attachment,
    Block,
    FigureBlock,
    Meta,
    Prose,
    Provenance,
    ResultsBlock,
    Section,
    TableBlock,
    VerdictLine,
    Verdicts,
    unpack,
)
from outcomes.reports.preview import bundle
from outcomes.reports.results import Result

__all__ = [
    "MIME",
    "Attachment",
    "Block",
    "Chapter",
    "Document",
    "FigureBlock",
    "Meta",
    "Page",
    "Prose",
    "Provenance",
    "ResultsBlock",
    "Section",
    "TableBlock",
    "VerdictLine",
    "Verdicts",
]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page:
    """Blocks that one notebook cell shows together."""

    blocks: tuple[Block, ...]

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return bundle(self.blocks)

    def __repr__(self) -> str:
        return str(bundle(self.blocks)["text/plain"])


@dataclass(frozen=True, slots=True)
class Chapter:
    """A section with the blocks up to the next one; `section` is None before the first."""

    section: Section | None
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A report: its blocks in order. Raises RunError when two of them share an id."""

    meta: Meta
    blocks: tuple[Block, ...]

    def __post_init__(self) -> None:
        names = [("section", block.id) for block in self.of(Section)]
        names += [("table", block.table.id) for block in self.of(TableBlock)]
        names += [("figure", block.figure.id) for block in self.of(FigureBlock)]
        names += [("attachment", block.name) for block in self.of(Attachment)]
        twice = sorted({name for name, n in Counter(names).items() if n > 1})
        if twice:
            kind, name = twice[0]
            raise RunError(
                f"two blocks of the report are called {kind} {name}",
                how_many=len(twice),
                fix="give each section, table, figure and attachment its own id",
            )

    @classmethod
    def from_notebook(cls, notebook: Mapping[str, Any]) -> Document:
        """Collect the blocks of all outputs, in the order of the cells."""
        found: list[Block] = []
        for cell in notebook["cells"]:
            for output in cell.get("outputs", ()):
                data = output.get("data", {})
                if MIME in data:
                    found += unpack(data[MIME])
        titles = [block for block in found if isinstance(block, Meta)]
        declared = notebook.get("metadata", {}).get("outcomes", {}).get("title", "Report")
        meta = titles[0] if titles else Meta(declared)
        return cls(meta, tuple(block for block in found if not isinstance(block, Meta)))

    def of(self, kind: type[T]) -> list[T]:
        """All blocks of one type."""
        return [block for block in self.blocks if isinstance(block, kind)]

    @property
    def results(self) -> tuple[Result, ...]:
        """All numbers for results.json."""
        return tuple(result for block in self.of(ResultsBlock) for result in block.results)

    @property
    def provenance(self) -> Provenance | None:
        """What the report was made from, where the notebook says so."""
        blocks = self.of(Provenance)
        return blocks[0] if blocks else None

    def chapters(self) -> Iterator[Chapter]:
        """The document cut at its sections."""
        section: Section | None = None
        held: list[Block] = []
        for block in self.blocks:
            if isinstance(block, Section):
                if section is not None or held:
                    yield Chapter(section, tuple(held))
                section, held = block, []
            else:
                held.append(block)
        if section is not None or held:
            yield Chapter(section, tuple(held))


def slug(text: str) -> str:
    """Letters, digits and hyphens only, for ids in HTML and names of folders."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-") or "x"
