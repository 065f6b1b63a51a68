"""`claim`: whether a claimed rate is compatible with the data, however it is defined."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from outcomes.change.claims.definitions import claim_policy
from outcomes.change.claims.readings import Given, readings, results_of
from outcomes.change.claims.result import ClaimResult
from outcomes.change.claims.specifications import (
    BEST,
    countings,
    specify,
    table_of,
)
from outcomes.change.claims.verdict import claimed_range
from outcomes.change.partners.places import Places, find_places
from outcomes.errors import UsageError
from outcomes.proportions import cluster_codes


def claim(
    frame: pd.DataFrame,
    claim: float | tuple[float, float] = (0.70, 0.75),
    *,
    instrument: str | None = None,
    reliability: float | Sequence[float] | None = None,
    criterion: str | Sequence[str] | None = None,
    methods: Sequence[str] = ("jt",),
    mic: float | Sequence[float] | None = None,
    percentages: Sequence[float] | None = None,
    couple: str | Sequence[str] | None = None,
    error_correlation: float = 0.0,
    cluster: str | None = None,
    headline: dict[str, str] | None = None,
    margin: float | None = None,
    confidence: float = 0.95,
    **options: Any,  # noqa: ANN401 - those of change()
) -> ClaimResult:
    """Compute the rate under every specification and judge the claim by each.

    `frame`: pairs, one row for each person; `claim`: a share or range of shares, 0 to 1.
    `reliability`, `criterion`, `methods`, `mic` (points) and `percentages` (shares of the
    start) may be several. `couple` counts partners, both, either and the couple's mean.
    `headline` picks the specification that is quoted (definition, detail, unit, denominator,
    missing); `margin`: how far beyond the claim a compatible interval may reach; `options` are
    those of `change`. Raises UsageError for an impossible claim or an unknown headline.
    """
    policy, wanted = claim_policy(), claimed_range(claim)
    width = policy.margin if margin is None else margin
    shares = policy.definitions["percentage"].values if percentages is None else percentages
    mics = tuple(value for value in _several(mic) if value is not None)
    limits = (_several(reliability), _several(criterion), tuple(methods))
    given = Given(*limits, tuple(shares), mics, error_correlation)
    options |= {"instrument": instrument, "confidence": confidence}
    results = results_of(frame, given, options)
    named = None if couple is None else [couple] if isinstance(couple, str) else list(couple)
    places = None if named is None else find_places(frame, named)
    clusters = _clusters(frame, places, cluster)
    counted = [
        specify(reading, counting, wanted, margin=width, confidence=confidence)
        for reading in readings(results, given, places)
        for counting in countings(reading, places, *clusters)
    ]
    rows = [row for more, _ in counted for row in more]
    table = _marked(table_of(rows), headline, couples=places is not None)
    return ClaimResult(
        specifications=table,
        claim=wanted,
        margin=width,
        confidence=confidence,
        questions=tuple(one for _, who in counted for one in who),
        n_people=len(frame) if places is None else int((places.rows >= 0).sum()),
        n_couples=None if places is None else len(places.rows),
        n_without_couple=0 if places is None else places.without,
        cluster=cluster,
        error_correlation=error_correlation,
        rules=tuple(dict.fromkeys(_rule(result) for result in results)),
        warnings=tuple(dict.fromkeys(text for one in results for text in one.warnings)),
    )


def _several(value: Any) -> tuple[Any, ...]:  # noqa: ANN401 - one, several or none
    if value is None or isinstance(value, str | float | int):
        return (value,)
    return tuple(value)


def _rule(result: Any) -> str:  # noqa: ANN401 - a ChangeResult
    return " ".join(result.explain().splitlines()[1:2])


def _clusters(
    frame: pd.DataFrame, places: Places | None, cluster: str | None
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Clusters of people and of couples; two partners are always one cluster."""
    if cluster is not None and cluster not in frame.columns:
        raise UsageError(
            f"The frame has no column {cluster!r}.",
            where="parameter cluster",
            fix=f"Its columns are {', '.join(map(str, frame.columns))}.",
        )
    people = None if cluster is None else cluster_codes(frame[cluster])
    if places is None:
        return people, None
    if cluster is not None:
        return people, cluster_codes(places.shared(frame[cluster]))
    codes = np.zeros(len(frame), dtype=np.intp)
    for side in (0, 1):
        there = places.rows[:, side] >= 0
        codes[places.rows[there, side]] = np.flatnonzero(there)
    return codes, None


def _marked(table: pd.DataFrame, asked: dict[str, str] | None, *, couples: bool) -> pd.DataFrame:
    """The table with the specification that is quoted marked in its first column."""
    policy = claim_policy()
    default = {
        "definition": policy.definition,
        "denominator": policy.denominator,
        "unit": policy.unit_of_couples if couples else policy.unit_of_people,
    }
    wanted = {**default, **(asked or {})}
    unknown = set(wanted) - {"definition", "detail", "unit", "denominator", "missing"}
    mask = np.ones(len(table), dtype=bool)
    for name in set(wanted) - unknown:
        mask &= table[name].eq(wanted[name]).to_numpy(dtype=bool)
    if "missing" not in wanted:
        mask &= table["missing"].ne(BEST).to_numpy(dtype=bool)
    if unknown or not mask.any():
        raise UsageError(
            "There is no specification like the headline asked for.",
            where="parameter headline",
            fix="Choose definition, detail, unit, denominator and missing from "
            "claim(...).specifications.",
        )
    marked = table.copy()
    marked.insert(0, "headline", np.arange(len(table)) == int(np.flatnonzero(mask)[0]))
    return marked
