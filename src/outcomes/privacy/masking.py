"""Says where something stood without saying it: for messages, column names and file names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from outcomes.privacy.births import names_birth_date
from outcomes.privacy.detection import names_somebody
from outcomes.privacy.names import holds_given_name
from outcomes.privacy.patterns import BIRTH_WORD, CERTAIN
from outcomes.privacy.rules import identifier_rules, title

WITHHELD = "(name withheld)"
_FILE_WORDS = re.compile(r"[\s_.\-+,()\[\]]+")
# Runs of words with capitals, among which names are looked for.
_CAPITAL = r"[^\W\d_a-z][\w'’-]{0,40}"
_PARTICLE = r"(?:(?:von|van|der|de|del|di|da|la|le|y) ){0,2}"
_CAPITALS = re.compile(rf"(?:{_CAPITAL}[.,]? {_PARTICLE}){{1,3}}{_CAPITAL}")
_LOCAL_PART = re.compile(r"[\w.+-]{0,64}\Z")


def masked(text: str) -> str:
    """The text with every address, checked number and full name in it replaced by its kind.

    A net below messages that carry no value anyway; time is linear in the text.
    """
    for pattern in CERTAIN:
        if pattern.rule is BIRTH_WORD:  # words that announce a date, which messages may say
            continue
        pieces, last = [], 0
        for match in pattern.rule.finditer(text):
            if pattern.check is not None and not pattern.check(match.group()):
                continue
            before = text[last : match.start()]
            if pattern.kind == "email":
                before = _LOCAL_PART.sub("", before[-64:]).join([before[:-64], ""])
            pieces += [before, f"({title(pattern.kind)} withheld)"]
            last = match.end()
        text = "".join([*pieces, text[last:]])
    return _CAPITALS.sub(lambda m: WITHHELD if names_somebody(m.group()) else m.group(), text)


def shown_headers(headers: Iterable[str]) -> dict[str, str]:
    """For each column name that tells who somebody is, what to call it instead."""
    return {
        header: f"(column {place}, name withheld)"
        for place, header in enumerate(headers, start=1)
        if header and (names_somebody(header) or names_birth_date(header))
    }


def shown_files(names: Iterable[str], what: str = "file") -> dict[str, str]:
    """For each name of a file or sheet, what to call it: itself, or its place among all.

    Names are numbered in alphabetical order, so that the same folder gives the same numbers.
    """
    shown = {}
    for place, name in enumerate(sorted(set(names)), start=1):
        suffix = PurePosixPath(name).suffix if what == "file" else ""
        plain_suffix = suffix if re.fullmatch(r"\.[A-Za-z0-9]{1,8}", suffix) else ""
        tells = name_tells(name)
        shown[name] = f"{what} {place} {WITHHELD}{plain_suffix}" if tells else name
    return shown


def name_tells(name: str) -> bool:
    """Whether the name of a file, folder or sheet tells who somebody is.

    Here one given name is enough: nobody calls an export "anna" for another reason.
    """
    words = _FILE_WORDS.sub(" ", name).strip()
    given = identifier_rules().names.given
    return (
        names_somebody(name)
        or names_somebody(words)
        or names_birth_date(name)
        or holds_given_name(words)
        or any(word in given for word in words.split())
    )
