"""Where the answers of a wide questionnaire stand: items, totals, visits side by side."""

from __future__ import annotations

import re
from dataclasses import dataclass

from outcomes.schema import Table
from outcomes.sources.meaning import canonical, check_word, find_instrument
from outcomes.sources.section import Section

# Tables that may come from a wide questionnaire, one column for each item.
WIDE_TABLES = ("responses", "satisfaction")
TOTAL = "total"
_PLACE = re.compile(r"\{item(?::0(\d))?\}")


@dataclass(frozen=True, slots=True)
class Visit:
    """One administration inside a wide line.

    `items` maps item (or "total") to source column; taken_on = the line's taken_on plus
    `offset_days`.
    """

    items: dict[str, str]
    occasion: str | None = None
    offset_days: int = 0


def parse_visits(section: Section, table: Table, instrument: str | None) -> tuple[Visit, ...]:
    """Read items, total and `[[files.visits]]`; empty where the entry is not wide."""
    top = _items(section, instrument)
    found = []
    for number, body in enumerate(section.tables("visits"), start=1):
        visit = Section(body, f"{section.where}, visits entry {number}")
        occasion = visit.text("occasion")
        if occasion is not None:
            check_word(visit, table, canonical(visit, table, "occasion"), occasion)
        items = _items(visit, instrument)
        offset = visit.whole("offset_days", 0)
        visit.finish()
        if not items:
            raise visit.refuse("the visit names no answers", "add items or total")
        found.append(Visit(items, occasion, offset))
    if top and found:
        raise section.refuse("items stand both in the entry and in its visits", "keep the visits")
    if (top or found) and table.name not in WIDE_TABLES:
        raise section.refuse(
            f"{table.name} has no items", f"only {' and '.join(WIDE_TABLES)} come from items"
        )
    return (Visit(top),) if top else tuple(found)


def _items(section: Section, instrument: str | None) -> dict[str, str]:
    """Item to source column, from a pattern, a table of columns, and a ready total."""
    given, total = section.either("items", str, dict), section.text("total")
    if given is None and total is None:
        return {}
    if instrument is None:
        raise section.refuse("items without an instrument", 'add constants.instrument = "..."')
    n_items = find_instrument(section, instrument).n_items
    found: dict[str, str] = {}
    if isinstance(given, str):
        if not _PLACE.search(given):
            raise section.refuse("items has no place for the number", 'write it as "Q{item}"')
        found = {str(n): _numbered(given, n) for n in range(1, n_items + 1)}
    elif isinstance(given, dict):
        columns = Section(given, f"{section.where}, items")
        found = {item: columns.required(item) for item in given}
        for item in found:
            if item not in map(str, range(1, n_items + 1)):
                raise columns.refuse(
                    f"{instrument} has no item {item!r}", f"its items are 1 to {n_items}"
                )
    return {**found, TOTAL: total} if total else found


def _numbered(pattern: str, number: int) -> str:
    return _PLACE.sub(lambda m: str(number).zfill(int(m[1] or 0)), pattern)
