"""From a TOML text to a checked `Instrument`. A contradiction is an error, not a warning."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

from outcomes.errors import InstrumentError
from outcomes.instruments.model import (
    CLINICAL_SIDES,
    Band,
    Cutoff,
    ImportantChange,
    Instrument,
    Licence,
    MissingRule,
    Norm,
    Reliability,
    ReliableChange,
)

TOP = {"id", "name", "full_name", "construct", "purpose", "direction", "source"}
TABLES = {
    "items": {"n", "minimum", "maximum", "step", "reversed", "risk", "maximum_of"},
    "scoring": {"rule", "minimum", "maximum", "unit"},
    "missing": {"most", "source", "verified"},
    "licence": {"status", "item_text", "source"},
    "traps": {"seen"},
}
LISTS: dict[str, Any] = {
    "cutoffs": Cutoff,
    "reliable_change": ReliableChange,
    "important_change": ImportantChange,
    "reliability": Reliability,
    "norms": Norm,
    "bands": Band,
}
PURPOSES = ("outcome", "wellbeing", "relationship", "alliance", "satisfaction")
# Rule: how the lowest or highest sum of items becomes the lowest or highest score.
SCORINGS = {"sum": 1.0, "mean_x10": None, "percent_x4": 4.0, "total_only": None}


def load(text: str, where: str) -> Instrument:
    """Read one instrument. `where` names the file in errors.

    Raises InstrumentError for unknown or missing keys, a number without a source, an
    item outside the questionnaire, or facts that contradict each other.
    """
    try:
        body = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InstrumentError("the file is not valid TOML", where=where, fix=str(error)) from None
    _check_keys(body, where)
    instrument = _build(body, where)
    for problem in _contradictions(instrument):
        raise InstrumentError(
            problem, where=f"{where}, instrument {instrument.id}", fix="correct the file"
        )
    return instrument


def _check_keys(body: Mapping[str, Any], where: str) -> None:
    unknown = sorted(set(body) - TOP - set(TABLES) - set(LISTS))
    unknown += [
        f"{name}.{key}" for name, keys in TABLES.items() for key in set(body.get(name, {})) - keys
    ]
    if unknown:
        raise InstrumentError(
            f"unknown keys: {', '.join(sorted(unknown))}", where=where, how_many=len(unknown)
        )
    needed = [*sorted(TOP - set(body)), *({"items", "scoring", "licence"} - set(body))]
    if needed:
        raise InstrumentError(
            f"missing keys: {', '.join(sorted(needed))}", where=where, how_many=len(needed)
        )


def _build(body: Mapping[str, Any], where: str) -> Instrument:
    items, scoring = body["items"], body["scoring"]
    try:
        facts: dict[str, Any] = {
            name: tuple(kind(**entry) for entry in body.get(name, ()))
            for name, kind in LISTS.items()
        }
        missing = MissingRule(**body["missing"]) if "missing" in body else None
        return Instrument(
            **{key: body[key] for key in TOP},
            n_items=items["n"],
            item_min=items.get("minimum"),
            item_max=items.get("maximum"),
            item_step=items.get("step", 1),
            item_max_overrides={int(k): v for k, v in items.get("maximum_of", {}).items()},
            reversed_items=tuple(items.get("reversed", ())),
            risk_items=tuple(items.get("risk", ())),
            scoring=scoring["rule"],
            total_min=scoring["minimum"],
            total_max=scoring["maximum"],
            unit=scoring.get("unit", "points"),
            missing=missing,
            licence=Licence(**body["licence"]),
            traps=tuple(body.get("traps", {}).get("seen", ())),
            **facts,
        )
    except (KeyError, TypeError) as error:
        raise InstrumentError(
            "an entry lacks a key or has one too many (every number needs source and verified)",
            where=where,
            fix=str(error),
        ) from None


def _contradictions(instrument: Instrument) -> list[str]:
    checks = (_vocabulary, _item_numbers, _total_range, _sides, _numbers)
    return [problem for check in checks for problem in check(instrument)]


def _vocabulary(instrument: Instrument) -> list[str]:
    problems = []
    if instrument.direction not in ("lower", "higher"):
        problems.append("direction must be 'lower' or 'higher'")
    if instrument.scoring not in SCORINGS:
        problems.append(f"scoring rule must be one of {', '.join(SCORINGS)}")
    if instrument.purpose not in PURPOSES:
        problems.append(f"purpose must be one of {', '.join(PURPOSES)}")
    for cutoff in instrument.cutoffs:
        if cutoff.clinical not in CLINICAL_SIDES:
            problems.append(f"clinical must be one of {', '.join(CLINICAL_SIDES)}")
    for change in instrument.reliable_change:
        if change.rule not in ("at_least", "exceeds"):
            problems.append("the rule of a reliable change must be 'at_least' or 'exceeds'")
    return problems


def _item_numbers(instrument: Instrument) -> list[str]:
    named = {
        "reversed": instrument.reversed_items,
        "risk": instrument.risk_items,
        "maximum_of": tuple(instrument.item_max_overrides),
    }
    return [
        f"{name} names an item that the questionnaire does not have"
        for name, items in named.items()
        if any(not 1 <= item <= instrument.n_items for item in items)
    ]


def _total_range(instrument: Instrument) -> list[str]:
    if instrument.total_min >= instrument.total_max:
        return ["the lowest score is not below the highest"]
    factor = SCORINGS.get(instrument.scoring)
    if instrument.scoring == "mean_x10":
        factor = 10 / instrument.n_items
    if factor is None or instrument.item_min is None:
        return []
    items = range(1, instrument.n_items + 1)
    low = factor * instrument.item_min * instrument.n_items
    high = factor * sum(float(instrument.maximum_of(item) or 0) for item in items)
    if abs(low - instrument.total_min) > 1e-9 or abs(high - instrument.total_max) > 1e-9:
        return [
            f"items give scores from {low:g} to {high:g}, but the range is stated as "
            f"{instrument.total_min:g} to {instrument.total_max:g}"
        ]
    return []


def _sides(instrument: Instrument) -> list[str]:
    problems = []
    for cutoff in instrument.cutoffs:
        if not instrument.total_min <= cutoff.value <= instrument.total_max:
            problems.append(f"the cut-off {cutoff.id!r} lies outside the range of the score")
        high_is_clinical = cutoff.clinical in ("at_or_above", "above")
        if high_is_clinical != (instrument.direction == "lower"):
            problems.append(f"the cut-off {cutoff.id!r} contradicts the direction")
    return problems


def _numbers(instrument: Instrument) -> list[str]:
    problems = []
    numbers = [name for name in LISTS if name != "bands"]
    sources = [fact.source for name in numbers for fact in getattr(instrument, name)]
    if not all(source.strip() for source in sources):
        problems.append("a number has no source")
    if any(not 0 < r.value < 1 for r in instrument.reliability if "alpha" in r.kind):
        problems.append("a reliability lies between 0 and 1")
    if any(change.value <= 0 for change in instrument.reliable_change):
        problems.append("a threshold of reliable change is above 0")
    ids = [cutoff.id for cutoff in instrument.cutoffs]
    if len(set(ids)) != len(ids):
        problems.append("two cut-offs share an id")
    return problems
