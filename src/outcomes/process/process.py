"""How the work went: appointments, tasks, expectations at the start, and phases reached."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.errors import RangeError
from outcomes.process.attendance import appointment_rows, attendance, homework
from outcomes.process.moments import mean_interval
from outcomes.process.phases import LOSS_COLUMNS, furthest_phase, phases
from outcomes.process.policy import process_policy
from outcomes.process.result import Findings
from outcomes.process.seats import episodes_of, group_names, seats
from outcomes.process.shares import atom_frame, share_frame
from outcomes.schema import Study

EXPECTATION_COLUMNS = ["group", "rating", "n", "minimum", "q1", "median", "q3", "maximum"]
EXPECTATION_COLUMNS += ["mean", "low", "high"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ProcessResult(Findings):
    """Attendance, homework and phases as shares; losses by phase and reason; expectations.

    `losses` says for each phase how many reached it, how many went on, and why the others
    did not; `expectations` sums up commitment and expectancy at the start, where rated.
    """

    losses: pd.DataFrame
    expectations: pd.DataFrame


def process(
    study: Study, *, by: str | None = "intervention", confidence: float = 0.95
) -> ProcessResult:
    """How the work went, by group: every share with its denominator and interval.

    Appointments and tasks are clustered by couple or person, phases by practitioner. What is
    not recorded (no commitment rating, no late cancellation) is named in `absent`. Raises
    UsageError for an unknown `by`.
    """
    rows = seats(study, by)
    episodes = episodes_of(rows)
    due = appointment_rows(study.sessions, episodes)
    reached = furthest_phase(study.sessions, episodes)
    share_rows: list[dict[str, object]] = []
    atom_rows: list[dict[str, object]] = []
    losses: list[dict[str, object]] = []
    for group in group_names(episodes):
        here = due[due["group"].eq(group)]
        for count in (attendance, homework):
            found, atoms = count(group, here, confidence)
            share_rows += found
            atom_rows += atoms
        found, atoms, lost = phases(group, reached[reached["group"].eq(group)], confidence)
        share_rows += found
        atom_rows += atoms
        losses += lost
    expectations = _expectations(study, rows, confidence)
    return ProcessResult(
        by=by,
        n_in=int(study.episodes["episode_id"].nunique()),
        n_used=int(due["episode_id"].nunique()),
        confidence=confidence,
        shares=share_frame(share_rows),
        atoms=atom_frame(atom_rows),
        absent=_absent(study, expectations),
        warnings=(),
        method="Appointments: one row each; a couple's appointment counts once. " + _METHOD,
        sources=("NHS Talking Therapies data set, AttendOrDNACode and end codes", "Kish 1965"),
        losses=pd.DataFrame(losses, columns=LOSS_COLUMNS),
        expectations=expectations,
    )


_METHOD = (
    "Phases: assessment and goal setting, action planning, implementation and support, "
    "reflection and evaluation; a later phase implies the earlier ones."
)


def _expectations(study: Study, rows: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Ratings of commitment and expectancy given at or before the start; the last before it."""
    rule = process_policy()["expectations"]
    given = study.responses[study.responses["instrument"].isin(rule["instruments"]).fillna(False)]
    given = given[given["rater"].eq("client").fillna(False)].dropna(subset="value")
    values = given["value"].to_numpy(dtype="float64", na_value=np.nan)
    wrong = int(((values < rule["low"]) | (values > rule["high"])).sum())
    if wrong:
        raise RangeError(
            f"ratings at the start are not from {rule['low']} to {rule['high']}",
            where="responses, instruments " + ", ".join(rule["instruments"]),
            how_many=wrong,
            fix="Map the answers to the scale in the layout.",
        )
    keys = ["client_id", "episode_id"]
    met = given.merge(rows[[*keys, "group", "cluster", "started_on"]], on=keys)
    met = met[met["taken_on"].le(met["started_on"]).fillna(False)]
    met = met.sort_values(["taken_on", "value"]).drop_duplicates([*keys, "instrument"], keep="last")
    found = []
    for (group, rating), part in met.groupby(["group", "instrument"], sort=True):
        scores = part["value"].to_numpy(dtype="float64")
        mean = mean_interval(scores, part["cluster"].to_numpy(dtype=object), confidence)
        quartiles = np.quantile(scores, [0, 0.25, 0.5, 0.75, 1])
        found.append((group, rating, len(scores), *quartiles, mean.mean, mean.low, mean.high))
    return pd.DataFrame(found, columns=EXPECTATION_COLUMNS)


def _absent(study: Study, expectations: pd.DataFrame) -> tuple[str, ...]:
    found = [
        "late cancellation: the attendance words do not tell a late one from one in good time, so "
        "both are under cancelled by or for the client"
    ]
    sessions = study.sessions
    for column, name in (
        ("homework_set", "tasks agreed"),
        ("homework_done", "tasks done"),
        ("phase", "phases"),
    ):
        if sessions[column].isna().all():
            found.append(f"{name}: never recorded")
    for rating in process_policy()["expectations"]["instruments"]:
        if not expectations["rating"].eq(rating).any():
            found.append(f"{rating} at the start: not rated")
    return tuple(found)
