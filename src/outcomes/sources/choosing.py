"""Which lines of a file feed an entry: `leave_out`, `only`, and lines that are no data."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

from outcomes.cleaning.reasons import reasons
from outcomes.ledger import Action
from outcomes.sources.section import Section, near


@dataclass(frozen=True, slots=True)
class LeaveOut:
    """Lines of a file that are dropped for `reason`.

    They are the lines whose cell in `column` is one of `words` or fits one of the patterns in
    `like`, where * stands for any text.
    """

    column: str
    words: tuple[str, ...]
    like: tuple[str, ...]
    reason: str

    def matches(self, cells: pd.Series) -> pd.Series:
        """Say for each cell of the column whether its line is left out."""
        found = among(cells, self.words)
        for pattern in self.like:
            parts = (re.escape(part) for part in pattern.strip().casefold().split("*"))
            fits = cells.str.strip().str.casefold().str.fullmatch(".*".join(parts), flags=re.DOTALL)
            found = found | fits.fillna(False).astype(bool)
        return found


def among(cells: pd.Series, words: Collection[str]) -> pd.Series:
    """Say for each cell whether it is one of the words, without case and surrounding space."""
    wanted = {word.strip().casefold() for word in words}
    return cells.str.strip().str.casefold().isin(wanted)


def parse_leave_out(section: Section) -> tuple[LeaveOut, ...]:
    """Read `[[files.leave_out]]`. Raises LayoutError for a reason that drops no lines."""
    found = []
    for number, body in enumerate(section.tables("leave_out"), start=1):
        rule = Section(body, f"{section.where}, leave_out entry {number}")
        column, reason = rule.required("column"), rule.text("reason", "left_out") or ""
        words = (rule.texts("words") or ()) + (("",) if rule.truth("empty") else ())
        like = rule.texts("like") or ()
        rule.finish()
        if not (words or like):
            raise rule.refuse(
                "a leave_out entry says by what lines are known",
                'give words = ["..."], like = ["Total *"], or empty = true for an empty cell',
            )
        if any(not pattern.replace("*", "").strip() for pattern in like):
            raise rule.refuse("the pattern fits every line", "write part of the text beside *")
        _check_reason(rule, reason)
        found.append(LeaveOut(column, words, like, reason))
    return tuple(found)


def _check_reason(section: Section, reason: str) -> None:
    known = [code for code, found in reasons().items() if Action.DROPPED in found.actions]
    if reason not in known:
        raise section.refuse(f"{reason!r} is no reason to drop a line", near(reason, known))


def parse_only(section: Section) -> dict[str, tuple[str, ...]]:
    """Read `[files.only]`: source column to the words that choose a line."""
    chosen = Section(section.table("only"), f"{section.where}, only")
    found = {}
    for column in chosen.table_keys():
        words = chosen.texts(column)
        if not words:
            raise chosen.refuse(f"{column!r} names no word", 'list the words: ["...", "..."]')
        found[column] = words
    return found
