"""Time and memory of mixed models, side by side with lme4 and statsmodels, in one run.

    python benchmarks/models.py [--rows 10000 100000 1000000] [--crossed 1000000]
                                [--engines ours lme4 statsmodels] [--bootstrap 1000]

Each fit runs in a process of its own, one after the other, on the same file: CPU seconds of
the fit (reading left out), peak memory of the process less what it held before the fit
(ours: the kernel's high-water mark, set back before the fit) and that over the frame's own,
and the REML criterion. lme4 runs where Rscript has it; statsmodels only up to
10,000 rows (it has no crossed random slopes and takes minutes).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

FORMULA = "y ~ arm * time + (time | client) + (1 | practitioner)"
SESSIONS = (5, 12)
PER_PRACTITIONER = 40
MOST_FOR_STATSMODELS = 10_000

OURS = """
import json, resource, sys, time
import pandas as pd
import outcomes as oc
path, formula, ddf = sys.argv[1:]
frame = pd.read_feather(path)
frame["arm"] = frame["arm"].astype("category")
size = frame.memory_usage(deep=True).sum() / 1e6
# A small fit first: what is loaded with it belongs to no data.
oc.mixed(formula, frame.head(2000), ddf=ddf)

def megabytes(what):  # of this process, now (VmRSS) or at the peak (VmHWM)
    for line in open("/proc/self/status"):
        if line.startswith(what):
            return int(line.split()[1]) / 1e3

try:
    with open("/proc/self/clear_refs", "w") as reset:  # the peak of reading is not that of the fit
        reset.write("5")
    before = megabytes("VmRSS")
except OSError:  # no Linux: an upper limit of what was there before
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    megabytes = lambda what: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
start = time.process_time()
fit = oc.mixed(formula, frame, ddf=ddf)
cpu = time.process_time() - start
after = megabytes("VmHWM")
print(json.dumps({"cpu": cpu, "mb": after - before, "data_mb": size, "reml": fit.deviance,
                  "converged": fit.converged, "evaluations": fit.convergence.evaluations}))
"""
LME4 = """
suppressMessages(library(lme4))
given <- commandArgs(trailingOnly = TRUE)
d <- read.csv(given[1]); d$arm <- factor(d$arm)
invisible(gc(reset = TRUE)); t <- proc.time()
m <- lmer(as.formula(given[2]), d, control = lmerControl(calc.derivs = FALSE))
t <- proc.time() - t
cat(sprintf('{"cpu": %f, "mb": %f, "reml": %.6f, "converged": true}',
            t[1] + t[2], sum(gc()[, 6]), REMLcrit(m)))
"""
STATSMODELS = """
import json, resource, sys, time, warnings
import pandas as pd
import statsmodels.formula.api as smf
frame = pd.read_feather(sys.argv[1])
warnings.simplefilter("ignore")
start = time.process_time()
fit = smf.mixedlm("y ~ C(arm) * time", frame, groups="client", re_formula="~time").fit()
print(json.dumps({"cpu": time.process_time() - start, "mb": float("nan"),
                  "reml": -2 * float(fit.llf), "converged": bool(fit.converged)}))
"""
BOOTSTRAP = """
import json, sys, time
import pandas as pd
import outcomes as oc
frame = pd.read_feather(sys.argv[1])
frame["arm"] = frame["arm"].astype("category")
fit = oc.mixed("y ~ arm * time + (time | client)", frame)
start = time.process_time()
made = fit.bootstrap(int(sys.argv[2]), seed=1)
print(json.dumps({"cpu": time.process_time() - start, "used": made.n_used}))
"""


def practice(rows: int, crossed: float, seed: int = 3) -> pd.DataFrame:
    """About `rows` sessions of clients of practitioners; a share with another practitioner."""
    draw = np.random.default_rng(seed)
    clients = max(rows // 8, 50)
    sessions = draw.integers(*SESSIONS, clients)
    client = np.repeat(np.arange(clients), sessions)
    time = (np.arange(len(client)) - np.repeat(np.cumsum(sessions) - sessions, sessions)).astype(
        float
    )
    practitioners = max(clients // PER_PRACTITIONER, 5)
    practitioner = client % practitioners
    moved = draw.random(len(client)) < crossed
    practitioner = np.where(moved, draw.integers(0, practitioners, len(client)), practitioner)
    arm = draw.integers(0, 3, clients)[client]
    root = np.linalg.cholesky(np.array([[25.0, -1.0], [-1.0, 0.25]]))
    own = draw.standard_normal((clients, 2)) @ root.T
    slope = np.array([-1.0, -1.5, -1.25])[arm]
    y = 20 - 1.0 * (arm == 1) + 1.0 * (arm == 2) + slope * time
    y += own[client, 0] + own[client, 1] * time + 4 * draw.standard_normal(len(client))
    y += 2 * draw.standard_normal(practitioners)[practitioner]
    return pd.DataFrame(
        {"client": client, "practitioner": practitioner, "arm": arm, "time": time, "y": y}
    )


def run(command: list[str]) -> dict[str, float]:
    """What a process printed as JSON; nothing where it failed."""
    # One thread: waiting threads of the linear algebra library would count as work.
    surroundings = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=surroundings, check=False)
    if done.returncode:
        print(done.stderr.strip().splitlines()[-1] if done.stderr else "failed")
        return {}
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def has_lme4() -> bool:
    """Whether Rscript finds lme4."""
    if shutil.which("Rscript") is None:
        return False
    asked = ["Rscript", "-e", "quit(status = !requireNamespace('lme4', quietly = TRUE))"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


def compare(frame: pd.DataFrame, engines: list[str], work: Path, label: str) -> None:
    """Fit one frame with every engine and print a row for each."""
    feather, table = work / "data.feather", work / "data.csv"
    frame.to_feather(feather)
    script = work / "lme4.R"
    script.write_text(LME4, encoding="utf-8")
    commands = {
        "ours": [sys.executable, "-c", OURS, str(feather), FORMULA, "none"],
        "ours, Satterthwaite": [sys.executable, "-c", OURS, str(feather), FORMULA, "satterthwaite"],
        "lme4": ["Rscript", str(script), str(table), FORMULA],
        "statsmodels, clients only": [sys.executable, "-c", STATSMODELS, str(feather)],
    }
    ours = float("nan")
    for name, command in commands.items():
        engine = name.split(",")[0]
        if engine not in engines:
            continue
        if engine == "statsmodels" and len(frame) > MOST_FOR_STATSMODELS * 1.2:
            continue
        if engine == "lme4":
            frame.to_csv(table, index=False)
        found = run(command)
        if not found:
            continue
        ours = found["cpu"] if name == "ours" else ours
        share = found["mb"] / found["data_mb"] if "data_mb" in found else float("nan")
        print(
            f"| {label} | {len(frame):,} | {name} | {found['cpu']:.2f} | "
            f"{found['cpu'] / ours:.1f} | {found['mb']:.0f} | {share:.1f} | "
            f"{found['reml']:.4f} | {bool(found['converged'])} |",
            flush=True,
        )


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--crossed", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--bootstrap", type=int, default=0)
    names = ("ours", "lme4", "statsmodels")
    parser.add_argument("--engines", nargs="+", choices=names, default=list(names))
    options = parser.parse_args()
    engines = [name for name in options.engines if name != "lme4" or has_lme4()]
    work = Path(tempfile.mkdtemp())
    heads = "model|rows|engine|CPU s|times ours|MB more|MB / data|REML criterion|converged"
    print("| " + heads.replace("|", " | ") + " |")
    print("|" + "---|" * len(heads.split("|")))
    for rows in options.rows:
        compare(practice(rows, 0.0), engines, work, "nested")
    for rows in options.crossed:
        compare(practice(rows, 0.15), engines, work, "15 % crossed")
    if options.bootstrap:
        practice(300 * 8, 0.0).to_feather(work / "small.feather")
        command = [sys.executable, "-c", BOOTSTRAP, str(work / "small.feather")]
        found = run([*command, str(options.bootstrap)])
        cpu = found.get("cpu", float("nan"))
        print(f"\n{options.bootstrap} refits of 300 clients: {cpu:.1f} CPU s")
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
