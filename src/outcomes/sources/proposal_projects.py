"""Entries for the export of a REDCap project whose data dictionary stands beside it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

import pandas as pd

from outcomes.schema import TABLES, vocabularies
from outcomes.sources.proposal_codes import shown_words
from outcomes.sources.proposal_columns import ColumnFacts, column_facts
from outcomes.sources.proposal_entries import put_lacking, put_reading
from outcomes.sources.proposal_matching import Match, match_columns
from outcomes.sources.proposal_people import telling_columns
from outcomes.sources.proposal_samples import Sample
from outcomes.sources.proposal_toml import Lines, one_line, quoted
from outcomes.sources.proposal_words import is_ours, translated
from outcomes.sources.redcap_dictionary import CHECKBOX, SINGLE, Dictionary, Field
from outcomes.sources.redcap_labels import EVENT, GROUP, INSTANCE, REPEAT, SURVEY
from outcomes.sources.redcap_proposal import proposed_entries

_SUPPLIER = "redcap"
# Raw event names end in the arm, labels may.
_ARM = re.compile(r"_arm_\d+$|\s*\(arm \d+.*\)$", re.IGNORECASE)
_CODE = re.compile(r"-?\d+")
# Kinds of fields that no table holds.
_NO_TABLE = {
    "calc": "calculated: scores are made from the answers",
    "notes": "free text",
    "file": "a file",
    CHECKBOX: "a box to tick, which no table holds",
}
_UNDER_RECORD = ("episode_id", "client_id", "practice_id", "session_id")


def project_lines(sample: Sample, dictionary: Dictionary) -> list[str]:
    """Lines of the entries: clients, courses, appointments, and each known questionnaire.

    `sample` has raw names and codes (`proposal_samples`), so one proposal serves every version.
    """
    asked = [e for e in proposed_entries(dictionary) if "items" in e and _there(e, sample)]
    items = {str(name) for entry in asked for name in _items(entry).values()}
    taken = items | {str(_columns(entry).get("taken_on")) for entry in asked}
    facts = _told(sample, dictionary, taken)
    repeated = {str(form) for form in _cells(sample, REPEAT).dropna()}
    made: list[Lines] = []
    used: set[str] = {*taken, dictionary.record}
    for form in _appointments(dictionary, facts, repeated):
        own = {f.name: facts[f.name] for f in dictionary.forms[form] if f.name in facts}
        lines = _lines(sample, "sessions")
        lines.keys.append(_only(form))
        _put_session_id(lines, sample, dictionary)
        used |= _put_table(lines, "sessions", own, dictionary)
        lines.say("find_episode", True, "the course of help of that date")
        made.append(lines)
    once = {field.name for field in dictionary.fields if field.form not in repeated}
    free = {h: f for h, f in facts.items() if h in once - used}
    clients, episodes = _lines(sample, "clients"), _lines(sample, "episodes")
    used |= _put_table(clients, "clients", free, dictionary, GROUP in sample.frame)
    rest = {h: f for h, f in free.items() if h not in used}
    episodes.ask(
        "episode_id",
        dictionary.record,
        "is each record one course of help? Take the mark ? away. If a person may have several, "
        "delete this entry and give the courses in a file of their own",
        table="files.columns",
    )
    used |= _put_table(episodes, "episodes", rest, dictionary)
    made = [clients, episodes, *made]
    made += [_questionnaire(sample, entry, dictionary, repeated) for entry in asked]
    _head(clients, sample, dictionary)
    put_reading(clients, sample, {h: column_facts(h, sample.frame[h]) for h in sample.frame}, None)
    _put_rest(clients, sample, dictionary, used)
    return [line for lines in made for line in [*lines.text(), ""]]


def _columns(entry: Mapping[str, object]) -> dict[str, str]:
    columns = entry["columns"]
    return columns if isinstance(columns, dict) else {}


def _items(entry: Mapping[str, object]) -> dict[str, str]:
    items = entry["items"]
    return items if isinstance(items, dict) else {}


def _there(entry: Mapping[str, object], sample: Sample) -> bool:
    """Whether the export has the answers; it may be one of a few forms only."""
    return set(_items(entry).values()) <= set(sample.frame)


def _cells(sample: Sample, name: str) -> pd.Series:
    return sample.frame[name] if name in sample.frame else pd.Series(dtype="string")


def _field(dictionary: Dictionary, name: str) -> Field:
    return next(field for field in dictionary.fields if field.name == name)


def _told(sample: Sample, dictionary: Dictionary, taken: Collection[str]) -> dict[str, ColumnFacts]:
    """Facts of the fields that may feed a table, by name, with words in place of codes."""
    found = {}
    for field in dictionary.fields:
        if field.name not in sample.frame or field.name in taken or field.identifier:
            continue
        if field.kind in _NO_TABLE or field.name == dictionary.record:
            continue
        cells = sample.frame[field.name]
        if field.kind in SINGLE:
            cells = cells.map(lambda code, words=field.choices: words.get(code, code))
        found[field.name] = column_facts(field.name, cells.astype("string"))
    return found


def _appointments(
    dictionary: Dictionary, facts: Mapping[str, ColumnFacts], repeated: Collection[str]
) -> Iterator[str]:
    """Repeating forms with a date and what became of it."""
    for form, fields in dictionary.forms.items():
        own = {f.name: facts[f.name] for f in fields if f.name in facts}
        there = {match.column for match in match_columns("sessions", own)}
        if form in repeated and {"held_on", "status"} <= there:
            yield form


def _lines(sample: Sample, table: str) -> Lines:
    lines = Lines(head=["[[files]]"])
    lines.say("file", sample.file)
    lines.say("supplier", _SUPPLIER)
    lines.say("table", table)
    return lines


def _head(lines: Lines, sample: Sample, dictionary: Dictionary) -> None:
    assert sample.project is not None
    lines.head.insert(
        0,
        f"# {one_line(sample.file)}: {len(sample.frame)} rows; an export of REDCap, by "
        f"{len(dictionary.fields)} fields of the data dictionary {one_line(sample.project[0])}",
    )
    lines.keys.insert(1, f"dictionary = {quoted(sample.project[0])}")


def _only(form: str) -> str:
    return f"only = {{ {REPEAT} = [{quoted(form)}] }}"


def _put_session_id(lines: Lines, sample: Sample, dictionary: Dictionary) -> None:
    parts = [name for name in (EVENT, INSTANCE) if name in sample.frame]
    if parts:
        told = "the event and the number of the repeated form"
        lines.say("session_id", [dictionary.record, *parts], told, table="files.columns")


def _put_table(
    lines: Lines,
    table: str,
    facts: Mapping[str, ColumnFacts],
    dictionary: Dictionary,
    grouped: bool = True,
) -> set[str]:
    """Write the columns of a table with the meaning of their codes; return the fields used."""
    without = {"session_id"} if table == "sessions" else set()
    matches = match_columns(table, facts, {*_UNDER_RECORD, *without})
    # The supplier's layout says it for the usual name, and not for appointments.
    if dictionary.record != "record_id" or table == "sessions":
        lines.say("client_id", dictionary.record, "the first field", table="files.columns")
    for match in matches:
        _put_column(lines, match, facts[match.header])
        _put_codes(lines, table, match, _field(dictionary, match.header))
    there = {match.column for match in matches} | set(_UNDER_RECORD) | {"unit"}
    if not grouped:
        there.discard("practice_id")
    put_lacking(lines, table, there, [*facts.values()])
    return {match.header for match in matches}


def _put_column(lines: Lines, match: Match, facts: ColumnFacts) -> None:
    evidence = f"{match.evidence}; {facts.told()}"
    if match.sure:
        lines.say(match.column, match.header, evidence, table="files.columns")
    else:
        question = f"is this {match.column}? {evidence}. Take the mark ? away, or the line"
        lines.ask(match.column, match.header, question, table="files.columns")


def _put_codes(lines: Lines, table: str, match: Match, field: Field) -> None:
    """Translate the choices of the project; its labels say what its codes mean."""
    vocabulary = TABLES[table].column(match.column).vocabulary
    if vocabulary is None:
        return
    place = f"files.codes.{match.column}"
    for code, words in field.choices.items():
        ours = words.casefold() if is_ours(vocabulary, words) else translated(vocabulary, words)
        if ours is not None:
            lines.say(code, ours, words, table=place)
        else:
            known = ", ".join(vocabularies()[vocabulary].words)
            lines.ask(code, "", f"what is {quoted(words)}? one of {known}", table=place)


def _questionnaire(
    sample: Sample, entry: Mapping[str, object], dictionary: Dictionary, repeated: Collection[str]
) -> Lines:
    lines = _lines(sample, str(entry["table"]))
    columns, items = _columns(entry), _items(entry)
    form = _field(dictionary, items["1"]).form
    evidence = entry["evidence"]
    told = "; ".join(map(str, evidence)) if isinstance(evidence, list) else ""
    pattern = _pattern(items)
    if pattern is not None:
        lines.say("items", pattern, told)
    else:
        for number, name in items.items():
            lines.say(number, name, table="files.items")
    if REPEAT in sample.frame:
        lines.keys.append(_only(form if form in repeated else ""))
    lines.say("find_episode", True, "the course of help of that date")
    if columns["client_id"] != "record_id":
        lines.say("client_id", columns["client_id"], "the first field", table="files.columns")
    _put_taken_on(lines, sample, columns, form)
    _put_instrument(lines, entry)
    codes = entry["codes"]
    values = codes.get("value", {}) if isinstance(codes, dict) else {}
    for raw, code in values.items():
        lines.say(str(raw), code, table="files.codes.value")
    if EVENT in sample.frame and "occasion" in columns:
        _put_events(lines, column_facts(EVENT, sample.frame[EVENT]))
    return lines


def _put_taken_on(lines: Lines, sample: Sample, columns: Mapping[str, str], form: str) -> None:
    if "taken_on" in columns:
        told = "the only date of its form"
        lines.say("taken_on", columns["taken_on"], told, table="files.columns")
        return
    stamp = f"{form}_timestamp"
    likely = stamp if stamp in sample.frame else ""
    question = f"which field holds the date of completion? A survey has {stamp}"
    lines.ask("taken_on", likely, question, table="files.columns")


def _put_instrument(lines: Lines, entry: Mapping[str, object]) -> None:
    constants, undecided = entry["constants"], entry["undecided"]
    name = str(constants["instrument"]) if isinstance(constants, dict) else ""
    open_ = [str(s) for s in undecided] if isinstance(undecided, list) else []
    doubts = [s for s in open_ if s.startswith(("whether the codes", "what the answers"))]
    if not doubts:
        lines.say("instrument", name, table="files.constants")
        return
    question = (
        f"{doubts[0]}. If they mean the same, take the mark ? away; if not, also write what each "
        'means under [files.codes.value], as "their code" = code'
    )
    lines.ask("instrument", name, question, table="files.constants")


def _put_events(lines: Lines, facts: ColumnFacts) -> None:
    place, known = "files.codes.occasion", ", ".join(vocabularies()["occasion"].words)
    bare = {word: _ARM.sub("", word).replace("_", " ") for word in facts.words}
    unknown = [word for word, name in bare.items() if translated("occasion", name) is None]
    listed = shown_words(lines, EVENT, unknown, facts)
    for word, name in bare.items():
        ours = translated("occasion", name)
        if ours is not None:
            lines.say(word, ours, table=place)
        elif word in listed:
            question = f"which occasion is this event? {int(facts.counts[word])} rows: {known}"
            lines.ask(word, "", question, table=place)


def _pattern(items: Mapping[str, str]) -> str | None:
    """One name with a place for the number, None where the fields have several names."""
    for place, width in (("{item}", 1), ("{item:02}", 2)):
        ends = [(name, f"{int(number):0{width}}") for number, name in items.items()]
        stems = {name.removesuffix(end) for name, end in ends if name.endswith(end)}
        if len(stems) == 1 and all(name == f"{min(stems)}{end}" for name, end in ends):
            return f"{min(stems)}{place}"
    return None


def _put_rest(lines: Lines, sample: Sample, dictionary: Dictionary, used: Collection[str]) -> None:
    """Leave out what REDCap adds, what names people and what no table holds; ask for the rest."""
    fields = {column: f for f in dictionary.fields for column in f.columns}
    people = telling_columns(sample.frame, [*sample.frame])
    own = {EVENT, REPEAT, INSTANCE, GROUP, SURVEY, dictionary.record, *used}
    for name in sample.frame:
        if name in own:
            continue
        reason = _left_out(str(name), fields.get(str(name)), dictionary) or people.get(str(name))
        if reason is not None:
            lines.leave(str(name), reason)
        else:
            facts = column_facts(str(name), sample.frame[name])
            question = (
                f"what is {quoted(name)}? {facts.told()}. Take the mark ? away to leave it out, "
                "or write it under columns of a table and delete it here"
            )
            lines.ask_leave(str(name), question)


def _left_out(name: str, field: Field | None, dictionary: Dictionary) -> str | None:
    if field is None:
        form, _, what = name.rpartition("_")
        own = what in ("complete", "timestamp") and form in dictionary.forms
        return "REDCap's own" if own else None
    if field.identifier:
        return "marked as an identifier by the project"
    return _NO_TABLE.get(field.kind)
