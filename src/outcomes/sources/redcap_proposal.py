"""What a REDCap data dictionary says about a layout: questionnaires, clients, identifiers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from outcomes import instruments
from outcomes.instruments import Instrument
from outcomes.schema import vocabularies
from outcomes.sources.redcap_dictionary import CHECKBOX, SINGLE, Dictionary, Field

Entry = dict[str, object]

EVENT, GROUP = "redcap_event_name", "redcap_data_access_group"
_NUMBERED = re.compile(r"(?P<stem>.*?[a-z0-9])_?q?_?0*(?P<number>[1-9]\d?)")
_TABLE = {"alliance": "satisfaction", "satisfaction": "satisfaction"}
# Columns of `clients` with a vocabulary, and what projects call the field.
_CLIENT_FIELDS = {
    "gender": ("gender", "sex"),
    "employment": ("employment", "occupation", "work_status"),
    "age_band": ("age_band", "age_group"),
}
_NO_DATE = "which column holds the date of completion (taken_on)"


def proposed_entries(dictionary: Dictionary) -> list[Entry]:
    """Entries for the clients and each questionnaire, in the order of the project."""
    asked = [entry for form in dictionary.forms for entry in _questionnaires(dictionary, form)]
    return [_clients(dictionary), *asked]


def _clients(dictionary: Dictionary) -> Entry:
    columns = {"client_id": dictionary.record}
    codes: dict[str, dict[str, str]] = {}
    evidence = [f"{dictionary.record} is the first field, which numbers the records"]
    undecided = [
        f"whether the project has data access groups: if so, practice_id = {GROUP!r}; "
        "if not, give practice_id under constants"
    ]
    for column, names in _CLIENT_FIELDS.items():
        field = next((f for f in dictionary.fields if f.name in names and f.choices), None)
        if field is None or field.identifier:
            continue
        columns[column] = field.name
        codes[column], open_ = _words(column, field)
        evidence.append(f"{field.name} is called like {column} and has choices")
        undecided += [f"what {words!r} of {field.name} means" for words in open_]
    hidden = [name for name in dictionary.identifying if name != dictionary.record]
    if hidden:
        evidence.append(f"{len(hidden)} columns are marked as identifiers and are never read")
    return {
        "table": "clients",
        "one_row_each": True,
        "columns": columns,
        "codes": {column: found for column, found in codes.items() if found},
        "ignore": hidden,
        "evidence": evidence,
        "undecided": undecided,
    }


def _words(column: str, field: Field) -> tuple[dict[str, str], list[str]]:
    """Raw code to the word of the vocabulary with the same label, and labels without one."""
    vocabulary = vocabularies()[column]
    known = {word.casefold(): word for word in vocabulary.words}
    known |= {label.casefold(): word for word, label in vocabulary.labels.items()}
    codes = {
        code: known[w.casefold()] for code, w in field.choices.items() if w.casefold() in known
    }
    return codes, [words for code, words in field.choices.items() if code not in codes]


def _questionnaires(dictionary: Dictionary, form: str) -> Iterator[Entry]:
    """One entry for each known questionnaire on a form."""
    for stem, items in _series(dictionary.forms[form]).items():
        for instrument in instruments.library().values():
            if _called(stem, form, instrument) and _fits(items, instrument):
                yield _questionnaire(dictionary, form, items, instrument)
                break


def _series(fields: Sequence[Field]) -> dict[str, dict[int, Field]]:
    """Fields that share a name and are numbered, by name and number."""
    found: dict[str, dict[int, Field]] = {}
    for field in fields:
        match = _NUMBERED.fullmatch(field.name)
        if match is not None and field.kind not in (CHECKBOX, "calc"):
            found.setdefault(match["stem"], {})[int(match["number"])] = field
    return found


def _called(stem: str, form: str, instrument: Instrument) -> bool:
    """Whether the fields or their form are called like the questionnaire."""
    # The number of items is part of most names, and often left out: phq_1, gad_q1.
    names = {instrument.id, re.sub(r"\d+$", "", instrument.id)}
    letters = re.sub(r"[^a-z0-9]", "", stem)
    return letters in names or (
        instrument.id in re.sub(r"[^a-z0-9]", "", form) and letters in ("", "q", "item")
    )


def _fits(items: dict[int, Field], instrument: Instrument) -> bool:
    """Whether there is a field for each item; a question more may follow, as on PHQ-9 forms."""
    n = instrument.n_items
    return instrument.item_min is not None and set(range(1, n + 1)) <= set(items) <= set(
        range(1, n + 2)
    )


def _questionnaire(
    dictionary: Dictionary, form: str, items: dict[int, Field], instrument: Instrument
) -> Entry:
    wanted = {number: items[number] for number in range(1, instrument.n_items + 1)}
    first, last = wanted[1].name, wanted[instrument.n_items].name
    evidence = [
        f"{first} to {last}: the name and the {instrument.n_items} items of {instrument.name}"
    ]
    if len(items) > instrument.n_items:
        evidence.append(f"{items[instrument.n_items + 1].name} is no item and is left out")
    codes, undecided = _answer_codes(wanted, instrument, evidence)
    columns = {"client_id": dictionary.record}
    table = _TABLE.get(instrument.purpose, "responses")
    if table == "responses":
        columns["occasion"] = EVENT
        undecided.append(f"what each event in {EVENT} means: give them under codes.occasion")
    taken = _date_field(dictionary.forms[form])
    if taken is None:
        undecided.append(f"{_NO_DATE}: a survey has {form}_timestamp")
    else:
        columns["taken_on"] = taken.name
        evidence.append(f"{taken.name} is the only date of the form {form}")
    hidden = [name for name in dictionary.identifying if name != dictionary.record]
    return {
        "table": table,
        "find_episode": True,
        "columns": columns,
        "constants": {"instrument": instrument.id},
        "items": {str(number): field.name for number, field in wanted.items()},
        "codes": {"value": codes} if codes else {},
        # A project without events has no such column.
        "optional": [EVENT],
        "ignore": hidden,
        "evidence": evidence,
        "undecided": undecided,
    }


def _date_field(fields: Sequence[Field]) -> Field | None:
    dates = [f for f in fields if f.validation.startswith("date") and not f.identifier]
    return dates[0] if len(dates) == 1 else None


def _answer_codes(
    items: dict[int, Field], instrument: Instrument, evidence: list[str]
) -> tuple[dict[str, str], list[str]]:
    """Raw code to the instrument's code, where the words prove that they differ."""
    choices = {tuple(field.choices.items()) for field in items.values() if field.kind in SINGLE}
    if len(choices) != 1:
        return {}, [f"what the answers to {instrument.name} mean: its items have no common choices"]
    offered = dict(next(iter(choices)))
    found = instruments.read_labels(instrument, offered.values())
    if found.unknown or found.contradicting or not instrument.labels:
        return {}, [
            f"whether the codes {', '.join(offered)} are those of {instrument.name}: the words "
            "of its choices are not the known ones"
        ]
    codes = {raw: found.codes.get(words, raw) for raw, words in offered.items()}
    if all(_numeric(raw) and float(code) == float(raw) for raw, code in codes.items()):
        evidence.append(f"its choices are the words of {instrument.name} with the same codes")
        return {}, []
    evidence.append(f"its choices are the words of {instrument.name} with other codes")
    return codes, []


def _numeric(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
