"""What is true of the synthetic practice, so that an analysis can be held against it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from outcomes.synthetic.answers import on_grid, shape
from outcomes.synthetic.outcome import ARMS, Simulated
from outcomes.synthetic.people import People
from outcomes.synthetic.settings import Array, model

OVERLAP_BINS = 20
Record = dict[str, Any]


def truth(simulated: Simulated, *, name: str, seed: int) -> Record:
    """The planted effects and what they come to in the scores people can show.

    Points are those each instrument prints. An effect is the end score under an arm minus
    the end score under coaching, so its sign follows the instrument's direction.
    """
    persons, assignment = simulated.persons, simulated.assignment
    arm = assignment.arm[persons.unit]
    chance = assignment.propensity[persons.unit]
    single = arm != "both"
    kinds = simulated.frame.loc[~simulated.frame["first"], "unit_number"]
    later = assignment.second[kinds]
    return {
        "schema": 1,
        "name": name,
        "seed": seed,
        "clients": len(persons.unit),
        "couples": persons.n_couples,
        "exported_on": model()["calendar"]["exported_on"].isoformat(),
        "note": "Nobody in this practice exists. Effects are constant over people, so the "
        "average over all, over one arm and over those who could have had either agree; "
        "only rounding and cutting at the ends of a scale make the observed effects differ.",
        "persons": {word: int((arm == word).sum()) for word in ARMS},
        "episodes_of_the_other_kind": {
            word: int((later == word).sum()) for word in ("together", "later", "after", "partner")
        },
        "propensity": _propensity(chance[single], arm[single] == "therapy"),
        "missing_end": _missing_end(simulated.silent, arm),
        "effect": {word: _effect(word, simulated, arm, chance) for word in model()["instruments"]},
    }


def _propensity(chance: Array, therapy: Array) -> Record:
    return {
        "model": "logit P(first episode is therapy) = intercept + phq9 * (observed intake PHQ-9 "
        "- phq9_centre) + age * (age band from 0 - age_centre) + prior_care + long_duration "
        "(6 months or more); a couple by the mean of its partners",
        **model()["propensity"],
        "overlap": _overlap(chance, therapy),
        "share_therapy": _round(therapy.mean()),
    }


def _overlap(chance: Array, therapy: Array) -> float:
    """Overlapping coefficient of the true propensities of both arms, from shares in bins."""
    edges = np.linspace(0, 1, OVERLAP_BINS + 1)
    shares = [np.histogram(chance[rows], edges)[0] / rows.sum() for rows in (therapy, ~therapy)]
    return _round(np.minimum(*shares).sum())


def _missing_end(silent: Array, arm: Array) -> Record:
    return {
        "model": "logit P(no score after intake) = intercept + phq9 * (observed intake PHQ-9 - "
        "phq9_centre) + therapy (first episode is therapy); missing at random given both. "
        "Episodes that were still open at the export lack the end as well, by date only",
        **model()["missing_end"],
        "share": _means(silent, arm),
    }


def _effect(name: str, simulated: Simulated, arm: Array, chance: Array) -> Record:
    """Planted effects of one instrument, and what the same people show under each arm."""
    facts, form = model()["instruments"][name], shape(name)
    persons, ends = simulated.persons, simulated.ends
    who = persons.couple >= 0 if facts["couples_only"] else np.full(len(arm), True)
    shown = {word: ends.observed(name, word)[who] for word in ARMS}
    overlap = (chance * (1 - chance))[who]
    gap = shown["therapy"] - shown["coaching"]
    intake = persons.intake[name]
    change = on_grid(ends.own[name], form) - intake
    return {
        "unit": "points",
        "direction": form.direction,
        "therapy_minus_coaching": facts["therapy"],
        "both_minus_coaching": facts["both"],
        "observed_ate": _round(gap.mean()),
        "observed_ato": _round(np.average(gap, weights=overlap)),
        "observed_both_minus_coaching": _round((shown["both"] - shown["coaching"]).mean()),
        "persons": int(who.sum()),
        "end_if_all": {word: _round(shown[word].mean()) for word in ARMS},
        "intake_in_arm": _means(intake[who], arm[who]),
        "change_in_arm": _means(change[who], arm[who]),
        "change_in_arm_before_rounding": _means((ends.own[name] - intake)[who], arm[who]),
        "correlation_of_partners": {
            "intake": _partners(persons, intake),
            "change": _partners(persons, change),
        },
    }


def _means(values: Array, arm: Array) -> Record:
    """The mean in each arm that anybody is in."""
    return {word: _round(values[arm == word].mean()) for word in ARMS if (arm == word).any()}


def _partners(persons: People, values: Array) -> float:
    pairs = values[persons.couple >= 0].reshape(-1, 2)
    return _round(np.corrcoef(np.concatenate([pairs, pairs[:, ::-1]]).T)[0, 1])


def _round(value: float) -> float:
    return round(float(value), 4)


def as_toml(record: Record) -> str:
    """A nested record as TOML: plain values first, then a table for each dictionary."""
    head = [
        "# What is true of this practice. Made by outcomes.synthetic; do not edit.",
        *_toml_lines(record, ""),
    ]
    return "\n".join(head) + "\n"


def _toml_lines(record: Record, prefix: str) -> list[str]:
    # JSON strings, numbers and booleans are TOML as well.
    lines = [f"{k} = {json.dumps(v)}" for k, v in record.items() if not isinstance(v, dict)]
    for key, value in record.items():
        if isinstance(value, dict):
            lines += ["", f"[{prefix}{key}]", *_toml_lines(value, f"{prefix}{key}.")]
    return lines
