"""Cut-offs, thresholds and England's standard deviations, read once from `policy.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class ServiceMeasure:
    """One questionnaire: case at or above `caseness`, reliable from `reliable_change` on."""

    id: str
    caseness: float
    reliable_change: float
    verified: bool
    source: str


@dataclass(frozen=True, slots=True)
class ServicePolicy:
    """Everything that decides a service measure."""

    minimum_sessions: int
    course_source: str
    depression: str
    measures: dict[str, ServiceMeasure]
    england_sd: dict[str, float]
    england_source: str


@cache
def service_policy() -> ServicePolicy:
    """Read the policy as shipped."""
    text = files("outcomes.change.service").joinpath("policy.toml").read_text(encoding="utf-8")
    body = tomllib.loads(text)
    measures = {
        name: ServiceMeasure(
            name,
            float(facts["caseness"]),
            float(facts["reliable_change"]),
            bool(facts["verified"]),
            facts["source"],
        )
        for name, facts in body["measures"].items()
    }
    england = body["england"]
    return ServicePolicy(
        minimum_sessions=int(body["course"]["minimum_sessions"]),
        course_source=body["course"]["source"],
        depression=body["depression"]["instrument"],
        measures=measures,
        england_sd={name: float(sd) for name, sd in england["sd"].items()},
        england_source=f"{england['source']}; {england['period']}",
    )
