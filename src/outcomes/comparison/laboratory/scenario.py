"""Worlds with a known answer, read from `scenarios.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from outcomes.errors import UsageError
from outcomes.schema.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class Scenario:
    """How people come to an arm, what the help does, and which verdicts are right.

    Log-odds of therapy: `severity`, `prior_care`, `duration`, `hidden_on_arm`. Standard
    deviations of the end score: `effect` (at average severity), `effect_by_severity`,
    `hidden_on_outcome`. Shares: `couples`, `dropout`, both ICCs of the residual.
    `dropout_by_outcome` (log-odds per standard deviation of the end score) acts in therapy
    only; `dropout_in_therapy` is a log-odds of its own. `second_service`: no arms at the start,
    but a second service that some add later.
    """

    name: str
    title: str
    about: str
    right: frozenset[Verdict]
    wrong: frozenset[Verdict]
    severity: float
    prior_care: float
    duration: float
    effect: float
    effect_by_severity: float
    hidden_on_arm: float
    hidden_on_outcome: float
    practitioners: int
    practitioner_icc: float
    practitioners_give: str
    couples: float
    couple_icc: float
    dropout: float
    dropout_by_outcome: float
    dropout_in_therapy: float
    second_service: bool

    @property
    def identified(self) -> bool:
        """Whether adjustment for what is recorded removes all confounding."""
        return self.hidden_on_arm * self.hidden_on_outcome == 0 and self.dropout_by_outcome == 0

    @property
    def null(self) -> bool:
        """Whether the help makes no difference to anybody."""
        return self.effect == 0 and self.effect_by_severity == 0

    @property
    def cluster(self) -> str:
        """The column that clusters people."""
        return "couple" if self.couples else "practitioner"


@cache
def scenarios() -> dict[str, Scenario]:
    """Every scenario by name, in the order of the file."""
    text = resources.files(__package__).joinpath("scenarios.toml").read_text(encoding="utf-8")
    raw = tomllib.loads(text)
    return {name: _scenario(name, raw["standard"], own) for name, own in raw["scenario"].items()}


def scenario(name: str) -> Scenario:
    """One scenario. Raises UsageError for an unknown name."""
    known = scenarios()
    if name not in known:
        raise UsageError(f"unknown scenario {name!r}", where="scenario", fix=", ".join(known))
    return known[name]


def _scenario(name: str, standard: dict[str, Any], own: dict[str, Any]) -> Scenario:
    facts = {**standard, **own}
    for side in ("right", "wrong"):
        facts[side] = frozenset(Verdict(word.replace("_", " ")) for word in facts[side])
    return Scenario(name=name, **facts)
