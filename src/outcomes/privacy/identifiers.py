"""Looks for what names a person in text that is about to be published.

A finding says what kind of thing was found and how often, never the thing itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

PATTERNS: dict[str, re.Pattern[str]] = {
    "e-mail address": re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z]{2,}"),
    "IP address": re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])"),
    "phone number": re.compile(
        r"(?<![\w.,-])(?:\+\d{1,3}[ ()-]{0,2}|\(?0)\d{2,4}[) -]{1,2}\d{3,4}[ -]?\d{3,4}(?![\w.,])"
    ),
    "UK postcode": re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b"),
    "date of birth": re.compile(
        r"(?:date of birth|birth ?date|\bd\.?o\.?b\.?\b)\W{0,3}\d", re.IGNORECASE
    ),
    "national identity number": re.compile(
        r"\b(?:\d{3}-\d{2}-\d{4}|[A-CEGHJ-PR-TW-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D])\b"
    ),
}
TOKEN = re.compile(r"[A-Za-z0-9_-]+")
# A shorter id, or one of digits only, cannot be told from a count in a table.
SHORTEST_ID = 4


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of identifier and how often it occurs."""

    kind: str
    count: int


def scan(text: str, known_ids: Iterable[str] = ()) -> list[Finding]:
    """Kinds of identifiers in `text`, and rows' ids of the study that stand in it as words.

    `known_ids` are client, couple and episode ids; those of digits only or with fewer than
    four characters are passed over, since they cannot be told from counts.
    """
    found = []
    for kind, pattern in PATTERNS.items():
        count = sum(1 for _ in pattern.finditer(text))
        if count:
            found.append(Finding(kind, count))
    wanted = {i for i in known_ids if len(i) >= SHORTEST_ID and any(c.isalpha() for c in i)}
    if wanted:
        count = sum(1 for token in TOKEN.finditer(text) if token.group() in wanted)
        if count:
            found.append(Finding("id of a client, couple or episode", count))
    return found
