"""The numbers of `policy.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files


@cache
def numbers() -> dict[str, float]:
    """Every number of the policy by name."""
    text = files("outcomes.models.missing").joinpath("policy.toml").read_text(encoding="utf-8")
    return {name: float(entry["value"]) for name, entry in tomllib.loads(text)["numbers"].items()}
