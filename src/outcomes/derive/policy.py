"""The numbers that decide who is counted, read once from `policy.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class DerivePolicy:
    """Rules for deriving analysis frames, each with its reason.

    `counted_care` are the interventions that make concurrent care "both"; `grace_days`
    is how long after an episode's start another kind of care still counts as there from
    the start; `attended` are the attendance words that mean the client was seen;
    `window_days` is the half-width of a follow-up window.
    """

    counted_care: tuple[str, ...]
    grace_days: int
    attended: tuple[str, ...]
    window_days: int
    reasons: dict[str, str]


@cache
def derive_policy() -> DerivePolicy:
    """Read the policy as shipped."""
    text = files("outcomes.derive").joinpath("policy.toml").read_text(encoding="utf-8")
    body = tomllib.loads(text)
    return DerivePolicy(
        counted_care=tuple(body["concurrent_care"]["counted"]),
        grace_days=int(body["concurrent_care"]["grace_days"]),
        attended=tuple(body["attendance"]["attended"]),
        window_days=int(body["follow_up"]["window_days"]),
        reasons={name: section["reason"] for name, section in body.items()},
    )
