"""Limits of the cleaning rules, and what one read settles about its source."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files

import pandas as pd


@dataclass(frozen=True, slots=True)
class PlannedDate:
    """A date column that may lie after the export where `column` holds `word`."""

    table: str
    date: str
    column: str
    word: str


@dataclass(frozen=True, slots=True)
class CleaningPolicy:
    """The limits of `policy.toml`, where each has its reason beside it."""

    before_episode_days: int
    sentinels: tuple[float, ...]
    missing: tuple[str, ...]
    unknown_words_shown: int
    unknown_word_length: int
    recoding_minimum_answers: int
    recoding_share: float
    emptied_references: frozenset[str]
    goal_scales: dict[str, tuple[float, float]]
    planned: tuple[PlannedDate, ...]


@cache
def cleaning_policy() -> CleaningPolicy:
    """Read the policy that ships with the package."""
    text = files("outcomes.cleaning").joinpath("policy.toml").read_text(encoding="utf-8")
    body = tomllib.loads(text)
    return CleaningPolicy(
        before_episode_days=body["before_episode_days"],
        sentinels=tuple(float(code) for code in body["sentinels"]),
        missing=tuple(body["missing"]),
        unknown_words_shown=body["unknown_words_shown"],
        unknown_word_length=body["unknown_word_length"],
        recoding_minimum_answers=body["recoding_minimum_answers"],
        recoding_share=body["recoding_share"],
        emptied_references=frozenset(body["emptied_references"]),
        goal_scales={word: (low, high) for word, (low, high) in body["goal_scales"].items()},
        planned=tuple(PlannedDate(**entry) for entry in body["planned"]),
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """What the steps need to know about the source.

    Parameters
    ----------
    exported_on : no event can lie after this day.
    date_order : "ymd", "dmy" or "mdy"; a year in front is read under each.
    missing : words that stand for an empty cell, compared after trimming, without case.
    sentinels : numbers that stand for a missing answer.
    context : clean tables known from before, which rows may refer to.
    """

    exported_on: date
    date_order: str
    missing: tuple[str, ...]
    sentinels: tuple[float, ...]
    policy: CleaningPolicy
    context: Mapping[str, pd.DataFrame] = field(default_factory=dict)
