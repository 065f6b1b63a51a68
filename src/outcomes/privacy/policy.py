"""Which numbers may be shown: one policy, read from `policy.toml`, named in every output."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from outcomes.errors import UsageError


@dataclass(frozen=True, slots=True)
class Policy:
    """Limits of what may be shown.

    Counts of people from 1 to `minimum_count` - 1 are hidden when `suppress` is on; groups
    below `minimum_plot` get no figure with a mark for each person; intervals are at
    `confidence`.
    """

    name: str
    suppress: bool
    minimum_count: int
    minimum_plot: int
    confidence: float
    description: str


@cache
def policies() -> dict[str, Policy]:
    """All policies by name."""
    text = files("outcomes.privacy").joinpath("policy.toml").read_text(encoding="utf-8")
    return {name: Policy(name=name, **body) for name, body in tomllib.loads(text).items()}


def policy(name: str = "default") -> Policy:
    """The policy called `name`. Raises UsageError naming the policies there are."""
    found = policies()
    if name not in found:
        raise UsageError(
            "no such disclosure policy", where="policy", fix=f"one of: {', '.join(found)}"
        )
    return found[name]
