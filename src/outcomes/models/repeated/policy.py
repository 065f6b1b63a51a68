"""The rules of `policy.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class RepeatedPolicy:
    """Order of fallback with its reason, and what counts as lying on a bound."""

    order: tuple[str, ...]
    source: str
    bound: float

    def after(self, name: str) -> tuple[str, ...]:
        """What is tried after `name`: the rest of the order, or all of it for another name."""
        if name not in self.order:
            return self.order
        return self.order[self.order.index(name) + 1 :]


@cache
def repeated_policy() -> RepeatedPolicy:
    """The policy that comes with the package."""
    text = files(__package__).joinpath("policy.toml").read_text(encoding="utf-8")
    found = tomllib.loads(text)
    return RepeatedPolicy(
        tuple(found["fallback"]["order"]),
        found["fallback"]["source"],
        float(found["limits"]["bound"]),
    )


def fallback_names(name: str, fallback: str | Sequence[str] | None) -> tuple[str, ...]:
    """Structures to try after `name`: none, those of the policy ("stated"), or those given."""
    if fallback is None:
        return ()
    if isinstance(fallback, str):
        return repeated_policy().after(name) if fallback == "stated" else (fallback,)
    return tuple(fallback)
