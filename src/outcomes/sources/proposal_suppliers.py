"""Entries for exports of a supplier whose layout ships with the package."""

from __future__ import annotations

import re
from collections.abc import Mapping

from outcomes import instruments
from outcomes.errors import LayoutError
from outcomes.schema import TABLES, vocabularies
from outcomes.sources.layout import parse_layout
from outcomes.sources.proposal_columns import ColumnFacts
from outcomes.sources.proposal_samples import Sample
from outcomes.sources.proposal_toml import Lines, one_line, quoted
from outcomes.sources.proposal_words import proposal_words
from outcomes.sources.redcap_labels import COMPLETE
from outcomes.sources.suppliers import recognise, suppliers

REDCAP = "redcap"
_LACKING = re.compile(r"^(\w+)\.(\w+) is needed and has no source")


def supplier_lines(sample: Sample, facts: Mapping[str, ColumnFacts]) -> list[str] | None:
    """Lines of the entry, None where no supplier is recognised by the column names."""
    known = _known(facts)
    if not known or known[0][1] < proposal_words().limits["supplier_share"]:
        return None
    name, share = known[0]
    if name == REDCAP:
        return _without_dictionary(sample)
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
        _ask_lacking(lines, column, facts)
    return lines.text()


def not_recognised(facts: Mapping[str, ColumnFacts]) -> str | None:
    """Why a file is not taken for an export of the supplier it resembles, None for none."""
    known = _known(facts)
    if not known or known[0][1] < proposal_words().limits["resemblance_share"]:
        return None
    name, share = known[0]
    least = proposal_words().limits["supplier_share"]
    return (
        f"# not taken for an export of {suppliers()[name].name} (supplier = {quoted(name)}): it "
        f"has {share:.0%} of the column names that tell it, fewer than {least:.0%}"
    )


def _known(facts: Mapping[str, ColumnFacts]) -> list[tuple[str, float]]:
    if COMPLETE in facts:  # only REDCap calls a column so, and its labels are the project's own
        return [(REDCAP, 1.0)]
    return recognise([*facts]) if facts else []


def _without_dictionary(sample: Sample) -> list[str]:
    """The entry of a REDCap export whose fields nobody can know without the dictionary."""
    place = one_line(sample.file)
    lines = Lines(head=[f"# {place}: {len(sample.frame)} rows; an export of REDCap", "[[files]]"])
    lines.say("file", sample.file)
    lines.say("supplier", REDCAP)
    question = (
        "put the data dictionary of the project (Project Setup, Data Dictionary) beside the file, "
        "delete this entry and run this again"
    )
    lines.ask("dictionary", "", question)
    return lines.text()


def _ask_lacking(lines: Lines, column: str, facts: Mapping[str, ColumnFacts]) -> None:
    """Ask for one word that holds for the file, or for a column where each row has its own."""
    table = next(t for t in TABLES.values() if column in t.names)
    told = table.column(column)
    if told.vocabulary is None and column != "instrument":
        question = (
            f"which column is it? {told.description} There are {', '.join(map(quoted, facts))}"
        )
        lines.ask(column, "", question, table="files.columns")
        return
    known = vocabularies()[told.vocabulary].words if told.vocabulary else instruments.library()
    question = f"{told.description} The export does not say: {', '.join(known)}"
    lines.ask(column, "", question, table="files.constants")


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
