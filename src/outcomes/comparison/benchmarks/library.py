"""Published numbers with everything that decides whether they may be compared."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import pandas as pd

from outcomes.errors import UsageError

FILES = ("nhs.toml", "effects.toml", "rates.toml")


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One published rate or effect size.

    `value` is a share (0 to 1) or an effect size whose positive sign is improvement; `n` of
    `total` where counts are published, `low` and `high` a published interval, `services` the
    10th, 25th, 50th, 75th and 90th percentile of services, `between` a published range of
    samples. `better`: whether a higher value is better. `natural_history`: people without
    help. `verified`: the number was read at its source.
    """

    name: str
    title: str
    kind: str
    instruments: tuple[str, ...]
    measure: str
    definition: str
    meaning: str
    denominator: str
    unit: str
    standardiser: str
    better: str
    value: float
    year: str
    population: str
    completers: str
    source: str
    verified: bool
    n: int | None = None
    total: int | None = None
    low: float | None = None
    high: float | None = None
    services: tuple[float, ...] = ()
    between: tuple[float, ...] = ()
    between_words: str = ""
    natural_history: bool = False

    @property
    def spread(self) -> tuple[float, float] | None:
        """Published range: 10th to 90th percentile of services, or of samples; None without."""
        if self.services:
            return self.services[0], self.services[-1]
        return (self.between[0], self.between[1]) if self.between else None

    @property
    def spread_words(self) -> str:
        """What the range is."""
        return "10th to 90th percentile of services" if self.services else self.between_words


@cache
def library() -> dict[str, Benchmark]:
    """Every benchmark by name."""
    folder = files("outcomes.comparison.benchmarks").joinpath("library")
    found: dict[str, Benchmark] = {}
    for name in FILES:
        body = tomllib.loads(folder.joinpath(name).read_text(encoding="utf-8"))
        found |= {key: _read(key, entry) for key, entry in body.items()}
    return found


def _read(name: str, entry: dict[str, object]) -> Benchmark:
    lists = {key: tuple(value) for key, value in entry.items() if isinstance(value, list)}
    return Benchmark(**{"name": name, "standardiser": "", **entry, **lists})  # type: ignore[arg-type]


def find(name: str) -> Benchmark:
    """The benchmark called `name`. Raises UsageError naming the nearest."""
    if name not in library():
        near = [key for key in library() if set(key.split("_")) & set(name.split("_"))]
        raise UsageError(
            f"no benchmark is called {name!r}",
            where="parameter name",
            fix=f"oc.benchmarks() lists them; near ones: {', '.join(near[:6]) or 'none'}",
        )
    return library()[name]


def benchmarks() -> pd.DataFrame:
    """All benchmarks, a row each, with what defines them, their year, source and whether read."""
    columns = ["name", "title", "kind", "value", "low", "high", "measure", "definition"]
    columns += ["denominator", "unit", "standardiser", "instruments", "year", "population"]
    columns += ["completers", "source", "verified"]
    rows = [
        {column: getattr(entry, column) for column in columns}
        | {"instruments": ", ".join(entry.instruments)}
        for entry in library().values()
    ]
    return pd.DataFrame(rows, columns=columns)
