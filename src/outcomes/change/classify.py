"""`change`: from start and end scores to categories and rates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.change.categories import CATEGORIES, MISSING, is_clinical
from outcomes.change.cutoff import CutoffUsed, find_cutoff, given_norms
from outcomes.change.decide import (
    Asked,
    Decision,
    classify,
    decide,
    decide_growth,
    find_method,
    for_method,
)
from outcomes.change.jacobson_truax import Numbers
from outcomes.change.methods import METHODS
from outcomes.change.rates import rates
from outcomes.change.result import ChangeResult
from outcomes.change.scores import Columns, occasion_scores, start_and_end
from outcomes.change.threshold import Evidence, find_direction
from outcomes.errors import UsageError
from outcomes.instruments.model import Instrument
from outcomes.instruments.registry import get

__all__ = ["METHODS", "change"]
POINTS = "points"


def change(
    frame: pd.DataFrame,
    *,
    instrument: str | Instrument | None = None,
    pre: str = "pre",
    post: str = "post",
    direction: str | None = None,
    reliability: float | None = None,
    reliability_post: float | None = None,
    sd: float | None = None,
    clinical_mean: float | None = None,
    clinical_sd: float | None = None,
    functional_mean: float | None = None,
    functional_sd: float | None = None,
    important_change: float | None = None,
    percentage: float | None = None,
    occasions: Sequence[str] | None = None,
    times: Sequence[float] | None = None,
    method: str = "jt",
    criterion: str | None = None,
    by: str | None = None,
    confidence: float = 0.95,
    cluster: str | None = None,
    allow_unverified: bool = False,
) -> ChangeResult:
    """Classify each row's change and give the rates within each group of `by`.

    `frame` has one row for each person, scores in points in `pre` and `post`; `direction`
    (which score is better) is the instrument's, or required. `method` "jt": the instrument's
    published threshold; with `sd` or `reliability`, or where none is published, z * sqrt(2) *
    SD * sqrt(1 - r), SD of all start scores of the frame (one threshold for all groups), r
    the instrument's. gln, hll, en, nk (`reliability_post`, else r) and ha need r and never
    use a published threshold. "hlm" takes the columns `occasions` (three or more) and their
    `times` (default 0, 1, 2, ...), "anchor" `important_change` (else the instrument's),
    "percentage" `percentage` of the start score, "stat" the cut-off alone. Cut-off: published,
    or by `criterion` a, b, c from the norms given, else the start scores (clinical) and the
    instrument's norms (functional). `cluster` names who belongs together.

    Raises UsageError (missing or contradictory parameters), InstrumentError (no verified
    threshold or reliability), RangeError (impossible scores), NotEnoughData (nobody has
    both scores). Sources: the cards of METHODS.
    """
    _check_occasions(method, occasions, times)
    found = get(instrument) if isinstance(instrument, str) else instrument
    toward = find_direction(direction, found)
    columns = Columns(pre, post, by, cluster)
    scores = start_and_end(frame, columns, found)
    known = Evidence(scores[0], found, allow_unverified)
    sizes = (important_change, percentage)
    asked = Asked(method, reliability, reliability_post, sd, *sizes, confidence)
    if occasions is None:
        decision = decide(known, scores[1], asked)
    else:
        decision = decide_growth(occasion_scores(frame, occasions, found), times, confidence)
    ill = given_norms(clinical_mean, clinical_sd, "clinical")
    well = given_norms(functional_mean, functional_sd, "functional")
    line = find_cutoff(known, criterion, toward, clinical=ill, functional=well)
    line = for_method(line, criterion, decision, toward, confidence)
    rules = _Rules(decision, line, criterion, toward, method, confidence)
    return _classified(frame, columns, scores, rules, found)


def _check_occasions(
    method: str, occasions: Sequence[str] | None, times: Sequence[float] | None
) -> None:
    """UsageError for an unknown method, or occasions where they do not belong."""
    find_method(method)
    if (occasions is None) is (method == "hlm") or (times is not None and method != "hlm"):
        raise UsageError(
            "Method 'hlm' needs the columns of three or more occasions; no other method uses them.",
            where="parameters occasions and times",
            fix="Give method='hlm' with occasions=[...], or leave both out.",
        )


@dataclass(frozen=True, slots=True)
class _Rules:
    """Everything that decides a category and an interval."""

    decision: Decision
    line: CutoffUsed
    criterion: str | None
    direction: str
    method: str
    confidence: float


def _classified(
    frame: pd.DataFrame,
    columns: Columns,
    scores: tuple[Numbers, Numbers],
    rules: _Rules,
    instrument: Instrument | None,
) -> ChangeResult:
    """Apply the rules and count."""
    before, after = scores
    line, decision = rules.line, rules.decision
    codes = classify(before, after, decision, line, direction=rules.direction, method=rules.method)
    at_start = None
    added: dict[str, object] = {"change": after - before, "index": decision.index(before, after)}
    if line.value is not None and line.rule is not None:
        at_start = is_clinical(before, line.value, line.rule)
        healthy = pd.array(~at_start, dtype="boolean")
        healthy[np.isnan(before)] = pd.NA
        added["healthy_at_start"] = healthy
    added["category"] = pd.Categorical.from_codes(codes, categories=list(CATEGORIES))
    table = rates(
        codes,
        groups=None if columns.by is None else frame[columns.by],
        clinical_at_start=at_start,
        clusters=None if columns.cluster is None else frame[columns.cluster],
        confidence=rules.confidence,
        crossing=rules.method == "stat",
    )
    return ChangeResult(
        frame=frame.assign(**added),
        rates=table,
        reliable=decision.threshold,
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
        line=decision.line,
        sample=decision.sample,
        growth=decision.fit,
    )
