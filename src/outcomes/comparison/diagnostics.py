"""The checks that decide whether two arms may be compared."""

from __future__ import annotations

import html
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.comparison.policy import Broken, ComparisonPolicy
from outcomes.models.balance import BALANCE_COLUMNS
from outcomes.models.weight_result import WeightResult

# Their weights go to 0 where one arm has nobody, so a one-armed pattern is left out by itself.
_TOLERATE_SEPARATION = ("ATO", "ATM")
# Methods that look at the weights; the others model the outcome alone.
_WEIGHTED = ("weighting", "aipw")


@dataclass(frozen=True, slots=True, eq=False)
class Clusters:
    """Whom the rows belong to: `codes` by row, clusters by arm, clusters seen in one arm only."""

    codes: npt.NDArray[np.intp]
    by_arm: dict[str, int]
    total: int
    one_arm: int
    without: int

    @classmethod
    def of(
        cls,
        labels: pd.Series,
        in_other: npt.NDArray[np.bool_],
        arms: tuple[str, str],
    ) -> Clusters:
        """Number the clusters; a row without one becomes a cluster of its own."""
        codes, found = pd.factorize(labels, sort=True)
        gaps = codes < 0
        codes = codes.astype(np.intp)
        codes[gaps] = len(found) + np.arange(gaps.sum())
        total = len(found) + int(gaps.sum())
        seen = [np.bincount(codes[rows], minlength=total) > 0 for rows in (~in_other, in_other)]
        by_arm = {arm: int(has.sum()) for arm, has in zip(arms, seen, strict=True)}
        return cls(codes, by_arm, total, int((seen[0] ^ seen[1]).sum()), int(gaps.sum()))


@dataclass(frozen=True, slots=True, eq=False)
class Diagnostics:
    """What was checked. A value that could not be computed is nan.

    `failed` (not comparable), `few` (cannot tell) and `cautions` hold (rule, value,
    limit); the rules with their sources are in `comparison/policy.toml`.
    """

    overlap: float
    outside_support: float
    ess: dict[str, float]
    max_share: float
    worst_smd: float
    balance: pd.DataFrame
    n_clusters: dict[str, int]
    one_arm_clusters: int
    failed: tuple[Broken, ...]
    few: tuple[Broken, ...]
    cautions: tuple[Broken, ...]

    def with_df(self, df: float, policy: ComparisonPolicy) -> Diagnostics:
        """The same with the estimate's degrees of freedom checked too."""
        broken = policy.check("df", df)
        return replace(self, few=(*self.few, broken)) if broken else self

    def with_outcome(
        self,
        y: npt.NDArray[np.float64],
        in_other: npt.NDArray[np.bool_],
        policy: ComparisonPolicy,
        *,
        binary: bool,
    ) -> Diagnostics:
        """The same with what the outcome itself makes rough: a full end of a scale, few events."""
        if binary:
            arms = (y[~in_other], y[in_other])
            fewest = min(float(part.sum()) for one in arms for part in (one, 1 - one))
            broken = policy.check("share", fewest)
        else:
            fullest = max(float((y == end).mean()) for end in (y.min(), y.max()))
            broken = policy.check("ends", fullest)
        return replace(self, cautions=(*self.cautions, broken)) if broken else self

    def to_frame(self) -> pd.DataFrame:
        """One row for each broken rule: rule, value, limit, consequence."""
        said = (("not comparable", self.failed), ("cannot tell", self.few), ("said", self.cautions))
        rows = [(*broken, word) for word, found in said for broken in found]
        return pd.DataFrame(rows, columns=["rule", "value", "limit", "consequence"])

    def explain(self) -> str:
        """How the checks work."""
        return (
            "Overlap, common support, effective sample size and balance are checked against the "
            "limits of the policy before a difference is shown. A failed check means that the arms "
            "hold too few people who could have been in either, not that they do not differ."
        )

    def __repr__(self) -> str:
        sizes = ", ".join(f"{arm} {size:.1f}" for arm, size in self.ess.items()) or "not known"
        lines = [
            f"Diagnostics(overlap {self.overlap:.2f}, outside support {self.outside_support:.1%}, "
            f"worst standardised difference {self.worst_smd:.3f})",
            f"  effective sample size: {sizes}",
        ]
        if self.n_clusters:
            counts = ", ".join(f"{arm} {count}" for arm, count in self.n_clusters.items())
            lines.append(f"  clusters: {counts}; in one arm only: {self.one_arm_clusters}")
        frame = self.to_frame()
        lines.append(frame.to_string(index=False) if len(frame) else "  every check passed")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(repr(self))}</pre>"


def unknown(
    policy: ComparisonPolicy, n: dict[str, int], clusters: Clusters | None, few: tuple[Broken, ...]
) -> Diagnostics:
    """Diagnostics of arms too small to be checked."""
    found = [broken for size in n.values() if (broken := policy.check("n", size))]
    nan = float("nan")
    return Diagnostics(
        overlap=nan,
        outside_support=nan,
        ess={},
        max_share=nan,
        worst_smd=nan,
        balance=pd.DataFrame(columns=BALANCE_COLUMNS),
        n_clusters=clusters.by_arm if clusters else {},
        one_arm_clusters=clusters.one_arm if clusters else 0,
        failed=(),
        few=(*found, *few),
        cautions=(),
    )


def diagnose(
    weights: WeightResult,
    clusters: Clusters | None,
    *,
    method: str,
    policy: ComparisonPolicy,
) -> Diagnostics:
    """Check the weights and clusters of a comparison against the policy.

    Under ANCOVA and g-computation the arms are not weighted, so balance after weighting
    decides nothing there.
    """
    weighted = method in _WEIGHTED
    failed = [
        policy.check("overlap", weights.overlap),
        policy.check("outside_support", weights.outside_support),
    ]
    cautions = [
        policy.check("rows_per_column", min(weights.n.values()) / max(weights.n_columns, 1)),
        policy.check("max_share", weights.max_share) if weighted else None,
    ]
    if weighted:
        failed.append(policy.check("worst_smd", weights.worst_smd))
        cautions += [] if failed[-1] else [policy.check("smd", weights.worst_smd)]
        cautions += _variances(weights.balance, policy)
    tolerated = not weighted or (method == "weighting" and weights.estimand in _TOLERATE_SEPARATION)
    separation = policy.check("separation", float(weights.separated))
    (cautions if tolerated else failed).append(separation)
    few: list[Broken | None] = []
    if clusters is not None:
        few.append(policy.check("clusters", min(clusters.by_arm.values())))
    for arm in weights.arms:
        broken = policy.check("ess", weights.ess[arm])
        lost = policy.check("ess_share", weights.ess[arm] / weights.n[arm])
        (failed if lost else few).append(broken)
    return Diagnostics(
        overlap=weights.overlap,
        outside_support=weights.outside_support,
        ess=weights.ess,
        max_share=weights.max_share,
        worst_smd=weights.worst_smd,
        balance=weights.balance,
        n_clusters=clusters.by_arm if clusters else {},
        one_arm_clusters=clusters.one_arm if clusters else 0,
        failed=_found(failed),
        few=_found(few),
        cautions=_found(cautions),
    )


def _found(checks: list[Broken | None]) -> tuple[Broken, ...]:
    return tuple(broken for broken in checks if broken)


def _variances(balance: pd.DataFrame, policy: ComparisonPolicy) -> list[Broken | None]:
    ratios = balance["variance_ratio_after"].dropna()
    if ratios.empty:
        return []
    return [
        policy.check("variance_ratio_low", ratios.min()),
        policy.check("variance_ratio_high", ratios.max()),
    ]
