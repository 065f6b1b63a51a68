"""Limits for care that is added later, read once from `policy.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def concurrent_policy() -> dict[str, Any]:
    """Read the policy as shipped."""
    place = files("outcomes.comparison.concurrent").joinpath("policy.toml")
    return tomllib.loads(place.read_text(encoding="utf-8"))
