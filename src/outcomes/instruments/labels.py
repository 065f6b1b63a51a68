"""Answers given as words, as forms export them, turned into an instrument's codes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from outcomes.instruments.model import Instrument

# A form may show the code beside the word: "0 - Not at all", "Not at all (0)".
_BEFORE = re.compile(r"[(\[]?([+-]?\d+)[)\]]?\s*[-–—:=.,)]?\s+(.*\S)", re.DOTALL)
_AFTER = re.compile(r"(.*\S)\s*[-–—:=,]?\s*[(\[]([+-]?\d+)[)\]]", re.DOTALL)
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class ReadLabels:
    """What the words of a column mean.

    `codes` maps each word that was understood to its code as text; `contradicting` are words
    that show another number than the instrument's code; `unknown` is the rest, numbers apart.
    """

    codes: dict[str, str]
    contradicting: tuple[str, ...]
    unknown: tuple[str, ...]


def folded(word: str) -> str:
    """The word without case, doubled or no-break spaces, and without a final full stop."""
    return _SPACE.sub(" ", word.replace("\N{NO-BREAK SPACE}", " ")).strip().rstrip(".").casefold()


def read_labels(instrument: Instrument, words: Iterable[str]) -> ReadLabels:
    """Find the code of every word by the instrument's own map.

    A number alone is an answer already and is left out. "1 - Not at all" where the code is 0
    counts as contradicting: the form numbers its options by position, and which of the two
    is meant is for a person to say.
    """
    known = {folded(word): code for word, code in instrument.labels.items()}
    codes, contradicting, unknown = {}, [], []
    for word in dict.fromkeys(words):
        number, plain = _parts(word)
        code = known.get(folded(plain))
        if code is None:
            if not _is_number(word):
                unknown.append(word)
        elif number is not None and float(number) != code:
            contradicting.append(word)
        else:
            codes[word] = f"{code:g}"
    return ReadLabels(codes, tuple(contradicting), tuple(unknown))


def _parts(word: str) -> tuple[str | None, str]:
    """The number a form shows beside the word, if any, and the word."""
    text = folded(word)
    if found := _BEFORE.fullmatch(text):
        return found[1], found[2]
    if found := _AFTER.fullmatch(text):
        return found[2], found[1]
    return None, text


def _is_number(word: str) -> bool:
    try:
        float(word.replace(",", "."))
    except ValueError:
        return False
    return True
