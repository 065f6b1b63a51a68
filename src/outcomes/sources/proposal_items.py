"""Finds questionnaires in column names and values: one column for each item, or a total."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from outcomes import instruments
from outcomes.cleaning import cleaning_policy
from outcomes.instruments import Instrument
from outcomes.sources.proposal_columns import ColumnFacts
from outcomes.sources.proposal_words import folded, proposal_words


@dataclass(frozen=True, slots=True, eq=False)
class Questionnaire:
    """Item columns of one questionnaire.

    `pattern` has {item} for the number and is "" for a total alone; `instrument` is None where
    nothing tells which it is, of `candidates`. `shift` says that the answers lie that much
    above (or below) the declared range; `sentinels` holds numbers that look like codes for
    missing, with their counts.
    """

    pattern: str
    headers: tuple[str, ...]
    instrument: Instrument | None
    sure: bool
    candidates: tuple[str, ...]
    evidence: str
    total: str | None = None
    shift: int = 0
    sentinels: tuple[tuple[float, int], ...] = ()


def find_questionnaires(file: str, facts: Mapping[str, ColumnFacts]) -> list[Questionnaire]:
    """Find all groups of item columns, and totals of questionnaires named in a header."""
    found = []
    used: set[str] = set()
    for pattern, headers in _groups(facts).items():
        named = _named(folded(pattern.replace("{item}", " ").replace("{item:02}", " ")))
        named = named or (_named(folded(file)) if len(_groups(facts)) == 1 else None)
        group = [facts[header] for header in headers]
        made = _questionnaire(pattern, headers, named, group)
        if made is not None:
            found.append(made)
            used |= set(headers)
    totals = {h: named for h in facts if h not in used and (named := _total(h, file, facts[h]))}
    return _with_totals(found, totals)


def _groups(facts: Mapping[str, ColumnFacts]) -> dict[str, tuple[str, ...]]:
    """Headers by what they share beside a number, where the numbers run from 1 on."""
    rows: dict[tuple[str, str], dict[int, tuple[str, str]]] = {}
    for header in facts:
        match = _last_number(header)
        if match is not None:
            before, digits, after = match
            rows.setdefault((before, after), {})[int(digits)] = (header, digits)
    found = {}
    least = min(i.n_items for i in instruments.library().values())
    for (before, after), numbered in rows.items():
        if len(numbered) < least or sorted(numbered) != list(range(1, len(numbered) + 1)):
            continue
        padded = numbered[1][1].startswith("0")
        place = "{item:02}" if padded else "{item}"
        headers = tuple(numbered[n][0] for n in sorted(numbered))
        found[f"{before}{place}{after}"] = headers
    return found


def _last_number(header: str) -> tuple[str, str, str] | None:
    numbers = list(re.finditer(r"\d+", header))
    if not numbers or len(numbers[-1].group()) > 2:
        return None
    last = numbers[-1]
    return header[: last.start()], last.group(), header[last.end() :]


def _named(text: str) -> str | None:
    """Return the instrument that a folded text names, by its longest name."""
    known = [
        (len(name), instrument)
        for instrument, names in proposal_words().instruments.items()
        for name in names
        if f" {name} " in f" {text} " or f" {name.replace(' ', '')} " in f" {text} "
    ]
    return max(known)[1] if known else None


def _questionnaire(
    pattern: str, headers: tuple[str, ...], named: str | None, group: list[ColumnFacts]
) -> Questionnaire | None:
    least = proposal_words().limits["kind_share"]
    odd = any(facts.n and facts.numbers < least for facts in group)
    if named is None and (odd or not any(facts.n for facts in group)):
        return None
    library = instruments.library()
    if named is not None and library[named].n_items == len(headers):
        chosen, sure, candidates = library[named], True, [named]
        evidence = f"its columns are called so, and there are {len(headers)}"
    else:
        fitting = [i for i in library.values() if i.n_items == len(headers) and _fit(i, group)[0]]
        if not fitting:
            return None
        chosen, sure, candidates = fitting[0], False, [instrument.id for instrument in fitting]
        evidence = f"{len(headers)} numbered columns with answers in its range"
    _, shift, sentinels = _fit(chosen, group)
    return Questionnaire(
        pattern, headers, chosen, sure, tuple(candidates), evidence, None, shift, sentinels
    )


def _fit(
    instrument: Instrument, group: list[ColumnFacts]
) -> tuple[bool, int, tuple[tuple[float, int], ...]]:
    """Whether answers fit the range, by how much they are shifted, and codes for missing."""
    if instrument.item_min is None or instrument.item_max is None:
        return False, 0, ()
    ends = [instrument.maximum_of(n) or 0.0 for n in range(1, len(group) + 1)]
    low, high = instrument.item_min, max(ends)
    counts: dict[float, int] = {}
    for facts in group:
        for number, count in facts.numeric().items():
            counts[number] = counts.get(number, 0) + count
    odd = {*cleaning_policy().sentinels, *proposal_words().sentinels}
    outside = {n: c for n, c in counts.items() if not low <= n <= high}
    shift = _shift(counts, low, high)
    codes = {
        n: c
        for n, c in outside.items()
        if n in odd and not (shift and n == high + shift) and _often(n, c)
    }
    n = sum(c for number, c in counts.items() if number not in codes)
    inside = sum(c for number, c in counts.items() if low <= number - shift <= high)
    share = inside / n if n else 1.0
    return share >= proposal_words().limits["range_share"], shift, tuple(sorted(codes.items()))


def _often(number: float, count: int) -> bool:
    """Whether a number is more than a slip of the pen."""
    known = number in cleaning_policy().sentinels
    return known or count >= proposal_words().limits["sentinel_count"]


def _shift(counts: dict[float, int], low: float, high: float) -> int:
    """+1 or -1 where answers look coded by position: as `cleaning.answers` sees it."""
    n = sum(counts.values())
    if n < cleaning_policy().recoding_minimum_answers:
        return 0
    for shift in (1, -1):
        gained, lost = (high, low) if shift > 0 else (low, high)
        inside = sum(c for number, c in counts.items() if low <= number - shift <= high)
        if (
            inside >= cleaning_policy().recoding_share * n
            and counts.get(gained + shift)
            and not counts.get(lost)
        ):
            return shift
    return 0


def named_instrument(text: str) -> str | None:
    """Return the registry's id of the questionnaire that a text names."""
    return _named(folded(text))


def _total(header: str, file: str, facts: ColumnFacts) -> str | None:
    words = folded(header).split()
    if not proposal_words().totals & set(words):
        return None
    if facts.n and facts.numbers < proposal_words().limits["kind_share"]:
        return None
    return _named(" ".join(words)) or _named(folded(file))


def _with_totals(found: list[Questionnaire], totals: dict[str, str]) -> list[Questionnaire]:
    """Totals alone are questionnaires of their own; beside items the program makes them itself."""
    items = {q.instrument.id for q in found if q.instrument is not None}
    for header, name in totals.items():
        if name not in items:
            library = instruments.library()
            found.append(
                Questionnaire(
                    "", (), library[name], True, (name,), "a total by its name", total=header
                )
            )
            items.add(name)
    return found
