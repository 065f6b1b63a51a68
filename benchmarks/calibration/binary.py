"""Do intervals of yes/no models cover, with 4 to 40 practitioners? Prints Markdown.

python benchmarks/calibration/binary.py [RUNS]     (default 1000; about 12 CPU minutes)
"""

from __future__ import annotations

import sys
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit

import outcomes as oc
from outcomes.models.binary.marginal import logistic_normal

GROUPS = (4, 6, 8, 12, 20, 40)
SD = 0.5  # on the log-odds scale: 7 % of the latent variance lies between practitioners
START = -0.3
EFFECT = 0.6
CASELOAD = (3, 40)  # unbalanced: some see three clients, some forty
COLUMNS = ("mixed_odds", "mixed_difference", "gee_odds", "gee_difference", "sd")


@dataclass(frozen=True)
class Setting:
    """How many practitioners, where the arm varies, and the log odds ratio of the arm."""

    groups: int
    varies: str
    effect: float = EFFECT

    def frame(self, rng: np.random.Generator) -> pd.DataFrame:
        """One practice: clients of practitioners, in one arm each or in both."""
        sizes = rng.integers(*CASELOAD, self.groups)
        practitioner = np.repeat(np.arange(self.groups), sizes)
        other = practitioner % 2 if self.varies == "between" else rng.integers(0, 2, sizes.sum())
        linear = START + self.effect * other + SD * rng.normal(size=self.groups)[practitioner]
        return pd.DataFrame(
            {
                "improved": (rng.random(len(linear)) < expit(linear)).astype(int),
                "arm": np.where(other == 1, "therapy", "coaching"),
                "practitioner": practitioner,
            }
        )

    def truth(self) -> dict[str, float]:
        """Log odds ratio within a practitioner, and difference and odds ratio of the population."""
        start, other = logistic_normal(np.array([START, START + self.effect]), np.full(2, SD))[0]
        return {
            "mixed_odds": self.effect,
            "gee_odds": float(logit(other) - logit(start)),
            "mixed_difference": float(other - start),
            "gee_difference": float(other - start),
            "sd": SD,
        }


def simulate(setting: Setting, runs: int, seed: int = 20261124) -> pd.DataFrame:
    """One row for each run: whether each interval covered the truth, nan where none was given."""
    rng = np.random.default_rng([seed, setting.groups, len(setting.varies)])
    truth = setting.truth()
    rows = []
    for _ in range(runs):
        frame = setting.frame(rng)
        found = dict.fromkeys(COLUMNS, np.nan)
        mixed = oc.mixed_logistic("improved ~ arm + (1 | practitioner)", frame)
        if mixed.converged:
            ends = {
                "mixed_odds": mixed.coefficients.iloc[1],
                "mixed_difference": mixed.differences("arm").iloc[0],
                "sd": mixed.variances.iloc[0],
            }
            found |= {name: covers(row, truth[name]) for name, row in ends.items()}
        averaged = oc.gee("improved ~ arm", frame, cluster="practitioner")
        if averaged.converged:
            row = averaged.coefficients.iloc[1]
            found["gee_odds"] = covers(row, truth["gee_odds"])
            row = averaged.differences("arm").iloc[0]
            found["gee_difference"] = covers(row, truth["gee_difference"])
        rows.append(found)
    return pd.DataFrame(rows)


def covers(row: pd.Series, truth: float) -> float:
    """1 where the interval holds the truth, 0 where not, nan where it is not known."""
    if not np.isfinite([row["low"], row["high"]]).all():
        return np.nan
    return float(row["low"] <= truth <= row["high"])


NAMES = {
    "mixed_odds": "odds ratio, mixed",
    "mixed_difference": "risk difference, mixed",
    "gee_odds": "odds ratio, GEE",
    "gee_difference": "risk difference, GEE",
    "sd": "SD, profile",
}
WHERE = {"between": "between practitioners", "within": "within"}


def table(runs: int) -> str:
    """Coverage and type I error by setting, as Markdown."""
    lines = [
        f"Intervals of 95 % with {CASELOAD[0]} to {CASELOAD[1] - 1} clients a practitioner, SD "
        f"{SD} between practitioners; {runs} runs a row. Mixed: Laplace, between-within df. GEE: "
        "exchangeable, Kauermann-Carroll, Satterthwaite's df. No report uses these models.",
        "",
        "| practitioners | the arm varies | interval | told | coverage of 95 % | Monte Carlo error "
        "| used by reports |",
        "|---|---|---|---|---|---|---|",
    ]
    for groups in GROUPS:
        for varies in WHERE:
            lines += _coverage_rows(groups, varies, simulate(Setting(groups, varies), runs))
    heads = list(NAMES.values())[:4]
    lines += [
        "",
        f"Type I error at 5 %, per cent ({runs} runs):",
        "",
        f"| practitioners | the arm varies | {' | '.join(heads)} |",
        "|---|---|---|---|---|---|",
    ]
    for groups in GROUPS:
        for varies, where in WHERE.items():
            missed = 100 * (1 - simulate(Setting(groups, varies, 0.0), runs).mean())
            cells = " | ".join(f"{missed[name]:.1f}" for name in COLUMNS[:4])
            lines.append(f"| {groups} | {where} | {cells} |")
    return "\n".join(lines)


def _coverage_rows(groups: int, varies: str, found: pd.DataFrame) -> list[str]:
    """One row for each interval; 'told' is in how many runs there was one."""
    rows = []
    for name, words in NAMES.items():
        told, share = int(found[name].notna().sum()), float(found[name].mean())
        error = np.sqrt(share * (1 - share) / told) if told else np.nan
        rows.append(
            f"| {groups} | {WHERE[varies]} | {words} | {told} | {100 * share:.1f} % | "
            f"{100 * error:.1f} | no: not in a report |"
        )
    return rows


if __name__ == "__main__":
    warnings.simplefilter("error", RuntimeWarning)
    print("### Yes/no outcomes\n\n" + table(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
