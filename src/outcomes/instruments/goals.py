"""Scores of personal goals: Goal Attainment Scaling T and Goal-Based Outcomes, start to latest."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from outcomes.errors import RangeError, UsageError

Vector = npt.NDArray[np.float64]
_LEVELS, _RATINGS = (-2.0, 2.0), (0.0, 10.0)


@dataclass(frozen=True, slots=True, eq=False)
class GoalChange:
    """One entry for each party (person or couple), by its code.

    `start`, `latest`, `change` in T points for levels of attainment, in points of the 0 to 10
    scale for ratings, over the `n_used` of `n_in` goals that have both. `low` and `high` are
    missing where no interval can be given. `equal` says whose goals weigh alike for want of a
    weight.
    """

    start: Vector
    latest: Vector
    change: Vector
    low: Vector
    high: Vector
    n_in: npt.NDArray[np.int64]
    n_used: npt.NDArray[np.int64]
    equal: npt.NDArray[np.bool_]
    warnings: tuple[str, ...]


@cache
def goal_policy() -> dict[str, Any]:
    """Conventions of scoring goals, from policy.toml."""
    text = files("outcomes.instruments").joinpath("policy.toml").read_text(encoding="utf-8")
    found: dict[str, Any] = tomllib.loads(text)["goals"]
    return found


def gas_t(
    levels: npt.ArrayLike,
    weights: npt.ArrayLike | None = None,
    rho: float | None = None,
    parties: npt.ArrayLike | None = None,
) -> Vector:
    """T scores, one for each party: 50 where all goals are at the expected level.

    T = 50 + 10 sum(w x) / sqrt((1 - rho) sum(w^2) + rho (sum w)^2), x from -2 to +2, rho the
    assumed correlation of goals (Kiresuk & Sherman 1968). `parties` are codes from 0 (default:
    one party). Goals without a level are left out; a missing weight is the mean of the party's
    others; where none is above 0 all weigh alike. NaN without goals. Raises RangeError for a
    level off the scale, UsageError for a negative weight or a rho outside 0 to 1.
    """
    x, w, codes = _arrays(levels, weights, parties)
    many = int(codes.max(initial=0)) + 1
    _check(x, w, _LEVELS)
    known = ~np.isnan(x)
    x, codes = x[known], codes[known]
    w, _ = _weighed(w[known], codes, many)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Vector = 50 + 10 * np.bincount(codes, w * x, many) / _spread(w, codes, many, rho)
    return found


def gas_change(
    start: npt.ArrayLike,
    latest: npt.ArrayLike,
    weights: npt.ArrayLike | None = None,
    *,
    rho: float | None = None,
    parties: npt.ArrayLike | None = None,
    reliability: float | None = None,
    confidence: float | None = None,
) -> GoalChange:
    """T at the start and at the latest rating over the goals that have both, and the change.

    The interval holds measurement error only and needs `reliability`, that of one rating; no
    published value is a default. A rating has standard deviation 1, as T assumes, so an error
    variance of 1 - reliability; errors are independent between goals and times, and
    SE = 10 sqrt(2 (1 - reliability) sum(w^2)) / sqrt((1 - rho) sum(w^2) + rho (sum w)^2).
    Raises as `gas_t`, and UsageError for a reliability or confidence outside 0 to 1.
    """
    first, w, codes = _arrays(start, weights, parties)
    last = _arrays(latest, weights, parties)[0]
    level = _level(confidence)
    if reliability is not None and not 0 <= reliability <= 1:
        raise UsageError("a reliability lies from 0 to 1", where="gas_change(reliability=...)")
    _check(first, w, _LEVELS)
    _check(last, w, _LEVELS)
    many = int(codes.max(initial=0)) + 1
    n_in = np.bincount(codes, minlength=many)
    both = ~np.isnan(first) & ~np.isnan(last)
    first, last, codes = first[both], last[both], codes[both]
    w, equal = _weighed(w[both], codes, many)
    padded, goals = _padded(w, many, 1), _padded_codes(codes, many)
    begun = gas_t(_padded(first, many), padded, rho, goals)
    ended = gas_t(_padded(last, many), padded, rho, goals)
    change = ended - begun
    error = np.nan if reliability is None else 1 - reliability
    with np.errstate(invalid="ignore", divide="ignore"):
        squares = np.bincount(codes, w**2, many)
        se = 10 * np.sqrt(2 * error * squares) / _spread(w, codes, many, rho)
    n_used = np.bincount(codes, minlength=many)
    equal = equal & (n_used > 0) & (weights is not None)
    warnings = _warnings(n_in, n_used, equal, interval=reliability is not None)
    half = NormalDist().inv_cdf((1 + level) / 2) * se
    low, high = change - half, change + half
    return GoalChange(begun, ended, change, low, high, n_in, n_used, equal, warnings)


def rating_change(
    start: npt.ArrayLike, latest: npt.ArrayLike, parties: npt.ArrayLike | None = None
) -> GoalChange:
    """Mean 0 to 10 ratings of each party over the goals rated at both times, and their change.

    Goal-Based Outcomes (Law 2011). No interval: the published error of a mean of goals is not
    verified. Compare one goal with `goal_policy()["rating_change"]`. Raises RangeError for a
    rating off the scale.
    """
    first, w, codes = _arrays(start, None, parties)
    last = _arrays(latest, None, parties)[0]
    _check(first, w, _RATINGS)
    _check(last, w, _RATINGS)
    many = int(codes.max(initial=0)) + 1
    n_in = np.bincount(codes, minlength=many)
    both = ~np.isnan(first) & ~np.isnan(last)
    n_used = np.bincount(codes[both], minlength=many)
    with np.errstate(invalid="ignore", divide="ignore"):
        begun = np.bincount(codes[both], first[both], many) / n_used
        ended = np.bincount(codes[both], last[both], many) / n_used
    none, equal = np.full(many, np.nan), np.zeros(many, dtype=bool)
    warnings = _warnings(n_in, n_used, equal, interval=False)
    return GoalChange(begun, ended, ended - begun, none, none.copy(), n_in, n_used, equal, warnings)


def _arrays(
    values: npt.ArrayLike, weights: npt.ArrayLike | None, parties: npt.ArrayLike | None
) -> tuple[Vector, Vector, npt.NDArray[np.intp]]:
    x = np.asarray(values, dtype="float64")
    w = np.ones_like(x) if weights is None else np.asarray(weights, dtype="float64")
    codes = np.zeros(len(x), np.intp) if parties is None else np.asarray(parties, np.intp)
    if not len(x) == len(w) == len(codes):
        raise UsageError("levels, weights and parties differ in length", where="goals")
    return x, w, codes


def _weighed(
    w: Vector, codes: npt.NDArray[np.intp], many: int
) -> tuple[Vector, npt.NDArray[np.bool_]]:
    """Weights without gaps, and for each party whether its goals weigh alike for want of one."""
    total = np.bincount(codes, np.nan_to_num(w), many)
    stated = np.bincount(codes, ~np.isnan(w), many)
    with np.errstate(invalid="ignore", divide="ignore"):
        w = np.where(np.isnan(w), (total / stated)[codes], w)
    return np.where(total[codes] > 0, w, 1.0), total <= 0


def _spread(w: Vector, codes: npt.NDArray[np.intp], many: int, rho: float | None) -> Vector:
    rho = float(goal_policy()["rho"]) if rho is None else rho
    if not 0 <= rho <= 1:
        raise UsageError("rho is not from 0 to 1", where="gas_t(rho=...)")
    squares, total = np.bincount(codes, w**2, many), np.bincount(codes, w, many)
    found: Vector = np.sqrt((1 - rho) * squares + rho * total**2)
    return found


def _padded(x: Vector, many: int, filler: float = np.nan) -> Vector:
    return np.concatenate([x, np.full(many, filler)])


def _padded_codes(codes: npt.NDArray[np.intp], many: int) -> npt.NDArray[np.intp]:
    # One goal without a level for each party, so that no party at the end is lost.
    return np.concatenate([codes, np.arange(many)])


def _check(x: Vector, w: Vector, scale: tuple[float, float]) -> None:
    wrong = int(((x < scale[0]) | (x > scale[1])).sum())
    if wrong:
        raise RangeError(
            f"ratings of goals are not from {scale[0]:+g} to {scale[1]:+g}",
            where="goal_ratings.value",
            how_many=wrong,
            fix="check in the layout on which scale the goals are rated",
        )
    if bool((w < 0).any()):
        raise UsageError("a weight is negative", where="goals.weight")


def _level(confidence: float | None) -> float:
    level = float(goal_policy()["confidence"]) if confidence is None else confidence
    if not 0 < level < 1:
        raise UsageError("a confidence lies between 0 and 1", where="gas_change(confidence=...)")
    return level


def _warnings(
    n_in: npt.NDArray[np.int64],
    n_used: npt.NDArray[np.int64],
    equal: npt.NDArray[np.bool_],
    *,
    interval: bool,
) -> tuple[str, ...]:
    lost = int((n_in - n_used).sum())
    found = []
    if lost:
        found.append(f"{lost} goals without a start and a latest rating are not counted.")
    if equal.any():
        found.append(f"Goals of {int(equal.sum())} have no weight above 0 and weigh alike.")
    if not interval:
        found.append("No interval of the change: the error of measurement is not known.")
    return tuple(found)
