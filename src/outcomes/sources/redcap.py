"""REDCap exports: any version of one project's export reads as its raw version.

REDCap exports a project raw or with labels, in the header, in the cells, or in both. The
data dictionary says which label is which name and code, so a layout needs raw names only.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from outcomes.errors import LayoutError
from outcomes.ledger import FILE, LINE, Action, entries
from outcomes.schema import TABLES, Sensitivity
from outcomes.sources.delimited import decode
from outcomes.sources.detection import detect_encoding
from outcomes.sources.entry import FileLayout
from outcomes.sources.files import RawFile
from outcomes.sources.folder import file_in
from outcomes.sources.redcap_dictionary import Dictionary, parse_dictionary
from outcomes.sources.redcap_labels import COMPLETE, raw_cells, raw_names
from outcomes.sources.redcap_proposal import proposed_entries

__all__ = [
    "as_raw", "incomplete_forms", "load_project", "propose", "raw_cells", "raw_names",
    "refuse_labels",
]  # fmt: skip

_STEP = "read_redcap"


def propose(dictionary: str) -> list[dict[str, object]]:
    """Layout entries for a project, from the text of its data dictionary.

    One entry for the clients and one for each known questionnaire, with the keys of a
    `[[files]]` entry, and beside them `evidence` and `undecided`: lists of sentences on what
    was recognised by what, and what a person still has to say. Raises InputError where the
    text is no data dictionary.
    """
    return proposed_entries(parse_dictionary(dictionary, "data dictionary"))


def load_project(folder: Path, name: str | None, where: str) -> Dictionary | None:
    """Read the data dictionary that a layout names, None where it names none.

    Raises LayoutError where the file is not there or leads out of the folder, and InputError
    where it is no data dictionary.
    """
    if name is None:
        return None
    content = file_in(folder, name, where).read_bytes()
    return parse_dictionary(decode(content, name, detect_encoding(content)[0]), name)


def refuse_labels(raw: RawFile, entries_of_file: Sequence[FileLayout]) -> None:
    """Refuse, with a LayoutError, labels as headers where a layout names fields.

    Only a REDCap export calls a column "Complete?".
    """
    there = set(raw.headers)
    named = {name for entry in entries_of_file for name in entry.needed()}
    if COMPLETE in there and not named <= there:
        raise LayoutError(
            "the file is a REDCap export with labels as headers, and the layout names fields",
            where=f"line {raw.header_line} of {raw.name}",
            fix="put the project's data dictionary beside it and add dictionary = ... to the "
            "entry, or export raw data",
        )


def as_raw(raw: RawFile, dictionary: Dictionary, entries_of_file: Sequence[FileLayout]) -> RawFile:
    """Give the file raw codes, flag open forms, and leave identifying columns behind.

    An identifying column stays only where an entry needs it for a key, which becomes a
    pseudonym. Raises LayoutError where an entry maps one to anything else.
    """
    found = raw_cells(raw, dictionary)
    identifying = set(dictionary.identifying)
    for entry in entries_of_file:
        _check_keys_only(entry, identifying)
    needed = {dictionary.record}.union(*(entry.needed() for entry in entries_of_file))
    hidden = identifying - needed
    return replace(
        found,
        headers=tuple("" if name in hidden else name for name in found.headers),
        cells=found.cells.drop(columns=[name for name in found.cells if name in hidden]),
        log=(*found.log, *incomplete_forms(found, dictionary)),
    )


def _check_keys_only(entry: FileLayout, identifying: Collection[str]) -> None:
    named = [(column, [source]) for column, source in entry.columns.items()]
    named += [(column, list(sources)) for column, sources in entry.joined.items()]
    known = {column.name: column for column in TABLES[entry.table].columns}
    for column, sources in named:
        marked = [source for source in sources if source in identifying]
        if marked and column in known and known[column].sensitivity is not Sensitivity.PSEUDONYM:
            raise LayoutError(
                f"the data dictionary marks {marked[0]!r} as identifying a person, and the layout "
                f"puts it into {entry.table}.{column}",
                where=entry.where,
                fix="leave the column out; only keys, which become pseudonyms, may come from it",
            )


def incomplete_forms(raw: RawFile, dictionary: Dictionary) -> list[pd.DataFrame]:
    """Flag the lines in which a form with answers is not marked complete (status 2).

    The answers stay: what is unanswered counts as such, and a person may know better.
    """
    log = []
    for form, fields in dictionary.forms.items():
        status = f"{form}_complete"
        answers = [c for f in fields for c in f.columns if f.name != dictionary.record]
        there = [column for column in answers if column in raw.cells]
        if status not in raw.cells or not there:
            continue
        answered = raw.cells[there].ne("").any(axis=1)
        open_ = raw.cells[status].isin(["0", "1"]) & answered
        if open_.any():
            log.append(
                entries(
                    raw.cells.loc[open_, [FILE, LINE]],
                    table="",
                    action=Action.FLAGGED,
                    step=_STEP,
                    reason="incomplete_form",
                    column=status,
                    scope="file",
                )
            )
    return log
