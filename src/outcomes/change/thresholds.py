"""`thresholds`: what counts as reliable change by each basis there is, side by side."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.change import jacobson_truax as jt
from outcomes.change.categories import MISSING, categorise
from outcomes.change.jacobson_truax import Numbers
from outcomes.change.scores import Columns, start_and_end
from outcomes.change.threshold import Evidence, find_direction, measured, own_sd
from outcomes.errors import InstrumentError, NotEnoughData, UsageError
from outcomes.instruments.model import Instrument
from outcomes.instruments.registry import get
from outcomes.proportions import critical_value, wilson
from outcomes.schema.drawing import Drawable

COLUMNS = [
    "basis",
    "points",
    "rule",
    "confidence",
    "sd",
    "reliability",
    "reliability_kind",
    "n",
    "source",
    "verified",
    "improved",
    "deteriorated",
    "n_pairs",
    "rate",
    "low",
    "high",
]
_SCORE_PAIR = 2


@dataclass(frozen=True, slots=True, eq=False)
class ThresholdsResult(Drawable):
    """One row for each basis of the threshold, and how many people it calls improved.

    `table` has the columns COLUMNS; `n` are the people behind an own estimate. `left_out`
    says which basis could not be used and why.
    """

    table: pd.DataFrame
    direction: str
    unit: str
    confidence: float
    n_in: int
    left_out: dict[str, str]

    def to_frame(self) -> pd.DataFrame:
        """The table."""
        return self.table.copy()

    def __repr__(self) -> str:
        shown = self.table[["basis", "points", "rule", "confidence", "improved", "n_pairs"]]
        lines = [f"ThresholdsResult({self.n_in} people, {self.unit})", shown.to_string(index=False)]
        return "\n".join([*lines, *(f"not used: {k}: {why}" for k, why in self.left_out.items())])

    def _repr_html_(self) -> str:
        said = "".join(
            f"<p>{html.escape(f'{name}: {why}')}</p>" for name, why in self.left_out.items()
        )
        return said + str(self.table.to_html(index=False, escape=True, na_rep="not known"))

    def explain(self) -> str:
        """Say how each threshold was made and what the comparison does not tell."""
        lines = [
            "threshold = z * sqrt(2) * SD * sqrt(1 - r) unless published in points. "
            f"{jt.SOURCE}. People counted improved ({self.direction} is better):"
        ]
        for row in self.table.itertuples():
            mark = "" if row.verified else " (not verified)"
            lines.append(
                f"{row.basis}: {row.points:.4g} {self.unit}, {100 * row.confidence:g} %, "
                f"{row.improved} of {row.n_pairs}{mark}; {row.source}"
            )
        lines += [f"{name}: not used, {why}" for name, why in self.left_out.items()]
        lines.append(
            "alpha measures agreement of the items on one day, a retest correlation stability "
            "over time without change: thresholds from the two differ. A sample selected for high "
            "scores has a small SD and so a small threshold. Choose one basis before looking at "
            "the counts."
        )
        return "\n".join(lines)


def cronbach_alpha(items: Numbers) -> tuple[float, int]:
    """Cronbach's alpha and the people it rests on: (people, items), complete rows only.

    k / (k - 1) * (1 - sum of item variances / variance of the sum). Cronbach 1951,
    Psychometrika 16:297-334. Items must already be reversed where the key says so. Raises
    NotEnoughData with fewer than two items or three complete people, or without spread.
    """
    there = items[~np.isnan(items).any(axis=1)]
    n, k = there.shape
    total = float(there.sum(axis=1).var(ddof=1)) if n > 1 else 0.0
    if k < 2 or n < 3 or total <= 0:
        raise NotEnoughData(
            "Alpha needs two items and three people who answered all of them differently.",
            how_many=n,
            fix="Give the scored items, one column each.",
        )
    return k / (k - 1) * (1 - float(there.var(axis=0, ddof=1).sum()) / total), n


def retest(first: Numbers, second: Numbers) -> tuple[float, int]:
    """Correlation of two scores of people who did not change between, and their number.

    NotEnoughData with fewer than three people with both, or without spread.
    """
    both = ~np.isnan(first + second)
    x, y = first[both], second[both]
    if len(x) < 3 or x.std() == 0 or y.std() == 0:
        raise NotEnoughData(
            "A retest correlation needs three people with two scores that differ.",
            how_many=len(x),
        )
    return float(np.corrcoef(x, y)[0, 1]), len(x)


def thresholds(
    frame: pd.DataFrame,
    *,
    instrument: str | Instrument | None = None,
    pre: str = "pre",
    post: str = "post",
    direction: str | None = None,
    reliability: float | None = None,
    items: pd.DataFrame | None = None,
    stable: pd.DataFrame | None = None,
    confidence: float = 0.95,
    allow_unverified: bool = False,
) -> ThresholdsResult:
    """Published threshold, own sample with published reliability, own sample with its own.

    `reliability` is used as the published one where the instrument has none. Own
    reliability: alpha from `items` (scored responses at the start, one column for each item,
    reversed where the key says so), or the correlation in a group known to be stable
    (`stable`: two columns, its first and second scores); both, where both are given. A
    basis that cannot be used is named in `left_out` with the reason. Raises UsageError where
    no basis is left.
    """
    found = get(instrument) if isinstance(instrument, str) else instrument
    toward = find_direction(direction, found)
    before, after = start_and_end(frame, Columns(pre, post, None, None), found)
    known = Evidence(before, found, allow_unverified)
    rows, left_out = [], {}
    published = None if found is None else found.threshold(allow_unverified=allow_unverified)
    if published is None:
        left_out["published"] = "no verified threshold is known"
    else:
        rows.append(
            {
                "basis": "published",
                "points": float(published.value),
                "rule": published.rule,
                "confidence": published.confidence,
                "source": published.source,
                "verified": published.verified,
            }
        )
    _own_published(rows, left_out, known, reliability=reliability, confidence=confidence)
    _own(rows, left_out, before, items=items, stable=stable, confidence=confidence)
    if not rows:
        raise UsageError(
            "There is nothing to take a threshold from.",
            where="thresholds(frame, ...)",
            fix="Name the instrument, or give reliability=, items= or stable=.",
        )
    counted = [{**row, **_counted(row, before, after, toward, confidence)} for row in rows]
    return ThresholdsResult(
        table=pd.DataFrame(counted).reindex(columns=COLUMNS),
        direction=toward,
        unit="points" if found is None else found.unit,
        confidence=confidence,
        n_in=len(frame),
        left_out=left_out,
    )


def _own_published(
    rows: list[dict[str, object]],
    left_out: dict[str, str],
    known: Evidence,
    *,
    reliability: float | None,
    confidence: float,
) -> None:
    """Add the row of the own SD with the published (or given) reliability."""
    basis = f"own sample, {'published' if reliability is None else 'given'} reliability"
    try:
        limit = measured(known, reliability=reliability, sd=None, confidence=confidence)
    except NotEnoughData:
        left_out[basis] = "the start scores have no spread of their own"
        return
    except (InstrumentError, UsageError):
        if reliability is not None:
            raise
        left_out[basis] = "no verified reliability is known"
        return
    fact = (
        None
        if known.instrument is None or reliability is not None
        else known.instrument.reliability_value(allow_unverified=known.allow_unverified)
    )
    rows.append(
        {
            "basis": basis,
            "points": limit.value,
            "rule": limit.rule,
            "confidence": confidence,
            "sd": limit.sd,
            "reliability": limit.reliability,
            "reliability_kind": "given" if fact is None else fact.kind,
            "n": int((~np.isnan(known.pre)).sum()),
            "source": "; ".join(limit.sources[1:]) or "reliability given",
            "verified": fact is not None and fact.verified,
        }
    )


def _own(
    rows: list[dict[str, object]],
    left_out: dict[str, str],
    pre: Numbers,
    *,
    items: pd.DataFrame | None,
    stable: pd.DataFrame | None,
    confidence: float,
) -> None:
    """Add a row for each own reliability that can be estimated."""
    if items is None and stable is None:
        left_out["own sample, own reliability"] = "neither items= nor stable= is given"
    if stable is not None and stable.shape[1] != _SCORE_PAIR:
        raise UsageError(
            "The stable group needs two columns: first and second scores.",
            where="parameter stable",
        )
    estimates: list[tuple[str, Callable[[], tuple[float, int]]]] = []
    if items is not None:
        numbers = items.to_numpy(dtype="float64", na_value=np.nan)
        estimates.append(("alpha", lambda: cronbach_alpha(numbers)))
    if stable is not None:
        pair = stable.to_numpy(dtype="float64", na_value=np.nan)
        estimates.append(("test_retest", lambda: retest(pair[:, 0], pair[:, 1])))
    for kind, estimate in estimates:
        basis = f"own sample, own reliability ({kind.replace('_', '-')})"
        try:
            value, n = estimate()
            spread, _ = own_sd(pre)
            error = jt.s_diff(jt.sem(spread, value))
        except (NotEnoughData, UsageError) as failure:
            left_out[basis] = str(failure).splitlines()[0]
            continue
        rows.append(
            {
                "basis": basis,
                "points": critical_value(confidence) * error,
                "rule": "exceeds",
                "confidence": confidence,
                "sd": spread,
                "reliability": value,
                "reliability_kind": kind,
                "n": n,
                "source": "this sample",
                "verified": True,
            }
        )


def _counted(
    row: dict[str, object], pre: Numbers, post: Numbers, direction: str, confidence: float
) -> dict[str, object]:
    """How many people a threshold calls improved and deteriorated."""
    codes = categorise(
        pre,
        post,
        direction=direction,
        threshold=float(str(row["points"])),
        threshold_rule=str(row["rule"]),
    )
    improved, worse = int((codes == 1).sum()), int((codes == 3).sum())
    total = int((codes != MISSING).sum())
    low, high = wilson(improved, total, confidence)
    return {
        "improved": improved,
        "deteriorated": worse,
        "n_pairs": total,
        "rate": improved / total,
        "low": low,
        "high": high,
    }
