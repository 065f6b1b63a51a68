"""Do the intervals of leaving cover? Simulated practices with practitioners, dropout and censoring.

    python benchmarks/calibration/leaving.py [RUNS]      # default 1000; about a minute for 400

Prints a Markdown table: how often a 95 % interval holds the truth, with its Monte Carlo standard
error. People of one practitioner leave alike (a lognormal frailty on the rate of dropping out), and
practitioners see between 2 and about 20 people. Truths are exact, by quadrature; those of Cox with
frailty come from 400,000 simulated people.
"""

from __future__ import annotations

import sys
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.errors import OutcomesError
from outcomes.models.leaving import cox, dropout_weights, leaving, leaving_by_visit

IN_CARE = "share still in care (Kaplan-Meier, log-log)"
DROPPED = "share dropped out (Aalen-Johansen, log-log)"
MEAN = "mean weeks in care (restricted mean)"
APART = "difference of shares dropped out"
MEANS_APART = "difference of mean weeks in care"
REPORTED = (IN_CARE, DROPPED, MEAN, APART)
DROP, PLAN, EFFECT = 0.04, 0.08, 0.5
FRAILTY = 0.5


@dataclass(frozen=True)
class Setting:
    """`people` in all; `practitioners` in all (0: everybody alone); nested: one arm each."""

    people: int
    practitioners: int
    nested: bool = False

    @property
    def cluster(self) -> str | None:
        return "practitioner" if self.practitioners else None

    @property
    def words(self) -> str:
        if not self.practitioners:
            return f"{self.people} people on their own"
        where = "each in one arm" if self.nested else "each in both arms"
        return f"{self.people} people of {self.practitioners} practitioners, {where}"


SETTINGS = (
    Setting(24, 0),
    Setting(40, 0),
    Setting(60, 0),
    Setting(200, 0),
    Setting(60, 6),
    Setting(100, 12),
    Setting(200, 12),
    Setting(200, 40),
    Setting(100, 12, nested=True),
    Setting(200, 24, nested=True),
    Setting(200, 40, nested=True),
)


def practice(setting: Setting, rng: np.random.Generator, effect: float = EFFECT) -> pd.DataFrame:
    """One row for each person: arm, practitioner, weeks, event (word), left (0 or 1)."""
    n = setting.people
    arm = np.arange(n) % 2
    if setting.practitioners:
        sizes = rng.gamma(2.0, 1.0, setting.practitioners) + 0.3
        if setting.nested:
            half = setting.practitioners // 2
            who = np.empty(n, dtype=int)
            for one in (0, 1):
                part = sizes[one * half : (one + 1) * half]
                who[arm == one] = one * half + rng.choice(
                    half, (arm == one).sum(), p=part / part.sum()
                )
        else:
            who = rng.choice(setting.practitioners, n, p=sizes / sizes.sum())
        frailty = np.exp(FRAILTY * rng.standard_normal(setting.practitioners))[who]
    else:
        who, frailty = np.arange(n), np.ones(n)
    pre = rng.standard_normal(n)
    rate = DROP * frailty * np.exp(effect * arm + 0.3 * pre)
    drop, plan = rng.exponential(1 / rate), rng.exponential(1 / PLAN, n)
    known = rng.uniform(8, 40, n)
    weeks = np.minimum(np.minimum(drop, plan), known)
    event = np.where(weeks == known, "open", np.where(drop < plan, "dropout", "planned"))
    return pd.DataFrame(
        {
            "arm": np.where(arm == 1, "b", "a"),
            "practitioner": who,
            "pre": pre,
            "weeks": np.ceil(weeks * 7) / 7,
            "event": event,
        }
    )


def truths(setting: Setting, time: float) -> dict[str, float]:
    """Shares and mean times of arm b at a time, and differences from arm a; by quadrature."""
    points, weights = np.polynomial.hermite_e.hermegauss(40)
    weights = weights / weights.sum()
    frailty = np.exp(FRAILTY * points) if setting.practitioners else np.ones(len(points))
    found: dict[str, dict[str, float]] = {}
    for arm in (0, 1):
        rate = DROP * np.exp(EFFECT * arm) * np.outer(frailty, np.exp(0.3 * points))
        both = rate + PLAN
        gone = -np.expm1(-both * time)
        found["b" if arm else "a"] = {
            name: float(weights @ values @ weights)
            for name, values in (
                ("dropout", rate / both * gone), ("care", 1 - gone), ("mean", gone / both)
            )
        }  # fmt: skip
    a, b = found["a"], found["b"]
    return {
        IN_CARE: b["care"],
        DROPPED: b["dropout"],
        MEAN: b["mean"],
        APART: b["dropout"] - a["dropout"],
        MEANS_APART: b["mean"] - a["mean"],
    }


def intervals(frame: pd.DataFrame, setting: Setting) -> dict[str, bool]:
    """Whether each interval of one practice holds the truth; missing ones are left out.

    At the horizon that reports use: as long as ten people are there in both arms.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = leaving(frame, time="weeks", event="event", by="arm", cluster=setting.cluster)
    b = result.summary.set_index("group").loc["b"]
    curve = result.curves[result.curves["group"].eq("b") & result.curves["state"].eq("in care")]
    curve = curve[curve["time"] <= result.horizon]
    pairs = {
        DROPPED: (b["dropout_low"], b["dropout_high"]),
        MEAN: (b["mean_low"], b["mean_high"]),
    }
    if len(curve):
        pairs[IN_CARE] = (curve["low"].iloc[-1], curve["high"].iloc[-1])
    differences = result.differences.set_index("measure")
    for name, measure in ((APART, "dropout by then"), (MEANS_APART, "time in care")):
        if measure in differences.index:
            row = differences.loc[measure]
            pairs[name] = (row["low"], row["high"])
    expected = truths(setting, result.horizon)
    return {
        name: bool(low <= expected[name] <= high)
        for name, (low, high) in pairs.items()
        if not np.isnan(low)
    }


def model_intervals(frame: pd.DataFrame, cluster: str | None) -> dict[str, tuple[float, float]]:
    """Intervals of the log hazard and odds ratios of arm and start score."""
    flagged = frame.assign(left=frame["event"].eq("dropout"))
    months = flagged.assign(month=np.ceil(flagged["weeks"] / 4).clip(1, 6))
    months["left"] &= np.ceil(flagged["weeks"] / 4) <= 6
    calls = {
        "Cox": lambda: cox("weeks ~ arm + pre", flagged, event="left", cluster=cluster),
        "discrete time, cloglog": lambda: leaving_by_visit(
            "month ~ arm + pre", months, event="left", cluster=cluster, link="cloglog"
        ),
    }
    found = {}
    for name, call in calls.items():
        try:
            fit = call()
        except OutcomesError:
            continue
        if fit.converged:
            for row in fit.coefficients.itertuples():
                found[f"{name}: {row.term}"] = (row.low, row.high)
    return found


def cox_truths(setting: Setting) -> dict[str, float]:
    """What the models estimate in a very large practice (frailty shrinks marginal ratios)."""
    if not setting.practitioners:
        known = {"arm[b]": EFFECT, "pre": 0.3}
        return {f"{m}: {t}": v for m in ("Cox", "discrete time, cloglog") for t, v in known.items()}
    rng = np.random.default_rng(7)
    large = practice(Setting(400_000, 100_000), rng)
    spread = model_intervals(large, None)
    return {name: (low + high) / 2 for name, (low, high) in spread.items()}


def coverage(setting: Setting, runs: int, seed: int = 1) -> pd.DataFrame:
    """what, runs, covered, se of one setting."""
    rng = np.random.default_rng(seed)
    expected = cox_truths(setting)
    hits: dict[str, list[bool]] = {}
    for _ in range(runs):
        frame = practice(setting, rng)
        found = intervals(frame, setting)
        for name, (low, high) in model_intervals(frame, setting.cluster).items():
            found[name] = bool(low <= expected[name] <= high)
        for name, inside in found.items():
            hits.setdefault(name, []).append(inside)
    rows = [
        (name, len(got), np.mean(got), np.sqrt(np.mean(got) * (1 - np.mean(got)) / len(got)))
        for name, got in hits.items()
        if got
    ]
    return pd.DataFrame(rows, columns=["what", "runs", "covered", "se"])


def rejections(setting: Setting, runs: int, seed: int = 2) -> float:
    """How often the test of equal rates says p < .05 where the arms do not differ."""
    rng = np.random.default_rng(seed)
    low = [
        leaving(
            practice(setting, rng, 0.0), time="weeks", event="event", by="arm",
            cluster=setting.cluster,
        ).tests["p"].iloc[0] < 0.05
        for _ in range(runs)
    ]  # fmt: skip
    return float(np.mean(low))


def scores(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Three visits; who scores high leaves, more so in arm b. The arms differ by −1 in truth."""
    arm = np.arange(n) % 2
    level = rng.normal(0, 2, n)
    start = 10 + level + rng.normal(0, 1, n)
    there, last, rows = np.ones(n, dtype=bool), start, []
    for visit in (1, 2, 3):
        chance = 1 / (1 + np.exp(-(1.6 - 0.25 * (last - 10) * (1 + arm))))
        there = there & (rng.random(n) < chance)
        score = 10 + level - arm + rng.normal(0, 1, n)
        rows.append(
            pd.DataFrame({"who": np.arange(n), "arm": np.where(arm == 1, "b", "a"), "start": start,
                          "visit": visit, "y": np.where(there, score, np.nan)})
        )  # fmt: skip
        last = np.where(there, score, last)
    return pd.concat(rows, ignore_index=True)


def weighted_coverage(n: int, runs: int, seed: int = 3) -> pd.DataFrame:
    """Difference at the last visit: mean error and coverage, complete cases and weighted."""
    rng = np.random.default_rng(seed)
    got: dict[str, list[tuple[float, bool]]] = {}
    for _ in range(runs):
        found = dropout_weights(
            scores(n, rng), person="who", visit="visit", outcome="y", start="start", arm="arm"
        )
        rows = found.estimates[found.estimates["visit"].eq(3) & found.estimates["what"].ne("mean")]
        for row in rows.itertuples():
            name = f"{row.what}, {row.analysis}"
            got.setdefault(name, []).append((row.estimate + 1, row.low <= -1 <= row.high))
    return pd.DataFrame(
        [
            (name, len(pairs), np.mean([e for e, _ in pairs]), np.mean([h for _, h in pairs]),
             np.sqrt(np.mean([h for _, h in pairs]) * (1 - np.mean([h for _, h in pairs])) / runs))
            for name, pairs in got.items()
        ],
        columns=["what", "runs", "error", "covered", "se"],
    )  # fmt: skip


def main(runs: int) -> None:
    head = "coverage of 95 % | Monte Carlo error | used by reports"
    print(HEADING)
    print(f"| practice | interval | runs | {head} |\n|---|---|---|---|---|---|")
    for setting in SETTINGS:
        for row in coverage(setting, runs).itertuples():
            print(
                f"| {setting.words} | {row.what} | {row.runs} | {100 * row.covered:.1f} % "
                f"| {100 * row.se:.1f} | {used(row.what)} |",
                flush=True,
            )
    print("\n| practice | test of equal rates, rejected at .05 under no effect |\n|---|---|")
    for setting in SETTINGS:
        print(f"| {setting.words} | {100 * rejections(setting, runs):.1f} % |", flush=True)
    print(f"\n| people | weights for dropout | runs | mean error | {head} |")
    print("|---|---|---|---|---|---|---|")
    for n in (100, 400):
        for row in weighted_coverage(n, runs).itertuples():
            print(
                f"| {n} | {row.what} | {row.runs} | {row.error:+.2f} | {100 * row.covered:.1f} % "
                f"| {100 * row.se:.1f} | no: not in a report |"
            )


HEADING = """### Leaving (oc.leaving, oc.cox)

At the time up to which reports tell shares: as long as ten people are still there in both arms. Of
the groups the one with more dropouts is looked at. 'runs' are those in which the interval was told;
with 24 people fewer than five had ended by then, so that none was.
"""


def used(what: str) -> str:
    """Whether a report shows such an interval."""
    return "yes" if what in REPORTED else "no: not in a report"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
