"""Read several comparisons as one family: what was declared, what was not, adjusted for both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd

from outcomes.comparison.family.adjusted import (
    METHODS,
    adjust,
    selected_level,
    simultaneous_level,
)
from outcomes.comparison.family.result import FamilyResult
from outcomes.comparison.verdict import t_interval
from outcomes.errors import UsageError
from outcomes.schema.verdicts import Verdict

NAN = float("nan")
PRIMARY, FAMILY, EXPLORATORY = "primary", "family", "exploratory"


class Estimated(Protocol):
    """What a member of a family must have; results of `compare` and `landmark` do."""

    @property
    def estimate(self) -> float:
        """The difference, nan where it may not be shown."""

    @property
    def se(self) -> float:
        """Its standard error."""

    @property
    def df(self) -> float:
        """Its degrees of freedom."""

    @property
    def p(self) -> float:
        """Of the two-sided test against 0."""

    @property
    def verdict(self) -> Verdict:
        """What the member says alone."""


def family(
    results: Mapping[str, Any] | Sequence[Any],
    *,
    primary: str | None = None,
    declared: Iterable[str] | None = None,
    method: str = "holm",
    confidence: float = 0.95,
) -> FamilyResult:
    """Adjust the p values and intervals of `results` over the family that was declared.

    `results` by name, or a list (then named after outcome and contrast). `declared` names the
    family: what is in `results` beyond it is exploratory and gets no adjusted numbers; a name
    without a result still counts in the size. None declares all of them. `primary` is a member
    that stands alone, unadjusted; the others are adjusted among themselves. `method` is "holm"
    or "bh". Raises UsageError for unknown names and methods.
    """
    members = _named(results)
    if method not in METHODS:
        raise UsageError(f"unknown method {method!r}", where="method", fix=", ".join(METHODS))
    names = list(members) if declared is None else list(dict.fromkeys(declared))
    if primary is not None and primary not in members:
        raise UsageError(
            f"The primary comparison {primary!r} is not among the results.",
            where="parameter primary",
            fix=f"One of {', '.join(members)}.",
        )
    inside = [name for name in names if name != primary]
    absent = [name for name in inside if name not in members]
    rows = [_row(name, members[name], _role(name, primary, inside)) for name in members]
    rows += [_untested(name) for name in absent]
    table = pd.DataFrame(rows)
    table = _adjusted(table, method, confidence)
    loose = table["role"].eq(EXPLORATORY)
    own = table["role"].eq(FAMILY)
    return FamilyResult(
        table=table,
        method=method,
        size=len(inside),
        tested=int((own & table["p"].notna()).sum()),
        n_exploratory=int(loose.sum()),
        primary=primary,
        confidence=confidence,
        warnings=_warnings(absent, declared is None, table),
    )


def _named(results: Mapping[str, Any] | Sequence[Any]) -> dict[str, Any]:
    if isinstance(results, Mapping):
        members = {str(name): result for name, result in results.items()}
    else:
        members = {}
        for result in results:
            name = f"{getattr(result, 'outcome', 'outcome')}: {_contrast(result)}"
            if name in members:
                raise UsageError(
                    "Two results have the same outcome and contrast.",
                    where=f"result {name}",
                    fix="Give a dictionary with a name for each.",
                )
            members[name] = result
    if not members:
        raise UsageError("A family needs at least one result.", where="parameter results")
    lacking = [
        name
        for name, result in members.items()
        if not all(hasattr(result, field) for field in ("estimate", "se", "df", "p", "verdict"))
    ]
    if lacking:
        raise UsageError(
            "These results have no estimate with a standard error and p.",
            where=", ".join(lacking),
            how_many=len(lacking),
            fix="Give results of oc.compare or oc.concurrent.",
        )
    return members


def _contrast(result: object) -> str:
    other, reference = (getattr(result, side, "") for side in ("other", "reference"))
    return f"{other} - {reference}" if other or reference else ""


def _role(name: str, primary: str | None, inside: list[str]) -> str:
    if name == primary:
        return PRIMARY
    return FAMILY if name in inside else EXPLORATORY


def _row(name: str, result: Estimated, role: str) -> dict[str, object]:
    return {
        "name": name,
        "role": role,
        "contrast": _contrast(result),
        "outcome": str(getattr(result, "outcome", "")),
        "estimate": float(result.estimate),
        "se": float(result.se),
        "df": float(result.df),
        "p": float(result.p),
        "unit": str(getattr(result, "unit", "")),
        "verdict": str(result.verdict),
    }


def _untested(name: str) -> dict[str, object]:
    return {
        "name": name, "role": FAMILY, "contrast": "", "outcome": "", "estimate": NAN, "se": NAN,
        "df": NAN, "p": NAN, "unit": "", "verdict": str(Verdict.CANNOT_TELL),
    }  # fmt: skip


def _adjusted(table: pd.DataFrame, method: str, confidence: float) -> pd.DataFrame:
    own = table["role"].eq(FAMILY).to_numpy()
    p = np.full(len(table), NAN)
    p[own] = adjust(table.loc[own, "p"].to_numpy(dtype=float), method)
    found = p < 1 - confidence
    size = int(own.sum())
    if method == "holm":
        level = np.where(own, simultaneous_level(size, confidence), NAN)
    else:
        level = np.where(found, selected_level(int(found.sum()), max(size, 1), confidence), NAN)
    plain = [_limits(row, confidence) for row in table.itertuples()]
    wide = [_limits(row, at) for row, at in zip(table.itertuples(), level, strict=True)]
    roles = table["role"]
    reading = [
        _reading(role, verdict, bool(passed))
        for role, verdict, passed in zip(roles, table["verdict"], found, strict=True)
    ]
    return pd.DataFrame(
        {
            **{name: table[name] for name in ("name", "role", "contrast", "outcome", "estimate")},
            "low": [low for low, _ in plain],
            "high": [high for _, high in plain],
            "p": table["p"],
            "p_adjusted": p,
            "low_adjusted": [low for low, _ in wide],
            "high_adjusted": [high for _, high in wide],
            "level_adjusted": level,
            "unit": table["unit"],
            "verdict": table["verdict"],
            "reading": reading,
        }
    )


def _limits(row: Any, level: float) -> tuple[float, float]:  # noqa: ANN401 - a named tuple
    if np.isnan(level):
        return NAN, NAN
    span = t_interval(row.estimate, row.se, row.df, level)
    return span.low, span.high


def _reading(role: str, verdict: str, passed: bool) -> str:
    if role == EXPLORATORY:
        return EXPLORATORY
    if role == FAMILY and verdict == Verdict.SUPPORTED and not passed:
        return str(Verdict.CANNOT_TELL)
    return verdict


def _warnings(absent: list[str], everything: bool, table: pd.DataFrame) -> tuple[str, ...]:
    said = []
    if everything:
        said.append(
            "Nobody said which comparisons were declared in advance; all of them are taken as the "
            "family."
        )
    if absent:
        said.append(f"Declared, but without a result: {', '.join(absent)}.")
    lost = table["role"].eq(FAMILY) & table["verdict"].eq("supported")
    lost &= table["reading"].ne("supported")
    if lost.any():
        names = ", ".join(table.loc[lost, "name"])
        said.append(f"Found alone, but not after adjustment: {names}.")
    return tuple(said)
