"""Coverage and type I error of `oc.mmrm`, with clients who leave: prints a Markdown table.

    python benchmarks/calibration/mmrm.py [--runs 2000] [--clients 12 20 40 80 200] [--seed 1]

Two arms, four visits after a start score, standard deviations that grow and correlations
that fall with time. Who scores badly leaves more often (missing at random). The difference
between the arms at the last visit is judged; the truth is 0 for the error of type I and
one standard deviation for the coverage. Unstructured covariance, the stated fallback where
it cannot be estimated; a run in which nothing converges is counted and left out.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np
import pandas as pd
from scipy import stats

from outcomes.errors import NotEnoughData
from outcomes.models.inference import Asymptotic
from outcomes.models.repeated import fit_reduced, patterns, structure
from outcomes.models.repeated.policy import repeated_policy
from outcomes.models.repeated.robust import cluster_robust
from outcomes.models.repeated.small_sample import kenward_roger, satterthwaite

VISITS = 4
SD = np.array([5.0, 5.5, 6.0, 6.5])
CORRELATION = 0.35 + 0.65 * 0.7 ** np.abs(np.subtract.outer(np.arange(VISITS), np.arange(VISITS)))
COVARIANCE = CORRELATION * np.outer(SD, SD)
LEVEL = 0.95
METHODS = ("kenward-roger", "kenward-roger-linear", "satterthwaite", "cr2", "none")


def sample(clients: int, effect: float, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Outcome, design, client and visit of one trial; about 35 % have left at the end."""
    arm = (np.arange(clients) % 2).astype(float)
    baseline = rng.normal(0, 5, clients)
    scores = rng.multivariate_normal(np.zeros(VISITS), COVARIANCE, clients)
    scores += 0.6 * baseline[:, None] + effect * arm[:, None] * np.arange(1, VISITS + 1) / VISITS
    seen = np.ones((clients, VISITS), dtype=bool)
    for visit in range(1, VISITS):
        chance = 1 / (1 + np.exp(2.1 - scores[:, visit - 1] / SD[visit - 1] * 0.7))
        seen[:, visit] = seen[:, visit - 1] & (rng.random(clients) > chance)
    seen &= (rng.random((clients, VISITS)) > 0.05) | (np.arange(VISITS) == 0)
    client, visit = np.nonzero(seen)
    means = np.eye(VISITS)[visit]
    design = np.column_stack([means, means * arm[client, None], baseline[client]])
    return scores[client, visit], design, client, visit


def judge(data: tuple[np.ndarray, ...], truth: float) -> dict[str, bool | str] | None:
    """Whether each method's interval holds the truth, and the covariance used."""
    y, design, client, visit = data
    try:
        reduced = patterns(y, design, client, visit, VISITS)
    except NotEnoughData:
        return None
    for name in repeated_policy().order:
        fit = fit_reduced(reduced, structure(name, VISITS))
        if fit.converged:
            break
    else:
        return None
    residual = y - design @ fit.coefficients
    made = {
        "kenward-roger": kenward_roger(fit),
        "kenward-roger-linear": kenward_roger(fit, linear=True),
        "satterthwaite": satterthwaite(fit),
        "cr2": cluster_robust(design, residual, client, visit, fit.covariance),
        "none": Asymptotic(fit.coefficient_covariance),
    }
    place = 2 * VISITS - 1
    row = np.eye(design.shape[1])[place : place + 1]
    away = abs(fit.coefficients[place] - truth)
    found: dict[str, bool | str] = {"covariance": name}
    for method, inference in made.items():
        se = float(np.sqrt(inference.covariance[place, place]))
        df = float(inference.single(row)[0])
        found[method] = bool(away <= stats.t.ppf(0.5 + LEVEL / 2, df) * se)
    return found


def calibrate(clients: int, runs: int, seed: int) -> pd.DataFrame:
    """One row for each method: coverage, error of type I, their Monte Carlo errors."""
    rng = np.random.default_rng([seed, clients])
    judged = {
        truth: [judge(sample(clients, truth, rng), truth) for _ in range(runs)]
        for truth in (0.0, float(SD[-1]))
    }
    none, some = (pd.DataFrame([j for j in found if j]) for found in judged.values())
    both = pd.concat([none, some])
    rows = []
    for method in METHODS:
        coverage, error = some[method].mean(), 1 - none[method].mean()
        rows.append(
            {
                "clients": clients,
                "method": method,
                "coverage": coverage,
                "coverage_error": np.sqrt(coverage * (1 - coverage) / len(some)),
                "type_1": error,
                "type_1_error": np.sqrt(error * (1 - error) / len(none)),
                "unstructured": (both["covariance"] == "us").mean(),
                "not_fitted": 1 - len(both) / (2 * runs),
            }
        )
    return pd.DataFrame(rows)


def main(arguments: list[str]) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--clients", type=int, nargs="+", default=[12, 20, 40, 80, 200])
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    print("### Repeated measures (oc.mmrm): difference at the last of four visits\n")
    print(f"{options.runs} runs a row and truth; ± is the Monte Carlo standard error.\n")
    print(
        "| clients | method | coverage of 95 % | Monte Carlo error | type I error at 5 % "
        "| unstructured | not fitted | used by reports |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for clients in options.clients:
        for row in calibrate(clients, options.runs, options.seed).itertuples():
            used = "yes" if row.method == "satterthwaite" else "no: reports use Satterthwaite"
            print(
                f"| {row.clients} | {row.method} | {100 * row.coverage:.1f} % | "
                f"{100 * row.coverage_error:.1f} | {100 * row.type_1:.1f} ± "
                f"{100 * row.type_1_error:.1f} | {100 * row.unstructured:.0f} % | "
                f"{100 * row.not_fitted:.1f} % | {used} |",
                flush=True,
            )


if __name__ == "__main__":
    main(sys.argv[1:])
