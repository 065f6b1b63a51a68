"""The choices of this room, read once from its TOML file."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def dyads_policy() -> dict[str, Any]:
    """Sections of `policy.toml`, as shipped."""
    text = files("outcomes.models.dyads").joinpath("policy.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
