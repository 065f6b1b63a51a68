"""Do the intervals of couples' models cover? Prints Markdown tables with Monte Carlo error.

`python benchmarks/calibration/dyads.py [RUNS]` (1,000 by default: about ten minutes).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

import outcomes as oc
from outcomes.models.dyads import DyadicGrowthResult

COUPLES = (20, 40, 100)
CORRELATIONS = (-0.5, 0.0, 0.5)
LOST = 0.2
# Couples and occasions of the courses.
COURSES = ((20, 4), (20, 8), (40, 4), (100, 4))
ACTOR, PARTNER = 0.5, 0.3
# Own starts and slopes of both partners, and their residuals, in points.
G = np.array(
    [[9, -0.4, 4, -0.2], [-0.4, 0.25, -0.1, 0.1], [4, -0.1, 9, -0.4], [-0.2, 0.1, -0.4, 0.3]]
)
START, SLOPE = (15.0, 13.0), (-0.6, -0.4)
SIZES = (2.0, 1.5)


@dataclass(slots=True)
class Count:
    """How often an interval held the true value, and how often a test rejected a true null."""

    hits: dict[str, int] = field(default_factory=dict)
    runs: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, inside: bool | np.bool_) -> None:
        """One more data set."""
        self.hits[name] = self.hits.get(name, 0) + int(inside)
        self.runs[name] = self.runs.get(name, 0) + 1

    def cells(self, name: str) -> tuple[str, str]:
        """'94.9 %' and '0.7': per cent with Monte Carlo standard error."""
        n = self.runs.get(name, 0)
        if not n:
            return "-", "-"
        share = self.hits[name] / n
        return f"{100 * share:.1f} %", f"{100 * (share * (1 - share) / n) ** 0.5:.1f}"


def pairs(rng: np.random.Generator, n: int, rho: float, lost: float) -> pd.DataFrame:
    """n couples whose outcome goes with both predictors, residuals correlated by rho."""
    x = rng.multivariate_normal([0, 0], [[1, 0.3], [0.3, 1]], n)
    e = rng.multivariate_normal([0, 0], [[1, rho], [rho, 1]], n)
    y = 1 + ACTOR * x + PARTNER * x[:, ::-1] + e
    table = pd.DataFrame(
        {
            "couple": np.repeat(np.arange(n), 2),
            "role": np.tile(["a", "b"], n),
            "x": x.ravel(),
            "y": y.ravel(),
        }
    )
    # Who had a high predictor answers less often: missing at random.
    gone = rng.random(2 * n) < lost * np.where(table["x"] > 0, 1.6, 0.4)
    return table.assign(y=table["y"].where(~gone))


def courses(
    rng: np.random.Generator, n: int, times: int, rho: float, lost: float, *, same: bool
) -> pd.DataFrame:
    """n couples with both partners' scores over time; the later the more leave."""
    spread = G.copy()
    sizes, starts, slopes = SIZES, START, SLOPE
    if same:
        spread = (G + G[np.ix_([2, 3, 0, 1], [2, 3, 0, 1])]) / 2
        sizes, starts, slopes = (1.75, 1.75), (14.0, 14.0), (-0.5, -0.5)
    both = rho * sizes[0] * sizes[1]
    within = np.array([[sizes[0] ** 2, both], [both, sizes[1] ** 2]])
    own = rng.multivariate_normal(np.zeros(4), spread, n)
    error = rng.multivariate_normal(np.zeros(2), within, (n, times))
    time = np.arange(times)
    parts = []
    for side, role in enumerate(("wife", "husband")):
        mean = starts[side] + own[:, [2 * side]] + (slopes[side] + own[:, [2 * side + 1]]) * time
        parts.append(
            pd.DataFrame(
                {
                    "couple": np.repeat(np.arange(n), times),
                    "role": role,
                    "time": np.tile(time.astype(float), n),
                    "score": (mean + error[:, :, side]).ravel(),
                }
            )
        )
    table = pd.concat(parts, ignore_index=True)
    # Couples leave together after some occasion; single answers are missing besides.
    last = np.where(rng.random(n) < lost, rng.integers(2, times + 1, n), times)
    there = table["time"].to_numpy() < last[table["couple"].to_numpy()]
    there &= rng.random(len(table)) >= lost / 3
    arm = np.where(table["couple"] % 2, "coaching", "therapy")
    return table.assign(arm=arm)[there]


def apim_coverage(runs: int, seed: int = 1) -> Iterator[tuple[str, Count]]:
    """Scenario and counts: actor, partner, k, partial correlation, agreement, size of the test."""
    for n in COUPLES:
        for rho in CORRELATIONS:
            rng = np.random.default_rng([seed, n, int(10 * rho) + 10])
            count = Count()
            for _ in range(runs):
                _one_apim(pairs(rng, n, rho, LOST), rho, count)
            yield f"{n} | {rho:g} | {100 * LOST:.0f} %", count


def _one_apim(frame: pd.DataFrame, rho: float, count: Count) -> None:
    alike = oc.apim(frame, outcome="y", actor="x", distinguishable=False)
    apart = oc.apim(frame, outcome="y", actor="x", distinguishable=True)
    for name, found in (("alike", alike), ("apart", apart)):
        truth = found.effects["effect"].map({"actor": ACTOR, "partner": PARTNER})
        inside = found.effects["low"].le(truth) & found.effects["high"].ge(truth)
        count.add(f"effects {name}", bool(inside.iloc[0]))
        count.add(f"effects {name}", bool(inside.iloc[1]))
        last = found.variances.iloc[-1]
        count.add(f"correlation {name}", last["low"] <= rho <= last["high"])
    k = alike.ratios.iloc[0]
    count.add("k", k["low"] <= PARTNER / ACTOR <= k["high"])
    count.add("size of the test", apart.test.p < 0.05)
    for method in ("anova", "pairwise"):
        rest = frame.assign(e=frame["y"] - 1 - ACTOR * frame["x"] - PARTNER * _other(frame["x"]))
        found = oc.partner_agreement(rest, "e", method=method)
        count.add(f"icc {method}", found.low <= rho <= found.high)


def _other(x: pd.Series) -> np.ndarray:
    return x.to_numpy().reshape(-1, 2)[:, ::-1].ravel()


def growth_coverage(runs: int, seed: int = 2) -> Iterator[tuple[str, Count]]:
    """Scenario and counts: mean starts and slopes, differences, correlations of the courses."""
    for n, times in COURSES:
        rng, count = np.random.default_rng([seed, n, times]), Count()
        for _ in range(runs):
            _one_growth(rng, n, times, "satterthwaite", count)
        yield f"{n} | {times} | satterthwaite", count


def _one_growth(rng: np.random.Generator, n: int, times: int, ddf: str, count: Count) -> None:
    given = {"outcome": "score", "time": "time", "ddf": ddf}
    apart = oc.dyadic_growth(courses(rng, n, times, -0.4, 0.3, same=False), **given)
    count.add("converged", apart.converged)
    count.add("own slopes", apart.model.slopes)
    truth = {"husband": (START[1], SLOPE[1]), "wife": (START[0], SLOPE[0])}
    for what, table in (("start", apart.means([0.0])), ("slope", apart.slopes())):
        for row in table.itertuples():
            true = truth[row.role][what == "slope"]
            count.add(what, row.low <= true <= row.high)
    roles = apart.contrasts("role").iloc[0]
    count.add("roles", roles["low"] <= SLOPE[0] - SLOPE[1] <= roles["high"])
    _correlations(apart, count)
    alike = oc.dyadic_growth(
        courses(rng, n, times, -0.4, 0.3, same=True), **given, arm="arm", distinguishable=False
    )
    arms = alike.contrasts("arm").iloc[0]
    count.add("arms", arms["low"] <= 0 <= arms["high"])


def _correlations(found: DyadicGrowthResult, count: Count) -> None:
    table = found.variances.set_index("name")
    true = {
        "correlation of partners' starts": G[2, 0] / 9,
        "correlation of partners' slopes": G[3, 1] / np.sqrt(G[1, 1] * G[3, 3]),
        "correlation of partners' residuals at one occasion": -0.4,
    }
    for name, value in true.items():
        row = table.loc[name]
        if np.isfinite(row["low"]):
            count.add(name.split("' ")[1].split(" at")[0], row["low"] <= value <= row["high"])


# What each count is called, and whether the report on couples shows such an interval.
APIM = {
    "effects alike": ("actor and partner effects, one for both", "yes"),
    "effects apart": ("actor and partner effects by role", "yes"),
    "correlation alike": ("partial correlation, one model", "yes"),
    "correlation apart": ("partial correlation, by role", "yes"),
    "icc anova": ("agreement, ICC(1)", "yes"),
    "icc pairwise": ("agreement, pairwise", "no: reports use ICC(1)"),
    "k": ("k = partner / actor", "no: not in a report"),
}
GROWTH = {
    "start": ("mean start by role", "yes"),
    "slope": ("mean slope by role", "yes"),
    "roles": ("difference of roles' slopes", "yes"),
    "arms": ("difference of arms' slopes", "yes"),
    "starts": ("correlation of partners' starts", "yes"),
    "slopes": ("correlation of partners' slopes", "yes"),
    "residuals": ("correlation at one occasion", "yes"),
}
ROLE_TEST = "size of the test"


def table(
    heads: list[str], names: dict[str, tuple[str, str]], found: list[tuple[str, Count]]
) -> str:
    """A Markdown table: scenario, interval, coverage, Monte Carlo error, whether used."""
    columns = [*heads, "interval", "coverage of 95 %", "Monte Carlo error", "used by reports"]
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    for scenario, count in found:
        for name, (words, used) in names.items():
            share, error = count.cells(name)
            lines.append(f"| {scenario} | {words} | {share} | {error} | {used} |")
    return "\n".join(lines)


def main(runs: int) -> None:
    """Print the tables."""
    print(
        f"### Couples (oc.apim, oc.partner_agreement, oc.dyadic_growth)\n\n{runs} runs a row, "
        f"of courses {runs // 2}.\n"
    )
    print("Actor-partner model: actor .5, partner .3; outcomes missing at random.\n")
    heads = ["couples", "residual correlation", "missing"]
    found = list(apim_coverage(runs))
    print(table(heads, APIM, found))
    print("\nTest that roles differ, true nulls rejected at .05 (no report tests it):\n")
    print("| " + " | ".join(heads) + " | rejected | Monte Carlo error |\n|---|---|---|---|---|")
    for scenario, count in found:
        print(f"| {scenario} | {' | '.join(count.cells(ROLE_TEST))} |")
    print(
        "\nDyadic growth: residuals of partners correlate -.4 at each occasion; 30 % of couples "
        "leave early, 10 % of single answers are missing.\n"
    )
    grown = list(growth_coverage(max(runs // 2, 1)))
    print(table(["couples", "occasions", "df"], GROWTH, grown))
    print("\n| couples | occasions | df | slopes could vary | converged |\n|---|---|---|---|---|")
    for scenario, count in grown:
        print(f"| {scenario} | {count.cells('own slopes')[0]} | {count.cells('converged')[0]} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
