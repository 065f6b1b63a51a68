"""`LaboratoryResult`: bias, error, coverage and verdicts of every way in one scenario."""

from __future__ import annotations

import html
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.comparison.laboratory.estimators import ways_of
from outcomes.comparison.laboratory.people import truth
from outcomes.comparison.laboratory.scenario import Scenario
from outcomes.schema.verdicts import Verdict

NAN = float("nan")
SETTLED = [
    str(verdict) for verdict in (Verdict.SUPPORTED, Verdict.EQUIVALENT, Verdict.NOT_SUPPORTED)
]


@dataclass(frozen=True, slots=True, eq=False)
class LaboratoryResult:
    """What `runs` samples of `n` people gave.

    `rows` has one row for each run and way; `summary` one for each way: truth, estimated
    (share of runs with an estimate), bias and rmse in standard deviations of the end
    score, coverage of the 95 % interval, supported (share of runs), right and wrong (shares
    of verdicts as the scenario says), flagged (share of the settled answers of which the tool
    says that something hidden, no stronger than what was measured, would undo them), each
    with its Monte Carlo error where it has one.
    """

    scenario: Scenario
    n: int
    runs: int
    seed: int
    rows: pd.DataFrame
    summary: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """The summary with scenario, people and runs in front."""
        head = pd.DataFrame(
            {"scenario": self.scenario.name, "n": self.n, "runs": self.runs},
            index=self.summary.index,
        )
        return pd.concat([head, self.summary], axis=1)

    def explain(self) -> str:
        """What was done and what it does not tell."""
        world = self.scenario
        return (
            f"{world.title}: {world.about}. {self.runs} samples of {self.n} people, seed "
            f"{self.seed}. Bias is the mean of the estimates less the truth for the estimand's "
            "population, over the runs that gave an estimate; a way that refuses gives none. "
            "Coverage counts the 95 % intervals that hold the truth. The people are drawn from "
            "a model with straight lines and normal residuals; the world may be different."
        )

    def __repr__(self) -> str:
        table = self.summary.to_string(index=False, float_format=lambda value: f"{value:.3f}")
        return f"LaboratoryResult({self.scenario.title}: {self.runs} runs of {self.n})\n{table}"

    def _repr_html_(self) -> str:
        table = self.summary.to_html(index=False, float_format=lambda value: f"{value:.3f}")
        return f"<p>{html.escape(self.explain())}</p>{table}"


def summarise(world: Scenario, rows: pd.DataFrame) -> pd.DataFrame:
    """One row for each way, in the order in which they were tried."""
    found = [_way(world, str(way), part) for way, part in rows.groupby("way", sort=False)]
    return pd.DataFrame(found)


def _way(world: Scenario, way: str, part: pd.DataFrame) -> dict[str, object]:
    target = truth(world.name, ways_of(world)[way].estimand)
    given = part[part["estimate"].notna()]
    with_interval = given[given["low"].notna()]
    errors = given["estimate"] - target
    held = with_interval["low"].le(target) & with_interval["high"].ge(target)
    count, covered = len(given), _share(held)
    verdicts = part["verdict"]
    right, wrong = (
        _share(verdicts.isin([str(word) for word in words])) for words in (world.right, world.wrong)
    )
    return {
        "way": way,
        "estimand": ways_of(world)[way].estimand,
        "truth": target,
        "estimated": count / len(part),
        "bias": float(errors.mean()) if count else NAN,
        "bias_error": float(errors.std(ddof=1) / np.sqrt(count)) if count > 1 else NAN,
        "rmse": float(np.sqrt((errors**2).mean())) if count else NAN,
        "mean_se": float(given["se"].mean()) if count else NAN,
        "coverage": covered,
        "coverage_error": _error(covered, len(with_interval)),
        "supported": _share(verdicts.eq(str(Verdict.SUPPORTED))),
        "not_comparable": _share(verdicts.eq(str(Verdict.NOT_COMPARABLE))),
        "right": right,
        "wrong": wrong,
        "flagged": _share(part.loc[verdicts.isin(SETTLED), "flagged"]),
        "verdict_error": _error(wrong, len(part)),
    }


def _share(hits: pd.Series) -> float:
    return float(hits.mean()) if len(hits) else NAN


def _error(share: float, count: int) -> float:
    return float(np.sqrt(share * (1 - share) / count)) if count else NAN
