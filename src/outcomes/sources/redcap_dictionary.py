"""A REDCap data dictionary: the fields of a project, their choices, and who they identify."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from outcomes.errors import InputError
from outcomes.sources.section import near

# The file a project offers for download, and what its API calls the same columns.
_COLUMNS = {
    "name": ("Variable / Field Name", "field_name"),
    "form": ("Form Name", "form_name"),
    "kind": ("Field Type", "field_type"),
    "label": ("Field Label", "field_label"),
    "choices": ("Choices, Calculations, OR Slider Labels", "select_choices_or_calculations"),
    "validation": (
        "Text Validation Type OR Show Slider Number",
        "text_validation_type_or_show_slider_number",
    ),
    "identifier": ("Identifier?", "identifier"),
}
_NEEDED = ("name", "form", "kind", "label")
# Fields of these kinds have one answer out of a list.
SINGLE = ("radio", "dropdown", "yesno", "truefalse")
CHECKBOX = "checkbox"
# Shown on the form, never exported.
_DISPLAY = ("descriptive",)
_BUILT_IN = {"yesno": {"1": "Yes", "0": "No"}, "truefalse": {"1": "True", "0": "False"}}
# Markup inside a line parts no words; any other tag does.
_INLINE = re.compile(
    r"</?(?:b|i|u|em|strong|span|font|a|sup|sub)(?:\s[^<>]{0,500})?>", re.IGNORECASE
)
_TAG = re.compile(r"</?[a-z][^<>]{0,500}>", re.IGNORECASE)
_NOT_NAME = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `choices` maps raw code to the words shown, empty where anything goes."""

    name: str
    form: str
    kind: str
    label: str
    choices: Mapping[str, str]
    validation: str
    identifier: bool

    @property
    def columns(self) -> dict[str, str]:
        """The columns an export has for this field, each with the label it may have instead."""
        if self.kind in _DISPLAY:
            return {}
        if self.kind != CHECKBOX:
            return {self.name: self.label}
        return {
            f"{self.name}___{_code_in_name(code)}": f"{self.label} (choice={words})"
            for code, words in self.choices.items()
        }


@dataclass(frozen=True, slots=True)
class Dictionary:
    """The fields of a project in order; the first one numbers the records."""

    fields: tuple[Field, ...]

    @property
    def record(self) -> str:
        """The field that says whose line it is."""
        return self.fields[0].name

    @property
    def forms(self) -> dict[str, tuple[Field, ...]]:
        """The fields of each form, in order."""
        names = dict.fromkeys(field.form for field in self.fields)
        return {name: tuple(f for f in self.fields if f.form == name) for name in names}

    @property
    def identifying(self) -> tuple[str, ...]:
        """Export columns of fields that the project marks as identifying a person."""
        marked = [field for field in self.fields if field.identifier]
        return tuple(column for field in marked for column in field.columns)


def is_dictionary(headers: Sequence[str]) -> bool:
    """Whether a file with these column names is a data dictionary."""
    return all(any(name in headers for name in names) for names in _COLUMNS.values())


def parse_dictionary(text: str, where: str) -> Dictionary:
    """Read a data dictionary as downloaded or as the API gives it.

    Raises InputError where columns that every dictionary has are missing, or no field is left.
    """
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), restkey="")
    try:
        rows = list(reader)
    except csv.Error as error:
        raise InputError(
            f"the data dictionary cannot be read: {error}", where=where, fix="download it again"
        ) from None
    headers = [name for name in reader.fieldnames or () if name]
    found = {
        part: next((name for name in names if name in headers), None)
        for part, names in _COLUMNS.items()
    }
    missing = [_COLUMNS[part][0] for part in _NEEDED if found[part] is None]
    if missing:
        raise InputError(
            f"this is no REDCap data dictionary: it has no column {missing[0]!r}",
            where=where,
            fix="download it in REDCap under Project Setup, Data Dictionary; "
            + near(missing[0], headers),
        )
    cells = [
        {part: (row.get(name or "") or "").strip() for part, name in found.items()} for row in rows
    ]
    fields = tuple(_field(cell) for cell in cells if cell["name"])
    if not fields:
        raise InputError("the data dictionary has no field", where=where, fix="download it again")
    return Dictionary(fields)


def _field(cell: Mapping[str, str]) -> Field:
    kind = cell["kind"].casefold()
    choices = _BUILT_IN.get(kind, {})
    if kind in (*SINGLE, CHECKBOX) and not choices:
        choices = parse_choices(cell["choices"])
    return Field(
        name=cell["name"].casefold(),
        form=cell["form"].casefold(),
        kind=kind,
        label=plain(cell["label"]),
        choices=choices,
        validation=cell["validation"].casefold(),
        identifier=cell["identifier"].casefold() in ("y", "yes"),
    )


def parse_choices(text: str) -> dict[str, str]:
    """Code to words from "0, Not at all | 1, Several days"; the words may hold commas."""
    found = {}
    for choice in text.split("|"):
        code, comma, words = choice.partition(",")
        if comma and code.strip():
            found[code.strip()] = plain(words)
    return found


def plain(text: str) -> str:
    """A label without markup, on one line, as exports show it."""
    return " ".join(_TAG.sub(" ", _INLINE.sub("", text)).split())


def in_name(text: str) -> str:
    """A title as REDCap writes it inside a name: small letters, digits and underscores."""
    return _NOT_NAME.sub("_", text.casefold()).strip("_")


def _code_in_name(code: str) -> str:
    # A negative code would be no name: REDCap writes -99 as _99.
    return code.casefold().replace("-", "_")


def shared_columns(names: Sequence[str], dictionary: Dictionary) -> int:
    """How many of these column names the project's export would have."""
    known = {column for field in dictionary.fields for column in field.columns}
    return len(known & set(names))
