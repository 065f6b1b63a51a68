"""Each arm alone: the mean change from start to end, which needs no comparison to be shown."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.comparison.policy import comparison_policy
from outcomes.comparison.verdict import Interval, t_interval
from outcomes.errors import UsageError
from outcomes.models.arms import require_columns
from outcomes.models.cluster_robust import cluster_inference
from outcomes.schema.verdicts import Verdict

Codes = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class WithinArm:
    """Mean of end − start in one arm, in `unit`, with its interval.

    supported: the arm ended better on average; not supported: it ended worse; cannot
    tell: the interval includes 0 or there are too few people; suppressed: the count is
    hidden by the disclosure policy, and every number is nan.
    """

    arm: str
    n: int
    n_in: int
    estimate: float
    se: float
    df: float
    low: float
    high: float
    p: float
    verdict: Verdict
    unit: str
    direction: str
    confidence: float
    method: str
    source: str
    n_clusters: int | None

    def to_frame(self) -> pd.DataFrame:
        """One row."""
        names = ["arm", "n", "n_in", "estimate", "se", "df", "low", "high", "p", "unit"]
        row = {name: getattr(self, name) for name in names}
        return pd.DataFrame([{**row, "verdict": str(self.verdict)}])

    def explain(self) -> str:
        """What a mean change tells and what it does not."""
        return (
            f"Mean of end minus start among people in {self.arm} with both scores; {self.method}. "
            "Without a group that got no help this is not the effect of the help: people who seek "
            "help at a low point tend to move back by themselves (regression to the mean)."
        )

    def __repr__(self) -> str:
        return (
            f"WithinArm({self.arm}: {self.n} of {self.n_in} people, mean change "
            f"{self.estimate:.3f} {self.unit}, {self.low:.3f} to {self.high:.3f}, {self.verdict})"
        )

    def _repr_html_(self) -> str:
        return f"{self.to_frame().to_html(index=False)}" + f"<p>{html.escape(self.explain())}</p>"


def within_arms(
    frame: pd.DataFrame,
    *,
    direction: str,
    arm: str = "arm",
    arms: Sequence[str] | None = None,
    pre: str = "pre",
    post: str = "post",
    cluster: str | None = None,
    unit: str = "points",
    confidence: float = 0.95,
    minimum_count: int = 0,
) -> tuple[WithinArm, ...]:
    """Mean change of each arm, in the order of `arms` (sorted when not given).

    `direction` is the better end of the scale, "lower" or "higher". With `cluster` the
    interval is CR2 with Satterthwaite df, else a paired t. An arm with fewer people than
    `minimum_count` (and more than none) is suppressed. Raises UsageError for an unknown
    column or direction.
    """
    if direction not in ("lower", "higher"):
        raise UsageError("direction is 'lower' or 'higher'", where="direction")
    require_columns(frame, [arm, pre, post, *([cluster] if cluster else [])])
    words = frame[arm].astype("string")
    names = sorted(words.dropna().unique()) if arms is None else [str(name) for name in arms]
    change = (frame[post] - frame[pre]).to_numpy(dtype=float, na_value=np.nan)
    found = []
    for name in names:
        mine = words.eq(name).fillna(False).to_numpy(dtype=bool)
        used = mine & ~np.isnan(change)
        labels = None if cluster is None else _codes(frame.loc[used, cluster])
        found.append(
            _one_arm(
                name,
                change[used],
                int(mine.sum()),
                labels,
                direction=direction,
                unit=unit,
                confidence=confidence,
            )
            if not 0 < used.sum() < minimum_count
            else _hidden(
                name,
                int(used.sum()),
                int(mine.sum()),
                direction=direction,
                unit=unit,
                confidence=confidence,
            )
        )
    return tuple(found)


def _codes(labels: pd.Series) -> Codes:
    codes: Codes = pd.factorize(labels, sort=True)[0].astype(np.intp)
    gaps = codes < 0
    codes[gaps] = codes.max(initial=-1) + 1 + np.arange(gaps.sum())
    return codes


def _one_arm(
    name: str,
    change: npt.NDArray[np.float64],
    n_in: int,
    clusters: Codes | None,
    *,
    direction: str,
    unit: str,
    confidence: float,
) -> WithinArm:
    n = len(change)
    nan = float("nan")
    estimate = float(change.mean()) if n else nan
    se, df, count = nan, nan, None
    method, source = "paired t interval", "Student 1908"
    if clusters is not None:
        count = len(np.unique(clusters))
        method = "CR2 interval by cluster with Satterthwaite degrees of freedom"
        source = "Pustejovsky and Tipton 2018"
    if clusters is not None and count is not None and count > 1:
        ones = np.ones((n, 1))
        robust = cluster_inference(ones, change - estimate, None, clusters, np.ones((1, 1)))
        se, df = float(robust.se[0]), float(robust.df[0])
    elif clusters is None and n > 1:
        se, df = float(change.std(ddof=1) / np.sqrt(n)), float(n - 1)
    span = t_interval(estimate, se, df, confidence)
    verdict = _verdict(n, df, span, direction)
    return WithinArm(
        name, n, n_in, estimate, se, df, span.low, span.high, span.p, verdict, unit, direction,
        confidence, method, source, count,
    )  # fmt: skip


def _verdict(n: int, df: float, span: Interval, direction: str) -> Verdict:
    policy = comparison_policy()
    if policy.check("n", n) or policy.check("df", df) or np.isnan(span.low):
        return Verdict.CANNOT_TELL
    if span.low <= 0 <= span.high:
        return Verdict.CANNOT_TELL
    return Verdict.SUPPORTED if (span.low > 0) == (direction == "higher") else Verdict.NOT_SUPPORTED


def _hidden(
    name: str, n: int, n_in: int, *, direction: str, unit: str, confidence: float
) -> WithinArm:
    nan = float("nan")
    return WithinArm(
        name, n, n_in, nan, nan, nan, nan, nan, nan, Verdict.SUPPRESSED, unit, direction,
        confidence, "not shown", "disclosure policy", None,
    )  # fmt: skip
