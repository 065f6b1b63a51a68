"""The benefits claimed for coaching and couples' work, as far as something measures them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.process.associations import ASSOCIATION_COLUMNS, homework_associations
from outcomes.process.benefit_scores import Scores, measure_scores
from outcomes.process.goal_rows import goal_rows
from outcomes.process.moments import becker_d, mean_interval
from outcomes.process.policy import Benefit, benefits_claimed
from outcomes.process.result import NOT_CAUSE, Findings
from outcomes.process.seats import group_names, seats
from outcomes.process.shares import atom_frame, share_frame
from outcomes.schema import Study
from outcomes.schema.verdicts import Verdict

PROFILE_COLUMNS = [
    "group",
    "benefit",
    "label",
    "claimed_for",
    "measure",
    "measure_label",
    "n",
    "n_total",
    "d",
    "d_low",
    "d_high",
    "pomp",
    "pomp_low",
    "pomp_high",
    "verdict",
    "why",
]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class BenefitsResult(Findings):
    """A profile of benefits by group, and what doing the tasks goes along with.

    `profile` has one row for each benefit, measure and group: the standardised change d and
    the change in percent of the measure's range (POMP), both positive where better, with
    limits, of n people with both scores of n_total. A benefit without a measure has a row with
    the verdict "not measurable" and the reason. `associations` are correlations in time order.
    """

    profile: pd.DataFrame
    associations: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """The profile, one row for each benefit, measure and group."""
        return self.profile.copy()

    @property
    def unit(self) -> str:
        """Standard deviations of the start scores (d), and percent of the range (POMP)."""
        return "standard deviations; percent of the range"

    @property
    def direction(self) -> str:
        """Every number is turned so that positive is better."""
        return "higher"

    def __repr__(self) -> str:
        shown = self.profile[["group", "label", "measure_label", "n", "d", "pomp", "verdict"]]
        return f"{self._head()}\n{shown.to_string(index=False, float_format='%.2f')}"

    def _repr_html_(self) -> str:
        shown = self.profile.drop(columns=["benefit", "measure"])
        return f"<p>{self._head()}</p>{shown.to_html(index=False, escape=True, na_rep='none')}"

    def explain(self) -> str:
        """Say what was computed, with formula and source, and what it does not tell."""
        reasons = [f"{b.label}: {b.reason}" for b in benefits_claimed()]
        return "\n".join(
            [
                self._head(),
                self.method,
                *reasons,
                *(f"Not measurable: {text}" for text in self.absent),
                NOT_CAUSE,
                "Sources: " + "; ".join(self.sources) + ".",
            ]
        )


def benefits(study: Study, *, by: str | None = "arm", confidence: float = 0.95) -> BenefitsResult:
    """Profile of the claimed benefits by group, from before to after; never cause.

    Each benefit's measures are those of benefits.toml. The verdict of a row says whether people
    were better at the end than at the start: supported where all of the interval of d lies above
    0, not supported where all of it lies below, else cannot tell; not measurable where nothing
    measures it. Benefits of couples are looked for in couples' episodes only. Partners of a
    couple widen the intervals. Raises UsageError for an unknown `by`.
    """
    rows = seats(study, by)
    groups = group_names(rows)
    profile: list[dict[str, object]] = []
    absent: list[str] = []
    goals_of = goal_rows(study, None)
    for benefit in benefits_claimed():
        who = rows[rows["unit"].eq("couple")] if benefit.claimed_for == "couples" else rows
        measured = [
            scores
            for kind, name in benefit.measures
            for scores in measure_scores(study, kind, name, who, goals_of)
        ]
        usable = [m for m in measured if not m.absent]
        if not usable:
            why = "; ".join(m.absent for m in measured) or benefit.reason
            absent.append(f"{benefit.label}: {why}")
            profile += [_nothing(group, benefit, why) for group in groups]
            continue
        for measure in usable:
            profile += [_row(group, benefit, measure, confidence) for group in groups]
    return BenefitsResult(
        by=by,
        n_in=int(study.episodes["episode_id"].nunique()),
        n_used=int(rows["episode_id"].nunique()),
        confidence=confidence,
        shares=share_frame([]),
        atoms=atom_frame([]),
        absent=tuple(absent),
        warnings=(),
        method=_METHOD,
        sources=_SOURCES,
        profile=pd.DataFrame(profile, columns=PROFILE_COLUMNS),
        associations=pd.DataFrame(
            homework_associations(study, rows, confidence), columns=ASSOCIATION_COLUMNS
        ),
    )


_METHOD = (
    "Standardised change d = J (mean end - mean start) / SD of the start, with "
    "J = 1 - 3 / (4 (n - 1) - 1), turned so that positive is better; variance "
    "2 (1 - r') / n + d^2 / (2 n) with r' the corrected correlation of start and end, n divided by "
    "the design effect of couples. POMP: change in percent of the measure's range, t limits with a "
    "cluster-robust standard error. People with both scores only. Tasks and change: Spearman "
    "correlation of the share of tasks done up to the session before the end score with the "
    "change, Bonett & Wright limits; one value for each episode."
)
_SOURCES = (
    "Becker 1988, Br J Math Stat Psychol 41:257-278",
    "Minami et al. 2007, J Consult Clin Psychol 75:232-243",
    "Cohen et al. 1999, Multivar Behav Res 34:315-346 (POMP)",
    "Bonett & Wright 2000, Psychometrika 65:23-28",
)


def _row(group: str, benefit: Benefit, measure: Scores, confidence: float) -> dict[str, object]:
    part = measure.rows[measure.rows["group"].eq(group)]
    pre = part["pre"].to_numpy(dtype="float64", na_value=np.nan)
    post = part["post"].to_numpy(dtype="float64", na_value=np.nan)
    party = part["party"].to_numpy(dtype=object)
    sign = 1.0 if measure.higher_is_better else -1.0
    change = sign * (post - pre)
    there = ~np.isnan(change)
    found = becker_d(
        pre,
        post,
        higher_is_better=measure.higher_is_better,
        effect=couple_effect(change[there], party[there]),
        confidence=confidence,
    )
    pomp = mean_interval(100 * change / (measure.high - measure.low), party, confidence)
    verdict = _verdict(found.low, found.high)
    why = "" if not math.isnan(found.d) else "fewer than five people with both scores"
    values = (group, benefit.id, benefit.label, benefit.claimed_for, measure.id, measure.name)
    numbers = (found.n, len(part), found.d, found.low, found.high)
    ends = (pomp.mean, pomp.low, pomp.high, str(verdict), why)
    return dict(zip(PROFILE_COLUMNS, (*values, *numbers, *ends), strict=True))


def couple_effect(change: np.ndarray, party: np.ndarray) -> float:
    """How many times fewer people the sample is worth because partners change alike.

    Ratio of the cluster-robust to the independent variance of the mean change, at least 1.
    """
    robust, plain = mean_interval(change, party), mean_interval(change)
    if math.isnan(robust.se) or math.isnan(plain.se) or plain.se == 0:
        return 1.0
    return max(1.0, (robust.se / plain.se) ** 2)


def _verdict(low: float, high: float) -> Verdict:
    if math.isnan(low) or low <= 0 <= high:
        return Verdict.CANNOT_TELL
    return Verdict.SUPPORTED if low > 0 else Verdict.NOT_SUPPORTED


def _nothing(group: str, benefit: Benefit, why: str) -> dict[str, object]:
    nan = math.nan
    values = (group, benefit.id, benefit.label, benefit.claimed_for, "", "")
    numbers = (0, 0, nan, nan, nan, nan, nan, nan)
    row = (*values, *numbers, str(Verdict.NOT_MEASURABLE), why)
    return dict(zip(PROFILE_COLUMNS, row, strict=True))
