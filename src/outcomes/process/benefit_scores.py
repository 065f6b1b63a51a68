"""Start and end of each measure that stands for a claimed benefit, one row for each person."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from outcomes.derive.pairs import pairs
from outcomes.instruments.model import Instrument
from outcomes.instruments.registry import library
from outcomes.instruments.subscale_scores import subscales
from outcomes.process.seats import episodes_of
from outcomes.schema import Study, label

_GOAL_SCALES = {"gas": (-2.0, 2.0), "rating": (0.0, 10.0)}


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """One measure: its name, range and good side; rows with group, party, cluster, pre and post.

    `absent` says why there is nothing, where there is nothing.
    """

    kind: str
    id: str
    name: str
    low: float
    high: float
    higher_is_better: bool
    rows: pd.DataFrame
    absent: str = ""


def measure_scores(
    study: Study, kind: str, name: str, rows: pd.DataFrame, goals: pd.DataFrame
) -> list[Scores]:
    """The measure's start and end scores; a goal domain gives one measure for each scale.

    `rows` are the seats with group and cluster, `goals` the rows of `goal_rows`. Nobody is left
    out: a missing score is NaN.
    """
    if kind == "goals":
        return _goal_scores(study, name, rows, goals)
    instrument, _, part = name.partition(".")
    known = library().get(instrument)
    if known is None:
        return [_absent(kind, name, f"{instrument} is not in the registry")]
    if not study.responses["instrument"].eq(instrument).fillna(False).any():
        return [_absent(kind, name, f"{known.name} was never answered")]
    if kind == "subscale":
        return [_subscale(study, known, part, rows)]
    if not known.has_total:
        return [_absent(kind, name, f"{known.name} has no score of the whole")]
    found = _seated(pairs(study, name), rows)
    better = known.direction == "higher"
    return [Scores(kind, name, known.name, known.total_min, known.total_max, better, found)]


def _subscale(study: Study, known: Instrument, part: str, rows: pd.DataFrame) -> Scores:
    """Start and end of one part of a questionnaire; only a part that somebody verified."""
    name = f"{known.id}.{part}"
    parts = [one for one in known.subscales if one.id == part and one.items and one.verified]
    words = f"{known.name}, {part.replace('_', ' ')}"
    if not parts:
        return _absent("subscale", name, f"{words}: not verified or without known items")
    answers = study.responses[study.responses["instrument"].eq(known.id).fillna(False)]
    scored = subscales(replace(study, responses=answers))
    scored = scored[scored["subscale"].eq(part)]
    found = _seated(pairs(study, known.id, scores=scored), rows)
    better = parts[0].direction == "higher"
    return Scores("subscale", name, words, parts[0].minimum, parts[0].maximum, better, found)


def _seated(found: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    keys = ["client_id", "episode_id"]
    return found[[*keys, "pre", "post"]].merge(rows[[*keys, "group", "party", "cluster"]], on=keys)


def _absent(kind: str, name: str, why: str) -> Scores:
    empty = pd.DataFrame(columns=["group", "party", "cluster", "pre", "post"])
    return Scores(kind, name, name, np.nan, np.nan, True, empty, why)


def _goal_scores(
    study: Study, domain: str, rows: pd.DataFrame, goals: pd.DataFrame
) -> list[Scores]:
    """Mean start and latest of a party's goals of one domain, each scale on its own."""
    by_episode = episodes_of(rows).set_index("episode_id")
    episode = study.goals.set_index("goal_id")["episode_id"]
    goals = goals.assign(group=goals["goal_id"].map(episode).map(by_episode["group"]))
    goals = goals[goals["domain"].eq(domain) & goals["group"].notna()]
    name = label("goal_domain", domain)
    found = []
    for scale, (low, high) in _GOAL_SCALES.items():
        part = goals[goals["scale"].eq(scale)]
        if part.empty:
            continue
        both = part["change"].notna()
        part = part.assign(pre=part["start"].where(both), post=part["latest"].where(both))
        means = part.groupby(["group", "party"], sort=True).agg(
            cluster=("cluster", "min"), pre=("pre", "mean"), post=("post", "mean")
        )
        means = means.reset_index()
        words = f"goals: {name} ({'GAS' if scale == 'gas' else '0 to 10'})"
        found.append(Scores("goals", f"{domain}.{scale}", words, low, high, True, means))
    if found:
        return found
    return [_absent("goals", domain, f"no goal is about {name.lower()}")]
