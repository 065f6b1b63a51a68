"""The simulation laboratory in full: every scenario at 240 people, small samples, all ways.

    python benchmarks/calibration/laboratory.py [--runs 400] [--jobs 2]

Prints Markdown; `write.py laboratory` puts it into docs/validation.md.
"""

from __future__ import annotations

import argparse

import pandas as pd

from outcomes.comparison.laboratory import laboratory, scenario, scenarios, ways_of

SMALL = (40, 80, 120, 200)
SMALL_SCENARIOS = ("no_effect", "constant_effect", "one_arm_practitioners", "couples")
SMALL_WAYS = ("overlap", "ancova", "aipw_overlap")


def main() -> None:
    """Print the tables of every scenario, then of small samples."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    print(
        f"{given.runs} samples of 240 people for each scenario, 24 practitioners; standard "
        "deviations of the end score. *Estimated*: runs that gave a number; the others said "
        "`not comparable` or `cannot tell`. *Right* and *wrong*: share of verdicts as the scenario "
        "says (a verdict in neither is honest but empty). *Flagged*: share of the settled answers "
        "(supported, equivalent, not supported) beside which the tool says that something hidden, "
        "no stronger than what was measured, would undo them.\n"
    )
    for name in scenarios():
        found = laboratory(name, n=240, runs=given.runs, jobs=given.jobs)
        print(f"**{found.scenario.title}**: {found.scenario.about}.\n")
        print(table(found.summary), flush=True)
    print("**Small samples**\n")
    parts = []
    for name in SMALL_SCENARIOS:
        for n in SMALL:
            found = laboratory(name, n=n, runs=given.runs, ways=SMALL_WAYS, jobs=given.jobs)
            told = found.summary.copy()
            told.insert(0, "people", n)
            told.insert(0, "scenario", scenario(name).title)
            parts.append(told)
    print(table(pd.concat(parts)), flush=True)


def table(summary: pd.DataFrame) -> str:
    """Markdown of a summary."""
    ways = [ways_of(world) for world in scenarios().values()]
    titles = {name: way.title for known in ways for name, way in known.items()}
    lead = [name for name in ("scenario", "people") if name in summary]
    heads = [
        *lead,
        "way",
        "for",
        "estimated",
        "bias",
        "RMSE",
        "coverage",
        "right",
        "wrong",
        "flagged",
    ]
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for row in summary.to_dict("records"):
        cells = [
            *(str(row[name]) for name in lead),
            titles[row["way"]],
            row["estimand"],
            f"{row['estimated']:.1%}",
            pm(row["bias"], row["bias_error"], "+.3f", ".3f"),
            "" if pd.isna(row["rmse"]) else f"{row['rmse']:.3f}",
            pm(100 * row["coverage"], 100 * row["coverage_error"], ".1f", ".1f"),
            f"{row['right']:.1%}",
            f"{row['wrong']:.1%}",
            "" if pd.isna(row["flagged"]) else f"{row['flagged']:.0%}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def pm(value: float, error: float, first: str, second: str) -> str:
    """A value with its Monte Carlo error; nothing where there is none."""
    return "" if pd.isna(value) else f"{value:{first}} ± {error:{second}}"


if __name__ == "__main__":
    main()
