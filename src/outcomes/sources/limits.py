"""How large a source may be, and when a row is a total: the limits of `policy.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from outcomes.sources.spreadsheets.facts import Bounds


@dataclass(frozen=True, slots=True)
class SourcePolicy:
    """The limits of `policy.toml`, where each has its reason beside it."""

    file_bytes: int
    layout_bytes: int
    cell_characters: int
    columns: int
    values: int
    workbook_bytes: int
    workbook: Bounds
    totals_words: dict[str, tuple[str, ...]]
    totals_rounding: float
    serials: tuple[int, int]
    serial_share: float


@cache
def source_policy() -> SourcePolicy:
    """Read the policy that ships with the package."""
    text = files("outcomes.sources").joinpath("policy.toml").read_text(encoding="utf-8")
    body = tomllib.loads(text)
    workbook = dict(body["workbook"])
    return SourcePolicy(
        file_bytes=body["file_bytes"],
        layout_bytes=body["layout_bytes"],
        cell_characters=body["cell_characters"],
        columns=body["columns"],
        values=body["values"],
        workbook_bytes=workbook.pop("file_bytes"),
        workbook=Bounds(**workbook),
        totals_words={kind: tuple(body["totals"][kind]) for kind in ("sums", "means", "counts")},
        totals_rounding=body["totals"]["rounding"],
        serials=(body["serials"]["first"], body["serials"]["last"]),
        serial_share=body["serials"]["share"],
    )
