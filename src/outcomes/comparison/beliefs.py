"""What the comparison says under one belief each about the missing outcomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.comparison.everybody import Everybody
from outcomes.comparison.missing_result import COMPLETE, IMPUTED, WORST, Answer
from outcomes.comparison.prepared import NAN
from outcomes.comparison.result import ComparisonResult
from outcomes.comparison.verdict import Interval, t_interval
from outcomes.errors import UsageError
from outcomes.models.arms import require_columns
from outcomes.models.design import design
from outcomes.models.missing.imputations import Imputations, numbers_of
from outcomes.models.missing.impute import FIXED, impute
from outcomes.models.missing.policy import numbers
from outcomes.models.missing.pooled import Pooled, from_rubin
from outcomes.models.missing.rubin import DfMethod, rubin
from outcomes.models.missing.shifts import Evaluate, course
from outcomes.models.missing.tipping import TippingPoint, follow, wide_limits
from outcomes.models.missing.worst_case import imbens_manski
from outcomes.schema.verdicts import Verdict

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
PILOT = 20
ASSUMES = {
    COMPLETE: "those who left did as those who stayed and started alike",
    IMPUTED: "people alike in everything recorded did alike, whether they left or not",
    WORST: "nothing but the ends of the scale",
}


def complete_cases(found: ComparisonResult) -> Answer:
    """The comparison of people with an outcome, as one answer among others."""
    return Answer(
        COMPLETE, ASSUMES[COMPLETE], found.estimate, found.se, found.df, NAN, NAN,
        found.low, found.high, found.verdict, found.reasons, found.n_used,
    )  # fmt: skip


def imputer(
    whole: Everybody,
    *,
    auxiliary: Sequence[str],
    imputation: str,
    cycles: int,
    seed: int,
) -> Callable[[int], Imputations]:
    """A function that imputes m times, given what the comparison adjusts for."""
    people, asked, arm = whole.people, whole.asked, whole.ready.arms.column
    require_columns(people, list(auxiliary))
    built = design(people, asked.covariates)
    names = [f"covariate {place}: {name}" for place, name in enumerate(built.columns)]
    table = pd.DataFrame(built.matrix, columns=names)
    for column in (asked.outcome, *auxiliary, arm):
        table[column] = people[column].to_numpy()
    if asked.cluster:
        table[asked.cluster] = people[asked.cluster].to_numpy()

    def times(m: int) -> Imputations:
        return impute(
            table, variables=[asked.outcome, *auxiliary, *names], cluster=asked.cluster, arm=arm,
            m=m, cycles=cycles, methods={asked.outcome: imputation}, seed=seed,
        )  # fmt: skip

    return times


def enough(
    whole: Everybody, times: Callable[[int], Imputations], m: int | None
) -> tuple[Imputations, Pooled, tuple[str, ...]]:
    """As many imputations as asked, or as the two-stage rule wants after a pilot."""
    drawn = times(PILOT if m is None else m)
    pooled = _pool(whole, drawn)
    most = int(numbers()["most_imputations"])
    if m is None and pooled.enough > PILOT:
        drawn = times(min(pooled.enough, most))
        pooled = _pool(whole, drawn)
    if m is not None and pooled.enough > m:
        said = f"{m} imputations are few here: {min(pooled.enough, most)} would do"
        return drawn, pooled, (said,)
    return drawn, pooled, ()


def _pool(whole: Everybody, drawn: Imputations) -> Pooled:
    estimates, errors, df = _evaluate(whole, drawn, whole.gaps)(0.0)
    found = rubin(estimates, errors**2, df, _df_method(whole))
    return from_rubin(found, [whole.asked.outcome], whole.asked.confidence)


def _df_method(whole: Everybody) -> DfMethod:
    """Whether the degrees of freedom of the analysis count clusters or people."""
    return "barnard-rubin" if whole.asked.cluster is None else "satterthwaite"


def _evaluate(whole: Everybody, drawn: Imputations, moved: BoolArray) -> Evaluate:
    """Analyse every imputation with the missing outcomes of `moved` people shifted."""
    y = whole.observed
    filled = np.tile(y, (drawn.m, 1))
    filled[:, whole.gaps] = drawn.values[whole.asked.outcome].astype(float)
    own = moved & whole.gaps

    def evaluate(delta: float) -> tuple[FloatArray, FloatArray, float]:
        return whole.analyse(filled + delta * own)

    return evaluate


def withheld(drawn: Imputations) -> bool:
    """Whether practitioners were too few to be imputed as like each other.

    Then each got a mean of its own, which overstates the variance where practitioners hardly
    differ (Andridge 2011, Biometrical J. 53:57; docs/validation-models.md).
    """
    return FIXED in drawn.clusters


def after_imputation(whole: Everybody, pooled: Pooled, drawn: Imputations) -> Answer:
    """The pooled estimate of everybody, judged as a comparison is; no numbers where withheld."""
    if withheld(drawn):
        return Answer(
            IMPUTED, ASSUMES[IMPUTED], NAN, NAN, NAN, NAN, NAN, NAN, NAN, Verdict.CANNOT_TELL,
            ("few_clusters",), len(whole.gaps),
        )  # fmt: skip
    complete = float(pooled.rubin.df_complete[0])
    verdict, reasons = whole.verdict(pooled.estimate, pooled.se, pooled.df, complete)
    return Answer(
        IMPUTED, ASSUMES[IMPUTED], pooled.estimate, pooled.se, pooled.df, NAN, NAN, pooled.low,
        pooled.high, verdict, reasons, len(whole.gaps),
    )  # fmt: skip


def tipping(
    whole: Everybody,
    drawn: Imputations,
    imputed: Answer,
    *,
    scale: tuple[float, float] | None,
    reliable_change: float | None,
) -> tuple[TippingPoint, ...]:
    """A tipping point for each way of shifting, the one that turns soonest in front."""
    asked, arms = whole.asked, whole.ready.arms
    y = whole.observed
    limits = wide_limits(y) if scale is None else (scale[0] - scale[1], scale[1] - scale[0])
    step = wide_limits(y)[1] / numbers()["tipping_sds"]
    start = _evaluate(whole, drawn, whole.gaps)(0.0)
    sides = {arms.other: arms.in_other, arms.reference: arms.in_reference}
    missing = {name: int((side & whole.gaps).sum()) for name, side in sides.items()}
    good = 1 if asked.direction == "higher" else -1
    ahead = arms.other if imputed.estimate * good > 0 else arms.reference
    behind = arms.reference if ahead == arms.other else arms.other
    ways: list[tuple[str, ...]] = [(name,) for name in (ahead, behind) if missing[name]]
    if len(ways) == 2:
        ways.append((arms.reference, arms.other))
    found = []
    for shifted in ways:
        moved = np.logical_or.reduce([sides[name] for name in shifted])
        evaluate = _evaluate(whole, drawn, moved)
        found.append(
            follow(
                course(evaluate, step, start, _df_method(whole)),
                lambda value, se, df: str(whole.verdict(value, se, df, start[2])[0]),
                limits=limits,
                shifted=shifted,
                n_shifted={name: missing[name] for name in shifted},
                n={name: int(side.sum()) for name, side in sides.items()},
                unit=asked.unit,
                direction=asked.direction,
                reliable_change=reliable_change,
                margin=asked.margin,
                level=asked.confidence,
                contrast=f"{arms.other} - {arms.reference}",
            )
        )
    soonest = min(range(len(found)), key=lambda place: _size(found[place]))
    return (found[soonest], *found[:soonest], *found[soonest + 1 :])


def _size(point: TippingPoint) -> float:
    return abs(point.value) if point.turns else float("inf")


def worst(whole: Everybody, scale: tuple[float, float]) -> Answer:
    """Everybody missing in one arm at one end of the scale, in the other arm at the other."""
    asked, arms = whole.asked, whole.ready.arms
    y = whole.observed
    low, high = scale
    if ((y < low) | (y > high)).any():
        raise UsageError("outcomes lie outside the scale", where="scale")
    ends = [
        np.where(whole.gaps, np.where(arms.in_other, own, others), y)
        for own, others in ((low, high), (high, low))
    ]
    estimates, errors, df = whole.analyse(np.array(ends))
    (lower, se_lower), (upper, se_upper) = sorted(
        zip(estimates.tolist(), errors.tolist(), strict=True)
    )
    level = asked.confidence
    wide, narrow = (
        Interval(*imbens_manski(lower, se_lower, upper, se_upper, level=one, df=df), NAN)
        for one in (level, 2 * level - 1)
    )
    verdict, reasons = whole.judge(wide, narrow, df)
    return Answer(
        WORST, ASSUMES[WORST], NAN, NAN, df, lower, upper, wide.low, wide.high, verdict, reasons,
        len(y),
    )  # fmt: skip


def beside(whole: Everybody, given: Mapping[str, Any] | None) -> tuple[Answer, ...]:
    """Answers of other models, judged by the same checks."""
    found = []
    for name, one in (given or {}).items():
        value, se, df = (float(part) for part in numbers_of(one))
        verdict, reasons = whole.verdict(value, se, df)
        span = t_interval(value, se, df, whole.asked.confidence)
        n = int(getattr(one, "n_used", len(whole.gaps)))
        found.append(
            Answer(name, "as the model says", value, se, df, NAN, NAN, span.low, span.high,
                   verdict, reasons, n)
        )  # fmt: skip
    return tuple(found)
