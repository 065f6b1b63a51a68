"""`oc.negative_control`: the comparison where nothing should be found."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from outcomes.comparison.compare import compare
from outcomes.comparison.overturn.negative_control_result import NegativeControl
from outcomes.comparison.overturn.people import spread
from outcomes.comparison.overturn.policy import OverturnPolicy, overturn_policy
from outcomes.comparison.policy import ComparisonPolicy, comparison_policy
from outcomes.comparison.prepared import Request, prepare
from outcomes.comparison.result import ComparisonResult
from outcomes.errors import UsageError
from outcomes.models.arms import two_arms
from outcomes.schema.verdicts import Verdict

KINDS = ("outcome", "exposure")


def negative_control(
    frame: pd.DataFrame,
    *,
    kind: str = "outcome",
    outcome: str,
    arm: str = "arm",
    reference: str | None = None,
    other: str | None = None,
    covariates: Sequence[str],
    cluster: str | None = None,
    estimand: str = "ATO",
    method: str = "weighting",
    unit: str | None = None,
    confidence: float = 0.95,
    of: int = 1,
    why: str = "",
    policy: ComparisonPolicy | None = None,
    limits: OverturnPolicy | None = None,
) -> NegativeControl:
    """Compare as `oc.compare` does where the help can have changed nothing.

    `kind` "outcome": `outcome` is something the help cannot have changed (a score before
    it, an unrelated one); "exposure": `arm` is something that cannot have changed the
    outcome. `why` says in words why not. `of` is how many controls there are: the intervals
    of all of them together keep `confidence` (Bonferroni).

    "suspicious": the interval excludes no difference; "quiet": it lies within the small
    difference of the policy; "cannot tell" between them; "not comparable" as in a
    comparison. The arms must have both. Raises what `oc.compare` raises.

    Source: Lipsitch, Tchetgen Tchetgen and Cohen 2010.
    """
    if kind not in KINDS:
        raise UsageError(
            f"unknown kind of control {kind!r}",
            where="parameter kind",
            fix=f"one of {', '.join(KINDS)}",
        )
    if of < 1:
        raise UsageError("there is at least this one control", where="parameter of")
    level = 1 - (1 - confidence) / of
    found = compare(
        frame, outcome=outcome, arm=arm, reference=reference, other=other, covariates=covariates,
        cluster=cluster, estimand=estimand, method=method, confidence=level, policy=policy,
        unit=unit or outcome.replace("_", " "),
    )  # fmt: skip
    rules = overturn_policy() if limits is None else limits
    sd = _spread(frame, found, arm, policy or comparison_policy())
    verdict = judge(found, sd, rules.quiet)
    return NegativeControl(kind, arm, why, found, sd, rules.quiet, of, verdict)


def judge(found: ComparisonResult, sd: float, quiet: float) -> str:
    """suspicious, quiet, cannot tell or not comparable, from what the comparison stored."""
    if found.verdict is Verdict.NOT_COMPARABLE:
        return str(found.verdict)
    if found.verdict is Verdict.SUPPORTED:
        return "suspicious"
    within = max(abs(found.low), abs(found.high)) if math.isfinite(found.low) else math.inf
    settled = within <= quiet * sd and not found.diagnostics.few
    return "quiet" if settled else str(Verdict.CANNOT_TELL)


def _spread(
    frame: pd.DataFrame, found: ComparisonResult, arm: str, policy: ComparisonPolicy
) -> float:
    request = Request(
        found.outcome, found.covariates, found.cluster, found.estimand, found.method, None, None,
        found.unit, found.confidence, policy,
    )  # fmt: skip
    ready = prepare(frame, two_arms(frame, arm, found.reference, found.other), request)
    return spread(ready.y, ready.in_other)
