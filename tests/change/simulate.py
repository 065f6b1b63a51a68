"""How often each method is wrong where nobody changed, and what its intervals cover.

    python tests/change/simulate.py [--samples 400] [--people 200] [--seed 1]

Prints the tables of docs/validation-change.md. Scores are true score plus error, normal, SD
10, mean 50, reliability .85, lower is better; SD and reliability are known, means, r_dd and
the growth model are the sample's own. Monte Carlo errors: sqrt(p (1 - p) / samples) for
coverage, the spread of the samples' shares over sqrt(samples) for shares.
"""

# ruff: noqa: T201 - a program whose result is what it prints

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

from outcomes.change import METHODS, change, change_methods
from outcomes.change.methods import RELIABLE_CHANGE

MEAN, SD, R = 50.0, 10.0, 0.85
OCCASIONS = ["pre", "mid", "post"]
# Nobody was chosen by score; or only those who scored at least this at the start.
CHOSEN = 55.0
GAIN = 8.0  # points that everybody gains on average where intervals are checked
KNOWN = {"direction": "lower", "reliability": R}
WITHIN = 0.5  # correlation of partners' true scores and true changes


def people(rng: np.random.Generator, n: int, *, chosen: bool) -> pd.DataFrame:
    """Three occasions without any true change."""
    true, error = SD * np.sqrt(R), SD * np.sqrt(1 - R)
    found = np.empty((0, 3))
    while len(found) < n:
        level = rng.normal(MEAN, true, 4 * n)[:, None]
        seen = level + rng.normal(0, error, (4 * n, 3))
        found = np.vstack([found, seen[seen[:, 0] >= CHOSEN] if chosen else seen])
    return pd.DataFrame(found[:n], columns=OCCASIONS)


def false_positives(samples: int, n: int, seed: int, *, chosen: bool) -> pd.DataFrame:
    """method, improved, its Monte Carlo error, deteriorated, its error: shares in per cent."""
    rng = np.random.default_rng(seed)
    shares: dict[str, list[tuple[float, float]]] = {name: [] for name in RELIABLE_CHANGE}
    refused = dict.fromkeys(RELIABLE_CHANGE, 0)
    for _ in range(samples):
        frame = people(rng, n, chosen=chosen)
        for name in RELIABLE_CHANGE:
            more = {"occasions": OCCASIONS} if name == "hlm" else {}
            try:
                found = change_methods(
                    frame, methods=[name], criteria=["a"], sd=SD, **KNOWN, **more
                )
            except Exception as error:
                if type(error).__name__ != "NotEnoughData":
                    raise
                refused[name] += 1
                continue
            codes = found.codes[0]
            better = np.isin(codes, (0, 1)).mean()
            shares[name].append((better, np.isin(codes, (3, 4)).mean()))
    rows = []
    for name, values in shares.items():
        each = 100 * np.array(values).reshape(-1, 2)
        count = max(len(each), 1)
        spread = each.std(axis=0, ddof=1) / np.sqrt(count) if len(each) > 1 else (np.nan,) * 2
        mean = each.mean(axis=0) if len(each) else (np.nan, np.nan)
        rows.append((name, mean[0], spread[0], mean[1], spread[1], refused[name]))
    return pd.DataFrame(
        rows, columns=["method", "improved", "mcse", "deteriorated", "mcse_2", "refused"]
    )


def changed(rng: np.random.Generator, couples: int, *, within: float) -> pd.DataFrame:
    """Start, middle and end of couples whose true scores and true changes correlate."""

    def pair(sd: float) -> np.ndarray:
        shared = rng.normal(0, sd * np.sqrt(within), couples)
        return np.repeat(shared, 2) + rng.normal(0, sd * np.sqrt(1 - within), 2 * couples)

    level, slope = MEAN + pair(SD * np.sqrt(R)), -GAIN / 2 + pair(3.0)
    error = SD * np.sqrt(1 - R)
    scores = {
        name: level + k * slope + rng.normal(0, error, 2 * couples)
        for k, name in enumerate(OCCASIONS)
    }
    return pd.DataFrame({**scores, "couple": np.repeat(np.arange(couples), 2)})


def coverage(samples: int, couples: int, seed: int) -> pd.DataFrame:
    """Share of 95 % intervals of reliable improvement that hold the population's share."""
    rng = np.random.default_rng(seed)
    rows = []
    for name in [*RELIABLE_CHANGE, "anchor", "percentage"]:
        more: dict[str, object] = {"method": name}
        if name == "hlm":
            more["occasions"] = OCCASIONS
        elif name in METHODS and METHODS[name].line is not None:
            more |= {"reliability": R, "sd": SD}
        else:
            more |= {"anchor": {"important_change": 5}, "percentage": {"percentage": 20}}[name]
        truth = _share(changed(rng, 200_000, within=WITHIN), more)[0]
        hits = np.zeros(2)
        for _ in range(samples):
            frame = changed(rng, couples, within=WITHIN)
            for place, cluster in enumerate((None, "couple")):
                _, low, high = _share(frame, {**more, "cluster": cluster})
                hits[place] += low <= truth <= high
        rows.append((name, 100 * truth, *(100 * hits / samples)))
    return pd.DataFrame(rows, columns=["method", "share", "people_independent", "couples"])


def _share(frame: pd.DataFrame, more: dict[str, object]) -> tuple[float, float, float]:
    rates = change(frame, direction="lower", **more).rates
    row = rates[(rates["measure"] == "reliable_improvement") & (rates["denominator"] == "paired")]
    return tuple(row[["rate", "low", "high"]].to_numpy(dtype=float)[0])


def main() -> None:
    """Print the three tables as Markdown."""
    parser = argparse.ArgumentParser(description="Simulation of the methods of change")
    parser.add_argument("--samples", type=int, default=400)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    for chosen in (False, True):
        print(f"\n{'Chosen for high scores' if chosen else 'Not chosen by score'}\n")
        print("| method | improved % | error | deteriorated % | error | not computable |")
        print("|---|---|---|---|---|---|")
        found = false_positives(asked.samples, asked.people, asked.seed, chosen=chosen)
        for row in found.itertuples(index=False):
            name, *numbers, refused = row
            text = " | ".join("none" if np.isnan(x) else f"{x:.2f}" for x in numbers)
            print(f"| {name} | {text} | {refused} of {asked.samples} |")
    print("\nCoverage of 95 % intervals, couples of correlated partners\n")
    print("| method | true share % | people taken as independent | couples as clusters |")
    print("|---|---|---|---|")
    for row in coverage(asked.samples, asked.people // 2, asked.seed).itertuples(index=False):
        print(
            f"| {row.method} | {row.share:.1f} | {row.people_independent:.1f} | {row.couples:.1f} |"
        )


if __name__ == "__main__":
    main()
