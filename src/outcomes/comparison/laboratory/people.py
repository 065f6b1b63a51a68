"""People of a scenario, drawn with a seed, and the true difference by estimand."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit, logit

from outcomes.comparison.laboratory.scenario import Scenario, scenario
from outcomes.models.weighting import tilt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

COVARIATES = ("pre", "prior_care", "duration")
REFERENCE, OTHER = "coaching", "therapy"
# How the end score follows from the start: of a variance of 1 without help, this is explained.
_PRE, _PRIOR, _DURATION = 0.6, 0.2, 0.1
_PRIOR_SHARE = 0.4
_CENSUS = 400_000


def draw(world: Scenario, n: int, rng: np.random.Generator) -> pd.DataFrame:
    """`n` people: arm, pre, prior_care, duration, practitioner, couple, post (missing if left).

    Start and end in standard deviations, lower is better. A scenario with a second service has
    pre, post and the days added_after, left_after, measured_after instead.
    """
    if world.second_service:
        return _courses(n, rng)
    pre, prior, duration = _recorded(n, rng)
    couple = _couples(world, n)
    hidden = rng.standard_normal(n)
    log_odds = _log_odds(world, pre, prior, duration) + world.hidden_on_arm * hidden
    therapy = _assigned(log_odds, couple, rng)
    practitioner = _practitioners(world, therapy, rng)
    explained = _PRE * pre + _PRIOR * (prior - _PRIOR_SHARE) + _DURATION * duration
    noise = _noise(world, practitioner, couple, rng)
    without = explained + world.hidden_on_outcome * hidden + noise
    post = without + therapy * (world.effect + world.effect_by_severity * pre)
    left = _left(world, pre, therapy, post, rng)
    return pd.DataFrame(
        {
            "arm": np.where(therapy, OTHER, REFERENCE),
            "pre": pre,
            "prior_care": prior.astype(bool),
            "duration": duration,
            "practitioner": practitioner,
            "couple": couple,
            "post": np.where(left, np.nan, post),
        }
    )


@cache
def truth(name: str, estimand: str) -> float:
    """The true mean difference over the estimand's population; from a census of 400,000."""
    world = scenario(name)
    if world.null:
        return 0.0
    pre, prior, duration = _recorded(_CENSUS, np.random.default_rng(20261124))
    chance = expit(_log_odds(world, pre, prior, duration))
    weight = tilt(chance, estimand)
    gain = world.effect + world.effect_by_severity * pre
    return float((weight * gain).sum() / weight.sum())


def _courses(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Care of exponential length (mean 90 days), a service added at any time (mean 150)."""
    pre = rng.standard_normal(n)
    stay = rng.exponential(90, n) + 1
    added = rng.exponential(150, n)
    # Staying helps: 0.2 standard deviations a month, from whom or with what does not matter.
    post = _PRE * pre - stay / 150 + np.sqrt(1 - _PRE**2) * rng.standard_normal(n)
    return pd.DataFrame(
        {
            "pre": pre,
            "post": post,
            "added_after": np.where(added < stay, added, np.nan),
            "left_after": stay,
            "measured_after": stay,
        }
    )


def _recorded(n: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray, FloatArray]:
    prior = (rng.uniform(size=n) < _PRIOR_SHARE).astype(float)
    return rng.standard_normal(n), prior, rng.standard_normal(n)


def _log_odds(
    world: Scenario, pre: FloatArray, prior: FloatArray, duration: FloatArray
) -> FloatArray:
    known = world.severity * pre + world.prior_care * (prior - _PRIOR_SHARE)
    return np.asarray(known + world.duration * duration, dtype=np.float64)


def _couples(world: Scenario, n: int) -> npt.NDArray[np.intp]:
    """Partners stand next to each other; the others are couples of one."""
    pairs = int(world.couples * n) // 2
    partners = np.repeat(np.arange(pairs), 2)
    return np.concatenate([partners, pairs + np.arange(n - 2 * pairs)]).astype(np.intp)


def _assigned(
    log_odds: FloatArray, couple: npt.NDArray[np.intp], rng: np.random.Generator
) -> BoolArray:
    """Partners come to the same arm, by the mean of their log-odds."""
    size = np.bincount(couple)
    together = np.bincount(couple, weights=log_odds) / size
    chosen = rng.uniform(size=len(size)) < expit(together)
    return np.asarray(chosen[couple])


def _practitioners(
    world: Scenario, therapy: BoolArray, rng: np.random.Generator
) -> npt.NDArray[np.intp]:
    drawn = rng.integers(world.practitioners, size=len(therapy))
    if world.practitioners_give == "one":
        half = world.practitioners // 2
        drawn = np.where(therapy, half + drawn % (world.practitioners - half), drawn % half)
    return drawn.astype(np.intp)


def _noise(
    world: Scenario,
    practitioner: npt.NDArray[np.intp],
    couple: npt.NDArray[np.intp],
    rng: np.random.Generator,
) -> FloatArray:
    """Residuals with total variance 1 less what the start explains."""
    prior_variance = _PRIOR**2 * _PRIOR_SHARE * (1 - _PRIOR_SHARE)
    variance = 1 - _PRE**2 - prior_variance - _DURATION**2 - world.hidden_on_outcome**2
    shares = (world.practitioner_icc, world.couple_icc)
    own = rng.standard_normal(len(couple)) * np.sqrt(variance * (1 - sum(shares)))
    by_practitioner = rng.standard_normal(world.practitioners)[practitioner]
    by_couple = rng.standard_normal(int(couple.max()) + 1)[couple]
    return np.asarray(
        own
        + by_practitioner * np.sqrt(variance * shares[0])
        + by_couple * np.sqrt(variance * shares[1])
    )


def _left(
    world: Scenario, pre: FloatArray, therapy: BoolArray, post: FloatArray, rng: np.random.Generator
) -> BoolArray:
    if world.dropout == 0:
        return np.zeros(len(pre), dtype=bool)
    log_odds = logit(world.dropout) + therapy * (
        world.dropout_in_therapy + world.dropout_by_outcome * post
    )
    if world.dropout_in_therapy:
        log_odds = log_odds + 0.5 * pre
    return np.asarray(rng.uniform(size=len(pre)) < expit(log_odds))
