"""What a report is made of: blocks that a notebook cell displays and every writer reads.

A block is data. It shows itself in JupyterLab and carries itself, as JSON, in the cell's
output; writers rebuild it from there and never scrape HTML.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol, cast

from outcomes.errors import UsageError
from outcomes.figures.figure import Figure
from outcomes.reports.results import Result
from outcomes.schema import SourceFile, Verdict
from outcomes.tables.table import Table

MIME = "application/vnd.outcomes.block+json"
SCHEMA = 1
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


class Block(Protocol):
    """One piece of a report."""

    kind: ClassVar[str]

    def to_dict(self) -> dict[str, Any]:
        """The block as JSON; `from_dict` reads it back."""


class Shown:
    """Mixin: a block at the end of a notebook cell shows itself and carries its data."""

    __slots__ = ()

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        from outcomes.reports.preview import bundle

        return bundle((cast("Block", self),))


@dataclass(frozen=True, slots=True)
class Meta(Shown):
    """Title page: title, one line below it, and short facts (label: value)."""

    kind: ClassVar[str] = "meta"
    title: str
    subtitle: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The block as JSON; facts as pairs, since their order matters."""
        pairs = [[name, str(text)] for name, text in self.facts.items()]
        return {"title": self.title, "subtitle": self.subtitle, "facts": pairs}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Meta:
        """Read back what `to_dict` wrote."""
        return cls(data["title"], data["subtitle"], dict(data["facts"]))


@dataclass(frozen=True, slots=True)
class Section(Shown):
    """The start of a section: a readable id, its title, and what it is about."""

    kind: ClassVar[str] = "section"
    id: str
    title: str
    lead: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The block as JSON."""
        return {"id": self.id, "title": self.title, "lead": self.lead}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Section:
        """Read back what `to_dict` wrote."""
        return cls(data["id"], data["title"], data["lead"])


@dataclass(frozen=True, slots=True)
class Prose(Shown):
    """Plain text under an optional heading; writers escape it, no markup is understood."""

    kind: ClassVar[str] = "prose"
    heading: str | None
    paragraphs: tuple[str, ...]
    style: Literal["paragraphs", "list"] = "paragraphs"

    def to_dict(self) -> dict[str, Any]:
        """The block as JSON."""
        return {
            "heading": self.heading,
            "paragraphs": list(self.paragraphs),
            "style": self.style,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Prose:
        """Read back what `to_dict` wrote."""
        return cls(data["heading"], tuple(data["paragraphs"]), data["style"])


@dataclass(frozen=True, slots=True)
class VerdictLine:
    """One claim: what the data say about it, in one word and in one sentence."""

    verdict: Verdict
    sentence: str
    title: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Verdicts(Shown):
    """Claims with their verdicts, the most important first."""

    kind: ClassVar[str] = "verdicts"
    items: tuple[VerdictLine, ...]

    def to_dict(self) -> dict[str, Any]:
        """The block as JSON."""
        return {
            "items": [
                {
                    "verdict": str(line.verdict),
                    "sentence": line.sentence,
                    "title": line.title,
                    "note": line.note,
                }
                for line in self.items
            ]
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Verdicts:
        """Read back what `to_dict` wrote."""
        return cls(
            tuple(
                VerdictLine(Verdict(line["verdict"]), line["sentence"], line["title"], line["note"])
                for line in data["items"]
            )
        )


@dataclass(frozen=True, slots=True)
class TableBlock(Shown):
    """A table with caption, cells and notes."""

    kind: ClassVar[str] = "table"
    table: Table

    def to_dict(self) -> dict[str, Any]:
        """The block as JSON."""
        return {"table": self.table.to_dict()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> TableBlock:
        """Read back what `to_dict` wrote."""
        return cls(Table.from_dict(data["table"]))


@dataclass(frozen=True, slots=True, eq=False)
class FigureBlock(Shown):
    """A figure with caption, alternative text, both drawings and its data."""

    kind: ClassVar[str] = "figure"
    figure: Figure

    def to_dict(self) -> dict[str, Any]:
        """The block as JSON."""
        return {"figure": self.figure.to_dict()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> FigureBlock:
        """Read back what `to_dict` wrote."""
        return cls(Figure.from_dict(data["figure"]))


@dataclass(frozen=True, slots=True)
class ResultsBlock(Shown):
    """Numbers for results.json; readers of the report do not see this block."""

    kind: ClassVar[str] = "results"
    results: tuple[Result, ...]

    def to_dict(self) -> dict[str, Any]:
        """The block as JSON."""
        return {"results": [result.to_dict() for result in self.results]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ResultsBlock:
        """Read back what `to_dict` wrote."""
        return cls(tuple(Result.from_dict(result) for result in data["results"]))


@dataclass(frozen=True, slots=True)
class Provenance(Shown):
    """What the report was made from: files with digests, seeds, disclosure policy.

    `question` is the record of the question a comparison was asked (plain words), or None.
    """

    kind: ClassVar[str] = "provenance"
    sources: tuple[SourceFile, ...]
    seeds: Mapping[str, int] = field(default_factory=dict)
    policy: str = "default"
    extra: Mapping[str, str] = field(default_factory=dict)
    question: Mapping[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The block as JSON."""
        return {
            "sources": [[file.name, file.sha256, int(file.rows)] for file in self.sources],
            "seeds": {name: int(seed) for name, seed in self.seeds.items()},
            "policy": self.policy,
            "extra": [[name, str(text)] for name, text in self.extra.items()],
            "question": None if self.question is None else dict(self.question),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Provenance:
        """Read back what `to_dict` wrote."""
        return cls(
            tuple(SourceFile(name, digest, rows) for name, digest, rows in data["sources"]),
            dict(data["seeds"]),
            data["policy"],
            dict(data["extra"]),
            data.get("question"),
        )


@dataclass(frozen=True, slots=True)
class Attachment(Shown):
    """A text file that stands beside the report, such as ledger.csv."""

    kind: ClassVar[str] = "attachment"
    name: str
    text: str

    def __post_init__(self) -> None:
        if not FILE_NAME.fullmatch(self.name):
            raise UsageError(
                "the name of an attachment is not a plain file name",
                where="Attachment",
                fix="use letters, digits, '.', '_' and '-' only, such as ledger.csv",
            )

    def to_dict(self) -> dict[str, Any]:
        """The block as JSON."""
        return {"name": self.name, "text": self.text}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Attachment:
        """Read back what `to_dict` wrote."""
        return cls(data["name"], data["text"])


READERS: dict[str, Callable[[Mapping[str, Any]], Block]] = {
    Meta.kind: Meta.from_dict,
    Section.kind: Section.from_dict,
    Prose.kind: Prose.from_dict,
    Verdicts.kind: Verdicts.from_dict,
    TableBlock.kind: TableBlock.from_dict,
    FigureBlock.kind: FigureBlock.from_dict,
    ResultsBlock.kind: ResultsBlock.from_dict,
    Provenance.kind: Provenance.from_dict,
    Attachment.kind: Attachment.from_dict,
}


def pack(blocks: tuple[Block, ...]) -> dict[str, Any]:
    """Blocks as the JSON of one cell output."""
    listed = [{"kind": block.kind, **block.to_dict()} for block in blocks]
    return {"schema": SCHEMA, "blocks": [plain(item) for item in listed]}


def unpack(data: Mapping[str, Any]) -> tuple[Block, ...]:
    """The blocks of one cell output. Raises UsageError on a schema or kind not known."""
    kinds = [item["kind"] for item in data["blocks"]] if data.get("schema") == SCHEMA else [""]
    unknown = sorted({kind for kind in kinds if kind not in READERS})
    if unknown:
        raise UsageError(
            f"the notebook holds report blocks this version cannot read: {', '.join(unknown)}",
            fix="run the notebook again with the installed version",
        )
    return tuple(READERS[item["kind"]](item) for item in data["blocks"])


def plain(value: object) -> object:
    """A value as JSON holds it: numpy scalars become Python's, NaN and infinity become null."""
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "item") and not isinstance(value, str | bytes):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
