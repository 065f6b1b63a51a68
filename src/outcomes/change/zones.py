"""`zones`: from where to where people moved: clinical, functional, flourishing.

Therapy is meant to move people out of the clinical zone, coaching from functioning to
flourishing; a single cut-off cannot show the second.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.change.jacobson_truax import Numbers
from outcomes.change.misclassification import expected_misclassification, zone_probabilities
from outcomes.change.rates import EVERYBODY, NOT_STATED
from outcomes.change.scores import Columns, start_and_end
from outcomes.change.threshold import Evidence, find_direction, measured, unverified
from outcomes.change.zones_result import ZONES, ZoneLimit, ZonesResult
from outcomes.errors import InstrumentError, NotEnoughData, UsageError
from outcomes.instruments.model import Instrument
from outcomes.instruments.registry import get
from outcomes.proportions import design_effect, wilson

Zones = npt.NDArray[np.int8]
# The bound belongs to the clinical zone under these rules, and to the functional one else.
_INCLUDES = {"at_or_above": True, "at_or_below": True, "above": False, "below": False}


def zone_of(scores: Numbers, clinical: ZoneLimit, flourishing: ZoneLimit, direction: str) -> Zones:
    """0 clinical, 1 functional, 2 flourishing; -1 without a score.

    A limit is the worst score of the better zone where `inclusive` is False for the
    worse one: `clinical.includes_worse` says that a score equal to it is clinical,
    `flourishing.includes_worse` that a score equal to it is still functional.
    """
    turn = 1.0 if direction == "higher" else -1.0
    values = turn * scores
    zones = np.zeros(len(scores), dtype=np.int8)
    for limit in (clinical, flourishing):
        at = turn * limit.value
        zones += values > at if limit.includes_worse else values >= at
    zones[np.isnan(scores)] = -1
    return zones


def zones(
    frame: pd.DataFrame,
    *,
    instrument: str | Instrument | None = None,
    pre: str = "pre",
    post: str = "post",
    direction: str | None = None,
    clinical_limit: float | None = None,
    flourishing_limit: float | None = None,
    reliability: float | None = None,
    by: str | None = None,
    cluster: str | None = None,
    confidence: float = 0.95,
    allow_unverified: bool = False,
) -> ZonesResult:
    """Count moves between the three zones within each group of `by`, with intervals.

    The clinical limit is the one given (a score equal to it is clinical) or the instrument's
    cut-off with its own rule; the flourishing limit is the one given or the instrument's
    cut-off called "flourishing" (a score equal to it is flourishing). With `reliability`, or
    the instrument's, each group also gets the share of people whose true zone is expected to
    be another one. Raises UsageError for missing or contradictory limits, NotEnoughData where
    nobody has both scores.
    """
    found = get(instrument) if isinstance(instrument, str) else instrument
    toward = find_direction(direction, found)
    columns = Columns(pre, post, by, cluster)
    before, after = start_and_end(frame, columns, found)
    clinical, flourishing = _limits(
        found, clinical_limit, flourishing_limit, allow_unverified=allow_unverified
    )
    _check(clinical, flourishing, toward)
    place = tuple(zone_of(each, clinical, flourishing, toward) for each in (before, after))
    trust, left_out = _reliability(Evidence(before, found, allow_unverified), reliability)
    matrix, error = _by_group(
        frame,
        columns,
        _Scored((before, after), (place[0], place[1])),
        _Rules(clinical, flourishing, toward, trust, confidence),
    )
    return ZonesResult(
        frame=frame.assign(zone_start=_named(place[0]), zone_end=_named(place[1])),
        matrix=matrix,
        misclassified=error,
        clinical=clinical,
        flourishing=flourishing,
        direction=toward,
        unit="points" if found is None else found.unit,
        instrument=None if found is None else found.id,
        reliability=trust,
        confidence=confidence,
        n_in=len(frame),
        n_used=int(((place[0] >= 0) & (place[1] >= 0)).sum()),
        columns=columns,
        warnings=tuple(dict.fromkeys((*clinical.warnings, *flourishing.warnings, *left_out))),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Scored:
    """Scores and zones at the start and at the end."""

    scores: tuple[Numbers, Numbers]
    zones: tuple[Zones, Zones]

    def of(self, mask: npt.NDArray[np.bool_]) -> _Scored:
        """The same for some rows."""
        one, two = self.scores
        start, end = self.zones
        return _Scored((one[mask], two[mask]), (start[mask], end[mask]))


@dataclass(frozen=True, slots=True)
class _Rules:
    """Limits, direction, and what the intervals and the misclassification need."""

    clinical: ZoneLimit
    flourishing: ZoneLimit
    direction: str
    reliability: float | None
    confidence: float


def _by_group(
    frame: pd.DataFrame, columns: Columns, everybody: _Scored, rules: _Rules
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Transition matrix and expected misclassification of every group."""
    clusters = None if columns.cluster is None else _codes(frame[columns.cluster])
    matrix, error = [], []
    groups = None if columns.by is None else frame[columns.by]
    for name, mask in _groups(groups, len(frame)):
        mine = everybody.of(mask)
        members = None if clusters is None else clusters[mask]
        matrix += _moves(name, *mine.zones, members, rules.confidence)
        if rules.reliability is not None:
            error += _errors(name, mine, rules)
    names = ["group", "occasion", "n", "expected_misclassified"]
    return pd.DataFrame(matrix), pd.DataFrame(error, columns=names)


def _check(clinical: ZoneLimit, flourishing: ZoneLimit, direction: str) -> None:
    """UsageError where the limits contradict the direction."""
    turn = 1.0 if direction == "higher" else -1.0
    if turn * clinical.value >= turn * flourishing.value:
        raise UsageError(
            "The flourishing limit is not on the better side of the clinical limit.",
            where="parameters clinical_limit and flourishing_limit",
            fix="Check the direction and that the two are not swapped.",
        )


def _limits(
    instrument: Instrument | None,
    clinical: float | None,
    flourishing: float | None,
    *,
    allow_unverified: bool,
) -> tuple[ZoneLimit, ZoneLimit]:
    """The two limits, given or the instrument's."""
    if clinical is not None:
        first = ZoneLimit(float(clinical), True, "given")
    else:
        fact = None if instrument is None else instrument.cutoff(allow_unverified=allow_unverified)
        if instrument is None or fact is None:
            raise UsageError(
                "The clinical limit is not known.",
                where="parameter clinical_limit",
                fix="Give clinical_limit= in points, with its source in your report.",
            )
        said = () if fact.verified else (unverified("cut-off", instrument),)
        first = ZoneLimit(float(fact.value), _INCLUDES[fact.clinical], fact.source, said)
    if flourishing is not None:
        return first, ZoneLimit(float(flourishing), False, "given")
    named = (
        []
        if instrument is None
        else [
            cut
            for cut in instrument.cutoffs
            if cut.id == "flourishing" and (cut.verified or allow_unverified)
        ]
    )
    if instrument is None or not named:
        raise UsageError(
            "No verified limit of flourishing is known.",
            where="parameter flourishing_limit",
            fix="Give flourishing_limit= in points, for example the mean of a population that "
            "does well, and name it in your report.",
        )
    said = () if named[0].verified else (unverified("flourishing limit", instrument),)
    # The side called clinical in the facts is the worse side: not flourishing.
    worse = _INCLUDES[named[0].clinical]
    return first, ZoneLimit(float(named[0].value), worse, named[0].source, said)


def _reliability(
    known: Evidence, reliability: float | None
) -> tuple[float | None, tuple[str, ...]]:
    """The reliability for the misclassification, or why there is none."""
    try:
        found = measured(known, reliability=reliability, sd=None, confidence=0.95)
    except (InstrumentError, NotEnoughData):
        return None, ("Misclassification is not known: no verified reliability.",)
    except UsageError:
        if reliability is not None:
            raise
        return None, ("Misclassification is not known: give reliability=.",)
    return found.reliability, found.warnings


def _moves(
    group: str, start: Zones, end: Zones, clusters: npt.NDArray[np.intp] | None, confidence: float
) -> list[dict[str, object]]:
    """Nine cells: people, share of their starting zone, Wilson interval."""
    rows: list[dict[str, object]] = []
    both = (start >= 0) & (end >= 0)
    for place, one in enumerate(ZONES):
        base = both & (start == place)
        total = int(base.sum())
        for where, other in enumerate(ZONES):
            hits = end[base] == where
            n = int(hits.sum())
            effect = 1.0 if clusters is None else design_effect(hits, clusters[base])
            low, high = wilson(n / effect, total / effect, confidence)
            rows.append(
                {
                    "group": group,
                    "start": one,
                    "end": other,
                    "n": n,
                    "n_total": total,
                    "share": n / total if total else np.nan,
                    "low": low,
                    "high": high,
                }
            )
    return rows


def _errors(group: str, mine: _Scored, rules: _Rules) -> list[tuple[object, ...]]:
    """Expected share in another true zone at the start and the end, for one group."""
    rows: list[tuple[object, ...]] = []
    turn = 1.0 if rules.direction == "higher" else -1.0
    edges = (turn * rules.clinical.value, turn * rules.flourishing.value)
    for occasion, values, place in zip(("start", "end"), mine.scores, mine.zones, strict=True):
        there = place >= 0
        n = int(there.sum())
        spread = float(values[there].std(ddof=1)) if n > 1 else 0.0
        if spread <= 0 or rules.reliability is None:
            rows.append((group, occasion, n, np.nan))
            continue
        mean = turn * float(values[there].mean())
        chances = zone_probabilities(turn * values, edges, mean, spread, rules.reliability)
        rows.append((group, occasion, n, expected_misclassification(chances, place)))
    return rows


def _groups(groups: pd.Series | None, n: int) -> list[tuple[str, npt.NDArray[np.bool_]]]:
    if groups is None:
        return [(EVERYBODY, np.ones(n, dtype=bool))]
    codes, values = pd.factorize(groups, sort=True)
    named = [(str(value), codes == place) for place, value in enumerate(values)]
    return [*named, (NOT_STATED, codes == -1)] if (codes == -1).any() else named


def _codes(clusters: pd.Series) -> npt.NDArray[np.intp]:
    """Codes from 0; everybody without a cluster stands alone."""
    codes, values = pd.factorize(clusters)
    found: npt.NDArray[np.intp] = codes.astype(np.intp)
    alone = found == -1
    found[alone] = len(values) + np.arange(int(alone.sum()))
    return found


def _named(found: Zones) -> pd.Categorical:
    return pd.Categorical.from_codes(found, categories=list(ZONES), ordered=True)
