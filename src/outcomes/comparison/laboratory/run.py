"""`oc.laboratory`: a scenario drawn many times, every way tried, and how often each was right."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from outcomes.comparison.laboratory.estimators import attempt, ways_of
from outcomes.comparison.laboratory.people import draw
from outcomes.comparison.laboratory.result import LaboratoryResult, summarise
from outcomes.comparison.laboratory.scenario import scenario
from outcomes.errors import NotEnoughData, UsageError
from outcomes.schema.verdicts import Verdict

_NOTHING = (float("nan"),) * 4


def laboratory(
    name: str,
    *,
    n: int = 240,
    runs: int = 400,
    ways: Sequence[str] | None = None,
    seed: int = 20261124,
    jobs: int = 1,
) -> LaboratoryResult:
    """Draw the scenario `runs` times with `n` people and try every way of comparing.

    `ways`: names in `ways_of(scenario)`, all by default. Each run has its own seed from `seed`
    and its place, so that the result does not depend on `jobs` (processes). Raises UsageError
    for unknown names and for sizes below 20 people or 2 runs.
    """
    world = scenario(name)
    known = ways_of(world)
    chosen = tuple(known) if ways is None else tuple(ways)
    unknown = [way for way in chosen if way not in known]
    if unknown:
        raise UsageError(f"unknown way {unknown[0]!r}", where="ways", fix=", ".join(known))
    if n < 20 or runs < 2 or jobs < 1:
        raise UsageError("at least 20 people, 2 runs and 1 process", where="n, runs, jobs")
    once = partial(_once, name, n, chosen, seed)
    if jobs == 1:
        found = [once(run) for run in range(runs)]
    else:
        from concurrent.futures import ProcessPoolExecutor  # rarely used, slow to import

        with ProcessPoolExecutor(jobs) as pool:
            found = list(pool.map(once, range(runs), chunksize=max(1, runs // (8 * jobs))))
    rows = pd.DataFrame(
        [row for part in found for row in part],
        columns=["run", "way", "estimate", "se", "low", "high", "verdict", "flagged"],
    )
    return LaboratoryResult(world, n, runs, seed, rows, summarise(world, rows))


def _once(
    name: str, n: int, ways: tuple[str, ...], seed: int, run: int
) -> list[tuple[int, str, float, float, float, float, str, bool]]:
    world = scenario(name)
    frame = draw(world, n, np.random.default_rng([seed, run]))
    rows = []
    for way in ways:
        try:
            tried = attempt(way, frame, world)
            numbers = (tried.estimate, tried.se, tried.low, tried.high)
            rows.append((run, way, *numbers, str(tried.verdict), tried.flagged))
        except NotEnoughData:
            rows.append((run, way, *_NOTHING, str(Verdict.CANNOT_TELL), False))
    return rows
