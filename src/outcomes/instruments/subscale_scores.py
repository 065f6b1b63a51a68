"""Scores of subscales, and scores as per cent of the best possible."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from outcomes.errors import InstrumentError, RangeError
from outcomes.instruments.model import Instrument
from outcomes.instruments.registry import get
from outcomes.instruments.scoring import ADMINISTRATION, laid_out, oriented
from outcomes.instruments.subscales import Subscale, score_subscale
from outcomes.schema import Study

SUBSCALE_COLUMNS = [
    *ADMINISTRATION,
    "subscale",
    "score",
    "n_answered",
    "n_items",
    "prorated",
    "direction",
    "verified",
]


def subscales(
    study: Study,
    *,
    own: Mapping[str, Instrument] | None = None,
    allow_unverified: bool = False,
) -> pd.DataFrame:
    """Score the subscales of every questionnaire that has any with known items.

    One row for each administration and subscale, columns `SUBSCALE_COLUMNS`: `score` in
    the subscale's points, missing where more items are unanswered than its own rule
    allows; `direction` says which side is better. Subscales that nobody verified are left
    out unless `allow_unverified`; `verified` is then false, as it is where the key of the
    reversed items is not verified. Raises as `score`.
    """
    parts = []
    for name, rows in study.responses.groupby("instrument", sort=True):
        instrument = get(str(name), own)
        wanted = [
            part
            for part in instrument.subscales
            if part.items and (part.verified or allow_unverified)
        ]
        if wanted:
            forms, frame, _ = laid_out(instrument, rows)
            values = oriented(instrument, frame, allow_unverified=allow_unverified)
            parts += [
                _of_part(forms, values, part).assign(verified=_verified(instrument, part))
                for part in wanted
            ]
    if not parts:
        return pd.DataFrame({column: [] for column in SUBSCALE_COLUMNS})
    order = ["client_id", "episode_id", "instrument", "subscale", "taken_on", "rater", "occasion"]
    return pd.concat(parts, ignore_index=True).sort_values(order, ignore_index=True)


def _of_part(forms: pd.DataFrame, values: np.ndarray, part: Subscale) -> pd.DataFrame:
    found, n_answered = score_subscale(part, values)
    filled = forms.assign(
        subscale=part.id,
        score=found,
        n_answered=n_answered,
        n_items=part.n_items,
        prorated=~np.isnan(found) & (n_answered < part.n_items),
        direction=part.direction,
    )
    return filled[[name for name in SUBSCALE_COLUMNS if name != "verified"]]


def _verified(instrument: Instrument, part: Subscale) -> bool:
    turned = set(part.items) & set(instrument.reversed_items)
    return part.verified and (instrument.reversed_verified or not turned)


def pomp(instrument: Instrument, scores: pd.Series, *, part: str | None = None) -> pd.Series:
    """Scores as per cent of the best possible: 0 the worst score there is, 100 the best.

    `part` names a subscale. POMP compares how far along their scales people are, not
    scales with each other. Raises InstrumentError where there is no such score, RangeError
    for scores outside the range. Source: Cohen et al. 1999, Multivar Behav Res 34:315-346.
    """
    low, high, direction = instrument.total_min, instrument.total_max, instrument.direction
    if part is not None:
        found = [known for known in instrument.subscales if known.id == part]
        if not found:
            raise InstrumentError(
                f"{instrument.name} has no subscale called {part!r}",
                where=f"instrument {instrument.id}",
                fix=f"one of: {', '.join(k.id for k in instrument.subscales) or 'none is known'}",
            )
        low, high, direction = found[0].minimum, found[0].maximum, found[0].direction
    elif not instrument.has_total:
        raise InstrumentError(
            f"{instrument.name} has no score of the whole",
            where=f"instrument {instrument.id}",
            fix="name a subscale with part=",
        )
    outside = int(((scores < low) | (scores > high)).sum())
    if outside:
        raise RangeError(
            f"scores of {instrument.name} lie outside {low:g} to {high:g}",
            where=f"instrument {instrument.id}",
            how_many=outside,
            fix="check which scale the export uses",
        )
    share = 100 * (scores - low) / (high - low)
    return share if direction == "higher" else 100 - share
