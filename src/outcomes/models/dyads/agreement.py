"""How alike the two partners are: the intraclass correlation, which may be negative."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import NotEnoughData
from outcomes.models.dyads.partners import check_pairs, numbers, partner_rows, require
from outcomes.models.dyads.policy import dyads_policy
from outcomes.models.dyads.quantiles import f_quantile, two_sided
from outcomes.schema.drawing import Drawable
from outcomes.schema.verdicts import Verdict

FloatArray = npt.NDArray[np.float64]
Method = Literal["anova", "pairwise"]

_SOURCES = {
    "anova": "McGraw, K. O. & Wong, S. P. (1996). Psychol. Methods 1:30-46, table 7, ICC(1)",
    "pairwise": "Griffin, D. & Gonzalez, R. (1995). Psychol. Bull. 118:430-439",
}


@dataclass(frozen=True, slots=True, eq=False)
class PartnerAgreement(Drawable):
    """The intraclass correlation of one score of two partners.

    `icc` from -1 to 1: 1 where partners always have the same score, 0 where they are as alike
    as strangers, negative where one is high when the other is low. `n_couples` have both
    scores, `n_one` only one, `n_alone` rows belong to no couple. Mean difference and levels are
    not judged apart: a partner who is always higher lowers the icc.
    """

    outcome: str
    icc: float
    low: float
    high: float
    n_in: int
    n_couples: int
    n_one: int
    n_alone: int
    level: float
    method: str
    source: str
    warnings: tuple[str, ...]
    unit: str = "correlation"
    direction: str = "none"

    @property
    def n_used(self) -> int:
        """Rows that the estimate uses."""
        return 2 * self.n_couples

    @property
    def verdict(self) -> Verdict:
        """Whether partners are more alike than strangers."""
        few = self.n_couples < dyads_policy()["enough"]["couples"]
        if few or math.isnan(self.low) or self.low <= 0 <= self.high:
            return Verdict.CANNOT_TELL
        return Verdict.SUPPORTED if self.low > 0 else Verdict.NOT_SUPPORTED

    @property
    def sentence(self) -> str:
        """What it says, in one sentence."""
        if math.isnan(self.icc):
            return "Too few couples have both scores to say how alike partners are."
        said = f"intraclass correlation {self.icc:.2f}, {self.low:.2f} to {self.high:.2f}"
        known = {
            Verdict.SUPPORTED: "Partners are more alike than people of different couples",
            Verdict.NOT_SUPPORTED: "Where one partner is higher the other tends to be lower",
        }
        head = known.get(self.verdict, "The data cannot tell how alike partners are")
        return f"{head} ({said}; {self.n_couples} couples)."

    def to_frame(self) -> pd.DataFrame:
        """One row."""
        names = ("outcome", "icc", "low", "high", "n_couples", "n_one", "method")
        return pd.DataFrame([{name: getattr(self, name) for name in names}])

    def __repr__(self) -> str:
        lines = [f"PartnerAgreement({self.outcome}): {self.sentence}"]
        return "\n".join([*lines, *(f"warning: {text}" for text in self.warnings)])

    def _repr_html_(self) -> str:
        parts = [f"<p>{html.escape(self.sentence)}</p>"]
        parts += [f"<p>Warning: {html.escape(text)}</p>" for text in self.warnings]
        return "".join(parts)

    def explain(self) -> str:
        """Say what was computed, with formula and source, and what it does not tell."""
        formula = (
            "ICC = (MSB - MSW) / (MSB + MSW), with MSB the mean square between couples and MSW "
            "within them; limits from F = MSB / MSW on n - 1 and n degrees of freedom."
            if self.method == "anova"
            else "The correlation of all scores with the partner's, each couple entered twice, "
            "partners exchanged; limits by Fisher's z with n - 3/2 couples."
        )
        return "\n".join(
            [
                f"How alike partners are in {self.outcome}: {self.n_couples} couples with both "
                f"scores; {self.n_one} with one and {self.n_alone} rows without a couple are "
                "left out.",
                formula,
                "It may be negative, which a model with a random effect of the couple cannot say.",
                f"Interval: {100 * self.level:g} %.",
                "What this does not tell: why partners are alike (they chose each other, live "
                "together, or answered together).",
                f"Source: {self.source}.",
                *(f"Warning: {text}" for text in self.warnings),
            ]
        )


def partner_agreement(
    frame: pd.DataFrame,
    outcome: str,
    *,
    couple: str = "couple",
    role: str = "role",
    method: Method = "anova",
    level: float = 0.95,
) -> PartnerAgreement:
    """Intraclass correlation of `outcome` (numbers) between the two people of each couple.

    One row for each person. "anova" is the one-way ICC(1) with exact F limits, "pairwise" the
    double-entry correlation with Fisher's z; both may be negative. Couples with one score are left
    out and counted. Raises UsageError as `pair_partners`, NotEnoughData where no couple has both.
    """
    require(frame, [couple, role, outcome])
    values = numbers(frame, outcome)
    check_pairs(frame, couple, role)
    known = frame[couple].notna().to_numpy(dtype=bool)
    other = partner_rows(frame[couple])
    partner = np.where(other < 0, np.nan, values[other])
    both = np.isfinite(values) & np.isfinite(partner)
    first = both & (np.arange(len(values)) < other)
    pairs = np.column_stack([values[first], partner[first]])
    if len(pairs) == 0:
        raise NotEnoughData(
            "No couple has both partners' scores.",
            where=f"column {outcome}",
            how_many=int(known.sum()),
        )
    icc, low, high = (anova_icc if method == "anova" else pairwise_icc)(pairs, level)
    few = dyads_policy()["enough"]["couples"]
    warnings = (
        (f"Fewer than {few} couples: no verdict.",) if len(pairs) < few else ()
    )  # fmt: skip
    lone = known & np.isfinite(values) & ~both
    return PartnerAgreement(
        outcome=outcome,
        icc=icc,
        low=low,
        high=high,
        n_in=len(frame),
        n_couples=len(pairs),
        n_one=int(lone.sum()),
        n_alone=int((~known).sum()),
        level=level,
        method=method,
        source=_SOURCES[method],
        warnings=warnings,
    )


def anova_icc(pairs: FloatArray, level: float = 0.95) -> tuple[float, float, float]:
    """ICC(1) of n couples (n × 2) with its limits; NaN below two couples or without variation."""
    n = len(pairs)
    between, within = mean_squares(pairs)
    if n < 2 or between + within <= 0:
        return math.nan, math.nan, math.nan
    icc = (between - within) / (between + within)
    if min(between, within) <= 1e-14 * max(between, within):
        return icc, math.nan, math.nan
    ratio, share = between / within, 0.5 + level / 2
    lower = ratio / f_quantile(share, n - 1, n)
    upper = ratio * f_quantile(share, n, n - 1)
    return icc, float((lower - 1) / (lower + 1)), float((upper - 1) / (upper + 1))


def mean_squares(pairs: FloatArray) -> tuple[float, float]:
    """Mean square between (n - 1 df) and within (n df) couples, n × 2."""
    n = len(pairs)
    means = pairs.mean(axis=1)
    between = 2 * float(((means - means.mean()) ** 2).sum()) / max(n - 1, 1)
    within = float(((pairs - means[:, None]) ** 2).sum()) / n
    return between, within


def pairwise_icc(pairs: FloatArray, level: float = 0.95) -> tuple[float, float, float]:
    """The double-entry correlation (n × 2) with limits on Fisher's scale.

    The standard error of z is 1 / sqrt(n - 3/2) for two members (Fisher 1925, section 39).
    """
    n = len(pairs)
    rest = pairs - pairs.mean()
    spread = float((rest**2).sum())
    if n < 3 or spread <= 0:
        return math.nan, math.nan, math.nan
    icc = 2 * float((rest[:, 0] * rest[:, 1]).sum()) / spread
    if abs(icc) >= 1 - 1e-12:
        return icc, math.nan, math.nan
    half = two_sided(level) / math.sqrt(n - 1.5)
    centre = math.atanh(icc)
    return icc, math.tanh(centre - half), math.tanh(centre + half)
