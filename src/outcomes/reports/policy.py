"""The limits of `policy.toml`, read once."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class ReportPolicy:
    """Time limits of a run, the limit of `check`, what the gate and the HTML writer look at."""

    cell_seconds: int
    start_seconds: int
    publish_attempts: int
    max_share_dropped: float
    max_share_quarantined: float
    harmless: tuple[str, ...]
    places: int
    count_columns: tuple[str, ...]
    figure_rows: int
    narrow_below: int


@cache
def report_policy() -> ReportPolicy:
    """The limits as they are packaged."""
    text = files("outcomes.reports").joinpath("policy.toml").read_text(encoding="utf-8")
    body = tomllib.loads(text)
    return ReportPolicy(
        **body["run"],
        max_share_dropped=body["check"]["max_share_dropped"],
        max_share_quarantined=body["check"]["max_share_quarantined"],
        harmless=tuple(body["check"]["harmless"]),
        places=body["check"]["places"],
        count_columns=tuple(body["gate"]["count_columns"]),
        **body["html"],
    )
