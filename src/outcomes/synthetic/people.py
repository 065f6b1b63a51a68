"""Who comes to the synthetic practice: persons, couples, practitioners, and intake scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.errors import UsageError
from outcomes.synthetic.answers import on_grid, shape
from outcomes.synthetic.settings import Array, Settings, generator, logistic, model, pick

# Fewer people cannot fill three practices, both kinds of help and couples.
FEWEST_CLIENTS = 60
RETIREMENT_BAND = 5  # position of "65 and over" among the bands of model.toml


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """One entry for each person in every array; `intake` holds observed scores in points.

    `unit` numbers who is treated together: the two partners of a couple share a unit,
    `couple` is its number or -1. Couples are the first units.
    """

    client_id: Array
    practice: Array
    unit: Array
    couple: Array
    age: Array
    gender: Array
    employment: Array
    prior_care: Array
    long_duration: Array
    on_medication: Array
    intake: dict[str, Array]
    n_couples: int
    n_units: int

    @property
    def age_band(self) -> Array:
        """The age band in words."""
        return np.array(list(model()["people"]["age_band"]))[self.age]

    def unit_mean(self, values: Array) -> Array:
        """The mean over the one or two persons of each unit."""
        total = np.bincount(self.unit, weights=values.astype(float), minlength=self.n_units)
        return np.asarray(total / np.bincount(self.unit, minlength=self.n_units))


@dataclass(frozen=True, slots=True, eq=False)
class Practitioners:
    """One entry for each practitioner; `effect` is standard normal, mean 0 within a role."""

    practitioner_id: Array
    practice: Array
    role: Array
    caseload: Array
    effect: Array

    def able(self, practice: str, intervention: str) -> Array:
        """Positions of those who offer `intervention` in `practice`."""
        role = "coach" if intervention == "coaching" else "therapist"
        offers = (self.role == role) | (self.role == "both")
        return np.flatnonzero(offers & (self.practice == practice))


def shared_normal(rng: np.random.Generator, couple: Array, correlation: float) -> Array:
    """Standard normal numbers that correlate by `correlation` between partners."""
    own = rng.standard_normal(len(couple))
    both = rng.standard_normal(int(couple.max(initial=-1)) + 1)
    mixed = own.copy()
    paired = couple >= 0
    mixed[paired] = (
        np.sqrt(correlation) * both[couple[paired]] + np.sqrt(1 - correlation) * own[paired]
    )
    return mixed


def people(clients: int, seed: int) -> People:
    """`clients` persons, some of them couples. Raises UsageError below `FEWEST_CLIENTS`."""
    if clients < FEWEST_CLIENTS:
        raise UsageError(
            "too few clients for a synthetic practice",
            where="clients",
            how_many=clients,
            fix=f"ask for at least {FEWEST_CLIENTS}",
        )
    rng, facts = generator(seed, "people"), model()["people"]
    n_couples = round(clients * facts["couple_share"] / 2)
    n_units = clients - n_couples
    unit = np.concatenate([np.repeat(np.arange(n_couples), 2), np.arange(n_couples, n_units)])
    couple = np.where(unit < n_couples, unit, -1)
    practice = pick(rng, facts["practices"], n_units)[unit]
    age = _ages(rng, facts, couple)
    prior = rng.random(clients) < facts["prior_care"]
    long_duration = rng.random(clients) < facts["long_duration"]
    severity = _severity(rng, facts, couple, prior, long_duration)
    drug = facts["medication"]
    medicated = rng.random(clients) < logistic(
        drug["intercept"] + drug["severity"] * severity + drug["prior_care"] * prior
    )
    return People(
        client_id=_numbered("C", rng.permutation(clients) + 1, 4),
        practice=practice,
        unit=unit,
        couple=couple,
        age=age,
        gender=_genders(rng, facts, couple),
        employment=_employment(rng, facts, age),
        prior_care=prior,
        long_duration=long_duration,
        on_medication=medicated,
        intake=_intake(rng, severity, couple),
        n_couples=n_couples,
        n_units=n_units,
    )


def practitioners(seed: int) -> Practitioners:
    """The staff of model.toml. Effects have mean 0 within each role, so that they move no arm."""
    rng = generator(seed, "staff")
    staff = [
        (practice, role)
        for practice, roles in model()["practitioners"].items()
        for role, number in roles.items()
        for _ in range(number)
    ]
    practice, role = (np.array(words) for words in zip(*staff, strict=True))
    effect = rng.standard_normal(len(role))
    for word in np.unique(role):
        effect[role == word] -= effect[role == word].mean()
    return Practitioners(
        practitioner_id=_numbered("T", np.arange(len(role)) + 1, 2),
        practice=practice,
        role=role,
        caseload=rng.uniform(0.5, 1.5, len(role)),
        effect=effect,
    )


def _numbered(letter: str, numbers: Array, digits: int) -> Array:
    return np.array([f"{letter}{number:0{digits}d}" for number in numbers])


def _severity(
    rng: np.random.Generator, facts: Settings, couple: Array, prior: Array, long_duration: Array
) -> Array:
    own = shared_normal(rng, couple, facts["severity_within_couple"])
    raw = own + facts["severity_of_prior_care"] * (prior - facts["prior_care"])
    raw = raw + facts["severity_of_duration"] * (long_duration - facts["long_duration"])
    spread = 1.0
    for share, slope in (("prior_care", "prior_care"), ("long_duration", "duration")):
        p = facts[share]
        spread += p * (1 - p) * facts[f"severity_of_{slope}"] ** 2
    return np.asarray(raw / np.sqrt(spread))


def _intake(rng: np.random.Generator, severity: Array, couple: Array) -> dict[str, Array]:
    """Observed intake scores; every instrument shares general severity by its loading."""
    scores = {}
    for name, facts in model()["instruments"].items():
        own = shared_normal(rng, couple, facts["within_couple"])
        loading = facts["loading"]
        standard = loading * severity + np.sqrt(1 - loading**2) * own
        scores[name] = on_grid(facts["mean"] + facts["sd"] * standard, shape(name))
    return scores


def _ages(rng: np.random.Generator, facts: Settings, couple: Array) -> Array:
    shares = facts["age_band"]
    drawn = rng.choice(len(shares), size=len(couple), p=list(shares.values()))
    second = np.flatnonzero((couple >= 0) & (np.arange(len(couple)) % 2 == 1))
    near = drawn[second - 1] + rng.choice([-1, 0, 1], size=len(second), p=[0.15, 0.7, 0.15])
    drawn[second] = np.clip(near, 0, len(shares) - 1)
    return np.asarray(drawn)


def _genders(rng: np.random.Generator, facts: Settings, couple: Array) -> Array:
    n = len(couple)
    share = facts["women_among_individuals"]
    words = pick(
        rng, {"woman": share, "man": 0.97 - share, "other": 0.01, "not_stated": 0.02}, n
    ).astype("U10")
    first = np.flatnonzero((couple >= 0) & (np.arange(n) % 2 == 0))
    same = rng.random(len(first)) < facts["same_gender_couples"]
    woman_first = rng.random(len(first)) < np.where(same, 0.5, 1.0)
    words[first] = np.where(woman_first, "woman", "man")
    words[first + 1] = np.where(woman_first == same, "woman", "man")
    return words


def _employment(rng: np.random.Generator, facts: Settings, age: Array) -> Array:
    """Occupation by age; empty where the practice did not record it."""
    young = pick(rng, {"studying": 0.5, "working": 0.4, "not_working": 0.1}, len(age))
    middle = pick(rng, {"working": 0.8, "not_working": 0.17, "studying": 0.03}, len(age))
    old = pick(rng, {"retired": 0.8, "working": 0.2}, len(age))
    words = np.where(age == 0, young, np.where(age >= RETIREMENT_BAND, old, middle))
    lost = rng.random(len(age)) < facts["employment_not_recorded"]
    return np.where(lost, "", words)
