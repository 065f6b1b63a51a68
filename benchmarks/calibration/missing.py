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

from outcomes.comparison.missing_answers import missing_answers
from outcomes.errors import OutcomesError

TRUTH = -2.0
SCALE = (-60.0, 90.0)


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
    method: str = "ancova"
    imputation: str = "norm"


SETTINGS = (
    Setting("24 practitioners, crossed", 200, 24, 0.05, 1.2, -1.2, False),
    Setting("24 practitioners, one arm each", 200, 24, 0.05, 1.2, -1.2, True),
    Setting("40 practitioners, one arm each", 200, 40, 0.10, 1.2, -1.2, True),
    Setting("12 practitioners, crossed", 80, 12, 0.05, 1.2, -1.2, False),
    Setting("4 practitioners, crossed", 80, 4, 0.0, 1.2, -1.2, False),
    Setting("no clusters", 200, 0, 0.0, 1.2, -1.2, False),
    Setting("no clusters, half leave", 200, 0, 0.0, 1.2, 0.0, False),
    Setting("no clusters, small", 40, 0, 0.0, 1.0, -1.2, False),
    Setting("weighting, 24 crossed", 200, 24, 0.05, 1.2, -1.2, False, "weighting"),
    Setting("matching, 24 crossed", 200, 24, 0.05, 1.2, -1.2, False, "ancova", "pmm"),
    Setting("completely at random", 200, 24, 0.05, 0.0, -1.2, False),
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
    """(estimate, low, high) of one simulated practice, by answer."""
    frame = practice(rng, setting)
    found = missing_answers(
        frame, reference="coaching", covariates=["pre"], method=setting.method,
        cluster="practitioner" if setting.practitioners else None, direction="lower",
        auxiliary=["middle"], scale=SCALE, imputation=setting.imputation, m=20,
        seed=int(rng.integers(2**31)),
    )  # fmt: skip
    return {part.name: (part.estimate, part.low, part.high) for part in found.answers}


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


def table(runs: int, seed: int) -> str:
    """All settings as a Markdown table."""
    lines = [
        "| setting | people | answer | coverage of 95 % intervals | bias (points) |",
        "|---|---|---|---|---|",
    ]
    for setting in SETTINGS:
        for row in simulate(setting, runs, seed).itertuples():
            bias = "" if np.isnan(row.bias) else f"{row.bias:+.2f} ({row.bias_error:.2f})"
            lines.append(
                f"| {setting.name} | {setting.n} | {row.answer} | {100 * row.coverage:.1f} % "
                f"({100 * row.coverage_error:.1f}) | {bias} |"
            )
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    print(table(given.runs, given.seed))
