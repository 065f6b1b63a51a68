"""The planted effects: what every person would score at the end under each kind of help."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.synthetic.answers import on_grid, shape
from outcomes.synthetic.care import Assignment
from outcomes.synthetic.people import People, Practitioners, shared_normal
from outcomes.synthetic.settings import Array, generator, model

ARMS = ("coaching", "therapy", "both")


@dataclass(frozen=True, slots=True, eq=False)
class EndScores:
    """By instrument and arm, the end score of every person before rounding and cutting.

    The potential scores of one person share all noise, so they differ by the effect only.
    `own` is the one under the arm the person is in.
    """

    latent: dict[str, dict[str, Array]]
    own: dict[str, Array]

    def observed(self, instrument: str, arm: str) -> Array:
        """The potential end score as the questionnaire would show it."""
        return on_grid(self.latent[instrument][arm], shape(instrument))


@dataclass(frozen=True, slots=True, eq=False)
class Simulated:
    """One practice before it becomes files: people, their care, and their potential ends.

    `silent` says by person who has no score after the intake.
    """

    persons: People
    assignment: Assignment
    silent: Array
    ends: EndScores
    frame: pd.DataFrame


def end_scores(
    persons: People,
    assignment: Assignment,
    staff: Practitioners,
    frame: pd.DataFrame,
    seed: int,
) -> EndScores:
    """Potential end scores of the first episode, linear in what decides the arm.

    `frame` gives the practitioner of each unit's first episode. Linear and additive, with
    the same effect for everybody: the effect over all, over the treated and over those
    who could have had either (ATE, ATT, ATO) are one number.
    """
    rng = generator(seed, "end scores")
    first = frame[frame["first"]].set_index("unit_number")
    helper = first["staff"].sort_index().to_numpy()[persons.unit]
    arm = assignment.arm[persons.unit]
    visits = model()["visits"]
    common = shared_normal(rng, persons.couple, visits["noise_within_couple"])
    latent, own = {}, {}
    for name, facts in model()["instruments"].items():
        sign = np.sign(facts["loading"])
        alone = shared_normal(rng, persons.couple, visits["noise_within_couple"])
        mixed = visits["noise_common"] * sign * common
        mixed = mixed + np.sqrt(1 - visits["noise_common"] ** 2) * alone
        base = (
            facts["mean"]
            + facts["keep"] * (persons.intake[name] - facts["mean"])
            + facts["change"]
            + facts["prior_care"] * persons.prior_care
            + facts["long_duration"] * persons.long_duration
            + facts["age"] * (persons.age - model()["propensity"]["age_centre"])
            + np.array([facts["practices"][practice] for practice in persons.practice])
            + facts["practitioner"] * sign * staff.effect[helper]
            + facts["noise"] * mixed
        )
        latent[name] = {word: base + facts.get(word, 0.0) for word in ARMS}
        own[name] = np.select([arm == word for word in ARMS], list(latent[name].values()))
    return EndScores(latent, own)
