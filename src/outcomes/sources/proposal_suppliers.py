"""Entries for exports of a supplier whose layout ships with the package."""

from __future__ import annotations

import re
from collections.abc import Mapping

from outcomes.errors import LayoutError
from outcomes.schema import TABLES, vocabularies
from outcomes.sources.layout import parse_layout
from outcomes.sources.proposal_columns import ColumnFacts
from outcomes.sources.proposal_samples import Sample
from outcomes.sources.proposal_toml import Lines, one_line, quoted
from outcomes.sources.proposal_words import proposal_words
from outcomes.sources.suppliers import recognise, suppliers

_LACKING = re.compile(r"^(\w+)\.(\w+) is needed and has no source")


def supplier_lines(sample: Sample, facts: Mapping[str, ColumnFacts]) -> list[str] | None:
    """Lines of the entry, None where no supplier is recognised by the column names."""
    known = recognise([*facts]) if facts else []
    if not known or known[0][1] < proposal_words().limits["supplier_share"]:
        return None
    name, share = known[0]
    layout = suppliers()[name]
    lines = Lines()
    place = sample.file + (f", sheet {sample.sheet}" if sample.sheet else "")
    lines.head = [
        f"# {one_line(place)}: {len(sample.frame)} rows; an export of {layout.name}: "
        f"{share:.0%} of the column names that tell it from others",
        *(f"# not known: {one_line(gap.what)} {one_line(gap.to_do)}" for gap in layout.unverified),
        "[[files]]",
    ]
    lines.say("file", sample.file)
    if sample.sheet is not None:
        lines.say("sheet", sample.sheet)
    rivals = [other for other, its in known[1:] if its == share]
    if rivals:
        lines.ask("supplier", name, f"which of these is it? {' or '.join([name, *rivals])}")
    else:
        lines.say("supplier", name, f"also known: {', '.join(layout.versions)}")
    for column in _lacking(name):
        table = next(t for t in TABLES.values() if column in t.names)
        vocabulary = table.column(column).vocabulary
        words = ", ".join(vocabularies()[vocabulary].words) if vocabulary else "a text"
        question = f"{table.column(column).description} The export does not say: {words}"
        lines.ask(column, "", question, table="files.constants")
    return lines.text()


def _lacking(name: str) -> list[str]:
    """Columns that the supplier's layout leaves to the user: asked of the layout itself."""
    found: dict[str, str] = {}
    for _ in TABLES:
        constants = "".join(f"{column} = {quoted(word)}\n" for column, word in found.items())
        text = f'schema = 1\n[[files]]\nfile = "x"\nsupplier = "{name}"\n[files.constants]\n'
        try:
            parse_layout(text + constants, name)
        except LayoutError as error:
            match = _LACKING.match(error.what)
            if match is None or match[2] in found:
                break
            vocabulary = TABLES[match[1]].column(match[2]).vocabulary
            found[match[2]] = vocabularies()[vocabulary].words[0] if vocabulary else "x"
        else:
            break
    return [*found]
