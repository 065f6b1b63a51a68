"""Names of people, by a list of common given names, by titles and by shape."""

from __future__ import annotations

import re

from outcomes.privacy.rules import identifier_rules, plain

# Signs between words; an apostrophe or a hyphen stays inside one.
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+){0,3}")
_INNER = re.compile(r"['’-]")
_WORDS_LOOKED_AT = 4000
_LONGEST_NAME = 4


def holds_name(text: str) -> bool:
    """Whether a text names a person: given name with another name, or a title with a name.

    "Anna Schmidt", "SCHMIDT, Anna", "seen with Anna Schmidt today", "Frau Müller". A given
    name beside the word of a thing (Anna Freud Centre) or the founder of a method (Carl
    Rogers) names nobody here.
    """
    if len(_WORD.findall(text)) < 2:  # most ids; one word alone is no name
        return False
    words = _words(text)
    rules = identifier_rules().names
    for place, (word, capital) in enumerate(words):
        following = words[place + 1 : place + _LONGEST_NAME]
        if word in rules.titles and following and following[0][1] and _is_person(following[:1]):
            return True
        if not _is_given(word):
            continue
        before = [words[place - 1]] if place else []
        near = [*following[:1], *before]
        if {w for w, _ in [*following[:2], *before]} & (rules.things | rules.founders):
            continue
        alone_together = len(words) <= _LONGEST_NAME
        if any(_is_person([other]) and (other[1] or not capital) for other in near) and (
            capital or alone_together
        ):
            return True
        if following and following[0][0] in rules.particles and len(following) > 1:
            return True
    return False


def is_given_name(text: str) -> bool:
    """Whether the whole text is one common given name, or several joined by "and" or "&"."""
    rules = identifier_rules().names
    given = 0
    for match in _WORD.finditer(text):
        word = plain(match.group())
        if word in rules.particles:
            continue
        if given == _LONGEST_NAME or not _is_given(word):
            return False  # at the first word of most ids
        given += 1
    return given > 0


def holds_given_name(text: str) -> bool:
    """Whether a common given name with a capital stands anywhere in the text."""
    rules = identifier_rules().names
    words = _words(text)
    return any(
        capital
        and _is_given(word)
        and not {w for w, _ in words[n + 1 : n + 3]} & (rules.things | rules.founders)
        for n, (word, capital) in enumerate(words)
    )


def has_name_shape(text: str) -> bool:
    """Whether the text is two to four words with capitals and nothing else but commas.

    Letters alone ("A B") are codes as often as initials, and name nobody.
    """
    if re.search(r"[\d_@/:()]", text[:200]):
        return False
    rules = identifier_rules().names
    words = [pair for pair in _words(text) if pair[0] not in rules.particles | rules.titles]
    return (
        1 < len(words) <= _LONGEST_NAME
        and all(capital for _, capital in words)
        and any(len(word) > 1 for word, _ in words)
        and not {word for word, _ in words} & rules.things
    )


def says_only_a_name(text: str) -> bool:
    """Whether a text that holds a name consists of words such as names have, and no others."""
    rules = identifier_rules().names
    words = [pair for pair in _words(text) if pair[0] not in rules.particles | rules.titles]
    capitals = [capital for _, capital in words]
    written_small = not any(capitals) and len(words) < _LONGEST_NAME
    return (all(capitals) or written_small) and not {word for word, _ in words} & rules.things


def _is_given(word: str) -> bool:
    """Whether a word, or the first part of a double name, is a common given name."""
    return _INNER.split(word, maxsplit=1)[0] in identifier_rules().names.given


def _is_person(words: list[tuple[str, bool]]) -> bool:
    rules = identifier_rules().names
    return all(
        len(word) > 1 and word not in rules.things | rules.particles | rules.titles
        for word, _ in words
    )


def _words(text: str) -> list[tuple[str, bool]]:
    """Words without accents in small letters, and whether each began with a capital."""
    found = []
    for match in _WORD.finditer(text):
        word = match.group()
        found.append((plain(word), word[0].isupper()))
        if len(found) == _WORDS_LOOKED_AT:
            break
    return found
