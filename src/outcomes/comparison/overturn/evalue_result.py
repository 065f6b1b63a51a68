"""`EValues`: the strength on the scale of risk ratios that would explain a difference away."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from outcomes.comparison.overturn.strength import Strength
from outcomes.comparison.result import ComparisonResult
from outcomes.schema.drawing import Drawable
from outcomes.schema.verdicts import Verdict

SOURCES = ("VanderWeele and Ding 2017", "VanderWeele 2017", "Chinn 2000")


@dataclass(frozen=True, slots=True, eq=False)
class EValues(Drawable):
    """E-values of one estimate, at least 1, and the risk ratios they are computed from.

    `given` is the estimate on its own `scale`, `ratio`, `low`, `high` the (approximate) risk
    ratio with limits, nan where none were given. `estimate`: something unmeasured, tied to
    arm and outcome by a risk ratio of this much each beyond what was adjusted for, could
    explain the estimate away, weaker could not; `limit` the same for the limit nearer to no
    difference, 1 where the interval holds none. `benchmarks`: how strongly the measured
    covariates are tied to both.
    """

    scale: str
    given: float
    ratio: float
    low: float
    high: float
    estimate: float
    limit: float
    rare: bool | None
    benchmarks: tuple[Strength, ...]
    contrast: str = ""
    verdict: Verdict | None = None
    sources: tuple[str, ...] = SOURCES

    def of(self, result: ComparisonResult) -> EValues:
        """The same, named after a comparison."""
        return replace(
            self, contrast=f"{result.other} - {result.reference}", verdict=result.verdict
        )

    def beside(self, strengths: tuple[Strength, ...]) -> EValues:
        """The same with measured covariates beside it."""
        return replace(self, benchmarks=strengths)

    @property
    def strongest(self) -> Strength | None:
        """The measured covariate that could explain most away; None without any."""
        usable = [one for one in self.benchmarks if math.isfinite(one.factor)]
        return max(usable, key=lambda one: one.factor) if usable else None

    @property
    def nearer(self) -> float:
        """The limit nearer to no difference as a ratio above 1; 1 where the interval holds none."""
        end = self.low if self.ratio >= 1 else 1 / self.high
        return max(end, 1.0) if math.isfinite(end) else math.nan

    @property
    def times(self) -> float:
        """How many times (on the logarithm) what the strongest measured covariate could do.

        So much would bring the limit to no difference; nan without a covariate.
        """
        strongest = self.strongest
        if strongest is None or not math.isfinite(self.nearer):
            return math.nan
        size = math.log(strongest.factor) if strongest.factor > 1 else 0.0
        return math.log(self.nearer) / size if size > 0 else math.inf

    def curve(self, *, limit: bool = False, points: int = 80) -> pd.DataFrame:
        """Pairs of strengths (rr_arm, rr_outcome) that just explain the estimate away.

        Of the interval's limit with `limit`. Empty where nothing is left to be explained.
        """
        worst = self.limit if limit else self.estimate
        factor = worst**2 / (2 * worst - 1) if math.isfinite(worst) else 1.0
        if not factor > 1:
            return pd.DataFrame({"rr_arm": [], "rr_outcome": []})
        # RR_EU RR_UD / (RR_EU + RR_UD - 1) = factor, symmetric in the two.
        end = 3 * worst
        first = factor + (worst - factor) ** 2 / (end - factor)
        arm = np.geomspace(first, end, points)
        return pd.DataFrame({"rr_arm": arm, "rr_outcome": factor * (arm - 1) / (arm - factor)})

    def to_frame(self) -> pd.DataFrame:
        """Two rows, of the estimate and of the limit, then one for each measured covariate."""
        nearer = self.low if self.ratio >= 1 else self.high
        rows: list[dict[str, object]] = [
            {"what": "estimate", "risk_ratio": self.ratio, "e_value": self.estimate},
            {"what": "limit", "risk_ratio": nearer, "e_value": self.limit},
        ]
        rows += [
            {"what": one.covariate, "risk_ratio": one.factor, "rr_arm": one.rr_arm,
             "rr_outcome": one.rr_outcome}
            for one in self.benchmarks
        ]  # fmt: skip
        columns = ["what", "risk_ratio", "e_value", "rr_arm", "rr_outcome"]
        return pd.DataFrame(rows, columns=columns)

    @property
    def sentence(self) -> str:
        """What the E-values say, in one or two sentences."""
        if not math.isfinite(self.estimate):
            return "There is no difference to be explained away."
        first = (
            "Something that was not measured could explain the difference away if it went with "
            f"both the arm and the outcome by a risk ratio of {self.estimate:.2f} each, beyond "
            "what was adjusted for; weaker could not."
        )
        if not math.isfinite(self.limit):
            return first
        if self.limit <= 1:
            return f"{first} The interval holds no difference already."
        return f"{first} For the interval to hold no difference {self.limit:.2f} would do."

    def explain(self) -> str:
        """Formula, source, and what an E-value does not tell."""
        approximate = {
            "rr": "",
            "or": " The odds ratio counts as a risk ratio (rare) or its root does (not rare).",
            "hr": " The hazard ratio counts as a risk ratio (rare), or is turned into one as "
            "(1 − 0.5^√HR) / (1 − 0.5^√(1/HR)).",
        }.get(self.scale, " A difference of d standard deviations counts as a risk ratio of "
              "exp(0.91 d).")  # fmt: skip
        return (
            f"E = RR + √(RR (RR − 1)), of 1/RR below 1.{approximate} The measured covariates "
            "beside it: how much more frequent a level is in one arm (numbers: above or below "
            "their median), and exp(0.91 d) of the largest difference in the outcome between its "
            "levels, within arms and given the others. An E-value says how strong, not how "
            "likely: whether something so strong was left out is a judgement, and several weaker "
            f"things may add up to it. Sources: {'; '.join(self.sources)}."
        )

    def __repr__(self) -> str:
        lines = [
            f"EValues({self.contrast or self.scale}: risk ratio {self.ratio:.3f} "
            f"({self.low:.3f} to {self.high:.3f}); E-value {self.estimate:.3f}, "
            f"limit {self.limit:.3f})"
        ]
        lines += [
            f"  {one.covariate}: with the arm {one.rr_arm:.2f}, with the outcome "
            f"{one.rr_outcome:.2f}; together {one.factor:.2f}"
            for one in self.benchmarks
        ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        table = self.to_frame().to_html(index=False, na_rep="")
        return f"<p>{html.escape(self.sentence)}</p>{table}"
