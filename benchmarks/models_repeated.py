"""CPU time of `oc.mmrm` beside R's nlme::gls, in one run: a Markdown table.

    python benchmarks/models_repeated.py [--no-r] [--sizes 200x5 2000x6 20000x8 125000x8]

Three arms, unstructured covariance, "score ~ baseline * visit + arm * visit", clients who
leave and miss visits. `reduce + fit` is the engine alone, from a design matrix that is
there; `mmrm` is everything, from formula to Satterthwaite df. gls is given up to 2,000
clients (it forms a matrix for each client) and stops after 10 minutes. Memory is the
peak of the process above the frame's own start; each size runs in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

SIZES = ("200x5", "2000x6", "20000x8", "125000x8")
R_CLIENTS, R_SECONDS = 2_000, 600
FORMULA = "score ~ baseline * visit + arm * visit"
R_SCRIPT = """
suppressPackageStartupMessages(library(nlme))
d <- read.csv(commandArgs(TRUE)[[1]])
d$visit <- factor(d$visit); d$place <- as.integer(d$visit); d$arm <- factor(d$arm)
spent <- system.time(fit <- gls(score ~ baseline * visit + arm * visit, d,
  correlation = corSymm(form = ~ place | client), weights = varIdent(form = ~ 1 | visit),
  control = glsControl(maxIter = 200, msMaxIter = 200)))
cat(spent[["user.self"]] + spent[["sys.self"]], sprintf("%.9f", as.numeric(logLik(fit))), "\\n")
"""


def practice(clients: int, visits: int, seed: int = 1) -> pd.DataFrame:
    """One row for each client and visit with a score."""
    rng = np.random.default_rng(seed)
    arm, baseline = rng.integers(0, 3, clients), rng.normal(20, 5, clients)
    distance = np.abs(np.subtract.outer(np.arange(visits), np.arange(visits)))
    covariance = 25 * 0.8**distance + 5 * np.eye(visits)
    scores = rng.normal(size=(clients, visits)) @ np.linalg.cholesky(covariance).T
    scores += 0.5 * baseline[:, None] - 0.5 * arm[:, None] * np.arange(visits)
    left = rng.integers(3, 4 * visits, clients)
    seen = (np.arange(visits) < left[:, None]) & (rng.random((clients, visits)) < 0.9)
    seen[np.arange(clients), rng.integers(0, visits, clients)] = True
    client, visit = np.nonzero(seen)
    return pd.DataFrame(
        {
            "client": client,
            "arm": pd.Categorical.from_codes(arm[client], ["a", "b", "c"]),
            "baseline": baseline[client],
            "visit": pd.Categorical.from_codes(visit, [f"v{k}" for k in range(visits)]),
            "score": scores[client, visit],
        }
    )


def own(size: str) -> dict[str, float]:
    """Times of one size in this process."""
    from outcomes.models.repeated import fit_patterns, mmrm, structure
    from outcomes.models.repeated.visits import visit_data

    clients, visits = map(int, size.split("x"))
    frame = practice(clients, visits)
    before = memory()
    start = time.process_time()
    data = visit_data(FORMULA, frame, subject="client", visit="visit")
    design = time.process_time() - start
    start = time.process_time()
    fit = fit_patterns(data.y, data.X, data.subject, data.position, structure("us", visits))
    engine = time.process_time() - start
    del data
    start = time.process_time()
    result = mmrm(FORMULA, frame, subject="client", visit="visit", ddf="satterthwaite")
    result.contrasts("arm", by="visit")
    whole = time.process_time() - start
    return {
        "rows": len(frame),
        "design": design,
        "engine": engine,
        "mmrm": whole,
        "memory": memory() - before,
        "frame": float(frame.memory_usage(deep=True).sum()) / 1e6,
        "matrix": len(frame) * len(result.design.names) * 8 / 1e6,
        "loglik": result.loglik,
        "steps": fit.steps,
        "converged": float(result.converged and fit.converged),
    }


def memory() -> float:
    """Peak memory of this process so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def in_r(size: str) -> tuple[float, float] | str:
    """CPU seconds and log-likelihood of nlme::gls, or why there are none."""
    clients, visits = map(int, size.split("x"))
    if clients > R_CLIENTS:
        return "not run"
    with tempfile.TemporaryDirectory() as folder:
        data, script = Path(folder) / "data.csv", Path(folder) / "fit.R"
        practice(clients, visits).to_csv(data, index=False)
        script.write_text(R_SCRIPT)
        try:
            done = subprocess.run(
                ["Rscript", "--vanilla", str(script), str(data)],
                capture_output=True, text=True, check=False, timeout=R_SECONDS,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return f"more than {R_SECONDS} s"
    if done.returncode:
        return "stopped with an error"
    seconds, loglik = map(float, done.stdout.split())
    return seconds, loglik


def report(sizes: list[str], *, with_r: bool) -> None:
    """Print the table."""
    print("| clients × visits | rows | formula to matrix, s | reduce + fit, s | mmrm in all, s | "
          "peak MB (matrix) | steps | gls, s | log-likelihood − gls |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|")
    quiet = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    for size in sizes:
        done = subprocess.run(
            [sys.executable, __file__, "--one", size],
            capture_output=True, text=True, check=True, env={**os.environ, **quiet},
        )  # fmt: skip
        found = json.loads(done.stdout)
        other = in_r(size) if with_r and shutil.which("Rscript") else "no R"
        seconds = other if isinstance(other, str) else f"{other[0]:.1f}"
        gap = "" if isinstance(other, str) else f"{found['loglik'] - other[1]:.1e}"
        print(
            f"| {size.replace('x', ' × ')} | {found['rows']:,} | {found['design']:.2f} | "
            f"{found['engine']:.2f} | {found['mmrm']:.2f} | {found['memory']:.0f} "
            f"({found['matrix']:.0f}) | {found['steps']:.0f} | {seconds} | {gap} |",
            flush=True,
        )


def main() -> None:
    """Parse and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", default=list(SIZES))
    parser.add_argument("--no-r", action="store_true")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(own(options.one)))
    else:
        report(options.sizes, with_r=not options.no_r)


if __name__ == "__main__":
    main()
