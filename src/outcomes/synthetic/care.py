"""Which kind of help people start with, who adds the other, and who stops answering."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.synthetic.people import People
from outcomes.synthetic.settings import Array, generator, logistic, model


@dataclass(frozen=True, slots=True, eq=False)
class Assignment:
    """By unit: probability of starting with therapy, what was drawn, and what follows.

    `second` is "" | "together" | "later" | "after" | "partner".
    """

    propensity: Array
    therapy: Array
    second: Array

    @property
    def intervention(self) -> Array:
        """The kind of the first episode."""
        return np.where(self.therapy, "therapy", "coaching")

    @property
    def arm(self) -> Array:
        """Care at time zero: coaching, therapy or both."""
        return np.where(self.second == "together", "both", self.intervention)


def assign(persons: People, seed: int) -> Assignment:
    """Draw the kind of help from the propensity model, then who gets a second episode."""
    rng = generator(seed, "assignment")
    terms = model()["propensity"]
    linear = (
        terms["intercept"]
        + terms["phq9"] * (persons.unit_mean(persons.intake["phq9"]) - terms["phq9_centre"])
        + terms["age"] * (persons.unit_mean(persons.age) - terms["age_centre"])
        + terms["prior_care"] * persons.unit_mean(persons.prior_care)
        + terms["long_duration"] * persons.unit_mean(persons.long_duration)
    )
    propensity = logistic(linear)
    therapy = rng.random(persons.n_units) < propensity
    return Assignment(propensity, therapy, _second(rng, persons))


def _second(rng: np.random.Generator, persons: People) -> Array:
    """Fixed shares at random, so that concurrent care depends on nothing else."""
    shares = {k: v for k, v in model()["second_episode"].items() if k != "days"}
    second = np.full(persons.n_units, "", dtype="U8")
    couples = rng.permutation(persons.n_couples)
    n_partner = max(1, round(shares.pop("partner") * persons.n_units))
    second[couples[:n_partner]] = "partner"
    free = rng.permutation(np.flatnonzero(second == ""))
    start = 0
    for kind, share in shares.items():
        number = max(1, round(share * persons.n_units))
        second[free[start : start + number]] = kind
        start += number
    return second


def left_early(persons: People, assignment: Assignment, seed: int) -> tuple[Array, Array]:
    """(silent, left): by person, no score after intake; by unit, the episode was left early."""
    rng = generator(seed, "silence")
    terms = model()["missing_end"]
    linear = (
        terms["intercept"]
        + terms["phq9"] * (persons.intake["phq9"] - terms["phq9_centre"])
        + terms["therapy"] * assignment.therapy[persons.unit]
    )
    silent = rng.random(len(persons.unit)) < logistic(linear)
    everyone = persons.unit_mean(silent) == 1
    return silent, everyone & (rng.random(persons.n_units) < terms["left_early"])
