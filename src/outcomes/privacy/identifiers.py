"""Looks for what names a person in text that is about to be published.

A finding says what kind of thing was found and how often, never the thing itself.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass

# A shorter id, or one of digits only, cannot be told from a count in a table.
SHORTEST_ID = 4
KNOWN_ID = "id of a client, couple or episode"

# Every pattern starts at a rare character or has bounded repeats: a report with an embedded
# picture is one line of a megabyte, and the scan must stay linear in it.
PATTERNS: dict[str, re.Pattern[str]] = {
    "e-mail address": re.compile(
        r"(?<=[A-Za-z0-9_+-])@(?!\dx\.)(?:[A-Za-z0-9-]{1,63}\.){1,4}[A-Za-z]{2,24}\b"
    ),
    "IP address": re.compile(
        r"(?<![\w.-])(?<!==)(?<!version )(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}"
        r"(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w.])"
    ),
    "phone number": re.compile(
        r"(?<![\w.,/+-])(?:"
        r"\+\d{1,3}[ ()-]{0,3}(?:\d[ ()-]{0,2}){7,12}\d"  # international
        r"|\(?0\d{2,4}\)?[ -]\d{3,4}[ -]?\d{3,4}"  # national, in groups
        r"|0[1-9]\d{8,9}"  # national, in one
        r"|\(\d{3}\) ?\d{3}-\d{4}|\d{3}-\d{3}-\d{4}"  # North America
        r")(?![\w,]|\.\d)"
    ),
    "UK postcode": re.compile(r"(?<![\w#-])[A-Z]{1,2}\d[A-Z\d]? \d[ABD-HJLNP-UW-Z]{2}(?![\w-])"),
    "date of birth": re.compile(
        r"\b(?:dates?[ _-]?of[ _-]?birth|birth[ _-]?date|d\.?o\.?b|born on)\b\.?[\"']?"
        r"(?:\s{0,3}[:=,;|]|\s{0,3}</(?:th|td|dt)|\W{0,3}\d)",
        re.IGNORECASE,
    ),
    "national identity number": re.compile(
        r"(?<![\w-])(?:\d{3}-\d{2}-\d{4}"
        r"|[A-CEGHJ-PR-TW-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D])(?![\w-])"
    ),
}
# Pictures and coordinates: their letters and digits are not words.
NOT_TEXT = re.compile(
    r"data:[\w.+/-]{1,80};base64,[A-Za-z0-9+/=]*|\s(?:d|points|transform)=\\?\"[^\"]*\""
)
WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of identifier and how often it occurs."""

    kind: str
    count: int


def scan(text: str, known_ids: Iterable[str] = ()) -> list[Finding]:
    """Kinds of identifiers in `text` (plain, HTML or JSON), and the study's own ids in it.

    `known_ids` are client, couple and episode ids, looked for exactly as they are where no
    letter or digit stands next to them; those without a letter or with fewer than four
    characters are passed over, since they cannot be told from counts. Embedded pictures
    and the coordinates of drawings are not searched. Time is linear in the text, whatever
    the number of ids.
    """
    words = html.unescape(NOT_TEXT.sub(" ", text))
    counts = {kind: sum(1 for _ in rule.finditer(words)) for kind, rule in PATTERNS.items()}
    counts[KNOWN_ID] = _count_ids(words, known_ids)
    return [Finding(kind, count) for kind, count in counts.items() if count]


def _count_ids(text: str, known_ids: Iterable[str]) -> int:
    """How often a known id stands in the text between characters that are no letter or digit."""
    by_first_word: dict[str, list[tuple[str, int]]] = {}
    for known in {str(i) for i in known_ids}:
        if len(known) < SHORTEST_ID or not any(c.isalpha() for c in known):
            continue
        first = WORD.search(known)
        if first is not None:
            by_first_word.setdefault(first.group(), []).append((known, first.start()))
    if not by_first_word:
        return 0
    found = 0
    for word in WORD.finditer(text):
        for known, offset in by_first_word.get(word.group(), ()):
            start = word.start() - offset
            end = start + len(known)
            if start >= 0 and text.startswith(known, start) and not _goes_on(text, end):
                found += 1
    return found


def _goes_on(text: str, end: int) -> bool:
    """Whether the word at `end - 1` is longer than the id found there."""
    return end < len(text) and text[end - 1].isalnum() and text[end].isalnum()
