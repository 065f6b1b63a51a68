"""REDCap exports: any version of one project's export reads as its raw version.

REDCap exports a project raw or with labels, in the header, in the cells, or in both. The
data dictionary says which label is which name and code, so a layout needs raw names only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
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
from outcomes.sources.redcap_dictionary import (
    CHECKBOX,
    Dictionary,
    Field,
    in_name,
    parse_dictionary,
    plain,
    shared_columns,
)
from outcomes.sources.redcap_proposal import proposed_entries

__all__ = [
    "as_raw", "incomplete_forms", "load_project", "parse_dictionary", "propose", "raw_cells",
    "raw_names",
]  # fmt: skip

EVENT, REPEAT, INSTANCE = "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance"
GROUP, SURVEY = "redcap_data_access_group", "redcap_survey_identifier"
_SPECIAL = {
    "Event Name": EVENT,
    "Repeat Instrument": REPEAT,
    "Repeat Instance": INSTANCE,
    "Data Access Group": GROUP,
    "Survey Identifier": SURVEY,
}
_STATUS = {"incomplete": "0", "unverified": "1", "complete": "2"}
_TICKED = {"checked": "1", "unchecked": "0"}
_COMPLETE, _TIME = "Complete?", "Survey Timestamp"
_QUOTED_CHOICE = re.compile(r"\(choice='(.*)'\)$")
_STEP = "read_redcap"


def propose(dictionary: str) -> list[dict[str, object]]:
    """Layout entries for a project, from the text of its data dictionary.

    One entry for the clients and one for each known questionnaire, with the keys of a
    `[[files]]` entry, and beside them `evidence` and `undecided`: lists of sentences on what
    was recognised by what, and what a person still has to say. Raises InputError where the
    text is no data dictionary.
    """
    return proposed_entries(parse_dictionary(dictionary, "data dictionary"))


def raw_names(dictionary: Dictionary) -> Callable[[Sequence[str]], tuple[str, ...]]:
    """Return a function from an export's header to raw names.

    Labels are matched in the order of the project, since they repeat: every form ends with
    "Complete?". A header that is raw already, or no label of the project, stays.
    """
    expected = list(_expected(dictionary))

    def named(headers: Sequence[str]) -> tuple[str, ...]:
        if shared_columns(headers, dictionary) > 1:
            return tuple(headers)
        found, after = [], 0
        for header in headers:
            label = _as_label(header)
            ahead = [n for n in range(after, len(expected)) if expected[n][0] == label]
            place = ahead[0] if ahead else None
            found.append(header if place is None else expected[place][1])
            after = after if place is None else place + 1
        return tuple(found)

    return named


def _expected(dictionary: Dictionary) -> Iterator[tuple[str, str]]:
    """Label and name of every column an export may have, in the order of an export."""
    first = dictionary.fields[0]
    yield _as_label(first.label), first.name
    yield from ((_as_label(label), name) for label, name in _SPECIAL.items())
    for form, fields in dictionary.forms.items():
        yield _as_label(_TIME), f"{form}_timestamp"
        for field in fields:
            if field is not first:
                yield from ((_as_label(label), name) for name, label in field.columns.items())
        yield _as_label(_COMPLETE), f"{form}_complete"


def _as_label(header: str) -> str:
    # How an export joins the lines of a label is not documented: space counts for nothing.
    return "".join(_QUOTED_CHOICE.sub(r"(choice=\1)", plain(header)).casefold().split())


def load_project(folder: Path, name: str | None, where: str) -> Dictionary | None:
    """Read the data dictionary that a layout names, None where it names none.

    Raises LayoutError where the file is not there or leads out of the folder, and InputError
    where it is no data dictionary.
    """
    if name is None:
        return None
    content = file_in(folder, name, where).read_bytes()
    return parse_dictionary(decode(content, name, detect_encoding(content)[0]), name)


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


def raw_cells(raw: RawFile, dictionary: Dictionary) -> RawFile:
    """Give the file raw codes instead of labels."""
    cells = raw.cells.copy()
    if not _is_labelled(cells, dictionary):
        return raw
    for field in dictionary.fields:
        codes = _codes(field)
        for column in [name for name in field.columns if name in cells and codes]:
            cells[column] = _recoded(cells[column], codes)
    for status in _statuses(cells, dictionary):
        cells[status] = _recoded(cells[status], _STATUS)
    if REPEAT in cells:
        names = {in_name(form): form for form in dictionary.forms}
        titles = {str(t): names.get(in_name(str(t)), str(t)) for t in cells[REPEAT].unique()}
        cells[REPEAT] = cells[REPEAT].map(titles).astype("string")
    return replace(raw, cells=cells)


def _is_labelled(cells: pd.DataFrame, dictionary: Dictionary) -> bool:
    """Whether the cells hold words: one that is a label and no code decides for the file.

    A choice whose label is the code of another ("1, 0 | 2, 1") could not tell by itself.
    """
    for field in dictionary.fields:
        codes = set(field.choices) | {"0", "1"} if field.kind == CHECKBOX else set(field.choices)
        words = set(_codes(field))
        for column in [name for name in field.columns if name in cells]:
            found = {plain(str(text)) for text in cells[column].unique()}
            if any(text.casefold() in words for text in found - codes):
                return True
    return any(
        bool(cells[status].str.casefold().isin(_STATUS).any())
        for status in _statuses(cells, dictionary)
    )


def _statuses(cells: pd.DataFrame, dictionary: Dictionary) -> list[str]:
    return [f"{form}_complete" for form in dictionary.forms if f"{form}_complete" in cells]


def _codes(field: Field) -> dict[str, str]:
    if field.kind == CHECKBOX:
        # Ticked boxes are exported as Checked, or as the words of the choice.
        return {**_TICKED, **{words.casefold(): "1" for words in field.choices.values()}}
    codes: dict[str, str] = {}
    for code, words in field.choices.items():
        codes.setdefault(words.casefold(), code)
    return codes


def _recoded(cells: pd.Series, codes: dict[str, str]) -> pd.Series:
    known = {text: codes.get(plain(str(text)).casefold(), text) for text in cells.unique()}
    return cells.map(known).astype("string")


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
