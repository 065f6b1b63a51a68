"""`change`: from start and end scores to categories and rates."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.change import jacobson_truax as jt
from outcomes.change.categories import CATEGORIES, MISSING, Flags, categorise, is_clinical
from outcomes.change.cutoff import CutoffUsed, find_cutoff, given_norms
from outcomes.change.jacobson_truax import Numbers
from outcomes.change.rates import rates
from outcomes.change.result import ChangeResult
from outcomes.change.threshold import Threshold, find_direction, find_threshold
from outcomes.errors import NotEnoughData, RangeError, UsageError
from outcomes.instruments.model import Instrument
from outcomes.instruments.registry import get

METHODS = {"jt": "Jacobson and Truax"}
ADDED = ("change", "index", "category")
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

    `frame` has one row for each person, with scores in points in the columns `pre` and
    `post`. `direction` says which score is better, "lower" or "higher": the
    instrument's, or required. Threshold: the instrument's published one; with `sd` or
    `reliability`, or where none is published, z * sqrt(2) * SD * sqrt(1 - r), where SD
    defaults to that of all start scores of the frame (all groups together, so that they
    share one threshold) and r to the instrument's. Cut-off: published, or by `criterion`
    a, b, c from the norms given, the frame's start scores (clinical) and the
    instrument's norms (functional). `cluster` names who belongs together (couple,
    practitioner). Unverified facts are used only with `allow_unverified`, with a warning.

    Raises UsageError (missing or contradictory parameters), InstrumentError (no verified
    threshold or reliability), RangeError (scores outside the instrument), NotEnoughData
    (nobody has both scores). Source: Jacobson & Truax 1991, J Consult Clin Psychol 59:12-19.
    """
    _check_method(method)
    found = get(instrument) if isinstance(instrument, str) else instrument
    toward = find_direction(direction, found)
    before, after = _scores(frame, pre, post, by, cluster, found)
    limit = find_threshold(
        before,
        instrument=found,
        reliability=reliability,
        sd=sd,
        confidence=confidence,
        allow_unverified=allow_unverified,
    )
    line = find_cutoff(
        before,
        instrument=found,
        criterion=criterion,
        direction=toward,
        clinical=given_norms(clinical_mean, clinical_sd, "clinical"),
        functional=given_norms(functional_mean, functional_sd, "functional"),
        allow_unverified=allow_unverified,
    )
    codes = categorise(
        before,
        after,
        direction=toward,
        threshold=limit.value,
        threshold_rule=limit.rule,
        cutoff=line.value,
        cutoff_rule=line.rule,
    )
    table = rates(
        codes,
        groups=None if by is None else frame[by],
        clinical_at_start=_clinical(before, line),
        clusters=None if cluster is None else frame[cluster],
        confidence=confidence,
    )
    return ChangeResult(
        frame=_with_change(frame, before, after, codes, limit),
        rates=table,
        threshold=limit.value,
        threshold_rule=limit.rule,
        cutoff=line.value,
        cutoff_rule=line.rule,
        criterion=criterion,
        direction=toward,
        unit=POINTS if found is None else found.unit,
        sd=limit.sd,
        sem=limit.sem,
        s_diff=limit.s_diff,
        reliability=limit.reliability,
        basis=limit.basis,
        method=method,
        sources=tuple(dict.fromkeys((*limit.sources, *line.sources))),
        n_in=len(frame),
        n_used=int((codes != MISSING).sum()),
        warnings=tuple(dict.fromkeys((*limit.warnings, *line.warnings))),
        by=by,
        cluster=cluster,
        instrument=None if found is None else found.id,
        confidence=confidence,
        clinical=line.clinical,
        functional=line.functional,
        pre=pre,
        post=post,
    )


def _check_method(method: str) -> None:
    if method not in METHODS:
        raise UsageError(
            f"Unknown method: {method!r}.",
            where="parameter method",
            fix=f"Choose from {', '.join(METHODS)}.",
        )


def _scores(
    frame: pd.DataFrame,
    pre: str,
    post: str,
    by: str | None,
    cluster: str | None,
    instrument: Instrument | None,
) -> tuple[Numbers, Numbers]:
    """Start and end scores as floats, after checking that the frame can be used."""
    wanted = [name for name in (pre, post, by, cluster) if name is not None]
    absent = [name for name in wanted if name not in frame.columns]
    if absent:
        raise UsageError(
            f"The frame has no column {', '.join(map(repr, absent))}.",
            where="change(frame, ...)",
            fix=f"Its columns are {', '.join(map(str, frame.columns))}.",
        )
    taken = [name for name in ADDED if name in frame.columns]
    if taken:
        raise UsageError(
            f"The frame already has a column {', '.join(taken)}.",
            where="change(frame, ...)",
            fix="Rename or drop it; the result adds columns of these names.",
        )
    _check_instrument(frame, instrument)
    before, after = _numbers(frame, pre, instrument), _numbers(frame, post, instrument)
    if np.isnan(after - before).all():
        raise NotEnoughData(
            "Nobody has a score both at the start and at the end.",
            where=f"columns {pre} and {post}",
            how_many=len(frame),
            fix="Choose a period or an instrument with scores at both times.",
        )
    return before, after


def _check_instrument(frame: pd.DataFrame, instrument: Instrument | None) -> None:
    """Refuse to apply one instrument's thresholds to another instrument's scores."""
    if "instrument" not in frame.columns:
        return
    there = sorted(map(str, frame["instrument"].dropna().unique()))
    if len(there) > 1 or (instrument is not None and there not in ([], [instrument.id])):
        asked = "" if instrument is None else f", the thresholds are those of {instrument.id}"
        raise UsageError(
            f"The frame holds scores of {', '.join(there)}{asked}.",
            where="column instrument",
            fix="Select the rows of one instrument and name that instrument.",
        )


def _numbers(frame: pd.DataFrame, column: str, instrument: Instrument | None) -> Numbers:
    """One column as floats; UsageError where it is not numeric, RangeError where out of range."""
    values = frame[column]
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        try:
            values = pd.to_numeric(values)
        except (ValueError, TypeError):
            values = None
    if values is None:
        raise UsageError(
            "The scores are not numbers.", where=f"column {column}", fix="Convert them first."
        )
    numbers: Numbers = values.to_numpy(dtype="float64", na_value=np.nan)
    low, high = -np.finfo(float).max, np.finfo(float).max
    if instrument is not None:
        low, high = float(instrument.total_min), float(instrument.total_max)
    outside = int(((numbers < low) | (numbers > high)).sum())
    if outside:
        whole = "finite numbers" if instrument is None else f"{low:g} to {high:g}"
        raise RangeError(
            f"Scores lie outside the possible range, {whole}.",
            where=f"column {column}",
            how_many=outside,
            fix="Check that the column holds total scores of this instrument.",
        )
    return numbers


def _clinical(before: Numbers, line: CutoffUsed) -> Flags | None:
    if line.value is None or line.rule is None:
        return None
    return is_clinical(before, line.value, line.rule)


def _with_change(
    frame: pd.DataFrame, before: Numbers, after: Numbers, codes: np.ndarray, limit: Threshold
) -> pd.DataFrame:
    """The input with change, index and category."""
    points = after - before
    missing = np.full(len(frame), np.nan)
    return frame.assign(
        change=points,
        index=missing if limit.s_diff is None else jt.index(before, after, limit.s_diff),
        category=pd.Categorical.from_codes(codes, categories=list(CATEGORIES)),
    )
