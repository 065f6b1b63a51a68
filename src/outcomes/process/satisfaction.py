"""Satisfaction and alliance, said in a way that a scale crowded at its top allows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.derive.policy import derive_policy
from outcomes.process.moments import mean_interval
from outcomes.process.net_promoter import net_promoter
from outcomes.process.policy import RatingRule, process_policy
from outcomes.process.ratings import forms, one_each, rating_name, rule_of, scale_of
from outcomes.process.result import Findings
from outcomes.process.seats import group_names, seats
from outcomes.process.shares import Asked, Counted, atom_frame, share_frame, shares
from outcomes.proportions import design_effect
from outcomes.schema import Study

DISTRIBUTION_COLUMNS = [
    "group",
    "instrument",
    "n",
    "lowest_possible",
    "minimum",
    "q1",
    "median",
    "q3",
    "maximum",
    "highest_possible",
    "mean",
    "low",
    "high",
]
NPS_COLUMNS = ["group", "instrument", "n", "promoters", "passives", "detractors"]
NPS_COLUMNS += ["score", "low", "high"]
BOUND_COLUMNS = ["group", "instrument", "measure", "asked", "answered", "worst", "best"]
NO_ANSWER = "no answer"
_BANDS = ("top", "best", "between", "alarm")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SatisfactionResult(Findings):
    """Shares at the top, in the best range and below the alarm value, with what was not answered.

    `distribution` has quartiles, range and a mean that never stands alone; `bounds` the share in
    the best range if all who did not answer were outside it (worst) or in it (best);
    `promoters` the Net Promoter Score where it was asked. `repeated` is the rule for people who
    answered more than once.
    """

    distribution: pd.DataFrame
    bounds: pd.DataFrame
    promoters: pd.DataFrame
    repeated: str


@dataclass(frozen=True, slots=True)
class _People:
    """One group's people who were asked: score (NaN: no answer) and cluster."""

    group: str
    rule: RatingRule
    score: npt.NDArray[np.float64]
    people: npt.NDArray[np.object_]
    clusters: npt.NDArray[np.object_]


def satisfaction(
    study: Study,
    *,
    by: str | None = "intervention",
    repeated: str | None = None,
    confidence: float = 0.95,
) -> SatisfactionResult:
    """Satisfaction and alliance by group, with response rates and non-response bounds.

    Every person counts once in a group: by the last rating, or by the mean of all
    (`repeated`). For each instrument: share at the top score, in the best range of
    satisfaction.toml, below the verified alarm value; quartiles; of whom asked (an episode
    ended, or a session attended) how many answered, and the share in the best range at
    worst and at best. Clusters: the practitioner, else the couple or person. Raises UsageError
    for an instrument without a rule or an unknown `by`.
    """
    rule = repeated or str(process_policy()["repeated"]["rule"])
    rows = seats(study, by)
    found: list[_People] = []
    for instrument in sorted(study.satisfaction["instrument"].dropna().unique()):
        found += _by_group(study, rows, str(instrument), rule)
    tables: list[list[dict[str, object]]] = [[], [], [], [], []]
    for part in found:
        for table, more in zip(tables, _summed_up(part, confidence), strict=True):
            table.extend(more)
    share_rows, atom_rows, distribution, bounds, promoters = tables
    used = rows.merge(study.satisfaction[["client_id", "episode_id"]].drop_duplicates())
    return SatisfactionResult(
        by=by,
        n_in=int(rows["episode_id"].nunique()),
        n_used=int(used["episode_id"].nunique()),
        confidence=confidence,
        shares=share_frame(share_rows),
        atoms=atom_frame(atom_rows),
        absent=() if found else ("satisfaction and alliance: no rating is recorded",),
        warnings=_warnings(found),
        method=f"Each person counts once in a group: the {rule} of the ratings. " + _METHOD,
        sources=tuple(dict.fromkeys([*(p.rule.source for p in found), *_SOURCES])),
        distribution=pd.DataFrame(distribution, columns=DISTRIBUTION_COLUMNS),
        bounds=pd.DataFrame(bounds, columns=BOUND_COLUMNS),
        promoters=pd.DataFrame(promoters, columns=NPS_COLUMNS),
        repeated=rule,
    )


_METHOD = (
    "Bounds: the share in the best range of everybody asked, if nobody who did not answer is in "
    "it (worst) or all of them are (best); no assumption is needed (Manski 1989). Net Promoter "
    "Score: promoters minus detractors, adjusted Wald interval."
)
_SOURCES = (
    "Rocks 2016, Am Stat 70:365-372",
    "Manski 1989, J Hum Resour 24:343-360",
)


def _by_group(study: Study, rows: pd.DataFrame, instrument: str, repeated: str) -> list[_People]:
    rule = rule_of(instrument)
    scored = forms(study, instrument).merge(
        rows[["client_id", "episode_id", "group"]], on=["client_id", "episode_id"]
    )
    answered = one_each(scored, repeated)
    was_asked = rows[_asked(study, rows, rule)]
    everybody = rows.sort_values(["group", "client_id", "cluster"])
    everybody = everybody.drop_duplicates(["group", "client_id"])
    keys = ["group", "client_id"]
    asked_keys = was_asked[keys].drop_duplicates().assign(asked=True)
    people = everybody[[*keys, "cluster"]].merge(asked_keys, on=keys, how="left")
    people = people.merge(answered[[*keys, "score"]], on=keys, how="left")
    people["asked"] = people["asked"].eq(True).fillna(False)
    # Who answered was asked, whatever the dates say.
    people["asked"] |= people["score"].notna()
    people = people[people["asked"]]
    found = []
    for group in group_names(people):
        part = people[people["group"].eq(group)]
        found.append(
            _People(
                group,
                rule,
                part["score"].to_numpy(dtype="float64", na_value=np.nan),
                part["client_id"].to_numpy(dtype=object),
                part["cluster"].to_numpy(dtype=object),
            )
        )
    return found


def _asked(study: Study, rows: pd.DataFrame, rule: RatingRule) -> npt.NDArray[np.bool_]:
    """Whose turn it was: the episode ended, or a session took place."""
    if rule.asked == "end":
        return np.asarray(rows["ended_on"].notna().to_numpy(dtype=bool))
    seen = study.sessions["status"].isin(list(derive_policy().attended))
    held = study.sessions.loc[seen.fillna(False), "episode_id"].unique()
    return np.asarray(rows["episode_id"].isin(held).to_numpy(dtype=bool))


def _summed_up(part: _People, confidence: float) -> tuple[list[dict[str, object]], ...]:
    low, high, alarm = scale_of(part.rule)
    atoms = _atoms(part, high, alarm)
    asked = _asked_shares(part.rule, high, alarm)
    rows = Counted(part.group, part.rule.id, "people", atoms, part.people, part.clusters)
    share_rows, atom_rows = shares(rows, asked, confidence)
    there = part.score[~np.isnan(part.score)]
    mean = mean_interval(part.score, part.clusters, confidence)
    quartiles = np.quantile(there, [0, 0.25, 0.5, 0.75, 1]) if len(there) else np.full(5, np.nan)
    head = {"group": part.group, "instrument": part.rule.id}
    values = (len(there), low, *quartiles, high, mean.mean, mean.low, mean.high)
    distribution = [{**head, **dict(zip(DISTRIBUTION_COLUMNS[2:], values, strict=True))}]
    return share_rows, atom_rows, distribution, [_bounds(part, head)], _promoters(part, confidence)


def _atoms(part: _People, high: float, alarm: float | None) -> npt.NDArray[np.str_]:
    """Where each person is: at the top, in the best range, below alarm, between, silent."""
    score = part.score
    with np.errstate(invalid="ignore"):
        bands = np.select(
            [
                np.isnan(score),
                score >= high,
                score >= part.rule.top,
                np.full(len(score), False) if alarm is None else score < alarm,
            ],
            [NO_ANSWER, "top", "best", "alarm"],
            "between",
        )
    return np.asarray(bands)


def _asked_shares(rule: RatingRule, high: float, alarm: float | None) -> list[Asked]:
    answered = ("top", "best", "between") if alarm is None else _BANDS
    everybody = (*answered, NO_ANSWER)
    who = {"end": "people whose episode ended", "session": "people who attended a session"}
    name = rating_name(rule.id)
    found = [
        Asked(
            "response",
            f"{name}: answered",
            answered,
            everybody,
            f"Answered {name}; of {who[rule.asked]}.",
        ),
        Asked(
            "best",
            f"{name}: {rule.top_words}",
            ("top", "best"),
            answered,
            f"Best range of {name}: {rule.top_words} ({rule.source}); of people who answered.",
        ),
        Asked(
            "top",
            f"{name}: highest score",
            ("top",),
            answered,
            f"The highest score of {name} ({high:g}); of people who answered.",
        ),
    ]
    if alarm is not None:
        words = f"Below the alarm value of {name} ({alarm:g}); of people who answered."
        found.append(Asked("alarm", f"{name}: below {alarm:g}", ("alarm",), answered, words))
    return found


def _bounds(part: _People, head: dict[str, str]) -> dict[str, object]:
    asked = len(part.score)
    there = ~np.isnan(part.score)
    with np.errstate(invalid="ignore"):
        hits = int((there & (part.score >= part.rule.top)).sum())
    silent = asked - int(there.sum())
    nan = float("nan")
    return {
        **head,
        "measure": "best",
        "asked": asked,
        "answered": int(there.sum()),
        "worst": hits / asked if asked else nan,
        "best": (hits + silent) / asked if asked else nan,
    }


def _promoters(part: _People, confidence: float) -> list[dict[str, object]]:
    rule = part.rule
    if rule.promoter is None or rule.detractor is None:
        return []
    there = ~np.isnan(part.score)
    score, clusters = part.score[there], part.clusters[there]
    p, d = score >= rule.promoter, score <= rule.detractor
    codes = pd.factorize(clusters)[0].astype(np.intp)
    effect = max(design_effect(p, codes), design_effect(d, codes))
    n = len(score)
    net, low, high = net_promoter(
        int(p.sum()), int(d.sum()), n, effect=effect, confidence=confidence
    )
    counts = (int(p.sum()), n - int(p.sum()) - int(d.sum()), int(d.sum()))
    values = (part.group, rule.id, n, *counts, net, low, high)
    return [dict(zip(NPS_COLUMNS, values, strict=True))]


def _warnings(found: list[_People]) -> tuple[str, ...]:
    """Say where a mean would mislead, and where half did not answer."""
    said = []
    for part in found:
        there = part.score[~np.isnan(part.score)]
        _, high, _ = scale_of(part.rule)
        who = f"{rating_name(part.rule.id)}, {part.group}"
        if len(there) and float((there >= high).mean()) > _CEILING:
            said.append(
                f"{who}: more than {100 * _CEILING:g} % are at the highest "
                "score; differences above it cannot be seen"
            )
        if len(there) < len(part.score) / 2:
            said.append(f"{who}: fewer than half of those asked answered")
    return tuple(said)


# The source stands in policy.toml.
_CEILING = float(process_policy()["ceiling"]["share"])
