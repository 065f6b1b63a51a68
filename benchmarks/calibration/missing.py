"""How often the intervals with missing outcomes cover the truth: a Markdown table.

    python benchmarks/calibration/missing.py [--runs 400] [--seed 1]

Practices with a start score, a score in between, an end score, practitioners who differ,
and people who leave. Whether somebody leaves hangs on the score in between, and in
coaching the other way round than in therapy, so that complete cases are biased although
the start score is adjusted for; given the score in between the outcome is missing at random.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.comparison import beliefs
from outcomes.comparison.compare import compare
from outcomes.comparison.everybody import everybody
from outcomes.comparison.policy import comparison_policy
from outcomes.comparison.prepared import Request
from outcomes.errors import NotEnoughData, OutcomesError
from outcomes.models.arms import two_arms
from outcomes.models.missing.policy import numbers

TRUTH = -2.0
SCALE = (-60.0, 90.0)
# Practitioners in an arm, or in all where they work in both, below which none is told.
FEWEST = numbers()["few_clusters"]


@dataclass(frozen=True)
class Setting:
    """One cell of the table."""

    name: str
    n: int
    practitioners: int
    icc: float
    leaving: float  # strength with which the score in between drives leaving
    base: float  # logit of leaving at an average score
    nested: bool  # each practitioner works in one arm only
    method: str = "weighting"
    imputation: str = "norm"


SETTINGS = (
    Setting("24 practitioners, crossed", 200, 24, 0.05, 1.2, -1.2, False),
    Setting("24 practitioners, one arm each", 200, 24, 0.05, 1.2, -1.2, True),
    Setting("40 practitioners, one arm each", 200, 40, 0.10, 1.2, -1.2, True),
    Setting("12 practitioners, crossed", 80, 12, 0.05, 1.2, -1.2, False),
    Setting("12 practitioners, one arm each", 120, 12, 0.05, 1.2, -1.2, True),
    Setting("8 practitioners, one arm each", 80, 8, 0.05, 1.2, -1.2, True),
    Setting("4 practitioners, crossed", 80, 4, 0.05, 1.2, -1.2, False),
    Setting("no clusters", 200, 0, 0.0, 1.2, -1.2, False),
    Setting("no clusters, half leave", 200, 0, 0.0, 1.2, 0.0, False),
    Setting("no clusters, small", 60, 0, 0.0, 1.0, -1.2, False),
    Setting("completely at random", 200, 24, 0.05, 0.0, -1.2, False),
    Setting("ancova, 12 crossed", 80, 12, 0.05, 1.2, -1.2, False, "ancova"),
    Setting("matching, 24 crossed", 200, 24, 0.05, 1.2, -1.2, False, "weighting", "pmm"),
)


def practice(rng: np.random.Generator, setting: Setting) -> pd.DataFrame:
    """People with start, middle and end scores; `whole` is the end score of everybody."""
    n = setting.n
    who = np.arange(n) % max(setting.practitioners, 1)
    rng.shuffle(who)
    pre = rng.normal(15, 5, size=n)
    if setting.nested:
        therapy = who % 2 == 0
    else:
        therapy = rng.random(n) < 1 / (1 + np.exp(-0.4 * (pre - 15) / 5))
    own = np.sqrt(setting.icc * 20) * rng.normal(size=max(setting.practitioners, 1))
    middle = 4 + 0.7 * pre - 1.0 * therapy + 0.5 * own[who] + rng.normal(0, 3, size=n)
    whole = 2 + 0.2 * pre + 0.6 * middle + (TRUTH + 0.6) * therapy + 0.7 * own[who]
    whole += rng.normal(0, 3.2, size=n)
    side = np.where(therapy, 1.0, -1.0)
    chance = 1 / (1 + np.exp(-(setting.base + setting.leaving * side * (middle - 14) / 4)))
    post = np.where(rng.random(n) < chance, np.nan, whole)
    words = np.where(therapy, "therapy", "coaching")
    return pd.DataFrame(
        {"pre": pre, "middle": middle, "post": post, "whole": whole, "arm": words,
         "practitioner": who}
    )  # fmt: skip


def one(rng: np.random.Generator, setting: Setting) -> dict[str, tuple[float, float, float]]:
    """(estimate, low, high) of one simulated practice, by answer.

    The parts of `oc.missing_answers` that give intervals; its search for the tipping value, most of
    the time, is left out.
    """
    frame = practice(rng, setting)
    asked = Request(
        "post", ("pre",), "practitioner" if setting.practitioners else None, "ATO", setting.method,
        None, "lower", "points", 0.95, comparison_policy(),
    )  # fmt: skip
    arms = two_arms(frame, "arm", "coaching", None)
    whole = everybody(frame, arms, asked)
    complete = compare(
        frame, reference="coaching", covariates=asked.covariates, cluster=asked.cluster,
        direction="lower", method=setting.method,
    )  # fmt: skip
    times = beliefs.imputer(
        whole, auxiliary=["middle"], imputation=setting.imputation, cycles=10,
        seed=int(rng.integers(2**31)),
    )  # fmt: skip
    if whole.blocked:
        raise NotEnoughData("the checks forbid an answer")
    _, pooled, _ = beliefs.enough(whole, times, 20)
    found = (beliefs.complete_cases(complete), beliefs.worst(whole, SCALE))
    answers = {part.name: (part.estimate, part.low, part.high) for part in found}
    # Also where so few practitioners are that an answer would not tell it.
    return answers | {"imputed": (pooled.estimate, pooled.low, pooled.high)}


def simulate(setting: Setting, runs: int, seed: int) -> pd.DataFrame:
    """Coverage, bias and their Monte Carlo errors by answer."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(runs):
        try:
            rows += [(name, *numbers) for name, numbers in one(rng, setting).items()]
        except OutcomesError:
            rows.append(("refused", np.nan, np.nan, np.nan))
    frame = pd.DataFrame(rows, columns=["answer", "estimate", "low", "high"])
    frame["covers"] = (frame["low"] <= TRUTH) & (frame["high"] >= TRUTH)
    found = frame.groupby("answer", sort=False).agg(
        runs=("covers", "size"), coverage=("covers", "mean"), mean=("estimate", "mean"),
        spread=("estimate", "std"),
    )  # fmt: skip
    found["coverage_error"] = np.sqrt(found["coverage"] * (1 - found["coverage"]) / found["runs"])
    found["bias"] = found["mean"] - TRUTH
    found["bias_error"] = found["spread"] / np.sqrt(found["runs"])
    return found.drop(columns=["mean", "spread"]).reset_index()


def used(setting: Setting, answer: str) -> str:
    """Whether a report shows such an interval, and whether it is meant to hold the truth."""
    if setting.method != "weighting" or setting.imputation != "norm":
        return "no: reports weight and draw"
    together = setting.practitioners // 2 if setting.nested else setting.practitioners
    if answer == "refused" or (answer == "imputed" and 0 < together < FEWEST):
        return "no: too few practitioners"
    if answer == "complete cases" and setting.leaving:
        return "no: biased by who leaves, beside the imputed answer"
    return "yes, at least" if answer == "worst case" else "yes"


def table(runs: int, seed: int) -> str:
    """All settings as a Markdown table."""
    lines = [
        f"### Missing outcomes (oc.missing_answers), {runs} runs a row",
        "",
        "The worst case is bounds with an interval, which must hold the truth at least as often as",
        "it says.",
        "",
        "| setting | people | answer | bias (points) | coverage of 95 % | Monte Carlo error "
        "| used by reports |",
        "|---|---|---|---|---|---|---|",
    ]
    for setting in SETTINGS:
        for row in simulate(setting, runs, seed).itertuples():
            bias = "" if np.isnan(row.bias) else f"{row.bias:+.2f} ({row.bias_error:.2f})"
            lines.append(
                f"| {setting.name} | {setting.n} | {row.answer} | {bias} | "
                f"{100 * row.coverage:.1f} % | {100 * row.coverage_error:.1f} | "
                f"{used(setting, row.answer)} |"
            )
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    print(table(given.runs, given.seed))
