"""Columns of birth dates, and the age bands that may take their place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from outcomes.privacy.rules import identifier_rules
from outcomes.schema import vocabularies

_DATE = re.compile(
    r"(?:(?P<a>\d{4})[-/. ]?\d{1,2}[-/. ]?\d{1,2}"
    r"|\d{1,2}[-/. ]\s?(?:\d{1,2}|[^\W\d_]{3,9})\.?[-/. ,]\s?(?P<b>\d{4})"
    r"|[^\W\d_]{3,9}\.? \d{1,2},? (?P<c>\d{4})|(?P<d>\d{4}))(?:[T ][\d:.+Z -]{1,24})?"
)
_UNDER, _BETWEEN, _OVER = (
    re.compile(rule) for rule in (r"under (\d+)", r"(\d+)-(\d+)", r"(\d+) and over")
)
_DAY_IN_NAME = re.compile(
    r"(?<!\d)(?:(\d{4})[-_. ]?\d{2}[-_. ]?\d{2}|\d{2}[-_. ]\d{2}[-_. ](\d{4}))(?!\d)"
)
_LIFE = range(1900, 2100)


def birth_share(texts: Sequence[str]) -> float:
    """The share of texts that are dates of birth, where the texts together are such; else 0.

    They are where most lie before `birth_before` and spread over a generation, or where many
    lie before anything a practice served here can have. Years alone (1980) count as well.
    """
    limits = identifier_rules().limits
    years = [year for text in texts if (year := _year(text)) is not None]
    if len(years) < limits.fewest:
        return 0.0
    early = sum(year < limits.birth_before for year in years) / len(texts)
    ordered = sorted(years)
    spread = ordered[(len(ordered) - 1) * 9 // 10] - ordered[(len(ordered) - 1) // 10]
    very = sum(year < limits.birth_early_year for year in years) / len(texts)
    if spread >= limits.birth_spread or (very >= limits.birth_early_share and spread > 1):
        return early
    return 0.0


def names_birth_date(text: str) -> bool:
    """Whether a day before `birth_before` stands in a text, such as the name of a file."""
    rule = re.compile(
        r"(?<!\d)(?:(\d{4})[-_. ]?\d{2}[-_. ]?\d{2}|\d{2}[-_. ]\d{2}[-_. ](\d{4}))(?!\d)"
    )
    years = (int(match[1] or match[2]) for match in rule.finditer(text))
    return any(_LIFE.start <= year < identifier_rules().limits.birth_before for year in years)


def age_at(born: date | int, at: date) -> int:
    """Age in whole years on a day; of a year of birth, as if born on the first of July."""
    if isinstance(born, int):
        born = date(born, 7, 1)
    return at.year - born.year - ((at.month, at.day) < (born.month, born.day))


def age_band(age: int) -> str | None:
    """The word of the vocabulary `age_band` for an age; None for an age nobody has."""
    if not 0 <= age <= identifier_rules().limits.oldest:
        return None
    for word in vocabularies()["age_band"].words:
        if (found := _UNDER.fullmatch(word)) and age < int(found[1]):
            return word
        if (found := _BETWEEN.fullmatch(word)) and int(found[1]) <= age <= int(found[2]):
            return word
        if (found := _OVER.fullmatch(word)) and age >= int(found[1]):
            return word
    return None


def _year(text: str) -> int | None:
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    day = text[:10]
    year = int(found["a"] or found["b"] or found["c"] or found["d"])
    return year if year in _LIFE and day not in identifier_rules().limits.epochs else None
