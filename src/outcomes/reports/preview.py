"""How blocks look inside a notebook: plain, escaped, without the report's style sheet."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from outcomes.reports import blocks as b


def bundle(blocks: tuple[b.Block, ...]) -> dict[str, Any]:
    """The MIME bundle of a cell: text for a terminal, HTML for a person, JSON for writers."""
    return {
        "text/plain": "\n\n".join(text for block in blocks if (text := TEXT[block.kind](block))),
        "text/html": "\n".join(html for block in blocks if (html := HTML[block.kind](block))),
        b.MIME: b.pack(blocks),
    }


def _meta_html(block: b.Meta) -> str:
    facts = "; ".join(f"{escape(k)}: {escape(str(v))}" for k, v in block.facts.items())
    title, subtitle = escape(block.title), escape(block.subtitle)
    return f"<h1>{title}</h1><p>{subtitle}</p><p><small>{facts}</small></p>"


def _section_html(block: b.Section) -> str:
    return f"<h2>{escape(block.title)}</h2>" + (f"<p>{escape(block.lead)}</p>" * bool(block.lead))


def _prose_html(block: b.Prose) -> str:
    heading = f"<h3>{escape(block.heading)}</h3>" if block.heading else ""
    if block.style == "list":
        items = "".join(f"<li>{escape(text)}</li>" for text in block.paragraphs)
        return f"{heading}<ul>{items}</ul>"
    return heading + "".join(f"<p>{escape(text)}</p>" for text in block.paragraphs)


def _verdicts_html(block: b.Verdicts) -> str:
    lines = []
    for line in block.items:
        title = f"{escape(line.title)}: " if line.title else ""
        note = f"<br><small>{escape(line.note)}</small>" if line.note else ""
        word = escape(str(line.verdict))
        lines.append(f"<li>{title}<strong>{word}</strong>. {escape(line.sentence)}{note}</li>")
    return f"<ul>{''.join(lines)}</ul>"


def _provenance_html(block: b.Provenance) -> str:
    files = "".join(
        f"<li>{escape(f.name)}: {f.rows} rows, <code>{escape(f.sha256[:12])}</code></li>"
        for f in block.sources
    )
    return f"<p>Disclosure policy: {escape(block.policy)}</p><ul>{files}</ul>"


def _attachment_html(block: b.Attachment) -> str:
    return f"<p><small>Stands beside the report: {escape(block.name)}</small></p>"


def _count(block: b.ResultsBlock) -> str:
    return f"{len(block.results)} numbers for results.json"


HTML: dict[str, Callable[[Any], str]] = {
    b.Meta.kind: _meta_html,
    b.Section.kind: _section_html,
    b.Prose.kind: _prose_html,
    b.Verdicts.kind: _verdicts_html,
    b.TableBlock.kind: lambda block: str(block.table._repr_html_()),
    b.FigureBlock.kind: lambda block: str(block.figure._repr_html_()),
    b.ResultsBlock.kind: lambda block: f"<p><small>{_count(block)}</small></p>",
    b.Provenance.kind: _provenance_html,
    b.Attachment.kind: _attachment_html,
}


TEXT: dict[str, Callable[[Any], str]] = {
    b.Meta.kind: lambda block: str(block.title),
    b.Section.kind: lambda block: str(block.title),
    b.Prose.kind: lambda block: "\n".join(block.paragraphs),
    b.Verdicts.kind: lambda block: "\n".join(f"{v.verdict}: {v.sentence}" for v in block.items),
    b.TableBlock.kind: lambda block: repr(block.table),
    b.FigureBlock.kind: lambda block: f"{block.figure.caption}\n{block.figure.alt}",
    b.ResultsBlock.kind: _count,
    b.Provenance.kind: lambda block: f"Disclosure policy: {block.policy}",
    b.Attachment.kind: lambda block: f"Stands beside the report: {block.name}",
}
