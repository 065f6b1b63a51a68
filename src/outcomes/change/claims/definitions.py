"""What "improved" may mean, and how a claim is judged, read once from `definitions.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Definition:
    """One reading of "improved", in words, with its source."""

    id: str
    title: str
    short: str
    kind: str
    values: tuple[float, ...]
    source: str


@dataclass(frozen=True, slots=True)
class ClaimPolicy:
    """The definitions, the headline specification, and the margin of "compatible"."""

    definitions: dict[str, Definition]
    definition: str
    denominator: str
    unit_of_couples: str
    unit_of_people: str
    margin: float


@cache
def claim_policy() -> ClaimPolicy:
    """Read the policy as shipped."""
    text = files("outcomes.change.claims").joinpath("definitions.toml").read_text(encoding="utf-8")
    body = tomllib.loads(text)
    found = {
        item["id"]: Definition(
            item["id"],
            item["title"],
            item["short"],
            item["kind"],
            tuple(float(value) for value in item.get("values", ())),
            item["source"],
        )
        for item in body["definitions"]
    }
    head = body["headline"]
    return ClaimPolicy(
        definitions=found,
        definition=head["definition"],
        denominator=head["denominator"],
        unit_of_couples=head["unit_of_couples"],
        unit_of_people=head["unit_of_people"],
        margin=float(body["verdict"]["margin"]),
    )
