"""How an effect is estimated: scale, uncertainty, folds and draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict, Unpack

from outcomes.comparison.estimators.estimate import EFFECTS
from outcomes.errors import UsageError
from outcomes.models.weighting import Recipe

METHODS = ("weighting", "ancova", "ancova_interactions", "g_computation", "aipw")
UNCERTAINTIES = {
    "fixed": "weights count as known",
    "stacked": "the estimation of the weights is included",
    "bootstrap": "whole clusters drawn again, percentile-t",
    "bootstrap_bca": "whole clusters drawn again, BCa",
}


@dataclass(frozen=True, slots=True)
class Options:
    """`folds` 0 fits AIPW's models on everybody; `draws` and `seed` are of the bootstrap."""

    effect: str = "difference"
    uncertainty: str = "stacked"
    folds: int = 0
    repeats: int = 5
    draws: int = 999
    seed: int = 0

    def __post_init__(self) -> None:
        _among(self.effect, "effect", EFFECTS)
        _among(self.uncertainty, "uncertainty", tuple(UNCERTAINTIES))
        if self.folds < 0 or self.folds == 1:
            raise UsageError("cross-fitting needs at least two folds", where="cross_fit")
        if self.repeats < 1 or self.draws < 99:
            raise UsageError(
                "at least one repeat and 99 bootstrap draws are needed", where="repeats, draws"
            )


class Estimation(TypedDict, total=False):
    """How an effect is estimated and told; every part may be left out.

    `effect`: "difference" (other − reference) or, of true-or-false outcomes, "ratio" (other /
    reference, its interval made on the logarithmic scale). `uncertainty`: "stacked" includes
    that the weights were estimated, "fixed" does not, "bootstrap" (percentile-t) and
    "bootstrap_bca" draw whole clusters again and weigh anew (`draws`, `seed`). `cross_fit`:
    folds of whole clusters for "aipw", the median of `repeats` splits (`seed`).
    `identification`: the assumption, in words, under which the difference is an effect of the
    help; without it the sentence tells of an association. `recipe`: how the weights are made
    (`oc.Recipe`: curves, bias reduction, entropy balancing, trimming).
    """

    effect: str
    uncertainty: str
    cross_fit: int
    repeats: int
    draws: int
    seed: int
    identification: str | None
    recipe: Recipe | None


def options(**how: Unpack[Estimation]) -> Options:
    """`Options` from what was asked for. Raises UsageError for an unknown word."""
    usual = Options()
    return Options(
        how.get("effect", usual.effect),
        how.get("uncertainty", usual.uncertainty),
        how.get("cross_fit", usual.folds),
        how.get("repeats", usual.repeats),
        how.get("draws", usual.draws),
        how.get("seed", usual.seed),
    )


def _among(value: str, where: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise UsageError(f"unknown {where} {value!r}", where=where, fix=", ".join(known))
