"""`plot`: the figure that belongs to a result, by its type."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from outcomes.change import ChangeResult
from outcomes.comparison import ComparisonResult
from outcomes.derive import Cohort
from outcomes.errors import UsageError
from outcomes.figures.balance import balance
from outcomes.figures.effect import effect
from outcomes.figures.figure import Figure
from outcomes.figures.flow import flow
from outcomes.figures.overlap import overlap
from outcomes.figures.rates import rates
from outcomes.figures.scores import start_against_end
from outcomes.models import WeightResult
from outcomes.privacy import Policy
from outcomes.privacy import policy as named_policy


@singledispatch
def plot(result: object, **options: Any) -> Figure:  # noqa: ANN401, ARG001 - by type
    """Draw a result. Options: `policy` (default "default"), `kind`, and the builder's own.

    ChangeResult: kind "rates" (default) or "scores" (with `seed`); ComparisonResult:
    "effect" (default), "overlap" or "balance"; WeightResult: "balance" (default) or
    "overlap"; Cohort: "flow". Raises UsageError for another type or kind.
    """
    raise UsageError(
        f"nothing is known of how to draw {type(result).__name__}",
        fix="Give the result of change, compare, weights or cohort.",
    )


@plot.register
def _change(
    result: ChangeResult, *, kind: str = "rates", policy: Policy | None = None, seed: int = 0
) -> Figure:
    rules = _rules(policy)
    if kind == "scores":
        return start_against_end(result, rules, seed)
    _check(kind, ("rates", "scores"))
    return rates(result, rules)


@plot.register
def _comparison(
    result: ComparisonResult, *, kind: str = "effect", policy: Policy | None = None
) -> Figure:
    _check(kind, ("effect", "overlap", "balance"))
    if kind == "effect":
        return effect([result], _rules(policy))
    if kind == "balance" and result.weights is not None:
        return balance(result.weights, _rules(policy))
    return overlap(result, _rules(policy))


@plot.register
def _weights(
    result: WeightResult, *, kind: str = "balance", policy: Policy | None = None
) -> Figure:
    _check(kind, ("balance", "overlap"))
    return (balance if kind == "balance" else overlap)(result, _rules(policy))


@plot.register
def _cohort(result: Cohort, *, kind: str = "flow", policy: Policy | None = None) -> Figure:
    _check(kind, ("flow",))
    return flow(result, _rules(policy))


def _rules(policy: Policy | None) -> Policy:
    return named_policy() if policy is None else policy


def _check(kind: str, known: tuple[str, ...]) -> None:
    if kind not in known:
        raise UsageError(
            f"this result cannot be drawn as {kind!r}",
            where="parameter kind",
            fix=f"Choose from {', '.join(known)}.",
        )
