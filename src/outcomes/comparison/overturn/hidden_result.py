"""`HiddenConfounding`: how strong a hidden variable must be, beside the measured ones."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.comparison.overturn import partial_r2 as r2
from outcomes.comparison.overturn.strength import Strength
from outcomes.comparison.overturn.turning import smallest_room
from outcomes.comparison.result import ComparisonResult
from outcomes.schema.drawing import Drawable
from outcomes.schema.verdicts import Verdict

START = "the start score"
SOURCES = ("Cinelli and Hazlett 2020",)


def named(covariate: str) -> str:
    """A covariate in a sentence."""
    return START if covariate == "pre" else f"'{covariate.replace('_', ' ')}'"


@dataclass(frozen=True, slots=True)
class Bound:
    """A hidden variable as strong as one covariate: what it could do.

    `r2_arm`, `r2_outcome`: the covariate's own partial R²; `bound_arm`, `bound_outcome` those
    of the hidden variable (nan where it cannot be so strong). `bias` in the unit of the
    estimate; `estimate` after it; `overturns`: whether the verdict changes, to `after`;
    `times`: how many times as strong as the covariate it must be for that (inf: none does).
    """

    covariate: str
    r2_arm: float
    r2_outcome: float
    bound_arm: float
    bound_outcome: float
    bias: float
    estimate: float
    overturns: bool
    after: Verdict
    times: float

    @property
    def strength(self) -> str:
        """The strength that overturns, as '1.4 times as strong as the start score'."""
        name = named(self.covariate)
        if self.times < 0.1:
            return f"less than a tenth as strong as {name}"
        return f"{self.times:.1f} times as strong as {name}"


@dataclass(frozen=True, slots=True, eq=False)
class HiddenConfounding(Drawable):
    """Omitted-variable bias of a comparison by partial R².

    `slope`, `error`, `df`: the arm in the linear model of arm and covariates, with its
    classical standard error; `r2` its partial R². `robustness`: a hidden variable that
    explains this share of what is left of arm and of outcome brings the estimate to 0;
    `robustness_limit`: that changes the verdict. `bounds` has a line for each covariate,
    `multiple` times as strong; `flagged` says that one of them would undo an answer
    (supported, not supported or equivalent). Everything is nan, and nothing flagged, where
    the comparison has no estimate.
    """

    comparison: ComparisonResult
    slope: float
    error: float
    df: float
    r2: float
    robustness: float
    robustness_limit: float
    bounds: tuple[Bound, ...]
    strengths: tuple[Strength, ...]
    multiple: float
    flagged: bool
    sd: float
    sources: tuple[str, ...] = SOURCES

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings of the comparison itself."""
        return self.comparison.warnings

    @property
    def nearest(self) -> Bound | None:
        """The covariate of which a hidden variable needs the smallest multiple; None without."""
        usable = [one for one in self.bounds if not math.isnan(one.bias)]
        return min(usable, key=lambda one: (one.times, -one.bias)) if usable else None

    def to_frame(self) -> pd.DataFrame:
        """One row for each measured covariate."""
        names = ["covariate", "r2_arm", "r2_outcome", "bound_arm", "bound_outcome", "bias",
                 "estimate", "overturns", "after", "times"]  # fmt: skip
        rows = [
            {**{name: getattr(one, name) for name in names}, "after": str(one.after)}
            for one in self.bounds
        ]
        return pd.DataFrame(rows, columns=names)

    def line(self, bias: float, most: float = 0.99, points: int = 120) -> pd.DataFrame:
        """Pairs of shares (r2_arm, r2_outcome) whose bias is just so large.

        `most` is the largest share of the arm. Empty where no pair has so large a bias.
        """
        size = (bias / (self.error * math.sqrt(self.df))) ** 2
        first = size / (1 + size)
        if not (0 < first < most):
            return pd.DataFrame({"r2_arm": [], "r2_outcome": []})
        arm = np.geomspace(first, most, points)
        return pd.DataFrame({"r2_arm": arm, "r2_outcome": size * (1 - arm) / arm})

    def equal_shares(self, bias: float) -> float:
        """The share of arm and of outcome, the same of both, whose bias is just so large."""
        return r2.from_effect(bias / (self.error * math.sqrt(self.df)))

    @property
    def reach(self) -> float:
        """The smallest bias, in the unit of the estimate, that changes the verdict."""
        return smallest_room(self.comparison)[0]

    @property
    def sentence(self) -> str:
        """What it takes, in words, beside what was measured."""
        if not math.isfinite(self.robustness):
            return "There is no estimate that something unmeasured could undo."
        what = (
            "the verdict would change"
            if self.comparison.verdict is not Verdict.SUPPORTED
            else "the interval would reach no difference"
        )
        first = (
            f"If something unmeasured explained {100 * self.robustness_limit:.1f} % of what is "
            f"left of both the arm and the outcome, {what}."
        )
        near = self.nearest
        if near is None:
            return first
        if math.isinf(near.times):
            return f"{first} No multiple of a measured covariate that was searched is so strong."
        return f"{first} Something {near.strength} would do."

    def explain(self) -> str:
        """Formula, source, how clusters enter, and what it does not tell."""
        return (
            "Bias = se √df √(R²_outcome R²_arm / (1 − R²_arm)), from the linear model of the "
            "outcome on arm and covariates; R²_arm and R²_outcome are the shares a hidden "
            "variable explains of what the covariates leave of the arm, and arm and covariates "
            "of the outcome. Robustness value: the equal shares that bring the estimate to 0, or "
            "that change the verdict. The size of the bias does not hang on how the standard "
            "error is made, so the classical one is used for it; the interval that is moved is "
            "the comparison's own, with its clusters. Bounds: a hidden variable "
            f"{self.multiple:g} times as strong as a covariate, given the others. It tells what "
            "would have to be true, not whether it is; several hidden variables together count "
            f"as one. Sources: {'; '.join(self.sources)}."
        )

    def __repr__(self) -> str:
        lines = [
            f"HiddenConfounding({self.comparison.other} - {self.comparison.reference}: "
            f"partial R2 {self.r2:.4f}, robustness {self.robustness:.4f}, for the verdict "
            f"{self.robustness_limit:.4f}; {'flagged' if self.flagged else 'not flagged'})",
        ]
        if self.bounds:
            lines.append(self.to_frame().to_string(index=False, float_format="{:.3f}".format))
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(self.sentence)}</p>{self.to_frame().to_html(index=False)}"
