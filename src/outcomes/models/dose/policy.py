"""Conventions of the display by number of sessions, read once from `policy.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any


@cache
def dose_policy(topic: str) -> Mapping[str, Any]:
    """The conventions of one topic, a heading of `policy.toml`."""
    text = files("outcomes.models.dose").joinpath("policy.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text)[topic])
