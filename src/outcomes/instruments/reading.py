"""From a TOML text to a checked `Instrument`. A contradiction is an error, not a warning."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from typing import Any

from outcomes.errors import InstrumentError
from outcomes.instruments.contradictions import contradictions, malformed
from outcomes.instruments.model import (
    AnswerWords,
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
from outcomes.instruments.subscales import Conversion, Subscale

TOP = {"id", "name", "full_name", "construct", "purpose", "direction", "source"}
TABLES = {
    "items": {
        "n",
        "minimum",
        "maximum",
        "step",
        "reversed",
        "reversed_verified",
        "reversed_source",
        "risk",
        "maximum_of",
    },
    "scoring": {"rule", "minimum", "maximum", "unit"},
    "missing": {"most", "source", "verified"},
    "labels": {"words", "source", "verified"},
    "conversion": {"scores", "source", "verified"},
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
    "subscales": Subscale,
}


def load(text: str, where: str) -> Instrument:
    """Read one instrument. `where` names the file in errors.

    Raises InstrumentError for unknown or missing keys, a number without a source or
    without saying true or false to `verified`, an item outside the questionnaire, or facts
    that contradict each other.
    """
    try:
        body = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InstrumentError("the file is not valid TOML", where=where, fix=str(error)) from None
    _check_shape(body, where)
    _check_keys(body, where)
    _refuse(malformed(body), where)
    instrument = _build(body, where)
    _refuse(contradictions(instrument), f"{where}, instrument {instrument.id}")
    return instrument


def _refuse(problems: list[str], where: str) -> None:
    if problems:
        raise InstrumentError(
            "; ".join(problems), where=where, how_many=len(problems), fix="correct the file"
        )


def _check_shape(body: Mapping[str, Any], where: str) -> None:
    wrong = [f"[{name}]" for name in TABLES if not isinstance(body.get(name, {}), dict)]
    for name in LISTS:
        entries = body.get(name, [])
        if not (isinstance(entries, list) and all(isinstance(e, dict) for e in entries)):
            wrong.append(f"[[{name}]]")
    if wrong:
        raise InstrumentError(
            f"these are no tables: {', '.join(wrong)}", where=where, how_many=len(wrong)
        )


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


def _frozen(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry whose lists nobody can change."""
    return {k: tuple(v) if isinstance(v, list) else v for k, v in entry.items()}


def _conversion(body: Mapping[str, Any]) -> Conversion | None:
    if "conversion" not in body:
        return None
    table = body["conversion"]
    scores = {int(raw): metric for raw, metric in table["scores"].items()}
    return Conversion(scores, table["source"], table["verified"])


def _build(body: Mapping[str, Any], where: str) -> Instrument:
    items, scoring = body["items"], body["scoring"]
    try:
        facts: dict[str, Any] = {
            name: tuple(kind(**_frozen(entry)) for entry in body.get(name, ()))
            for name, kind in LISTS.items()
        }
        missing = MissingRule(**body["missing"]) if "missing" in body else None
        labels = AnswerWords(**body["labels"]) if "labels" in body else None
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
            total_min=scoring.get("minimum", math.nan),
            total_max=scoring.get("maximum", math.nan),
            unit=scoring.get("unit", "points"),
            missing=missing,
            licence=Licence(**body["licence"]),
            traps=tuple(body.get("traps", {}).get("seen", ())),
            answer_words=labels,
            conversion=_conversion(body),
            reversed_verified=items.get("reversed_verified", True),
            **facts,
        )
    except (KeyError, TypeError) as error:
        raise InstrumentError(
            "an entry lacks a key or has one too many (every number needs source and verified)",
            where=where,
            fix=str(error),
        ) from None
