"""`change`: from start and end scores to categories and rates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.change import jacobson_truax as jt
from outcomes.change.categories import CATEGORIES, MISSING, categorise, is_clinical
from outcomes.change.cutoff import CutoffUsed, find_cutoff, given_norms
from outcomes.change.jacobson_truax import Numbers
from outcomes.change.rates import rates
from outcomes.change.result import ChangeResult
from outcomes.change.scores import Columns, start_and_end
from outcomes.change.threshold import Evidence, Threshold, find_direction, find_threshold
from outcomes.errors import UsageError
from outcomes.instruments.model import Instrument
from outcomes.instruments.registry import get

METHODS = {"jt": "Jacobson and Truax"}
POINTS = "points"


def change(
    frame: pd.DataFrame,
    *,
    instrument: str | Instrument | None = None,
    pre: str = "pre",
    post: str = "post",
    direction: str | None = None,
    reliability: float | None = None,
    sd: float | None = None,
    clinical_mean: float | None = None,
    clinical_sd: float | None = None,
    functional_mean: float | None = None,
    functional_sd: float | None = None,
    method: str = "jt",
    criterion: str | None = None,
    by: str | None = None,
    confidence: float = 0.95,
    cluster: str | None = None,
    allow_unverified: bool = False,
) -> ChangeResult:
    """Classify each row's change and give the rates within each group of `by`.

    `frame` has one row for each person, with scores in points in `pre` and `post`.
    `direction` ("lower" or "higher" is better) is the instrument's, or required. Threshold:
    the instrument's published one; with `sd` or `reliability`, or where none is published,
    z * sqrt(2) * SD * sqrt(1 - r), SD defaulting to that of all start scores of the frame
    (all groups share one threshold), r to the instrument's. Cut-off: published, or by
    `criterion` a, b, c from the norms given, else the start scores (clinical) and the
    instrument's norms (functional). `cluster` names who belongs together. Unverified facts
    are used only with `allow_unverified`, with a warning.

    Raises UsageError (missing or contradictory parameters), InstrumentError (no verified
    threshold or reliability), RangeError (impossible scores), NotEnoughData (nobody has
    both scores). Source: Jacobson & Truax 1991, J Consult Clin Psychol 59:12-19.
    """
    _check_method(method)
    found = get(instrument) if isinstance(instrument, str) else instrument
    toward = find_direction(direction, found)
    columns = Columns(pre, post, by, cluster)
    before, after = start_and_end(frame, columns, found)
    known = Evidence(before, found, allow_unverified)
    limit = find_threshold(known, reliability=reliability, sd=sd, confidence=confidence)
    clinical = given_norms(clinical_mean, clinical_sd, "clinical")
    functional = given_norms(functional_mean, functional_sd, "functional")
    line = find_cutoff(known, criterion, toward, clinical=clinical, functional=functional)
    rules = _Rules(limit, line, criterion, toward, method, confidence)
    return _classify(frame, columns, (before, after), rules, found)


@dataclass(frozen=True, slots=True)
class _Rules:
    """Everything that decides a category and an interval."""

    limit: Threshold
    line: CutoffUsed
    criterion: str | None
    direction: str
    method: str
    confidence: float


def _check_method(method: str) -> None:
    if method not in METHODS:
        raise UsageError(
            f"Unknown method: {method!r}.",
            where="parameter method",
            fix=f"Choose from {', '.join(METHODS)}.",
        )


def _classify(
    frame: pd.DataFrame,
    columns: Columns,
    scores: tuple[Numbers, Numbers],
    rules: _Rules,
    instrument: Instrument | None,
) -> ChangeResult:
    """Apply the rules and count."""
    before, after = scores
    limit, line = rules.limit, rules.line
    codes = categorise(
        before,
        after,
        direction=rules.direction,
        threshold=limit.value,
        threshold_rule=limit.rule,
        cutoff=line.value,
        cutoff_rule=line.rule,
    )
    at_start = None
    if line.value is not None and line.rule is not None:
        at_start = is_clinical(before, line.value, line.rule)
    table = rates(
        codes,
        groups=None if columns.by is None else frame[columns.by],
        clinical_at_start=at_start,
        clusters=None if columns.cluster is None else frame[columns.cluster],
        confidence=rules.confidence,
    )
    missing = np.full(len(frame), np.nan)
    classified = frame.assign(
        change=after - before,
        index=missing if limit.s_diff is None else jt.index(before, after, limit.s_diff),
        category=pd.Categorical.from_codes(codes, categories=list(CATEGORIES)),
    )
    return ChangeResult(
        frame=classified,
        rates=table,
        reliable=limit,
        clinical_range=line,
        criterion=rules.criterion,
        direction=rules.direction,
        unit=POINTS if instrument is None else instrument.unit,
        method=rules.method,
        instrument=None if instrument is None else instrument.id,
        n_in=len(frame),
        n_used=int((codes != MISSING).sum()),
        confidence=rules.confidence,
        columns=columns,
    )
