"""`Recipe`: how the weights of a comparison are made, as one frozen thing."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from outcomes.errors import UsageError

WAYS = {
    "logistic": "a logistic model of the arm (propensity), from which the weights follow",
    "entropy": "entropy balancing: the most even weights under which the covariate means are equal",
}
REDUCTIONS = ("separated", "always", "never")
TRIMMINGS = {
    "crump": "the limits that make the average difference most precise (Crump and others 2009)",
    "support": "the range of propensities that both arms reach (Dehejia and Wahba 1999)",
}
MISSING_RULES = ("indicator", "impute")


@cache
def weighting_policy() -> dict[str, Any]:
    """Sections of `policy.toml`, as shipped."""
    text = files("outcomes.models.weighting").joinpath("policy.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _default(name: str) -> str:
    return str(weighting_policy()["defaults"][name]["value"])


@dataclass(frozen=True, slots=True)
class Recipe:
    """How weights are made. The default is the logistic model with every covariate as it is.

    `way`: "logistic" or "entropy". `bias_reduction` (Firth) of the logistic model:
    "separated", "always" or "never". `splines`: numbers with enough values and people get a
    restricted cubic spline. `interactions`: name of the covariate (the start score) whose
    products with all others enter, where there are people enough; None for none. `trim`: a
    limit a (people with a propensity below a or above 1 − a are set aside), "crump",
    "support" or None. `missing`: covariates that are missing are marked ("indicator") or
    filled by `imputations` imputations with `seed` ("impute"). `likelihood`: overlap weights
    of three or more arms follow from maximum likelihood (Li and Li 2019) and balance nearly,
    not from the balance equations (`models/weighting/generalised.py`), which do exactly. The
    limits and their sources are in `models/weighting/policy.toml`.
    """

    way: str = "logistic"
    bias_reduction: str = field(default_factory=lambda: _default("bias_reduction"))
    splines: bool = field(default_factory=lambda: _default("splines") == "True")
    interactions: str | None = None
    trim: float | str | None = None
    missing: str = "indicator"
    imputations: int = field(default_factory=lambda: int(_default("imputations")))
    seed: int = 0
    likelihood: bool = False

    def __post_init__(self) -> None:
        _one_of("way", self.way, tuple(WAYS))
        _one_of("bias_reduction", self.bias_reduction, REDUCTIONS)
        _one_of("missing", self.missing, MISSING_RULES)
        if isinstance(self.trim, str):
            _one_of("trim", self.trim, (*TRIMMINGS, "a number or None"))
        elif self.trim is not None and not 0 < self.trim < 0.5:
            raise UsageError("a limit for trimming lies between 0 and 0.5", where="trim")
        if self.imputations < 2:
            raise UsageError("at least two imputations are needed", where="imputations")

    @property
    def trimming(self) -> str | None:
        """The name of the rule for trimming: "fixed", "crump", "support" or None."""
        if self.trim is None:
            return None
        return self.trim if isinstance(self.trim, str) else "fixed"

    def explain(self) -> str:
        """The recipe in words."""
        parts = [f"Weights by {WAYS[self.way]}."]
        if self.way == "logistic" and self.bias_reduction != "never":
            when = "where an arm stands alone" if self.bias_reduction == "separated" else "always"
            parts.append(f"Bias-reduced (Firth 1993) {when}.")
        parts.append(
            "Numbers with enough values and people enter as restricted cubic splines."
            if self.splines
            else "Numbers enter as straight lines."
        )
        if self.interactions:
            parts.append(f"Products of {self.interactions} with the others enter where people are "
                         "enough.")  # fmt: skip
        if self.trimming == "fixed":
            parts.append(f"People with a propensity outside {self.trim:g} to "
                         f"{1 - float(self.trim or 0):g} are set aside.")  # fmt: skip
        elif self.trimming:
            parts.append(f"People outside {TRIMMINGS[self.trimming]} are set aside.")
        parts.append(
            "Missing covariates are marked, with their mean filled in."
            if self.missing == "indicator"
            else f"Missing covariates are imputed {self.imputations} times."
        )
        return " ".join(parts)


def _one_of(where: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise UsageError(
            f"unknown {where} {value!r}", where=where, fix=f"one of {', '.join(known)}"
        )
