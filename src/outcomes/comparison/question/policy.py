"""The words of a question and the items of the checklist, read once from their TOML."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the TARGET checklist; `origin` says what fills it in."""

    id: str
    section: str
    asks: str
    origin: str


@cache
def question_words() -> dict[str, Any]:
    """Outcomes, time zeros, intercurrent events, their strategies, and assumptions."""
    return _read("policy.toml")


@cache
def target_items() -> tuple[tuple[Item, ...], str]:
    """The items of the TARGET statement and their source."""
    body = _read("target.toml")
    found = (Item(row["id"], row["section"], row["asks"], row["from"]) for row in body["items"])
    return tuple(found), body["source"]


def _read(name: str) -> dict[str, Any]:
    text = files("outcomes.comparison.question").joinpath(name).read_text(encoding="utf-8")
    return tomllib.loads(text)
