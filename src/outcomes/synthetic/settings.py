"""The assumptions of the synthetic practice and the words of its software, read once."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Settings = dict[str, Any]

# One stream of random numbers for each part: no two parts share numbers, and a change in
# one leaves the others as they were. New parts go to the end.
STREAMS = (
    "people",
    "staff",
    "assignment",
    "silence",
    "episodes",
    "end scores",
    "visits",
    "sessions",
    "session ratings",
    "satisfaction",
    "goals",
    "goal ratings",
    "referrals",
    "faults",
)


@cache
def model() -> Settings:
    """Everything assumed about people, care and outcomes (`model.toml`). Not to be edited."""
    return tomllib.loads(text("model.toml"))


@cache
def export() -> Settings:
    """File names, headers and words of the practice's software (`export.toml`)."""
    return tomllib.loads(text("export.toml"))


def text(name: str) -> str:
    """A data file of this package."""
    return files("outcomes.synthetic").joinpath(name).read_text(encoding="utf-8")


def generator(seed: int, part: str) -> np.random.Generator:
    """The random numbers of one part of the practice."""
    return np.random.default_rng([seed, STREAMS.index(part)])


def logistic(linear: Array) -> Array:
    """The inverse of the logit."""
    return np.asarray(1.0 / (1.0 + np.exp(-linear)))


def pick(rng: np.random.Generator, shares: dict[str, float], size: int) -> Array:
    """Draw `size` words with the given shares, which need not add up to 1."""
    weights = np.array(list(shares.values()), dtype=float)
    return rng.choice(np.array(list(shares)), size=size, p=weights / weights.sum())


def between_days(rng: np.random.Generator, limits: list[int], size: int) -> Array:
    """Whole days drawn evenly from both limits and everything between."""
    return rng.integers(limits[0], limits[1] + 1, size=size).astype("timedelta64[D]")
