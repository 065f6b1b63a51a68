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
    """A date column that rightly lies after the export where `column` holds `word`."""

    table: str
    date: str
    column: str
    word: str


@dataclass(frozen=True, slots=True)
class CleaningPolicy:
    """The limits of `policy.toml`, where each has its reason beside it."""

    before_episode_days: int
    after_episode_days: int
    after_by_right: tuple[str, ...]
    session_after_end_days: int
    resubmission_days: int
    find_before_days: int
    find_after_days: int
    find_after_days_of: dict[str, int]
    present: tuple[str, ...]
    joined_status: tuple[str, ...]
    role_of_both: str
    roles_for: dict[str, tuple[str, ...]]
    sentinels: tuple[float, ...]
    missing: tuple[str, ...]
    unknown_words_shown: int
    unknown_word_length: int
    unknown_word_tokens: int
    recoding_minimum_answers: int
    recoding_share: float
    emptied_references: frozenset[str]
    goal_scales: dict[str, tuple[float, float]]
    planned: tuple[PlannedDate, ...]
    called_off: tuple[PlannedDate, ...]


@cache
def cleaning_policy() -> CleaningPolicy:
    """Read the policy that ships with the package."""
    text = files("outcomes.cleaning").joinpath("policy.toml").read_text(encoding="utf-8")
    body = tomllib.loads(text)
    return CleaningPolicy(
        **{
            name: int(body[name])
            for name in (
                "before_episode_days",
                "after_episode_days",
                "session_after_end_days",
                "resubmission_days",
                "find_before_days",
                "find_after_days",
            )
        },
        find_after_days_of={word: int(n) for word, n in body["find_after_days_of"].items()},
        after_by_right=tuple(body["after_by_right"]),
        present=tuple(body["present"]),
        joined_status=tuple(body["joined_status"]),
        role_of_both=body["role_of_both"],
        roles_for={word: tuple(roles) for word, roles in body["roles_for"].items()},
        sentinels=tuple(float(code) for code in body["sentinels"]),
        missing=tuple(body["missing"]),
        unknown_words_shown=body["unknown_words_shown"],
        unknown_word_length=body["unknown_word_length"],
        unknown_word_tokens=body["unknown_word_tokens"],
        recoding_minimum_answers=body["recoding_minimum_answers"],
        recoding_share=body["recoding_share"],
        emptied_references=frozenset(body["emptied_references"]),
        goal_scales={word: (low, high) for word, (low, high) in body["goal_scales"].items()},
        planned=tuple(PlannedDate(**entry) for entry in body["planned"]),
        called_off=tuple(PlannedDate(**entry) for entry in body["called_off"]),
    )


_NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Ids of what was erased.

    `episodes` and `goals` are those erased with the person; `shared` are the episodes of their
    couples, of which the partner's own rows stay.
    """

    clients: frozenset[str] = _NOBODY
    couples: frozenset[str] = _NOBODY
    episodes: frozenset[str] = _NOBODY
    shared: frozenset[str] = _NOBODY
    goals: frozenset[str] = _NOBODY

    def __bool__(self) -> bool:
        return any((self.clients, self.couples, self.episodes, self.shared, self.goals))


@dataclass(frozen=True, slots=True)
class Settings:
    """What the steps need to know about the source.

    Parameters
    ----------
    exported_on : no event can lie after this day.
    date_order : "ymd", "dmy" or "mdy"; a year in front is read under each.
    missing : words that stand for an empty cell, compared after trimming, without case.
    sentinels : numbers that stand for a missing answer.
    resubmission_days : a form sent again within so many days stands for the first one.
    accept : reasons for which rows are kept and flagged instead of put aside.
    slid : (file, line) of lines with too few or too many cells, which may have slid into the
        wrong column: nothing of them is shown.
    context : clean tables known from before, which rows may refer to.
    forgotten : people who were erased and whose rows are dropped.
    """

    exported_on: date
    date_order: str
    missing: tuple[str, ...]
    sentinels: tuple[float, ...]
    resubmission_days: int
    accept: frozenset[str]
    policy: CleaningPolicy
    slid: frozenset[tuple[str, int]] = frozenset()
    context: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    forgotten: Forgotten = field(default_factory=Forgotten)

    def accepts(self, reason: str) -> bool:
        """Whether rows with this reason are to be used without a decision."""
        return reason in self.accept
