"""Entries of a proposed layout: one file, sheet or table as the tables it probably feeds."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from outcomes import instruments
from outcomes.cleaning import OrderEvidence, cleaning_policy, order_evidence
from outcomes.schema import TABLES, Kind, vocabularies
from outcomes.sources.detection import decimal_evidence
from outcomes.sources.entry import EPISODE_FINDERS
from outcomes.sources.proposal_codes import put_codes
from outcomes.sources.proposal_columns import ColumnFacts
from outcomes.sources.proposal_items import Questionnaire, find_questionnaires
from outcomes.sources.proposal_matching import (
    Match,
    TableGuess,
    guess_table,
    lacking,
    match_columns,
    overlaps,
)
from outcomes.sources.proposal_people import ids_that_name, telling_columns
from outcomes.sources.proposal_samples import Sample
from outcomes.sources.proposal_toml import UNDECIDED, Lines, one_line, quoted
from outcomes.sources.proposal_words import folded, proposal_words, tables_of_one_row

Keys = Sequence[tuple[str, str, set[str]]]
# Questionnaires about the help rather than the person: rows of `satisfaction`.
_RATINGS = ("satisfaction", "alliance")
_NAMED = {"dmy": "day, month, year", "mdy": "month, day, year"}
_POINTS = re.compile(r"\d{1,2}\.\d{1,2}\.\d{4}.*")
_OFFSET = re.compile(r"\d(?:Z|[+-]\d{2}:?\d{2})$")


def entries_for(
    sample: Sample,
    facts: Mapping[str, ColumnFacts],
    keys: Keys,
    order: str | None,
    table: str | None = None,
) -> list[str]:
    """Lines of the `[[files]]` entries for one sample.

    `keys` holds the id columns of other files, `order` the order of dates elsewhere in the
    source, `table` a table that a person has decided on.
    """
    found = _tables(sample, facts, table)
    if not found:
        return _unknown(sample, facts).text()
    people = telling_columns(sample.frame, facts)
    made: list[Lines] = []
    used: set[str] = set()
    for name, questionnaire, guess in found:
        lines = _heading(sample, facts, first=not made)
        lines.say("table", name, "" if guess is None else guess.evidence)
        matches = _columns(lines, sample, facts, (name, questionnaire), (people, keys))
        used |= {match.header for match in matches}
        used |= set(questionnaire.headers) if questionnaire else set()
        if questionnaire is not None:
            _put_items(lines, questionnaire)
            used |= {questionnaire.total} if questionnaire.total else set()
        made.append(lines)
    first = made[0]
    put_reading(first, sample, facts, order)
    _put_rest(first, [facts[h] for h in facts if h not in used], people)
    return [line for lines in made for line in [*lines.text(), ""]]


def _tables(
    sample: Sample, facts: Mapping[str, ColumnFacts], table: str | None
) -> list[tuple[str, Questionnaire | None, TableGuess | None]]:
    """The tables a sample feeds; empty where that is for a person to say."""
    if sample.problem is not None or not facts:
        return []
    place = sample.sheet or sample.file
    found: list[tuple[str, Questionnaire | None, TableGuess | None]] = []
    if table not in tables_of_one_row():
        for questionnaire in find_questionnaires(place, facts):
            purpose = questionnaire.instrument.purpose if questionnaire.instrument else ""
            own = "satisfaction" if purpose in _RATINGS else "responses"
            found.append((table or own, questionnaire, None))
    items = {h for _, q, _ in found if q for h in (*q.headers, q.total) if h}
    rest = {header: f for header, f in facts.items() if header not in items}
    if table is not None:
        return found or [(table, None, None)]
    if not found:
        guess = guess_table(place, facts)
        return [(guess.table, None, guess)] if guess is not None and guess.sure else []
    beside = guess_table("", rest, among=tables_of_one_row())
    if beside is not None and beside.sure and not lacking(beside.table, _there(beside.matches)):
        found.insert(0, (beside.table, None, beside))
    return found


def _there(matches: Sequence[Match]) -> set[str]:
    return {match.column for match in matches}


def _unknown(sample: Sample, facts: Mapping[str, ColumnFacts]) -> Lines:
    lines = _heading(sample, facts, first=True)
    if sample.problem is not None:
        why = f"the file cannot be read: {sample.problem}; mend it, or move it to ignore at the top"
        lines.ask("table", "", why)
        return lines
    guess = guess_table(sample.sheet or sample.file, facts) if facts else None
    others = guess.others if guess is not None else tuple(TABLES)
    question = (
        f"which table is this? {' or '.join(others)}; write its name and run this again, or "
        "name the file under ignore at the top and delete this entry"
    )
    lines.ask("table", guess.table if guess else "", question)
    return lines


def _heading(sample: Sample, facts: Mapping[str, ColumnFacts], *, first: bool) -> Lines:
    lines = Lines()
    if first:
        place = sample.file + (f", sheet {sample.sheet}" if sample.sheet else "")
        told = [f"{len(sample.frame)} rows", f"{len(facts)} columns", *sample.told]
        lines.head.append(f"# {one_line(f'{place}: {chr(44).join(told)}'.replace(',', ', '))}")
    lines.head.append("[[files]]")
    lines.say("file", sample.file)
    if sample.sheet is not None:
        lines.say("sheet", sample.sheet)
    if sample.header_line > 1 and first:
        lines.say("header_line", sample.header_line)
    return lines


def _columns(
    lines: Lines,
    sample: Sample,
    facts: Mapping[str, ColumnFacts],
    what: tuple[str, Questionnaire | None],
    beside: tuple[Mapping[str, str], Keys],
) -> tuple[Match, ...]:
    """Write columns, their codes and what is lacking; return the matches used."""
    table, questionnaire = what
    people, keys = beside
    made = {"instrument", "item", "value"} if questionnaire is not None else set()
    items = {*questionnaire.headers, questionnaire.total} if questionnaire else set()
    rest = {h: f for h, f in facts.items() if h not in items}
    kept = [m for m in match_columns(table, rest, made) if m.sure or m.header not in people]
    kept += _by_overlap(table, sample, rest, kept, keys)
    for match in sorted(kept, key=lambda m: TABLES[table].names.index(m.column)):
        _put_column(lines, match, facts[match.header], (people, keys), sample)
        put_codes(lines, TABLES[table].column(match.column), facts[match.header], sure=match.sure)
    put_lacking(lines, table, {*_there(kept), *made}, [f for h, f in rest.items()])
    return tuple(kept)


def _put_column(
    lines: Lines,
    match: Match,
    facts: ColumnFacts,
    beside: tuple[Mapping[str, str], Keys],
    sample: Sample,
) -> None:
    people, keys = beside
    others = [key for key in keys if key[0] != sample.file]
    seen = overlaps(facts, others) if match.column.endswith("_id") else None
    where = (
        f"; {seen[2]:.0%} of its ids stand in {seen[0]}"
        if seen and "by ids" not in match.evidence
        else ""
    )
    evidence = f"{match.evidence}; {facts.told()}{where}{ids_that_name(people, match.header)}"
    if match.sure:
        lines.say(match.column, match.header, evidence, table="files.columns")
    else:
        question = f"is this {match.column}? {evidence}. Take the mark ? away, or the line"
        lines.ask(match.column, match.header, question, table="files.columns")


def _by_overlap(
    table: str,
    sample: Sample,
    facts: Mapping[str, ColumnFacts],
    kept: Sequence[Match],
    keys: Keys,
) -> list[Match]:
    """Id columns under a name of their own whose ids stand in another file's key."""
    taken = {match.header for match in kept}
    there = _there(kept)
    found: list[Match] = []
    for header, column in facts.items():
        if header in taken or column.distinct < 3:
            continue
        seen = overlaps(column, [key for key in keys if key[0] != sample.file])
        if seen and seen[1] in TABLES[table].names and seen[1] not in there:
            there.add(seen[1])
            evidence = f"by ids: {seen[2]:.0%} of them stand in {seen[0]}"
            found.append(Match(seen[1], header, 1.0, evidence, sure=False))
    return found


def put_lacking(
    lines: Lines, table: str, there: Collection[str], rest: Sequence[ColumnFacts]
) -> None:
    """Ask for what every row needs and no column gives."""
    for column in lacking(table, there):
        if column.name == "episode_id" and table in EPISODE_FINDERS:
            lines.say("find_episode", True, "no column holds episodes: the one of that date")
        elif column.name == "rater" and table == "responses":
            continue
        elif column.vocabulary or column.name == "instrument":
            words = (
                vocabularies()[column.vocabulary].words
                if column.vocabulary
                else [str(i) for i in instruments.list()["id"]]
            )
            question = (
                f"{column.description} No column says it: for all rows one of {', '.join(words)}"
            )
            lines.ask(column.name, "", question, table="files.constants")
        else:
            headers = ", ".join(quoted(facts.header) for facts in rest)
            question = f"which column is it? {column.description} There are {headers}"
            lines.ask(column.name, "", question, table="files.columns")


def _put_items(lines: Lines, found: Questionnaire) -> None:
    if found.pattern:
        lines.say("items", found.pattern, found.evidence)
    elif found.total:
        lines.say("total", found.total, found.evidence)
    if found.instrument is not None and found.sure:
        lines.say("instrument", found.instrument.id, table="files.constants")
    else:
        question = f"which questionnaire is it? {found.evidence}: {' or '.join(found.candidates)}"
        likely = found.candidates[0] if len(found.candidates) == 1 else ""
        lines.ask("instrument", likely, question, table="files.constants")
    for number, count in found.sentinels:
        lines.head.insert(-1, f"# {number:g} stands {count} times where no answer can be it")
    if found.shift and found.instrument is not None and found.instrument.item_min is not None:
        _offer_shift(lines, found.instrument, found.shift)


def _offer_shift(lines: Lines, instrument: instruments.Instrument, shift: int) -> None:
    """Offer a code map for answers coded by position; taking it up is a person's decision."""
    low, high = int(instrument.item_min or 0), int(instrument.item_max or 0)
    lines.tail.append(
        f"{UNDECIDED}answers run from {low + shift} to {high + shift} where {instrument.name} has "
        f"{low} to {high}. If they are coded by position, take the # away from the lines below; "
        "if not, delete this line"
    )
    lines.tail.append("# [files.codes.value]")
    lines.tail += [f'# "{code + shift}" = {code}' for code in range(low, high + 1)]


def put_reading(
    lines: Lines, sample: Sample, facts: Mapping[str, ColumnFacts], order: str | None
) -> None:
    """Say or ask the order of dates and the decimal sign."""
    evidence = date_evidence(sample, facts)
    if evidence.order is None and evidence.dmy:
        n, m = len(evidence.dmy), len(evidence.mdy)
        likely = "dmy" if n > m else "mdy"
        question = f"{n} dates can only be day, month, year and {m} only month, day, year"
        lines.ask("date_order", likely, f"{question}; dates that do not fit will be listed")
    elif evidence.order is None:
        n = len(evidence.either)
        likely, why = _likely_order(sample, facts, order)
        question = f"{n} dates could be day, month or month, day: dmy or mdy?{why}"
        lines.ask("date_order", likely, question)
    elif evidence.order in _NAMED:
        n = len(evidence.dmy) + len(evidence.mdy)
        lines.head.insert(-1, f"# dates: {_NAMED[evidence.order]}, proved by {n} of them")
    numbers = [f for f in facts.values() if f.numbers >= proposal_words().limits["kind_share"]]
    found = decimal_evidence((w, 0) for f in numbers for w in f.words)
    if sample.separator != "," and (found.mixed or found.undecided):
        likely = "," if len(found.comma) >= len(found.point) and found.comma else ""
        lines.ask("decimal", likely, 'is "," or "." the decimal sign? The numbers do not prove it')


def _likely_order(
    sample: Sample, facts: Mapping[str, ColumnFacts], order: str | None
) -> tuple[str, str]:
    """An order that speaks for itself without proof, and what speaks for it."""
    if order in _NAMED:
        return str(order), f" the other files have {_NAMED[str(order)]}"
    cells = [cell for cell in _date_cells(sample, facts) if _POINTS.fullmatch(cell)]
    if cells and len(cells) == len(date_evidence(sample, facts).either):
        return "dmy", " written with points, as where the day comes first"
    return "", ""


def _date_cells(sample: Sample, facts: Mapping[str, ColumnFacts]) -> list[str]:
    least = proposal_words().limits["words_share"]
    headers = [header for header, found in facts.items() if found.n and found.dates >= least]
    return [str(cell) for header in headers for cell in sample.frame[header].dropna()]


def date_evidence(sample: Sample, facts: Mapping[str, ColumnFacts]) -> OrderEvidence:
    """What the columns of dates together prove about their order."""
    return order_evidence((cell, 0) for cell in _date_cells(sample, facts))


def states_offsets(facts: Mapping[str, ColumnFacts]) -> bool:
    """Whether times in these columns say how far they are from UTC."""
    least = proposal_words().limits["kind_share"]
    dates = [found for found in facts.values() if found.n and found.dates >= least]
    return any(_OFFSET.search(word) for found in dates for word in found.words)


def _put_rest(lines: Lines, rest: Sequence[ColumnFacts], people: Mapping[str, str]) -> None:
    """Leave out what names people or is made anew, and ask about what is not known."""
    for facts in rest:
        if facts.header in people:
            lines.leave(facts.header, people[facts.header])
        elif proposal_words().totals & set(folded(facts.header).split()):
            lines.leave(facts.header, "a total: scores are made from the answers")
        elif not facts.n:
            lines.leave(facts.header, "empty")
        else:
            question = (
                f"what is {quoted(facts.header)}? {facts.told()}. Take the mark ? away to leave "
                "it out, or write it under columns and delete it here"
            )
            lines.ask_leave(facts.header, question)


def key_values(sample: Sample, facts: Mapping[str, ColumnFacts]) -> list[tuple[str, str, set[str]]]:
    """File, column and ids of the key of the table a sample surely is."""
    guess = guess_table(sample.sheet or sample.file, facts) if facts else None
    if guess is None or not guess.sure or find_questionnaires(sample.sheet or sample.file, facts):
        return []
    table = TABLES[guess.table]
    return [
        (sample.file, match.column, facts[match.header].values)
        for match in guess.matches
        if (match.column,) == table.key and table.column(match.column).kind is Kind.KEY
    ]


def sentinels(samples: Mapping[str, Mapping[str, ColumnFacts]]) -> dict[float, int]:
    """Numbers that stand for missing answers in the questionnaires of a source."""
    found: dict[float, int] = {}
    for place, facts in samples.items():
        for questionnaire in find_questionnaires(place, facts):
            for number, count in questionnaire.sentinels:
                found[number] = found.get(number, 0) + count
    known = cleaning_policy().sentinels
    return {n: found[n] for n in sorted(found, key=lambda n: (n not in known, n))}
