"""`standardised_rate`: a practice's rate with its case mix taken out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.comparison.standardised.direct import direct_rate
from outcomes.comparison.standardised.expected import Expected, by_model, by_stratum
from outcomes.comparison.standardised.policy import StandardisedPolicy, standardised_policy
from outcomes.comparison.standardised.ratios import (
    Overdispersion,
    byar,
    cluster_factor,
    exact_poisson,
    mid_p,
    overdispersion,
    widened,
)
from outcomes.comparison.standardised.result import StandardisedResult
from outcomes.errors import NotEnoughData, UsageError
from outcomes.models import PractitionersResult, practitioners
from outcomes.models.arms import require_columns
from outcomes.proportions import cluster_codes, wilson

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
INTERVALS = ("mid_p", "byar", "exact")
EVERYBODY = "all"
JOIN = " / "


def standardised_rate(
    frame: pd.DataFrame,
    *,
    outcome: str,
    by: str | None = None,
    case_mix: Sequence[str] = (),
    rates: pd.DataFrame | pd.Series | None = None,
    strata: Sequence[str] = (),
    reference_rate: float | None = None,
    standard: Mapping[Any, float] | None = None,
    cluster: str | None = None,
    interval: str = "mid_p",
    better: str = "higher",
    confidence: float = 0.95,
    policy: StandardisedPolicy | None = None,
) -> StandardisedResult:
    """Observed over expected events of each unit of `by`, and the rate that follows.

    One row for each person; `outcome` is true/false or 0/1 (missing rows are left out and
    counted). What is expected comes from `case_mix` (logistic regression over everybody in the
    frame) or from published `rates` by `strata` (then `by` may be left out: one practice; and
    `reference_rate` is the published rate of all). Indirectly standardised rate = O/E × rate
    of the reference. `interval`: "mid_p" (right for common events), "byar" or "exact" (Poisson,
    for rare ones). `standard` gives shares of the strata in a standard population for the
    direct rate, by default those of everybody in the frame. `cluster`: who is not independent.

    Raises UsageError for columns and options that do not fit, NotEnoughData where nothing can
    be expected.
    """
    rules = policy or standardised_policy()
    _check(interval, better, case_mix=case_mix, rates=rates, strata=strata, by=by)
    extra = [name for name in (by, cluster) if name is not None]
    require_columns(frame, [outcome, *extra, *case_mix, *strata])
    kept = _known(frame, outcome, by)
    expected, overall = _expected(kept, case_mix, strata, rates)
    overall = overall if reference_rate is None else reference_rate
    members = None if cluster is None else cluster_codes(kept.frame[cluster])
    table = _table(kept, expected.chance, members, interval=interval, confidence=confidence)
    table = _as_rates(table, overall).assign(enough=_enough(table, rules))
    drawn = by is not None and rates is None and len(kept.names) > 1
    return StandardisedResult(
        table=table,
        direct=_direct(kept, strata, standard, confidence, rules) if strata else None,
        spread=_spread(table, expected.chance, kept.codes, rules),
        units=_funnel(kept.frame, outcome, str(by), case_mix, better) if drawn else None,
        outcome=outcome,
        by=by,
        case_mix=tuple(case_mix),
        strata=tuple(strata),
        origin=expected.origin,
        reference_rate=overall,
        interval=interval,
        better=better,
        confidence=confidence,
        n_in=len(frame),
        n_used=len(kept.y),
        notes=expected.notes,
        clustered=cluster,
        rules=rules,
    )


def _known(frame: pd.DataFrame, outcome: str, by: str | None) -> People:
    """The people with an outcome and a unit."""
    y = _events(frame[outcome])
    known = ~np.isnan(y)
    if by is not None:
        known &= frame[by].notna().to_numpy()
    if not known.any():
        raise NotEnoughData("nobody has an outcome", where=f"column {outcome!r}", how_many=0)
    return People.of(frame.loc[known].reset_index(drop=True), y[known], by)


def _expected(
    kept: People,
    case_mix: Sequence[str],
    strata: Sequence[str],
    rates: pd.DataFrame | pd.Series | None,
) -> tuple[Expected, float]:
    """Chances by published rates or by a model of everybody, and the rate of all if known."""
    if rates is not None:
        return by_stratum(kept.frame, strata, rates), float("nan")
    return by_model(kept.frame, kept.y, case_mix), float(kept.y.mean())


def _as_rates(table: pd.DataFrame, overall: float) -> pd.DataFrame:
    """The ratios as rates of the reference; no rate is above 1."""
    return table.assign(
        standardised=table["ratio"] * overall,
        standardised_low=table["low"] * overall,
        standardised_high=(table["high"] * overall).clip(upper=1.0),
    )


def _check(
    interval: str, better: str, *, case_mix: Sequence[str],
    rates: pd.DataFrame | pd.Series | None, strata: Sequence[str], by: str | None,
) -> None:  # fmt: skip
    if interval not in INTERVALS:
        raise UsageError(
            f"unknown interval {interval!r}", where="interval", fix=", ".join(INTERVALS)
        )
    if better not in ("higher", "lower"):
        raise UsageError("better is 'higher' or 'lower'", where="better")
    if rates is None and by is None:
        raise UsageError(
            "one practice alone has nobody to be held against",
            where="by",
            fix="name the column of practices or practitioners, or give published rates",
        )
    if rates is not None and case_mix:
        raise UsageError(
            "expected events come from the case mix or from published rates, not from both",
            where="case_mix and rates",
        )
    if rates is not None and not strata:
        raise UsageError("published rates need the columns they are by", where="strata")


def _events(column: pd.Series) -> FloatArray:
    if not (pd.api.types.is_bool_dtype(column) or pd.api.types.is_numeric_dtype(column)):
        raise UsageError("the outcome is no yes or no", where=f"column {column.name!r}")
    y: FloatArray = column.to_numpy(dtype=np.float64, na_value=np.nan)
    if not np.isin(y[~np.isnan(y)], (0.0, 1.0)).all():
        raise UsageError("the outcome is not 0 or 1", where=f"column {column.name!r}")
    return y


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """Rows with an outcome y (n) and a unit: `codes` into `names`."""

    frame: pd.DataFrame
    y: FloatArray
    codes: IntArray
    names: tuple[str, ...]

    @classmethod
    def of(cls, frame: pd.DataFrame, y: FloatArray, by: str | None) -> People:
        """Number the units; without `by` all are one."""
        if by is None:
            return cls(frame, y, np.zeros(len(frame), dtype=np.intp), (EVERYBODY,))
        codes, names = pd.factorize(frame[by].astype("string"), sort=True)
        return cls(frame, y, codes.astype(np.intp), tuple(map(str, names)))


def _table(
    people: People, chance: FloatArray, members: IntArray | None, *, interval: str,
    confidence: float,
) -> pd.DataFrame:  # fmt: skip
    rows = []
    for place, name in enumerate(people.names):
        mine = people.codes == place
        y, p = people.y[mine], chance[mine]
        events, n, expected = int(y.sum()), int(mine.sum()), float(p.sum())
        if interval == "mid_p":
            ends = mid_p(events, p, confidence)
        else:
            ends = (byar if interval == "byar" else exact_poisson)(events, expected, confidence)
        factor = 1.0 if members is None else cluster_factor(y - p, members[mine])
        low, high = widened(events / expected, ends, factor)
        crude = wilson(events, n, confidence)
        ratio = events / expected
        rows.append((name, n, events, expected, ratio, low, high, events / n, *crude, factor))
    columns = ["unit", "n", "observed", "expected", "ratio", "low", "high"]
    return pd.DataFrame(rows, columns=[*columns, "crude", "crude_low", "crude_high", "factor"])


def _enough(table: pd.DataFrame, rules: StandardisedPolicy) -> pd.Series:
    misses = table["n"] - table["expected"]
    return (
        table["n"].ge(rules.minimum)
        & table["expected"].ge(rules.expected)
        & misses.ge(rules.expected)
    )


def _spread(
    table: pd.DataFrame, chance: FloatArray, codes: IntArray, rules: StandardisedPolicy
) -> Overdispersion | None:
    enough = table["enough"].to_numpy()
    if enough.sum() < rules.units:
        return None
    variance = np.bincount(codes, weights=chance * (1 - chance)) * table["factor"].to_numpy()
    relative = variance / table["expected"].to_numpy() ** 2
    return overdispersion(table["ratio"].to_numpy()[enough], relative[enough], rules.winsorise)


def _direct(
    people: People,
    strata: Sequence[str],
    standard: Mapping[Any, float] | None,
    confidence: float,
    rules: StandardisedPolicy,
) -> pd.DataFrame:
    """Direct rates of each unit."""
    keys = people.frame[list(strata)].astype("string").fillna("missing").agg(JOIN.join, axis=1)
    places, found = pd.factorize(keys, sort=True)
    weights = np.bincount(places).astype(float)
    if standard is not None:
        weights = _standard([str(name) for name in found], standard)
    weights = weights / weights.sum()
    needed = weights > 0
    rows: list[tuple[Any, ...]] = []
    for place, name in enumerate(people.names):
        mine = people.codes == place
        n = np.bincount(places[mine], minlength=len(found)).astype(float)[needed]
        events = np.bincount(places[mine], weights=people.y[mine], minlength=len(found))[needed]
        if n.min() < rules.stratum:
            rows.append((name, *[float("nan")] * 3, False))
        else:
            rows.append((name, *direct_rate(events, n, weights[needed], confidence), True))
    return pd.DataFrame(rows, columns=["unit", "rate", "low", "high", "enough"])


def _standard(found: list[str], standard: Mapping[Any, float]) -> FloatArray:
    """Shares of the strata in the standard population; a key of several columns is a tuple."""
    shares = {
        JOIN.join(map(str, key)) if isinstance(key, tuple) else str(key): value
        for key, value in standard.items()
    }
    lacking = set(found) - set(shares)
    if lacking or min(shares.values()) < 0:
        raise UsageError(
            "the standard population lacks a stratum, or a share is negative",
            where="standard",
            how_many=len(lacking),
        )
    return np.array([shares[name] for name in found], dtype=float)


def _funnel(
    frame: pd.DataFrame, outcome: str, by: str, case_mix: Sequence[str], better: str
) -> PractitionersResult:
    """The random-intercept model of the units, which draws the funnel with its usual spread."""
    plain = frame.assign(**{outcome: frame[outcome].astype("float64")})
    return practitioners(
        plain,
        outcome=outcome,
        practitioner=by,
        case_mix=case_mix,
        direction="higher" if better == "higher" else "lower",
    )
