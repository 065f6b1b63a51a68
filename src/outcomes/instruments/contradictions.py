"""What an instrument file may not say: values of the wrong kind, and facts that do not fit."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from outcomes.instruments.labels import folded
from outcomes.instruments.model import CLINICAL_SIDES, Instrument
from outcomes.instruments.subscales import FACTORS, scaled

PURPOSES = ("outcome", "wellbeing", "relationship", "alliance", "satisfaction", "goal")
ROLES = ("clinical", "functional", "other")
RULES = ("at_least", "exceeds")
# By the items, by a table from their sum, from a ready total, by subscale only, goals, not at all.
SCORINGS = (
    *FACTORS, "lookup", "total_only", "subscales", "goals", "unscored",
)  # fmt: skip
WITHOUT_TOTAL = ("subscales", "goals", "unscored")
ITEM_TEXT = ("yes", "verbatim_only", "nc_sa", "use_only", "unclear", "no")
ID = re.compile(r"[a-z][a-z0-9_]*")
# Ends of the score's range are written by hand; products of thirds are not exact.
RANGE_TOLERANCE = 1e-9

# The kind of value each key holds, wherever it stands in the file.
TRUTHS = {"verified", "reversed_verified"}
WHOLE = {"n", "most", "missing"}
NUMBERS = {"value", "confidence", "mean", "sd", "low", "high", "minimum", "maximum", "step"}
NUMBERED = {"maximum_of", "scores"}
ITEM_LISTS = {"reversed", "risk", "items"}


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
        elif key in NUMBERED:
            numbered = isinstance(value, dict) and all(item.isdecimal() for item in value)
            fits = numbered and all(_finite(number) for number in value.values())
            kind = "whole numbers with a number each"
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
    checks = (
        _words,
        _items,
        _labels,
        _score_range,
        _table,
        _subscales,
        _cutoffs,
        _changes,
        _populations,
        _bands,
    )
    return [problem for check in checks for problem in check(instrument)]


def _words(instrument: Instrument) -> Iterator[str]:
    if not ID.fullmatch(instrument.id):
        yield "id must be lower-case letters, digits and underscores"
    sides = ("lower", "higher", "mixed") if not instrument.has_total else ("lower", "higher")
    yield from _unknown("direction", [instrument.direction], sides)
    parts = instrument.subscales
    yield from _unknown(
        "direction of a subscale", [p.direction for p in parts], ("lower", "higher")
    )
    yield from _unknown("rule of a subscale", [p.rule for p in parts], FACTORS)
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
    elif low is None and instrument.scoring not in ("total_only", "unscored", "subscales"):
        yield "items need a range, except where no item is scored"
    elif low is not None and instrument.scoring == "total_only":
        yield "items need no range where the rule is 'total_only'"
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
    if instrument.has_total == (instrument.scoring in WITHOUT_TOTAL):
        yield "a range of the score is needed, except where there is no total"
        return
    if not instrument.has_total:
        return
    if instrument.total_min >= instrument.total_max:
        yield "the lowest score is not below the highest"
        return
    if instrument.scoring not in FACTORS or instrument.item_min is None:
        return
    low, high = _ends(instrument, instrument.scoring, range(1, instrument.n_items + 1))
    off = max(abs(low - instrument.total_min), abs(high - instrument.total_max))
    if off > RANGE_TOLERANCE:
        yield (
            f"items give scores from {low:g} to {high:g}, but the range is stated as "
            f"{instrument.total_min:g} to {instrument.total_max:g}"
        )


def _ends(instrument: Instrument, rule: str, items: Sequence[int]) -> tuple[float, float]:
    """Lowest and highest score that these items give by a rule."""
    bottoms = np.full(len(items), float(instrument.item_min or 0))
    tops = np.array([float(instrument.maximum_of(item) or 0) for item in items])
    means = np.array([bottoms.mean(), tops.mean()])
    low, high = scaled(rule, means, len(items))
    return float(low), float(high)


def _table(instrument: Instrument) -> Iterator[str]:
    table = instrument.conversion
    if (table is None) != (instrument.scoring != "lookup"):
        yield "a table of scores is needed for the rule 'lookup', and for no other"
    if table is None or instrument.item_min is None or instrument.item_max is None:
        return
    n = instrument.n_items
    sums = range(int(instrument.item_min * n), int(instrument.item_max * n) + 1)
    if sorted(table.scores) != [*sums]:
        yield f"the table of scores must have each sum from {sums[0]} to {sums[-1]}, and no other"
        return
    scores = [table.scores[raw] for raw in sums]
    if any(after <= before for before, after in pairwise(scores)):
        yield "the table of scores must rise with the sum"
    if (scores[0], scores[-1]) != (instrument.total_min, instrument.total_max):
        yield "the table of scores does not end where the range of the score does"


def _subscales(instrument: Instrument) -> Iterator[str]:
    ids = [part.id for part in instrument.subscales]
    if len(set(ids)) != len(ids):
        yield "two subscales share an id"
    if instrument.scoring == "subscales" and not ids:
        yield "the rule 'subscales' needs subscales"
    for part in instrument.subscales:
        if any(not 1 <= item <= instrument.n_items for item in part.items):
            yield f"the subscale {part.id!r} names an item that the questionnaire does not have"
        elif len(set(part.items)) != len(part.items):
            yield f"the subscale {part.id!r} names an item twice"
        elif part.n is not None and part.items and part.n != len(part.items):
            yield f"the subscale {part.id!r} states another number of items than it names"
        elif part.items and instrument.item_min is not None:
            ends = _ends(instrument, part.rule, part.items)
            off = max(abs(ends[0] - part.minimum), abs(ends[1] - part.maximum))
            if off > RANGE_TOLERANCE:
                yield (
                    f"items give the subscale {part.id!r} scores from {ends[0]:g} to "
                    f"{ends[1]:g}, but its range is stated otherwise"
                )
        if part.minimum >= part.maximum or not 0 <= part.missing < part.n_items:
            yield f"range or missing items of the subscale {part.id!r} cannot be"


def _cutoffs(instrument: Instrument) -> Iterator[str]:
    ids = [cutoff.id for cutoff in instrument.cutoffs]
    if len(set(ids)) != len(ids):
        yield "two cut-offs share an id"
    for cutoff in instrument.cutoffs:
        if not instrument.has_total:
            yield f"the cut-off {cutoff.id!r} belongs to a score that does not exist"
        elif not instrument.total_min <= cutoff.value <= instrument.total_max:
            yield f"the cut-off {cutoff.id!r} lies outside the range of the score"
        high_is_clinical = cutoff.clinical in ("at_or_above", "above")
        if high_is_clinical != (instrument.direction == "lower"):
            yield f"the cut-off {cutoff.id!r} contradicts the direction"


def _changes(instrument: Instrument) -> Iterator[str]:
    width = instrument.total_max - instrument.total_min if instrument.has_total else math.inf
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
        inside = instrument.total_min <= norm.mean <= instrument.total_max
        if (instrument.has_total and not inside) or norm.sd <= 0:
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
