"""What became of goals: attainment, progress, shared against individual, and calibration."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.instruments.goals import goal_policy
from outcomes.process.correlation import Agreement, icc_agreement
from outcomes.process.goal_rows import goal_rows, party_ratings, party_scores, rated_together
from outcomes.process.moments import Mean, mean_interval, sd_interval
from outcomes.process.policy import process_policy
from outcomes.process.result import Findings
from outcomes.process.seats import NOT_STATED, group_names
from outcomes.process.shares import Asked, Counted, atom_frame, share_frame, shares
from outcomes.proportions import newcombe
from outcomes.schema import Study, label
from outcomes.schema.verdicts import Verdict

MEAN_COLUMNS = ["group", "measure", "domain", "held", "n", "start", "latest", "change"]
MEAN_COLUMNS += ["low", "high", "unit"]
ALL = "all"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class GoalsResult(Findings):
    """Shares of goals met and improved, with means of T and of ratings.

    `goals` is one row for each goal; `means` the T score (a party's goals as one) and the 0 to
    10 rating at the start and latest with the interval of the change, for all and by domain;
    `calibration` the T scores at the latest rating around 50; `shared` the difference shared minus
    individual for couples; `agreement` that of the two raters by scale.
    """

    goals: pd.DataFrame
    means: pd.DataFrame
    calibration: pd.DataFrame
    shared: pd.DataFrame
    agreement: dict[str, Agreement]
    raters: tuple[str, str]


def goals(
    study: Study,
    *,
    by: str | None = "intervention",
    raters: tuple[str, str] = ("client", "partner"),
    confidence: float = 0.95,
) -> GoalsResult:
    """Goal Attainment Scaling and Goal-Based Outcomes by group, domain and who holds the goal.

    A goal counts from its first rating to its last one on a later day, by one rater. T scores
    join the goals of one person, or the shared goals of one couple. Clusters: the practitioner,
    else the party. `raters` are compared by ICC(A,1) where both rated one goal on one day.
    Raises UsageError for an unknown `by`, RangeError for a level beyond the scale.
    """
    rows = goal_rows(study, by)
    share_rows: list[dict[str, object]] = []
    atom_rows: list[dict[str, object]] = []
    means: list[dict[str, object]] = []
    calibration: list[dict[str, object]] = []
    shared: list[dict[str, object]] = []
    for group in group_names(rows):
        part = rows[rows["group"].eq(group)]
        for family, name, here in _families(part):
            more, atoms = _goal_shares(group, family, name, here, confidence)
            share_rows += more
            atom_rows += atoms
        for domain in (ALL, *sorted(part["domain"].unique())):
            here = part if domain == ALL else part[part["domain"].eq(domain)]
            means += _means(group, str(domain), here, confidence)
        calibration += _calibration(group, party_scores(part), confidence)
        shared += _shared(group, part[part["couple"]], confidence)
    both = rated_together(study, raters)
    agreement = {
        str(scale): icc_agreement(some[list(raters)].to_numpy(dtype="float64"), confidence)
        for scale, some in both.groupby("scale", sort=True)
    }
    return GoalsResult(
        by=by,
        n_in=int(study.episodes["episode_id"].nunique()),
        n_used=int(study.goals["episode_id"].nunique()),
        confidence=confidence,
        shares=share_frame(share_rows),
        atoms=atom_frame(atom_rows),
        absent=_absent(rows, agreement, raters),
        warnings=(),
        method=_method(),
        sources=_sources(),
        goals=rows,
        means=pd.DataFrame(means, columns=MEAN_COLUMNS),
        calibration=pd.DataFrame(calibration, columns=CALIBRATION_COLUMNS),
        shared=pd.DataFrame(shared, columns=SHARED_COLUMNS),
        agreement=agreement,
        raters=raters,
    )


CALIBRATION_COLUMNS = ["group", "n", "mean", "low", "high", "sd", "sd_low", "sd_high", "verdict"]
SHARED_COLUMNS = ["group", "measure", "shared_n", "shared_total", "individual_n"]
SHARED_COLUMNS += ["individual_total", "difference", "low", "high"]


def _method() -> str:
    """How the numbers are made, with rho and the expected level from the policy."""
    rho = goal_policy()["rho"]
    return (
        f"T = 50 + 10 sum(w x) / sqrt((1 - rho) sum(w^2) + rho (sum w)^2), rho = {rho:g}: 50 is "
        "the expected level. Change is latest minus start, of those with both; limits are t limits "
        "with a cluster-robust standard error (Liang & Zeger 1986). Calibration: the T scores at "
        "the latest rating should lie around 50, or the goals were set too high or too low. Shared "
        "minus individual goals: Newcombe 1998. Agreement of raters: ICC(A,1), McGraw & Wong 1996."
    )


def _families(part: pd.DataFrame) -> list[tuple[str, str, pd.DataFrame]]:
    """All goals, those of each scale (met means different things there), of each domain."""
    found = [("goals.all", "All goals", part)]
    for column in ("scale", "domain"):
        for word in sorted(part[column].unique()):
            name = label(f"goal_{column}", word) if word != NOT_STATED else NOT_STATED
            found.append((f"goals.{column}.{word}", name, part[part[column].eq(word)]))
    return found


def _goal_shares(
    group: str, family: str, name: str, part: pd.DataFrame, confidence: float
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Met, improved and not rated again, of the goals of one group and domain."""
    met = part["met"].to_numpy(dtype="float64", na_value=np.nan)
    better = part["improved"].to_numpy(dtype="float64", na_value=np.nan)
    atoms = np.select(
        [np.isnan(met), (met == 1) & (better == 1), met == 1, better == 1],
        ["open", "met improved", "met only", "improved"],
        "neither",
    )
    rated = ("met improved", "met only", "improved", "neither")
    rules, conventions = process_policy()["goals"], goal_policy()
    asked = [
        Asked(
            "met",
            f"{name}: met",
            ("met improved", "met only"),
            rated,
            f"Met: level {rules['gas_met']} or above on the GAS scale ({rules['gas_met_source']}), "
            f"{rules['rating_met']} of 10 on the rating ({rules['rating_met_source']}); of goals "
            "with a start and a later rating.",
        ),
        Asked(
            "improved",
            f"{name}: better by a stated step",
            ("met improved", "improved"),
            rated,
            f"Better by {conventions['rating_change']} points of 10 "
            f"({conventions['rating_change_source']}) or {rules['gas_improved']} level "
            f"({rules['gas_improved_source']}); of goals with a "
            "start and a later rating.",
        ),
        Asked(
            "rated_again",
            f"{name}: rated again",
            rated,
            (*rated, "open"),
            "Rated on a later day than at the start; of all goals set.",
        ),
    ]
    counted = Counted(
        group,
        family,
        "goals",
        np.asarray(atoms),
        part["party"].to_numpy(dtype=object),
        part["cluster"].to_numpy(dtype=object),
    )
    return shares(counted, asked, confidence)


def _means(
    group: str, domain: str, part: pd.DataFrame, confidence: float
) -> list[dict[str, object]]:
    held_by = [(ALL, part)]
    if domain == ALL:
        couples = part[part["couple"]]
        held_by += [
            ("shared", couples[couples["held"].eq("shared")]),
            ("individual", couples[couples["held"].eq("individual")]),
        ]
    found = []
    for held, goals_of in held_by:
        for measure, unit, table in (
            ("gas_t", "T points", party_scores(goals_of)),
            ("rating", "points of 10", party_ratings(goals_of)),
        ):
            if table.empty and held != ALL:
                continue
            change = _mean(table["change"], table["cluster"], confidence)
            start, latest = (_mean(table[c], table["cluster"], confidence).mean for c in _ENDS)
            values = (group, measure, domain, held, change.n, start, latest, change.mean)
            found.append(
                dict(zip(MEAN_COLUMNS, (*values, change.low, change.high, unit), strict=True))
            )
    return found


_ENDS = ("start", "latest")


def _mean(values: pd.Series, clusters: pd.Series, confidence: float) -> Mean:
    return mean_interval(values.to_numpy(dtype="float64"), clusters.to_numpy(object), confidence)


def _calibration(group: str, table: pd.DataFrame, confidence: float) -> list[dict[str, object]]:
    mean = _mean(table["latest"], table["cluster"], confidence)
    spread = sd_interval(table["latest"].to_numpy(dtype="float64"), confidence)
    verdict = calibration_verdict(mean.low, mean.high)
    values = (group, mean.n, mean.mean, mean.low, mean.high, *spread, str(verdict))
    return [dict(zip(CALIBRATION_COLUMNS, values, strict=True))]


def calibration_verdict(low: float, high: float) -> Verdict:
    """Whether goals ended near the expected level, from the interval of the mean T.

    equivalent: all of it within the margin of policy.toml around 50; not supported: all of it
    beyond; else cannot tell.
    """
    rules = process_policy()["goals"]
    floor = rules["expected_t"] - rules["margin_t"]
    ceiling = rules["expected_t"] + rules["margin_t"]
    if math.isnan(low):
        return Verdict.CANNOT_TELL
    if low >= floor and high <= ceiling:
        return Verdict.EQUIVALENT
    return Verdict.NOT_SUPPORTED if high < floor or low > ceiling else Verdict.CANNOT_TELL


def _shared(group: str, couples: pd.DataFrame, confidence: float) -> list[dict[str, object]]:
    """Goals held by both partners against those of one, within couples' episodes."""
    found = []
    for measure in ("met", "improved"):
        counts: list[tuple[int, int]] = []
        for held in ("shared", "individual"):
            values = couples.loc[couples["held"].eq(held), measure].dropna()
            counts.append((int(values.sum()), len(values)))
        (a, b), (c, d) = counts
        difference = a / b - c / d if b and d else math.nan
        low, high = newcombe(a, b, c, d, confidence)
        values_ = (group, measure, a, b, c, d, difference, low, high)
        found.append(dict(zip(SHARED_COLUMNS, values_, strict=True)))
    return found


def _absent(
    rows: pd.DataFrame, agreement: dict[str, Agreement], raters: tuple[str, str]
) -> tuple[str, ...]:
    found = []
    if rows.empty:
        found.append("goals: none is recorded")
    if not agreement:
        found.append(
            f"agreement of {raters[0]} and {raters[1]}: no goal was rated by both on one day"
        )
    return tuple(found)


def _sources() -> tuple[str, ...]:
    rules, conventions = process_policy()["goals"], goal_policy()
    found = (
        conventions["rho_source"],
        rules["gas_met_source"],
        rules["rating_met_source"],
        conventions["rating_change_source"],
    )
    return (*dict.fromkeys(found), "McGraw & Wong 1996", "Newcombe 1998")
