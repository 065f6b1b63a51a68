"""`couples`: from people with a couple to couples, with every rate by unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from outcomes.change.categories import CATEGORIES, MISSING
from outcomes.change.classify import change
from outcomes.change.differences import change_indicators
from outcomes.change.indicators import Indicator, Rows, indicator_rates
from outcomes.change.partners.places import Places, find_places
from outcomes.change.partners.result import CoupleResult
from outcomes.change.partners.units import (
    Rules,
    Scored,
    couple_indicators,
    discordant,
    mean_codes,
    mean_factor,
    weaker_codes,
)
from outcomes.change.result import ChangeResult
from outcomes.errors import UsageError
from outcomes.proportions import cluster_codes

_PARTNER = ("reliable_improvement", "recovered", "unchanged", "reliable_deterioration")


def couples(
    data: ChangeResult | pd.DataFrame,
    *,
    couple: str | Sequence[str] = "couple_id",
    error_correlation: float = 0.0,
    cluster: str | None = None,
    **options: Any,  # noqa: ANN401 - those of change()
) -> CoupleResult:
    """Say what became of each couple, in five units, with rates and intervals.

    `data`: a result of `change`, or pairs (one row for each person), for which `options` are
    passed to `change` (instrument, reliability, by, ...). `couple`: column or columns that
    name the couple; people without one are left out and counted. `error_correlation`:
    correlation of the two partners' errors of measurement (0 to 1; 0: each answers alone);
    the threshold for a couple's mean is the person's times sqrt((1 + rho) / 2). `cluster`:
    who is not independent beyond the couple, such as the practitioner.

    Units: partner (people, two of a couple being one cluster), both, either, couple_mean,
    weaker (the partner worse off at the start). Couples with one partner's scores stay, in
    the denominator "started". Swapping partners changes nothing. Raises UsageError where a
    couple has more than two rows or partners differ in `by` or `cluster`, NotEnoughData
    where nobody has a couple.
    """
    result = _people(data, options)
    named = [couple] if isinstance(couple, str) else list(couple)
    places = find_places(result.frame, named)
    rules = Rules(
        result.direction,
        result.threshold,
        result.threshold_rule,
        result.cutoff,
        result.cutoff_rule,
    )
    scored = _scored(result, places)
    own = {
        "couple_mean": mean_codes(scored, rules, error_correlation),
        "weaker": weaker_codes(scored, rules.direction),
    }
    if cluster is None and result.cluster not in (None, *named):
        cluster = result.cluster
    frame = _frame(result, places, scored, own, cluster)
    of_couples = couple_indicators(scored, rules, own)
    rows = Rows.of(frame, result.by, cluster)
    partner, people = _partners(result, places, cluster)
    questions = {"partner": (partner, people)}
    questions |= {unit: (asked, rows) for unit, asked in of_couples.items()}
    return CoupleResult(
        frame=frame,
        rates=_rates(questions, result.confidence),
        people=result,
        questions=questions,
        couple=tuple(named),
        cluster=cluster,
        error_correlation=error_correlation,
        mean_threshold=result.threshold * mean_factor(error_correlation),
        n_without_couple=places.without,
    )


def _rates(questions: dict[str, tuple[list[Indicator], Rows]], confidence: float) -> pd.DataFrame:
    """The rates of every unit, one below the other."""
    tables = []
    for unit, (asked, rows) in questions.items():
        table = indicator_rates(asked, rows, confidence)
        table.insert(0, "unit", unit)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _people(data: ChangeResult | pd.DataFrame, options: dict[str, Any]) -> ChangeResult:
    if isinstance(data, pd.DataFrame):
        return change(data, **options)
    if options:
        raise UsageError(
            "A result is given together with what would make one.",
            where=f"parameters {', '.join(options)}",
            fix="Give the pairs with these parameters, or the result alone.",
        )
    return data


def _scored(result: ChangeResult, places: Places) -> Scored:
    codes = pd.Categorical(result.frame["category"], categories=list(CATEGORIES)).codes
    both = np.where(places.rows < 0, MISSING, codes[places.rows]).astype(np.int8)
    pre, post = (
        places.take(result.frame[name].to_numpy(dtype="float64", na_value=np.nan))
        for name in (result.pre, result.post)
    )
    return Scored(pre, post, both)


def _frame(
    result: ChangeResult,
    places: Places,
    scored: Scored,
    own: dict[str, np.ndarray],
    cluster: str | None,
) -> pd.DataFrame:
    """One row for each couple."""
    frame = places.keys.copy()
    for name in dict.fromkeys(name for name in (result.by, cluster) if name is not None):
        if name not in frame:
            frame[name] = places.shared(result.frame[name])
    known = scored.known
    pre, post = scored.pre.mean(axis=1), scored.post.mean(axis=1)
    least, most = scored.codes.min(axis=1), scored.codes.max(axis=1)
    words = {
        "better_partner": np.where(known, least, MISSING),
        "worse_partner": np.where(known, most, MISSING),
        "couple_mean": own["couple_mean"],
        "weaker": own["weaker"],
    }
    named = {
        name: pd.Categorical.from_codes(codes, categories=list(CATEGORIES))
        for name, codes in words.items()
    }
    return frame.assign(
        partners_with_both_scores=(scored.codes != MISSING).sum(axis=1),
        pre_mean=pre,
        post_mean=post,
        change_mean=post - pre,
        **named,
        discordant=pd.array(known & discordant(scored.codes), dtype="boolean"),
    ).assign(discordant=lambda table: table["discordant"].where(known))


def _partners(
    result: ChangeResult, places: Places, cluster: str | None
) -> tuple[list[Indicator], Rows]:
    """The people of couples, two of a couple being one cluster."""
    inside = np.zeros(len(result.frame), dtype=bool)
    inside[places.rows[places.rows >= 0]] = True
    asked = change_indicators(result, _PARTNER, ("paired", "started"))
    kept = [replace(one, hits=one.hits[inside], base=one.base[inside]) for one in asked]
    if cluster is None:
        codes = np.full(len(result.frame), -1, dtype=np.intp)
        for side in (0, 1):
            there = places.rows[:, side] >= 0
            codes[places.rows[there, side]] = np.flatnonzero(there)
        members = codes[inside]
    else:
        members = cluster_codes(result.frame.loc[inside, cluster])
    groups = None if result.by is None else result.frame.loc[inside, result.by]
    return kept, Rows(int(inside.sum()), groups, members)
