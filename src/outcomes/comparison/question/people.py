"""The people of a study a question is about, with the outcome as it was declared."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from outcomes.change import change
from outcomes.comparison.question.happened import event_days
from outcomes.derive import Cohort, cohort
from outcomes.derive.pairs import one_instrument
from outcomes.errors import NotEnoughData
from outcomes.schema import Study

if TYPE_CHECKING:
    from outcomes.comparison.question.question import Question

KEYS = ["client_id", "episode_id"]
_IMPROVED = ("recovered", "improved")


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """The eligible with the outcome in the cohort's frame; who was left out, what happened.

    `left_out` counts persons by reason, `events` has event, strategy, arm, persons.
    """

    cohort: Cohort
    left_out: dict[str, int]
    events: pd.DataFrame


def people_of(question: Question, study: Study) -> People:
    """Select, handle intercurrent events as declared, and make the outcome."""
    scores = one_instrument(study, question.instrument)
    first = question.landmark_days if question.time_zero == "landmark" else question.grace
    first_days = question.grace if first is None else first
    found = _cohort(question, study, scores, first_days)
    frame = found.frame
    days = event_days(study, frame, first_days)
    before = _before_events(question, frame, days, scores)
    if before is not None:
        own = question.changed(follow_up_days=None, follow_up_window=None)
        frame = _replaced(frame, before, _cohort(own, study, before.scores, first_days).frame)
    frame, counts = _after_events(question, frame, days)
    frame, left_out = _eligible(question, frame)
    if frame.empty:
        raise NotEnoughData("Nobody is eligible.", where="Question.eligibility", how_many=0)
    return People(replace(found, frame=frame), left_out, counts)


def _cohort(question: Question, study: Study, scores: pd.DataFrame, first_days: int) -> Cohort:
    return cohort(
        study,
        question.instrument,
        interventions=question.strategies,
        period=question.eligibility.period,
        practice=question.eligibility.practice,
        follow_up_days=question.follow_up_days,
        follow_up_window=question.follow_up_window,
        scores=scores,
        grace_days=first_days,
    )


def _chosen(question: Question, way: str) -> list[str]:
    """Recorded events that are handled in one way."""
    names = ("dropout", "switching", "adding_other_service")
    return [name for name in names if question.intercurrent[name] == way]


@dataclass(frozen=True, slots=True, eq=False)
class _Before:
    """Rows of people whose event ends what counts, and all scores up to it."""

    stopped: pd.Series
    scores: pd.DataFrame


def _before_events(
    question: Question, frame: pd.DataFrame, days: pd.DataFrame, scores: pd.DataFrame
) -> _Before | None:
    """Scores up to the event, for people who had one that is handled while on treatment."""
    names = _chosen(question, "while_on_treatment")
    until = days[names].min(axis=1) if names else pd.Series(pd.NaT, index=frame.index)
    stopped = until.notna()
    if not stopped.any():
        return None
    keys = frame.loc[stopped, KEYS].assign(_until=until[stopped])
    texts = dict.fromkeys(KEYS, "string")
    last = scores[KEYS].astype(texts).merge(keys.astype(texts), on=KEYS, how="left")["_until"]
    kept = scores["taken_on"].to_numpy() <= last.to_numpy()
    return _Before(stopped, scores[kept | last.isna().to_numpy()])


def _replaced(frame: pd.DataFrame, before: _Before, earlier: pd.DataFrame) -> pd.DataFrame:
    """The frame with the end scores of `earlier` for those stopped."""
    chosen = earlier.set_index(KEYS)
    wanted = pd.MultiIndex.from_frame(frame.loc[before.stopped, KEYS])
    frame = frame.copy()
    for name in ("post", "post_on"):
        frame.loc[before.stopped, name] = chosen[name].reindex(wanted).to_numpy()
    return frame


def _after_events(
    question: Question, frame: pd.DataFrame, days: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The outcome column, and how many had each event before their end score."""
    frame = frame.copy()
    if question.landmark_days is not None and question.time_zero == "landmark":
        mark = frame["started_on"] + pd.Timedelta(days=question.landmark_days)
        # An end score up to the landmark is no outcome after it.
        frame["post"] = frame["post"].where(frame["post_on"].gt(mark))
    counted = {}
    hypothetical = np.zeros(len(frame), dtype=bool)
    failed = np.zeros(len(frame), dtype=bool)
    for name in days.columns:
        measured = frame["post_on"].isna() | days[name].le(frame["post_on"])
        # Dropping out ends the episode: it is an event whenever the last score was given.
        before = days[name].notna() & (measured | (name == "dropout"))
        counted[name] = before
        way = question.intercurrent[name]
        hypothetical |= (way == "hypothetical") & before.to_numpy()
        failed |= (way == "composite") & before.to_numpy()
    frame.loc[hypothetical, "post"] = np.nan
    name = outcome_column(question)
    frame[name] = _outcome(question, frame)
    if failed.any():
        frame[name] = frame[name].mask(failed, False)
    rows = [
        (name, question.intercurrent[name], arm, int((hit & frame["arm"].eq(arm)).sum()))
        for name, hit in counted.items()
        for arm in question.strategies
    ]
    return frame, pd.DataFrame(rows, columns=["event", "strategy", "arm", "persons"])


def outcome_column(question: Question) -> str:
    """Where the outcome stands: the end score keeps its column, others have their name."""
    return "post" if question.outcome == "score" else question.outcome


def _outcome(question: Question, frame: pd.DataFrame) -> pd.Series:
    if question.outcome == "score":
        return frame["post"].astype(float)
    if question.outcome == "change":
        return (frame["post"] - frame["pre"]).astype(float)
    known = change(frame, instrument=question.instrument).frame["category"]
    good = _IMPROVED if question.outcome == "reliable_improvement" else _IMPROVED[:1]
    yes = pd.Series(known.isin(good).to_numpy(dtype=bool), index=frame.index, dtype="boolean")
    return yes.mask(known.eq("missing").to_numpy(dtype=bool))


def _eligible(question: Question, frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    steps: dict[str, pd.Series] = {}
    rules = question.eligibility
    if rules.unit is not None or rules.start_at_least is not None or rules.start_at_most:
        steps["not eligible by unit or start score"] = ~rules.keeps(frame)
    if question.time_zero == "landmark":
        day = frame["started_on"] + pd.Timedelta(days=question.landmark_days or 0)
        steps["care had ended before the landmark"] = frame["ended_on"].lt(day).fillna(False)
    if question.outcome == "recovery":
        healthy = change(frame, instrument=question.instrument).frame["healthy_at_start"]
        steps["outside the clinical range at the start"] = healthy.fillna(False).astype(bool)
    steps["no start score"] = frame["pre"].isna()
    keep = pd.Series(True, index=frame.index)
    counts = {}
    for reason, gone in steps.items():
        counts[reason] = int((keep & gone.astype(bool)).sum())
        keep &= ~gone.astype(bool)
    left = {reason: count for reason, count in counts.items() if count}
    return frame[keep].reset_index(drop=True), left
