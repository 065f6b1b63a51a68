"""The limits of `policy.toml`: what a rule is and which quantities break it."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from outcomes.errors import UsageError

Broken = tuple[str, float, float]


@dataclass(frozen=True, slots=True)
class Rule:
    """One limit. `side` is "at_least" or "at_most"; `action` "stop", "few" or "caution"."""

    name: str
    side: str
    limit: float
    action: str
    source: str

    def broken(self, value: float) -> bool:
        """Whether the value lies on the wrong side; an unknown value breaks nothing."""
        if math.isnan(value):
            return False
        return value < self.limit if self.side == "at_least" else value > self.limit


@dataclass(frozen=True, slots=True)
class ComparisonPolicy:
    """Every rule of a comparison by name."""

    rules: dict[str, Rule]

    def limit(self, name: str) -> float:
        """The limit of one rule."""
        return self.rules[name].limit

    def check(self, name: str, value: float) -> Broken | None:
        """(rule, value, limit) when the value breaks the rule, else None."""
        rule = self.rules[name]
        return (name, float(value), rule.limit) if rule.broken(float(value)) else None

    def with_limits(self, **limits: float) -> ComparisonPolicy:
        """A copy with other limits, for sensitivity analyses. Raises UsageError if unknown."""
        unknown = sorted(set(limits) - set(self.rules))
        if unknown:
            raise UsageError(
                f"unknown rule {', '.join(unknown)}", fix=f"rules are {', '.join(self.rules)}"
            )
        changed = {name: replace(self.rules[name], limit=value) for name, value in limits.items()}
        return ComparisonPolicy({**self.rules, **changed})


@cache
def comparison_policy() -> ComparisonPolicy:
    """Read the policy as shipped."""
    text = files("outcomes.comparison").joinpath("policy.toml").read_text(encoding="utf-8")
    rules = tomllib.loads(text)["rules"]
    return ComparisonPolicy(
        {
            name: Rule(name, entry["side"], float(entry["limit"]), entry["action"], entry["source"])
            for name, entry in rules.items()
        }
    )
