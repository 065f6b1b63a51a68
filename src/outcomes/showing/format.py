"""Rounding and wording of numbers: the one place that decides how a number looks.

Every function takes a plain number and gives text. A number that is not there (None,
NaN, infinite) becomes `NOT_AVAILABLE`, never an empty text and never zero.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from outcomes.schema import label, vocabularies

MINUS = "−"
NOT_AVAILABLE = "not available"
HIDDEN = "hidden (small)"

# The measures of change as readers meet them, in the order in which they are shown.
MEASURES = {
    "reliable_improvement": "Reliably better",
    "recovered": "Reliably better and out of the clinical range",
    "improved": "Reliably better, not out of the clinical range",
    "unchanged": "No reliable change",
    "reliable_deterioration": "Reliably worse",
    "deteriorated": "Reliably worse, not newly in the clinical range",
    "harmed": "Reliably worse and newly in the clinical range",
    "reliable_recovery": "Recovered, of those in the clinical range at the start",
    "clinical_at_start": "In the clinical range at the start",
    "healthy_at_start": "Not in the clinical range at the start, so recovery is impossible",
    "missing": "No score at the start or at the end",
}
DENOMINATORS = {
    "paired": "those with both scores",
    "started": "all who started",
    "clinical at start": "those with both scores, in the clinical range at the start",
    "clinical at start, started": "all in the clinical range at the start",
}
# What is known of people at the start.
COVARIATES = {
    "pre": "Start score",
    "unit": "Takes part as",
    "age_band": "Age",
    "gender": "Gender",
    "employment": "Occupation",
    "prior_care": "Therapy before",
    "on_medication": "Takes medication",
    "problem_duration": "Duration of the problem",
}

# Below this a p value is not written out: the approximations behind it do not reach further.
_P_FLOOR = 0.001
# Rounded to two decimals, p values this close to .05 would all read "0.05".
_P_NEAR = (0.045, 0.055)


def available(value: float | None) -> bool:
    """Whether there is a number to write."""
    return value is not None and math.isfinite(value)


def number(value: float | None, decimals: int) -> str:
    """A number with a fixed count of decimals and a true minus sign; never '−0.0'."""
    if value is None or not math.isfinite(value):
        return NOT_AVAILABLE
    text = f"{abs(value):,.{decimals}f}"
    is_zero = not any(digit in text for digit in "123456789")
    return text if value >= 0 or is_zero else f"{MINUS}{text}"


def count(value: float | None) -> str:
    """A number of people, couples or rows: '1,234'."""
    return number(value, 0)


def points(value: float | None) -> str:
    """Points of a questionnaire, one decimal: '−3.1'."""
    return number(value, 1)


def decimal(value: float | None) -> str:
    """A number without unit, two decimals: a standardised difference, a ratio."""
    return number(value, 2)


def plain(value: float | None) -> str:
    """A number as short as two decimals allow: '30', '0.1', '12.35'."""
    text = number(value, 2)
    return text.rstrip("0").rstrip(".") if "." in text and available(value) else text


def percent(rate: float | None) -> str:
    """A proportion (0 to 1) as '43 %'; rounding never turns a few into none or into all."""
    if rate is None or not math.isfinite(rate):
        return NOT_AVAILABLE
    return f"{_whole_percent(rate)} %"


def percent_interval(low: float | None, high: float | None) -> str:
    """An interval of proportions as '35 to 52 %'."""
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return NOT_AVAILABLE
    return f"{number(100 * low, 0)} to {number(100 * high, 0)} %"


def interval(low: float | None, high: float | None) -> str:
    """An interval in points as '−3.1 to 0.4'."""
    if not (available(low) and available(high)):
        return NOT_AVAILABLE
    return f"{points(low)} to {points(high)}"


def level(confidence: float) -> str:
    """The level of an interval: '95 %'."""
    return f"{100 * confidence:g} %"


def p_value(value: float | None) -> str:
    """A p value: '0.03', '0.048' where two decimals would hide the side of .05, 'below 0.001'."""
    if value is None or not math.isfinite(value):
        return NOT_AVAILABLE
    if value < _P_FLOOR:
        return f"below {_P_FLOOR}"
    fine = value < 0.01 or _P_NEAR[0] <= value < _P_NEAR[1]
    text = number(value, 3 if fine else 2)
    return "above 0.99" if text == "1.00" else text


def n_of(n: float | None, total: float | None) -> str:
    """A count with its denominator: '43 of 100'."""
    if not (available(n) and available(total)):
        return NOT_AVAILABLE
    return f"{count(n)} of {count(total)}"


def count_and_share(n: int, total: int) -> str:
    """A count with its share: '43 (43 %)'; without a total the count alone."""
    return f"{count(n)} ({percent(n / total)})" if total else count(n)


def mean_and_sd(mean: float | None, sd: float | None) -> str:
    """A mean with its standard deviation: '14.2 (SD 5.1)'."""
    if not available(mean):
        return NOT_AVAILABLE
    return f"{points(mean)} (SD {points(sd)})" if available(sd) else points(mean)


def listed(words: list[str]) -> str:
    """Words in a sentence: 'a', 'a and b', 'a, b and c'."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def sentence(text: str) -> str:
    """The text with a capital first letter, the rest as it is."""
    return text[:1].upper() + text[1:]


def _whole_percent(rate: float) -> str:
    rounded = round(100 * rate)
    if rounded == 0 and rate > 0:
        return "below 1"
    if rounded == 100 and rate < 1:
        return "above 99"
    return number(100 * rate, 0)


def group_name(by: str | None, group: object) -> str:
    """How a group is called: the label of a coded word, the word itself, or 'Everybody'."""
    if by is None:
        return "Everybody"
    names = "arm" if by == "intervention" else by
    return label(names, str(group)) if names in vocabularies() else str(group)


def arm_or_word(group: object) -> str:
    """The label of an arm; any other word as it is. For results that keep no column name."""
    word = str(group)
    return label("arm", word) if word in vocabularies()["arm"].words else word


def ordered_groups(by: str | None, groups: Iterable[str]) -> list[str]:
    """Each group once: in the vocabulary's order, words it does not know after it."""
    names = "arm" if by == "intervention" else by
    words = vocabularies()[names].words if names in vocabularies() else []
    there = list(dict.fromkeys(groups))
    known = [word for word in words if word in there]
    return [*known, *(group for group in there if group not in known)]


def covariate_name(column: str) -> str:
    """How a column known at the start is called."""
    return COVARIATES.get(column, sentence(column.replace("_", " ")))
