"""What counts as reliably better and reliably worse between two scores of one person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.change.categories import passes
from outcomes.change.jacobson_truax import sign
from outcomes.change.sessions.grid import Grid, Matrix
from outcomes.change.threshold import Evidence, Threshold, find_direction, find_threshold
from outcomes.errors import UsageError
from outcomes.instruments.model import Instrument
from outcomes.instruments.registry import get


@dataclass(frozen=True, slots=True)
class Rule:
    """The threshold, the direction, and the best score there can be (0 where not known)."""

    limit: Threshold
    direction: str
    best: float
    unit: str
    instrument: str | None

    def gain(self, before: Matrix, after: Matrix) -> Matrix:
        """Points of improvement from `before` to `after`; negative where it got worse."""
        found: Matrix = sign(self.direction) * (after - before)
        return found

    def better(self, gain: Matrix) -> npt.NDArray[np.bool_]:
        """Where a gain is more than measurement error; False where it is missing."""
        return passes(gain, self.limit.value, self.limit.rule)

    def worse(self, gain: Matrix) -> npt.NDArray[np.bool_]:
        """Where a loss is more than measurement error; False where it is missing."""
        return passes(-gain, self.limit.value, self.limit.rule)


class Scale(TypedDict, total=False):
    """What may be said of the scale: the instrument, or direction, reliability and SD."""

    instrument: str | Instrument | None
    direction: str | None
    reliability: float | None
    sd: float | None
    confidence: float
    allow_unverified: bool


@dataclass(frozen=True, slots=True)
class Measure:
    """A scale with its defaults, as in `oc.change`."""

    instrument: str | Instrument | None = None
    direction: str | None = None
    reliability: float | None = None
    sd: float | None = None
    confidence: float = 0.95
    allow_unverified: bool = False


def find_rule(scores: Grid, measure: Measure) -> Rule:
    """The rule of `measure`, the threshold found as in `oc.change`.

    Raises UsageError or InstrumentError as `oc.change` does, and UsageError where the
    frame holds another instrument than the one named.
    """
    name = measure.instrument
    found = get(name) if isinstance(name, str) else name
    toward = find_direction(measure.direction, found)
    _check_instrument(scores.people, found)
    known = Evidence(scores.scores[:, 0], found, measure.allow_unverified)
    limit = find_threshold(
        known, reliability=measure.reliability, sd=measure.sd, confidence=measure.confidence
    )
    best = 0.0
    if found is not None:
        best = float(found.total_min if toward == "lower" else found.total_max)
    return Rule(
        limit,
        toward,
        best,
        "points" if found is None else found.unit,
        None if found is None else found.id,
    )


def _check_instrument(people: pd.DataFrame, instrument: Instrument | None) -> None:
    if instrument is None or "instrument" not in people.columns:
        return
    there = set(people["instrument"].dropna().unique())
    if there - {instrument.id}:
        raise UsageError(
            f"The frame holds scores of {', '.join(sorted(map(str, there)))}, the thresholds "
            f"are those of {instrument.id}.",
            where="column instrument",
            fix="Select the rows of one instrument and name that instrument.",
        )
