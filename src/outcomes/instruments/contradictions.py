"""What an instrument file may not say: values of the wrong kind, and facts that do not fit."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from outcomes.instruments.labels import folded
from outcomes.instruments.model import CLINICAL_SIDES, Instrument

PURPOSES = ("outcome", "wellbeing", "relationship", "alliance", "satisfaction")
ROLES = ("clinical", "functional", "other")
RULES = ("at_least", "exceeds")
SCORINGS = ("sum", "mean", "mean_x10", "percent_x4", "total_only")
ITEM_TEXT = ("yes", "verbatim_only", "nc_sa", "use_only", "unclear", "no")
ID = re.compile(r"[a-z][a-z0-9_]*")
# Ends of the score's range are written by hand; products of thirds are not exact.
RANGE_TOLERANCE = 1e-9

# The kind of value each key holds, wherever it stands in the file.
TRUTHS = {"verified"}
WHOLE = {"n", "most"}
NUMBERS = {"value", "confidence", "mean", "sd", "low", "high", "minimum", "maximum", "step"}
ITEM_LISTS = {"reversed", "risk"}


def malformed(body: Mapping[str, Any]) -> list[str]:
    """Values of the wrong kind: text for a number, a word for true or false, no finite number.

    A word such as "memory" for `verified` would otherwise count as true.
    """
    return [problem for name, table in _tables(body) for problem in _wrong_kinds(name, table)]


def _tables(body: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield "the file", {k: v for k, v in body.items() if not isinstance(v, dict | list)}
    for name, value in body.items():
        for table in value if isinstance(value, list) else [value]:
            if isinstance(table, dict):
                yield name, table


def _wrong_kinds(name: str, table: Mapping[str, Any]) -> Iterator[str]:
    for key, value in table.items():
        if key in TRUTHS:
            fits, kind = isinstance(value, bool), "true or false"
        elif key in WHOLE:
            fits, kind = _whole(value), "a whole number above 0"
        elif key in NUMBERS:
            fits, kind = _finite(value), "a number"
        elif key in ITEM_LISTS:
            fits, kind = _all(value, _whole), "a list of item numbers"
        elif key == "maximum_of":
            numbered = isinstance(value, dict) and all(item.isdecimal() for item in value)
            fits = numbered and all(_finite(top) for top in value.values())
            kind = "item numbers with a number each"
        elif key == "seen":
            fits, kind = _all(value, _text), "a list of sentences"
        elif key == "words":
            fits = isinstance(value, dict) and all(_finite(code) for code in value.values())
            kind = "words with a number each"
        else:
            fits, kind = _text(value), "text, not empty" if key != "note" else "text"
        if not fits:
            yield f"{key} of {name} must be {kind}"


def _all(value: object, fits: Callable[[object], bool]) -> bool:
    return isinstance(value, list) and all(fits(part) for part in value)


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _finite(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def contradictions(instrument: Instrument) -> list[str]:
    """Facts of an instrument that cannot all be true; empty when it is consistent."""
    checks = (_words, _items, _labels, _score_range, _cutoffs, _changes, _populations, _bands)
    return [problem for check in checks for problem in check(instrument)]


def _words(instrument: Instrument) -> Iterator[str]:
    if not ID.fullmatch(instrument.id):
        yield "id must be lower-case letters, digits and underscores"
    yield from _unknown("direction", [instrument.direction], ("lower", "higher"))
    yield from _unknown("scoring rule", [instrument.scoring], SCORINGS)
    yield from _unknown("purpose", [instrument.purpose], PURPOSES)
    yield from _unknown("item_text", [instrument.licence.item_text], ITEM_TEXT)
    yield from _unknown("clinical", [c.clinical for c in instrument.cutoffs], CLINICAL_SIDES)
    yield from _unknown("rule", [c.rule for c in instrument.reliable_change], RULES)
    yield from _unknown("role", [norm.role for norm in instrument.norms], ROLES)


def _unknown(what: str, words: Iterable[str], allowed: tuple[str, ...]) -> Iterator[str]:
    if not set(words) <= set(allowed):
        yield f"{what} must be one of {', '.join(allowed)}"


def _items(instrument: Instrument) -> Iterator[str]:
    named = {
        "reversed": instrument.reversed_items,
        "risk": instrument.risk_items,
        "maximum_of": tuple(instrument.item_max_overrides),
    }
    for name, items in named.items():
        if any(not 1 <= item <= instrument.n_items for item in items):
            yield f"{name} names an item that the questionnaire does not have"
        if len(set(items)) != len(items):
            yield f"{name} names an item twice"
    low, high = instrument.item_min, instrument.item_max
    if (low is None) != (high is None):
        yield "items need both a minimum and a maximum, or neither"
    elif (low is None) != (instrument.scoring == "total_only"):
        yield "items need a range, except where the rule is 'total_only'"
    elif low is not None and high is not None and low >= high:
        yield "the lowest code of an item is not below its highest"
    if instrument.item_step <= 0:
        yield "the step between codes must be above 0"
    if instrument.missing is not None and instrument.missing.most >= instrument.n_items:
        yield "a missing-item rule must leave at least one item answered"


def _labels(instrument: Instrument) -> Iterator[str]:
    known, low, high = instrument.answer_words, instrument.item_min, instrument.item_max
    if known is None:
        return
    if low is None or high is None or instrument.item_step <= 0:
        yield "answers in words need items with a range of codes"
        return
    steps = round((high - low) / instrument.item_step)
    codes = {low + step * instrument.item_step for step in range(steps + 1)}
    if set(known.words.values()) != codes:
        yield f"answers in words must name each code from {low:g} to {high:g}, and no other"
    if len({folded(word) for word in known.words}) != len(known.words):
        yield "two answers in words differ only in case, space or punctuation"


def _score_range(instrument: Instrument) -> Iterator[str]:
    if instrument.total_min >= instrument.total_max:
        yield "the lowest score is not below the highest"
        return
    n = instrument.n_items
    factor = {"sum": 1.0, "percent_x4": 4.0, "mean": 1 / n, "mean_x10": 10 / n}
    if instrument.scoring not in factor or instrument.item_min is None:
        return
    tops = [float(instrument.maximum_of(item) or 0) for item in range(1, n + 1)]
    low = factor[instrument.scoring] * instrument.item_min * n
    high = factor[instrument.scoring] * sum(tops)
    off = max(abs(low - instrument.total_min), abs(high - instrument.total_max))
    if off > RANGE_TOLERANCE:
        yield (
            f"items give scores from {low:g} to {high:g}, but the range is stated as "
            f"{instrument.total_min:g} to {instrument.total_max:g}"
        )


def _cutoffs(instrument: Instrument) -> Iterator[str]:
    ids = [cutoff.id for cutoff in instrument.cutoffs]
    if len(set(ids)) != len(ids):
        yield "two cut-offs share an id"
    for cutoff in instrument.cutoffs:
        if not instrument.total_min <= cutoff.value <= instrument.total_max:
            yield f"the cut-off {cutoff.id!r} lies outside the range of the score"
        high_is_clinical = cutoff.clinical in ("at_or_above", "above")
        if high_is_clinical != (instrument.direction == "lower"):
            yield f"the cut-off {cutoff.id!r} contradicts the direction"


def _changes(instrument: Instrument) -> Iterator[str]:
    width = instrument.total_max - instrument.total_min
    sizes = [change.value for change in instrument.reliable_change]
    sizes += [change.value for change in instrument.important_change]
    if any(not 0 < size < width for size in sizes):
        yield "a change in points must be above 0 and below the width of the score's range"
    if any(not 0 < change.confidence < 1 for change in instrument.reliable_change):
        yield "the confidence of a reliable change lies between 0 and 1"
    if any(not 0 < coefficient.value < 1 for coefficient in instrument.reliability):
        yield "a reliability lies between 0 and 1"


def _populations(instrument: Instrument) -> Iterator[str]:
    for norm in instrument.norms:
        if not instrument.total_min <= norm.mean <= instrument.total_max or norm.sd <= 0:
            yield f"mean or SD of {norm.population!r} does not fit the score's range"


def _bands(instrument: Instrument) -> Iterator[str]:
    bands = sorted(instrument.bands, key=lambda band: band.low)
    ends = [(band.low, band.high) for band in bands]
    if any(low > high for low, high in ends) or any(
        low <= before for (_, before), (low, _) in pairwise(ends)
    ):
        yield "bands overlap or run backwards"
    if bands and (bands[0].low < instrument.total_min or bands[-1].high > instrument.total_max):
        yield "a band lies outside the range of the score"
