"""Everything the report on data quality shows, computed once and masked by the policy."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import pandas as pd

from outcomes.derive import Period, pairs
from outcomes.derive.completeness import (
    BEGUN,
    EVERYBODY,
    PRACTICE,
    filled_by_group,
    filled_cells,
    practitioner_rates,
    response_counts,
    waits,
)
from outcomes.derive.eligibility import check_practice
from outcomes.instruments import get, score
from outcomes.ledger import Ledger
from outcomes.privacy import Policy
from outcomes.reports.intake import Intake, intake
from outcomes.reports.results import Result
from outcomes.schema import Study, Verdict
from outcomes.showing.responses import SHARES, responses

COUPLES_ONLY = "relationship"  # the purpose of questionnaires that only couples are given


@cache
def quality_policy() -> dict[str, Any]:
    """The limits of advice as they are packaged, by rule."""
    text = files("outcomes.reports").joinpath("quality.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@dataclass(frozen=True, slots=True, eq=False)
class Quality:
    """The numbers of one report. `shown` has hidden numbers already missing.

    `by_quarter` says whether the start is grouped by quarters, where small numbers would
    hide most of the months. `spread` holds practitioners' shares by instrument.
    """

    study: Study
    ledger: Ledger
    account: Intake
    filled: pd.DataFrame
    filled_groups: pd.DataFrame
    shown: pd.DataFrame
    by_quarter: bool
    spread: dict[str, pd.Series]
    waits: pd.DataFrame
    period: Period
    practice: str | None
    policy: Policy

    def rows(self, dimension: str) -> pd.DataFrame:
        """The response rates of one dimension: "all", "practice" or "begun"."""
        return self.shown[self.shown["dimension"] == dimension]

    @property
    def instruments(self) -> list[str]:
        """The questionnaires there are, the one with the most end scores first."""
        everybody = self.rows(EVERYBODY[0])
        n = everybody["with_end"].fillna(0)
        order = everybody.assign(_n=n).sort_values(["_n", "instrument"], ascending=[False, True])
        return [str(name) for name in order["instrument"]]


def quality(study: Study, *, period: str, practice: str | None, policy: Policy) -> Quality:
    """Compute the numbers. The tables are judged whole, response and timing by what is asked.

    `period` is when episodes started. Raises UsageError for an unknown practice or an
    unreadable period.
    """
    check_practice(study, practice)
    span = Period.parse(period)
    scores = score(study)
    frames = {}
    for name in sorted(study.responses["instrument"].dropna().unique()):
        frame = pairs(study, name, scores=scores)
        frame = frame[span.contains(frame["started_on"]) & frame["client_id"].notna()]
        if practice is not None:
            frame = frame[frame["practice_id"].eq(practice).fillna(False)]
        if len(frame):
            frames[name] = frame
    meant = {name: _meant_for(frame, name) for name, frame in frames.items()}
    shown, by_quarter = _responses(frames, policy)
    gaps = [waits(frame, study.sessions).assign(instrument=n) for n, frame in meant.items()]
    ledger = study.ledger
    if not isinstance(ledger, Ledger):
        ledger = Ledger.build([], read={}, kept={}, lines={})
    return Quality(
        study=study,
        ledger=ledger,
        account=intake(study),
        filled=filled_cells(study.tables()),
        filled_groups=filled_by_group(
            study.tables(),
            by_right=quality_policy()["cells"]["by_right"],
            span="Q" if by_quarter else "M",
        ),
        shown=shown,
        by_quarter=by_quarter,
        spread={n: practitioner_rates(f, policy.minimum_count) for n, f in meant.items()},
        waits=pd.concat(gaps, ignore_index=True) if gaps else pd.DataFrame(),
        period=span,
        practice=practice,
        policy=policy,
    )


def collect(numbers: Quality) -> Iterator[Result]:
    """Response rates and waits as records with stable ids, as quality.phq9.north.end_score."""
    taken: set[str] = set()
    for row in numbers.shown.itertuples():
        middle = {EVERYBODY[0]: "", PRACTICE: f"{_slug(row.group)}."}.get(
            row.dimension, f"{BEGUN}.{_slug(row.group)}."
        )
        for share, (n, total) in SHARES.items():
            base = f"quality.{row.instrument}.{middle}{share}_score"
            name, number = base, 1
            while name in taken:
                number += 1
                name = f"{base}.{number}"
            taken.add(name)
            found, of = getattr(row, n), getattr(row, total)
            small = found is pd.NA or of is pd.NA
            yield Result(
                id=name,
                value=None if small else getattr(row, f"{share}_rate"),
                low=None if small else getattr(row, f"{share}_low"),
                high=None if small else getattr(row, f"{share}_high"),
                unit="proportion",
                n=None if found is pd.NA else int(found),
                n_total=None if of is pd.NA else int(of),
                verdict=Verdict.SUPPRESSED if small else None,
                suppressed=small,
                method="share with Wilson interval",
            )
    for row in numbers.waits.itertuples():
        small = numbers.policy.suppress and 0 < row.n < numbers.policy.minimum_plot
        yield Result(
            id=f"quality.{row.instrument}.{row.measure}_wait",
            value=None if small else row.median,
            low=None if small else row.q1,
            high=None if small else row.q3,
            unit="days",
            verdict=Verdict.SUPPRESSED if small else None,
            suppressed=small,
            method="median with quartiles",
        )


def _meant_for(frame: pd.DataFrame, instrument: str) -> pd.DataFrame:
    """The people whom a questionnaire is meant for."""
    if get(instrument).purpose != COUPLES_ONLY:
        return frame
    return frame[frame["unit"].eq("couple").fillna(False)]


def _responses(frames: dict[str, pd.DataFrame], policy: Policy) -> tuple[pd.DataFrame, bool]:
    """The masked rates, by months of start or, where those are mostly hidden, by quarters."""
    shown = pd.DataFrame()
    for span in ("M", "Q"):
        counts = [
            response_counts(frame, couples_only=get(n).purpose == COUPLES_ONLY, span=span)
            for n, frame in frames.items()
        ]
        none = response_counts(_nobody())
        shown = responses(pd.concat([*counts, none[:0]], ignore_index=True), policy)
        months = shown[(shown["dimension"] == BEGUN) & shown["ended"].ne(0).fillna(True)]
        seen = months["end_rate"].notna()
        if not len(seen) or seen.mean() >= quality_policy()["months"]["minimum_shown"]:
            return shown, span == "Q"
    return shown, True


def _nobody() -> pd.DataFrame:
    """Pairs without a row, so that a study without questionnaires has columns too."""
    text = pd.Series([], dtype="string")
    dates = pd.Series([], dtype="datetime64[s]")
    points = pd.Series([], dtype="float64")
    names = ("instrument", "practice_id", "unit")
    return pd.DataFrame(
        dict.fromkeys(names, text)
        | {"started_on": dates, "ended_on": dates, "pre": points, "post": points}
    )


def _slug(group: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]+", "_", str(group)).strip("_") or "group"
