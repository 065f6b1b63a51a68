"""Every specification: a reading of "improved", counted in a unit, among some, with a rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.change.claims.definitions import claim_policy
from outcomes.change.claims.readings import Reading, Values
from outcomes.change.claims.verdict import cases_to_tell, judge
from outcomes.change.indicators import Indicator
from outcomes.change.partners.places import Places
from outcomes.proportions import counted_share

SPECIFICATION_COLUMNS = [
    "definition",
    "detail",
    "unit",
    "denominator",
    "missing",
    "n",
    "n_total",
    "rate",
    "low",
    "high",
    "n_effective",
    "verdict",
    "cases_to_tell",
    "source",
]
LEFT_OUT, NOT_IMPROVED, BEST = "left out", "counted as not improved", "counted as improved"
NOBODY = "nobody is missing"
# (denominator, rule for those of whom the outcome is not known).
_WAYS = (
    ("paired", LEFT_OUT),
    ("started", NOT_IMPROVED),
    ("started", BEST),
    ("clinical at start", LEFT_OUT),
    ("clinical at start", NOT_IMPROVED),
    ("clinical at start", BEST),
)


@dataclass(frozen=True, slots=True, eq=False)
class Counting:
    """Outcome and clinical start in one unit, and who is not independent."""

    unit: str
    outcome: Values
    clinical: Values | None
    clusters: npt.NDArray[np.intp] | None


def countings(
    reading: Reading,
    places: Places | None,
    people: npt.NDArray[np.intp] | None,
    of_couples: npt.NDArray[np.intp] | None,
) -> list[Counting]:
    """The units of a reading: person alone, or partner, both, either and couple mean.

    A couple's outcome is known as soon as one partner decides it: both is 0 where one did
    not improve, either is 1 where one did.
    """
    if places is None:
        return [Counting("person", reading.person, reading.person_clinical, people)]
    inside = np.sort(places.rows[places.rows >= 0])
    clinical = reading.person_clinical
    found = [
        Counting(
            "partner",
            reading.person[inside],
            None if clinical is None else clinical[inside],
            None if people is None else people[inside],
        )
    ]
    outcome = places.take(reading.person)
    start = None if clinical is None else places.take(clinical)
    for unit, combine in (("both", _all), ("either", _any)):
        found.append(
            Counting(unit, combine(outcome), None if start is None else combine(start), of_couples)
        )
    if reading.mean is not None:
        found.append(Counting("couple_mean", reading.mean, reading.mean_clinical, of_couples))
    return found


def specify(
    reading: Reading,
    counting: Counting,
    claim: tuple[float, float],
    *,
    margin: float,
    confidence: float,
) -> tuple[list[tuple[object, ...]], list[Indicator]]:
    """Rows of the specification table, columns `SPECIFICATION_COLUMNS`, and who counts."""
    rows: list[tuple[object, ...]] = []
    asked: list[Indicator] = []
    source = claim_policy().definitions[reading.definition].source
    for denominator, rule, hits, base in _ways(counting):
        members = None if counting.clusters is None else counting.clusters[base]
        share = counted_share(hits[base], members, confidence)
        effect = share.total / share.n_effective if share.n_effective > 0 else 1.0
        verdict = judge(share.low, share.high, claim, margin)
        needed = cases_to_tell(share.rate, claim, margin, effect=effect, confidence=confidence)
        rows.append(
            (
                reading.definition,
                reading.detail,
                counting.unit,
                denominator,
                rule,
                share.n,
                share.total,
                share.rate,
                share.low,
                share.high,
                share.n_effective,
                str(verdict),
                needed,
                source,
            )
        )
        asked.append(Indicator(reading.definition, denominator, hits & base, base, rule))
    return rows, asked


def table_of(rows: Sequence[tuple[object, ...]]) -> pd.DataFrame:
    """The specifications as a frame, without those of which nobody is counted."""
    table = pd.DataFrame(rows, columns=SPECIFICATION_COLUMNS)
    return table.assign(cases_to_tell=table["cases_to_tell"].astype("Int64"))


def _ways(counting: Counting) -> list[tuple[str, str, np.ndarray, np.ndarray]]:
    """Denominators and rules that make a difference, with who counts among whom."""
    known = ~np.isnan(counting.outcome)
    hit = counting.outcome == 1
    found = []
    for denominator, rule in _WAYS:
        base = np.ones(len(hit), dtype=bool)
        if denominator == "clinical at start":
            if counting.clinical is None:
                continue
            base = counting.clinical == 1
            if base.all():
                continue
        complete = bool(known[base].all())
        if rule == LEFT_OUT:
            if complete and denominator == "paired":
                continue
            base = base & known
        elif complete and (rule == BEST or denominator == "clinical at start"):
            continue
        cases = hit | ~known if rule == BEST else hit
        said = NOBODY if complete else rule
        if base.any():
            found.append((denominator, said, cases, base))
    return found


def _all(values: Values) -> Values:
    """1 where all are 1, 0 where one is 0, else NaN."""
    no, yes = (values == 0).any(axis=1), (values == 1).all(axis=1)
    return np.where(no, 0.0, np.where(yes, 1.0, np.nan))


def _any(values: Values) -> Values:
    """1 where one is 1, 0 where all are 0, else NaN."""
    yes, no = (values == 1).any(axis=1), (values == 0).all(axis=1)
    return np.where(yes, 1.0, np.where(no, 0.0, np.nan))
