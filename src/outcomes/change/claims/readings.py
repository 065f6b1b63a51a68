"""Each person's or couple's outcome under each reading: 1 improved, 0 not, NaN not known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.change.categories import (
    CATEGORIES,
    IMPROVED,
    MISSING,
    RECOVERED,
    ROUNDING,
    is_clinical,
)
from outcomes.change.claims.definitions import claim_policy
from outcomes.change.classify import change
from outcomes.change.jacobson_truax import sign
from outcomes.change.partners.places import Places
from outcomes.change.partners.units import Rules, Scored, mean_codes
from outcomes.change.result import ChangeResult

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Given:
    """What a user may vary: reliabilities, criteria, methods, shares and important changes."""

    reliabilities: tuple[float | None, ...]
    criteria: tuple[str | None, ...]
    methods: tuple[str, ...]
    percentages: tuple[float, ...]
    mics: tuple[float, ...]
    error_correlation: float


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """One reading of "improved": outcome and clinical start of each person and of each mean.

    `person` and `person_clinical` are as long as the frame; `mean` and `mean_clinical` as
    long as there are couples, None where there are none or the method knows no mean.
    """

    definition: str
    detail: str
    person: Values
    person_clinical: Values | None
    mean: Values | None
    mean_clinical: Values | None


def results_of(frame: pd.DataFrame, given: Given, options: dict[str, Any]) -> list[ChangeResult]:
    """The result of `change` for every method, reliability and criterion."""
    found = []
    for method in given.methods:
        for reliability in given.reliabilities:
            for criterion in given.criteria:
                norms = {
                    name: value
                    for name, value in options.items()
                    if criterion is not None or not name.startswith(("clinical_", "functional_"))
                }
                found.append(
                    change(
                        frame, method=method, reliability=reliability, criterion=criterion, **norms
                    )
                )
    return found


def readings(results: Sequence[ChangeResult], given: Given, places: Places | None) -> list[Reading]:
    """Every reading, without those that repeat another."""
    base = results[0]
    found = [
        _plain(base, "any", "", 0.0, places),
        *(
            _plain(base, "percentage", f"by {100 * share:g} %", share, places)
            for share in given.percentages
        ),
        *(_plain(base, "mic", f"by {mic:g} {base.unit}", mic, places) for mic in given.mics),
    ]
    seen: set[tuple[str, str]] = set()
    for result in results:
        for definition in ("reliable", "crossed", "recovered"):
            if definition != "reliable" and result.cutoff is None:
                continue
            detail = _detail(definition, result, given)
            if (definition, detail) in seen:
                continue
            seen.add((definition, detail))
            found.append(_by_result(definition, detail, result, given, places))
    order = list(claim_policy().definitions)
    return sorted(found, key=lambda reading: order.index(reading.definition))


def _detail(definition: str, result: ChangeResult, given: Given) -> str:
    """What distinguishes a reading from others of the same definition."""
    parts = []
    if definition != "crossed":
        if len(given.methods) > 1:
            parts.append(result.method.upper())
        if result.reliability is not None:
            parts.append(f"reliability {result.reliability:g}")
    if definition != "reliable" and result.criterion is not None:
        parts.append(f"criterion {result.criterion}")
    return ", ".join(parts)


def _scores(result: ChangeResult) -> tuple[Values, Values]:
    pre, post = (
        result.frame[name].to_numpy(dtype="float64", na_value=np.nan)
        for name in (result.pre, result.post)
    )
    return pre, post


def _plain(
    result: ChangeResult, definition: str, detail: str, size: float, places: Places | None
) -> Reading:
    """A reading that needs no threshold."""
    pre, post = _scores(result)

    def outcome(start: Values, end: Values) -> Values:
        gain = sign(result.direction) * (end - start)
        if definition == "any":
            hit = gain > ROUNDING
        elif definition == "percentage":
            hit = (gain > ROUNDING) & (gain >= size * np.abs(start) - ROUNDING)
        else:
            hit = gain >= size - ROUNDING
        return np.where(np.isnan(gain), np.nan, hit)

    mean, mean_clinical = None, None
    if places is not None:
        start, end = places.take(pre).mean(axis=1), places.take(post).mean(axis=1)
        mean, mean_clinical = outcome(start, end), _clinical(result, start)
    return Reading(
        definition, detail, outcome(pre, post), _clinical(result, pre), mean, mean_clinical
    )


def _by_result(
    definition: str, detail: str, result: ChangeResult, given: Given, places: Places | None
) -> Reading:
    """A reading by category or cut-off."""
    pre, post = _scores(result)
    codes = pd.Categorical(result.frame["category"], categories=list(CATEGORIES)).codes
    mean, mean_clinical = None, None
    # Only the index of Jacobson and Truax has a known error for the mean of two partners.
    if places is not None and (result.method == "jt" or definition == "crossed"):
        start, end = places.take(pre), places.take(post)
        rules = Rules(
            result.direction,
            result.threshold,
            result.threshold_rule,
            result.cutoff,
            result.cutoff_rule,
        )
        nobody = np.full(start.shape, MISSING, dtype=np.int8)
        of_means = mean_codes(Scored(start, end, nobody), rules, given.error_correlation)
        mean = _outcome(definition, of_means, start.mean(axis=1), end.mean(axis=1), result)
        mean_clinical = _clinical(result, start.mean(axis=1))
    person = _outcome(definition, codes, pre, post, result)
    return Reading(definition, detail, person, _clinical(result, pre), mean, mean_clinical)


def _outcome(
    definition: str, codes: npt.NDArray[np.int8], pre: Values, post: Values, result: ChangeResult
) -> Values:
    if definition == "crossed":
        at_start, at_end = _clinical(result, pre), _clinical(result, post)
        if at_start is None or at_end is None:
            return np.full(len(pre), np.nan)
        return np.where(np.isnan(at_start + at_end), np.nan, (at_start == 1) & (at_end == 0))
    wanted = (RECOVERED,) if definition == "recovered" else (RECOVERED, IMPROVED)
    return np.where(codes == MISSING, np.nan, np.isin(codes, wanted))


def _clinical(result: ChangeResult, scores: Values) -> Values | None:
    """1 in the clinical range, 0 not, NaN without a score; None without a cut-off."""
    if result.cutoff is None or result.cutoff_rule is None:
        return None
    flags = is_clinical(scores, result.cutoff, result.cutoff_rule)
    return np.where(np.isnan(scores), np.nan, flags)
