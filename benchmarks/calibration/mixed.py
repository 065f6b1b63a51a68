"""Coverage and type I error of mixed models in small practices, by simulation.

    python benchmarks/calibration/mixed.py [--runs 1000] [--seed 1]

Prints a Markdown table with Monte Carlo errors: coverage of 95 % intervals of the difference in
slopes (true difference 0, so that 1 - coverage is the type I error), with Satterthwaite and
Kenward-Roger. Clients leave: each session is the last with probability 0.1.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.errors import NotEnoughData
from outcomes.models import mixed
from outcomes.models.mixed.model import result_of

FORMULA = "y ~ arm * t + (t | client) + (1 | practitioner)"
CASES = ((12, 4), (24, 4), (60, 12), (200, 40))
LEAVING = 0.1
SESSIONS = 8


@dataclass(frozen=True, slots=True)
class Coverage:
    """Share of intervals that hold the true difference, of `n` fits that converged."""

    clients: int
    practitioners: int
    ddf: str
    arms_within: bool
    coverage: float
    error: float
    n: int
    singular: float


def practice(
    draw: np.random.Generator, clients: int, practitioners: int, within: bool
) -> pd.DataFrame:
    """Unbalanced sessions; arms vary within practitioners, or each practitioner has one arm."""
    stay = np.minimum(draw.geometric(LEAVING, clients), SESSIONS)
    client = np.repeat(np.arange(clients), stay)
    practitioner = draw.permutation(np.arange(clients) % practitioners)
    arm = np.arange(clients) % 2 if within else practitioner % 2
    t = np.concatenate([np.arange(n, dtype=float) for n in stay])
    own = draw.standard_normal((clients, 2)) @ np.array([[5.0, -0.2], [0.0, 0.5]])
    y = 20 - t + own[client, 0] + own[client, 1] * t + 4 * draw.standard_normal(len(client))
    y += 2 * draw.standard_normal(practitioners)[practitioner[client]]
    return pd.DataFrame(
        {"y": y, "t": t, "client": client, "practitioner": practitioner[client], "arm": arm[client]}
    )


def coverage(runs: int, seed: int, case: tuple[int, int], *, within: bool = True) -> list[Coverage]:
    """Coverage of the interval of arm:t, both kinds of degrees of freedom on the same data."""
    held: dict[str, list[bool]] = {"satterthwaite": [], "kenward-roger": []}
    singular = []
    for child in np.random.SeedSequence(seed).spawn(runs):
        frame = practice(np.random.default_rng(child), *case, within)
        try:
            fit = mixed(FORMULA, frame)
        except NotEnoughData:
            continue
        if not fit.converged:
            continue
        singular.append(fit.singular)
        for ddf, found in held.items():
            made = result_of(FORMULA, fit.data, fit.fit, ddf=ddf, level=0.95)
            row = made.coefficients.iloc[-1]
            found.append(bool(row["low"] <= 0 <= row["high"]))
    return [
        Coverage(
            *case, ddf, within, float(np.mean(found)),
            float(np.sqrt(np.mean(found) * (1 - np.mean(found)) / len(found))),
            len(found), float(np.mean(singular)),
        )
        for ddf, found in held.items()
    ]  # fmt: skip


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(
        "### Mixed models (oc.mixed): difference of slopes between arms, "
        f"{options.runs} runs a row\n"
    )
    heads = (
        "clients|practitioners|arms|df|coverage of 95 %|Monte Carlo error|fits|singular"
        "|used by reports"
    )
    print(f"| {heads.replace('|', ' | ')} |")
    print("|---|---|---|---|---|---|---|---|---|")
    for case in CASES:
        for within in (True, False):
            for row in coverage(options.runs, options.seed, case, within=within):
                where = "within practitioners" if within else "between practitioners"
                used = "yes" if row.ddf == "satterthwaite" else "no: reports use Satterthwaite"
                print(
                    f"| {row.clients} | {row.practitioners} | {where} | {row.ddf} | "
                    f"{100 * row.coverage:.1f} % | {100 * row.error:.1f} | {row.n} | "
                    f"{100 * row.singular:.0f} % | {used} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
