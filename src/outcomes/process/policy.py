"""The choices that decide what is counted, read once from the room's TOML files."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

# Every statistic of this room; each has a reference in the tests.
METHODS = (
    "icc_agreement",
    "spearman",
    "pearson",
    "mean_interval",
    "sd_interval",
    "becker_d",
    "net_promoter",
    "gas_t",
)


@cache
def process_policy() -> dict[str, Any]:
    """Sections of `policy.toml`, as shipped."""
    return _read("policy.toml")


@dataclass(frozen=True, slots=True)
class RatingRule:
    """How one rating of satisfaction or alliance is summed up.

    `top` is the lowest score of the best range, with its `source`; `asked` says when people
    are asked: "end" or "session". `low` and `high` are set for single ratings that the registry
    does not keep; `promoter` and `detractor` for the Net Promoter Score.
    """

    id: str
    asked: str
    top: float
    top_words: str
    source: str
    low: float | None = None
    high: float | None = None
    promoter: float | None = None
    detractor: float | None = None


@dataclass(frozen=True, slots=True)
class Benefit:
    """A claimed benefit and what may stand for it: pairs of kind and id, with the reason."""

    id: str
    label: str
    claimed_for: str
    measures: tuple[tuple[str, str], ...]
    reason: str


@cache
def rating_rules() -> dict[str, RatingRule]:
    """All of `satisfaction.toml` by instrument."""
    return {name: RatingRule(id=name, **body) for name, body in _read("satisfaction.toml").items()}


@cache
def benefits_claimed() -> tuple[Benefit, ...]:
    """All of `benefits.toml`, in its order."""
    found = []
    for name, body in _read("benefits.toml").items():
        measures = tuple((m["kind"], m["id"]) for m in body["measures"])
        found.append(Benefit(name, body["label"], body["claimed_for"], measures, body["reason"]))
    return tuple(found)


def _read(name: str) -> dict[str, Any]:
    text = files("outcomes.process").joinpath(name).read_text(encoding="utf-8")
    return tomllib.loads(text)
