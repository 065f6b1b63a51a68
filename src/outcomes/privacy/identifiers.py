"""Looks for what names a person in text that is about to be published.

A finding says what kind of thing was found and how often, never the thing itself.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass

from outcomes.privacy.patterns import CERTAIN
from outcomes.privacy.rules import title

# A shorter id, or one of digits only, cannot be told from a count in a table.
SHORTEST_ID = 4
KNOWN_ID = "id of a client, couple or episode"

# Pictures and coordinates: their letters and digits are not words.
NOT_TEXT = re.compile(
    r"data:[\w.+/-]{1,80};base64,[A-Za-z0-9+/=]*"
    r"|\s(?:d|points|transform)=\\?\"[^\"]*\""
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
    counts: dict[str, int] = {}
    for pattern in CERTAIN:
        what = title(pattern.kind)
        counts[what] = counts.get(what, 0) + pattern.count(words)
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
