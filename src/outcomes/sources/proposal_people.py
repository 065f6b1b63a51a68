"""Columns that tell who somebody is, as far as their names and cells say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from outcomes.privacy import inspect_columns
from outcomes.sources.proposal_words import folded, proposal_words


def telling_columns(cells: pd.DataFrame, headers: Iterable[str]) -> dict[str, str]:
    """What makes each column look as if it named somebody, by header; never a cell."""
    found: dict[str, str] = {}
    wanted = [*headers]
    for finding in inspect_columns(cells, wanted):
        kind = str(finding.kind).replace("_", " ")
        how = "by its name" if finding.by == "header" else "by what its cells look like"
        found.setdefault(str(finding.column), f"{kind}, {how}")
    for header in wanted:
        if folded(header) in proposal_words().people:
            found.setdefault(header, "tells who somebody is, by its name")
    return found


def ids_that_name(people: Mapping[str, str], header: str) -> str:
    """What to say beside a column of ids that seems to hold more than codes."""
    return f"; beware: {people[header]}" if header in people else ""
