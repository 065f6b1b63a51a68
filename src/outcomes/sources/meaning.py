"""What source columns and words mean: columns, constants and codes of a layout entry."""

from __future__ import annotations

from datetime import date

from outcomes import instruments
from outcomes.errors import InstrumentError
from outcomes.schema import Table, vocabularies
from outcomes.sources.section import Section, near


def canonical(section: Section, table: Table, name: str) -> str:
    """Return the name of a column of the table. Raises LayoutError where it has none."""
    if name not in table.names:
        raise section.refuse(f"the table {table.name} has no column {name!r}",
                             near(name, table.names))  # fmt: skip
    return name


def parse_columns(
    section: Section, table: Table
) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """Read `[files.columns]`: columns from one source column, and columns joined from several."""
    columns: dict[str, str] = {}
    joined: dict[str, tuple[str, ...]] = {}
    for name in section.table_keys():
        canonical(section, table, name)
        if isinstance(section.either(name, str, list), str):
            columns[name] = section.required(name)
            continue
        parts = section.texts(name)
        if not parts:
            raise section.refuse(f"{name} names no source column", 'list them: ["...", "..."]')
        joined[name] = parts
    return columns, joined


def parse_constants(section: Section, table: Table) -> dict[str, str]:
    """Read `[files.constants]`: the same text for every row."""
    found = {}
    for name in section.table_keys():
        found[name] = _literal(section, canonical(section, table, name))
        check_word(section, table, name, found[name])
    return found


def parse_codes(section: Section, table: Table) -> dict[str, dict[str, str]]:
    """Read `[files.codes.<column>]`: their word to our word."""
    found = {}
    for name in section.table_keys():
        words = Section(section.table(canonical(section, table, name)), f"{section.where}.{name}")
        found[name] = {word: _literal(words, word) for word in words.table_keys()}
        for target in found[name].values():
            check_word(words, table, name, target)
    return found


def _literal(section: Section, key: str) -> str:
    """Return a value as the text a cell would hold."""
    value = section.either(key, str, int, float, date, bool)
    return str(value).lower() if isinstance(value, bool) else str(value)


def check_word(section: Section, table: Table, column: str, word: str) -> None:
    """Refuse a word that the column cannot hold."""
    vocabulary = table.column(column).vocabulary
    if vocabulary and word not in (known := vocabularies()[vocabulary].words):
        raise section.refuse(f"{word!r} is not a word of {column}", near(word, known))
    if column == "instrument":
        find_instrument(section, word)


def find_instrument(section: Section, name: str) -> instruments.Instrument:
    """Return a questionnaire of the registry, the project's own among them."""
    try:
        return instruments.get(name)
    except InstrumentError:
        known = [str(item) for item in instruments.list()["id"]]
        raise section.refuse(
            f"there is no instrument {name!r}",
            f"{near(name, known)}; a questionnaire of your own goes into a file that the layout "
            'names at its top: instruments = ["..."]',
        ) from None
