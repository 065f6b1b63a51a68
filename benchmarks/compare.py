"""Time of `compare` (overlap weights, CR2, Satterthwaite) beside statsmodels, in one run.

    python benchmarks/compare.py [--rows 1000 10000 100000] [--repeat 3]

statsmodels is given less to do: WLS with cluster-robust (CR1) errors on ready weights has
no propensity model, no balance, no small-sample correction; TreatmentEffect.aipw fits
propensity and outcome models but has no clusters and no diagnostics.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from outcomes.comparison import compare

COVARIATES = ["pre", "age", "gender", "employment", "prior_care", "x1", "x2", "x3", "x4", "x5"]


def practice(rows: int, practitioners: int, seed: int = 1) -> pd.DataFrame:
    """Clients with ten covariates; severity drives arm and outcome."""
    rng = np.random.default_rng(seed)
    pre = rng.normal(15, 5, size=rows)
    arm = rng.uniform(size=rows) < 1 / (1 + np.exp(-(pre - 15) / 6))
    who = rng.integers(practitioners, size=rows)
    post = 3 + 0.7 * pre - 2 * arm + rng.normal(size=practitioners)[who] + rng.normal(0, 4, rows)
    frame = pd.DataFrame(
        {
            "pre": pre,
            "age": rng.normal(40, 12, size=rows),
            "gender": rng.choice(["female", "male", "other"], size=rows, p=[0.6, 0.38, 0.02]),
            "employment": rng.choice(["employed", "not", "student"], size=rows),
            "prior_care": rng.choice(["yes", "no"], size=rows),
            "post": post,
            "arm": np.where(arm, "therapy", "coaching"),
            "practitioner": who,
        }
    )
    for name in COVARIATES[5:]:
        frame[name] = rng.normal(size=rows)
    return frame


def seconds(task: Callable[[], object], repeat: int) -> float:
    """Least CPU time of some runs: the machine is shared."""
    times = []
    for _ in range(repeat):
        start = time.process_time()
        task()
        times.append(time.process_time() - start)
    return min(times)


def statsmodels_tasks(frame: pd.DataFrame) -> dict[str, Callable[[], object]]:
    """The nearest that statsmodels offers."""
    import statsmodels.api as sm
    from statsmodels.treatment.treatment_effects import TreatmentEffect

    treat = frame["arm"].eq("therapy").astype(float)
    known = sm.add_constant(pd.get_dummies(frame[COVARIATES], drop_first=True).astype(float))
    full = known.assign(treat=treat)
    groups = {"groups": frame["practitioner"]}

    def wls() -> object:
        chance = sm.Logit(treat, known).fit(disp=0).predict()
        weights = np.where(treat == 1, 1 - chance, chance)
        return sm.WLS(frame["post"], full, weights).fit(cov_type="cluster", cov_kwds=groups)

    def aipw() -> object:
        select = sm.Logit(treat, known).fit(disp=0)
        effect = TreatmentEffect(sm.OLS(frame["post"], known), treat, results_select=select)
        return effect.aipw(return_results=False)

    return {"Logit + WLS, clustered": wls, "TreatmentEffect.aipw": aipw}


def main() -> None:
    """Print one line for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--alone", action="store_true", help="leave statsmodels out")
    options = parser.parse_args()
    print(f"{'rows':>9} {'practitioners':>13} {'ours s':>8} {'MB':>6}   statsmodels")
    for rows in options.rows:
        practitioners = max(20, rows // 500)
        frame = practice(rows, practitioners)
        ours = seconds(
            lambda frame=frame: compare(
                frame, reference="coaching", covariates=COVARIATES, cluster="practitioner"
            ),
            options.repeat,
        )
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        parts = []
        for name, task in ({} if options.alone else statsmodels_tasks(frame)).items():
            theirs = seconds(task, options.repeat)
            parts.append(f"{name}: {theirs:.3f} s (ours / theirs {ours / theirs:.2f})")
        print(f"{rows:>9} {practitioners:>13} {ours:>8.3f} {peak:>6.0f}   {'; '.join(parts)}")


if __name__ == "__main__":
    main()
