"""`concurrent`: the other service as something that is added at a time, not as a kind of person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.comparison.concurrent.ever import ever_had
from outcomes.comparison.concurrent.history import EVENT, SCORE, Columns, History, history
from outcomes.comparison.concurrent.policy import concurrent_policy
from outcomes.comparison.concurrent.result import EVER, MAIN, PLAIN, ConcurrentResult
from outcomes.comparison.concurrent.structural import Structural, of_events, of_scores
from outcomes.comparison.concurrent.weights import RowWeights, row_weights
from outcomes.comparison.policy import comparison_policy
from outcomes.comparison.verdict import decide, t_interval
from outcomes.errors import NotEnoughData, UsageError

FloatArray = npt.NDArray[np.float64]
NAN = float("nan")


@dataclass(frozen=True, slots=True)
class _Asked:
    names: Columns
    kind: str
    direction: str | None
    confidence: float


def concurrent(
    frame: pd.DataFrame,
    *,
    person: str = "client_id",
    period: str = "period",
    exposed: str = "exposed",
    outcome: str = "score",
    kind: str = SCORE,
    baseline: Sequence[str],
    varying: Sequence[str],
    left: str | None = "left",
    cluster: str | None = None,
    direction: str | None = None,
    confidence: float = 0.95,
) -> ConcurrentResult:
    """Having added the other service against not yet, as a time-varying exposure.

    `frame` has a row for each person and period in care, as `oc.person_time` gives it:
    `exposed` says whether the other service had begun when the period began (once True, always
    True); `outcome` is the score at the end of the period (kind "score") or 1 in the period of
    an event, whose later rows are not looked at (kind "event"), NaN where it was not seen;
    `left` marks the period in which somebody left (None: nobody does). `baseline` is known at
    the start, `varying` at the start of each period and before adding. `cluster` names who is
    not independent (None: the person). `direction` says which score is better.

    A marginal structural model: stabilised weights, then a pooled regression with
    cluster-robust uncertainty. Raises UsageError for rows that contradict each other.
    """
    if kind not in (SCORE, EVENT):
        raise UsageError(f"unknown kind {kind!r}", where="kind", fix=f"{SCORE} or {EVENT}")
    if not baseline:
        raise UsageError(
            "The start has to be adjusted for.", where="parameter baseline",
            fix="Name what was known at the start, at least the start score.",
        )  # fmt: skip
    here = left if left is None or left in frame.columns or left != "left" else None
    names = Columns(
        person, period, exposed, outcome, here, cluster, tuple(baseline), tuple(varying)
    )
    asked = _Asked(names, kind, direction, confidence)
    rows = history(frame, names, kind)
    few = _few(rows, kind)
    if few:
        return _result(asked, rows, None, {}, few)
    weights = row_weights(rows, kind)
    found = _estimates(rows, kind, weights)
    return _result(asked, rows, weights, found, ())


def _few(rows: History, kind: str) -> tuple[str, ...]:
    """Codes of what there is too little of to estimate anything."""
    limits = concurrent_policy()["few"]
    seen = ~np.isnan(rows.y)
    added = np.unique(rows.person[rows.exposed & seen])
    codes = ["few_added"] if len(added) < int(limits["exposed"]) else []
    alone = np.unique(rows.person[~rows.exposed & seen])
    codes += ["few_not_added"] if len(alone) < int(limits["exposed"]) else []
    if kind == EVENT:
        events = rows.y == 1
        both_sides = min(int((events & rows.exposed).sum()), int((events & ~rows.exposed).sum()))
        enough = int(events.sum()) >= int(limits["events"]) and both_sides > 0
        codes += [] if enough else ["few_events"]
    return tuple(codes)


def _estimates(rows: History, kind: str, weights: RowWeights) -> dict[str, Structural]:
    seen = ~np.isnan(rows.y)
    others = np.column_stack([rows.time, rows.fixed, rows.fixed * rows.time[:, 1:2]])[seen]
    y, exposed = rows.y[seen], rows.exposed[seen].astype(float)
    fit = of_events if kind == EVENT else of_scores
    found = {}
    for name, values in ((MAIN, weights.weights[seen]), (PLAIN, np.ones(len(y)))):
        try:
            found[name] = fit(y, exposed, others, values, rows.cluster[seen])
        except (NotEnoughData, np.linalg.LinAlgError):
            continue
    ever = ever_had(rows, kind)
    return found if ever is None else {**found, EVER: ever}


def _result(
    asked: _Asked,
    rows: History,
    weights: RowWeights | None,
    found: dict[str, Structural],
    few: tuple[str, ...],
) -> ConcurrentResult:
    main = found.get(MAIN, Structural(NAN, NAN, NAN, 0, True))
    converged = main.converged and (weights is None or weights.converged)
    if not converged:
        main = Structural(NAN, NAN, NAN, main.n_clusters, False)
    span = t_interval(main.estimate, main.se, main.df, asked.confidence)
    broken = comparison_policy().check("df", main.df)
    verdict, reasons = decide(
        interval=span,
        equivalence=span,
        margin=None,
        direction=asked.direction,
        failed=(),
        few=tuple((code, NAN, NAN) for code in few) + ((broken,) if broken else ()),
        converged=converged,
    )
    seen = ~np.isnan(rows.y)
    return ConcurrentResult(
        kind=asked.kind,
        estimate=main.estimate,
        se=main.se,
        df=main.df,
        low=span.low,
        high=span.high,
        p=span.p,
        confidence=asked.confidence,
        verdict=verdict,
        reasons=reasons,
        beside=_beside(found, asked),
        weights=_described(weights),
        n=_counts(rows, asked.kind),
        n_in=len(rows.y),
        n_used=int(seen.sum()),
        n_clusters=main.n_clusters,
        converged=converged,
        warnings=_warnings(rows, weights, few, asked),
        outcome=asked.names.outcome,
        baseline=asked.names.baseline,
        varying=asked.names.varying,
        unit="points" if asked.kind == SCORE else "log odds ratio",
        direction=asked.direction,
    )


def _counts(rows: History, kind: str) -> dict[str, int]:
    counts = {
        "persons": rows.n_people,
        "added": len(np.unique(rows.person[rows.exposed])),
        "periods": len(rows.y),
        "left": int(rows.left.sum()),
    }
    return {**counts, "events": int((rows.y == 1).sum())} if kind == EVENT else counts


def _beside(found: dict[str, Structural], asked: _Asked) -> pd.DataFrame:
    table = []
    for name, one in found.items():
        span = t_interval(one.estimate, one.se, one.df, asked.confidence)
        unit = "points" if asked.kind == SCORE else "log odds ratio"
        if name == EVER and asked.kind == EVENT:
            unit = "share with the event"
        table.append((name, one.estimate, one.se, one.df, span.low, span.high, unit))
    return pd.DataFrame(table, columns=["way", "estimate", "se", "df", "low", "high", "unit"])


def _described(weights: RowWeights | None) -> pd.DataFrame:
    if weights is None:
        return pd.DataFrame(columns=["part", "value"])
    facts = {
        "mean before truncation": weights.mean,
        "largest before truncation": weights.largest,
        "rows truncated": float(weights.n_truncated),
    }
    return pd.DataFrame(list(facts.items()), columns=["part", "value"])


_SAID = {
    "few_added": "too few people added the other service; nothing was estimated",
    "few_not_added": "too few people are seen without the other service; nothing was estimated",
    "few_events": "too few events on one side; nothing was estimated",
}


def _warnings(
    rows: History, weights: RowWeights | None, few: tuple[str, ...], asked: _Asked
) -> tuple[str, ...]:
    said = [_SAID[code] for code in few]
    said += list(rows.notes)
    if not asked.names.varying:
        said.append("nothing that changes over time is adjusted for")
    if weights is not None:
        low, high = concurrent_policy()["weights"]["mean_between"]
        if not low <= weights.mean <= high:
            said.append(
                f"the weights average {weights.mean:.2f}, not 1: some people could hardly have "
                "added the other service, or a model is wrong"
            )
        if weights.weak:
            said.append(
                f"who has what ({', '.join(weights.weak)}) follows nearly from period and scores; "
                "that model has a weakly informative prior"
            )
        if not weights.converged:
            said.append("a model of the weights did not converge; no estimate is shown")
    return tuple(dict.fromkeys(said))
