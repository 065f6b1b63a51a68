"""Labels of a REDCap export turned into raw names and codes by the data dictionary."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pandas as pd

from outcomes.sources.files import RawFile
from outcomes.sources.redcap_dictionary import (
    CHECKBOX,
    Dictionary,
    Field,
    in_name,
    plain,
    shared_columns,
)

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
COMPLETE, _TIME = "Complete?", "Survey Timestamp"
_QUOTED_CHOICE = re.compile(r"\(choice='(.*)'\)$")


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
        yield _as_label(COMPLETE), f"{form}_complete"


def _as_label(header: str) -> str:
    # How an export joins the lines of a label is not documented: space counts for nothing.
    return "".join(_QUOTED_CHOICE.sub(r"(choice=\1)", plain(header)).casefold().split())


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
