"""Answers about satisfaction and alliance: from items to one score a form, then one a person."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from outcomes.errors import RangeError, UsageError
from outcomes.instruments.model import Instrument
from outcomes.instruments.registry import library
from outcomes.instruments.scoring import TOTAL, score
from outcomes.process.policy import RatingRule, rating_rules
from outcomes.schema import Study

_FORM = ["client_id", "episode_id", "session_id", "taken_on"]
# Joins two keys into one for the scorer, which knows no sessions; no key holds this sign.
_SIGN = "\x1f"


def forms(study: Study, instrument: str) -> pd.DataFrame:
    """One row for each completed form: client_id, episode_id, session_id, taken_on, score.

    Scored by the registry; a single rating (Net Promoter Score, 0 to 10) is its own score.
    A form without enough answers has a missing score and is left out. Raises RangeError for an
    answer outside the scale, InstrumentError as the scorer does.
    """
    table = study.satisfaction
    rows = table[table["instrument"].eq(instrument).fillna(False)]
    rule = rule_of(instrument)
    if rule.low is not None and rule.high is not None:
        return _single(rows, rule.low, rule.high, instrument)
    key = rows["episode_id"].fillna("") + _SIGN + rows["session_id"].fillna("")
    answers = rows.drop(columns="session_id").assign(
        episode_id=key.astype("string"),
        occasion=pd.Series("session", index=rows.index, dtype="string"),
        rater=pd.Series("client", index=rows.index, dtype="string"),
    )
    scored = score(replace(study, responses=answers[study.responses.columns]))
    parts = scored["episode_id"].str.split(_SIGN, n=1, expand=True).reindex(columns=[0, 1])
    session = parts[1].astype("string")
    found = scored.assign(episode_id=parts[0].astype("string"), session_id=session)
    found["session_id"] = session.mask(session.eq(""))
    return found.dropna(subset="score")[[*_FORM, "score"]].reset_index(drop=True)


def rule_of(instrument: str) -> RatingRule:
    """How a rating is summed up. Raises UsageError for one without a rule."""
    rules = rating_rules()
    if instrument not in rules:
        raise UsageError(
            f"no rule says how {instrument!r} is summed up",
            where="process/satisfaction.toml",
            fix=f"Known are {', '.join(rules)}; give the top range of another with its source.",
        )
    return rules[instrument]


def rating_name(instrument: str) -> str:
    """How a rating is called: the registry's name, or its id in capitals."""
    known = library().get(instrument)
    return known.name if known is not None else instrument.upper().replace("_", "-")


def scale_of(rule: RatingRule) -> tuple[float, float, float | None]:
    """Lowest and highest score, and the verified alarm value (below it is alarming)."""
    if rule.low is not None and rule.high is not None:
        return rule.low, rule.high, None
    known: Instrument = library()[rule.id]
    cut = known.cutoff()
    alarm = cut.value if cut is not None and cut.clinical == "below" else None
    return known.total_min, known.total_max, alarm


def one_each(scored: pd.DataFrame, rule: str) -> pd.DataFrame:
    """One score for each person and group: the "last" one, or the "mean" of all.

    `scored` has group, client_id, taken_on, session_id and score. Of several on one day the
    later session, then the lower score, so that row order does not matter.
    """
    if rule not in ("last", "mean"):
        raise UsageError(
            f"several ratings of one person cannot be taken as {rule!r}",
            where="parameter repeated",
            fix='Choose "last" or "mean".',
        )
    ordered = scored.assign(
        _session=scored["session_id"].fillna(""),
        _value=-scored["score"].to_numpy(dtype="float64"),
    ).sort_values(["group", "client_id", "taken_on", "_session", "_value"])
    last = ordered.drop_duplicates(["group", "client_id"], keep="last")
    last = last.drop(columns=["_session", "_value"])
    if rule == "mean":
        means = scored.groupby(["group", "client_id"])["score"].mean()
        keys = pd.MultiIndex.from_frame(last[["group", "client_id"]])
        last = last.assign(score=means.reindex(keys).to_numpy())
    return last.reset_index(drop=True)


def _single(rows: pd.DataFrame, low: float, high: float, instrument: str) -> pd.DataFrame:
    rows = rows[rows["item"].isin(["1", TOTAL])].dropna(subset="value")
    values = rows["value"].to_numpy(dtype="float64", na_value=np.nan)
    wrong = (values < low) | (values > high) | (values != np.rint(values))
    if wrong.any():
        raise RangeError(
            f"answers are not whole numbers from {low:g} to {high:g}",
            where=f"satisfaction, instrument {instrument}",
            how_many=int(wrong.sum()),
            fix="Map the answers to the scale in the layout.",
        )
    found = rows.drop_duplicates(_FORM)[_FORM].assign(score=pd.Series(values, rows.index))
    return found.reset_index(drop=True)
