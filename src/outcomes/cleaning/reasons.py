"""The reason codes of the ledger, read once from `reasons.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a row or cell was not used as it stood, and what a practice can do about it.

    `actions` are words of `ledger.Action`, or "stops" for what ends a read; `accept` says
    whether a layout may keep rows that would wait for a decision.
    """

    code: str
    actions: tuple[str, ...]
    title: str
    meaning: str
    to_do: str
    accept: bool = False


@cache
def reasons() -> dict[str, Reason]:
    """All reasons by code, in the order of the file."""
    text = files("outcomes.cleaning").joinpath("reasons.toml").read_text(encoding="utf-8")
    return {
        code: Reason(
            code=code,
            actions=tuple(body["actions"]),
            title=body["title"],
            meaning=body["meaning"],
            to_do=body["to_do"],
            accept=body.get("accept", False),
        )
        for code, body in tomllib.loads(text).items()
    }
