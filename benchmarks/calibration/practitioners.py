"""Calibration of practitioners: coverage of intervals, false alarms of the funnel, a test's size.

`python benchmarks/calibration/practitioners.py [runs]` prints Markdown tables. Practitioners have
unequal numbers of clients (negative binomial, from 2 upwards); scores have one covariate, yes
or no outcomes a rate of 45 % whose logit varies between practitioners and with the covariate.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

import outcomes as oc
from outcomes.models.practitioners.interventions import equal_variances
from outcomes.models.practitioners.random_intercept import random_intercept
from outcomes.models.practitioners.sums import sums

SCENES = ((4, 30), (8, 25), (15, 20), (40, 15))
SHARES = (0.0, 0.05, 0.2)
# A logit's own variance gives about this share of the variance of a yes or no at 45 %.
LOGIT = {0.0: 0.0, 0.05: 0.22, 0.2: 1.15}


@dataclass(frozen=True, slots=True)
class Scene:
    """One simulated service: k practitioners with about `mean` clients, and their true share."""

    k: int
    mean: int
    share: float
    kind: str = "score"

    def draw(self, rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray]:
        """A frame of clients, and the practitioners' true deviations (k)."""
        n = rng.negative_binomial(3, 3 / (3 + self.mean), self.k) + 2
        who = np.repeat(np.arange(self.k), n)
        x = rng.normal(size=len(who)) + 0.3 * rng.normal(size=self.k)[who]
        if self.kind == "score":
            own = rng.normal(0, np.sqrt(self.share), self.k)
            y = 0.5 * x + own[who] + rng.normal(0, np.sqrt(1 - self.share), len(who))
        else:
            own = rng.normal(0, np.sqrt(LOGIT[self.share]), self.k)
            y = (rng.random(len(who)) < expit(-0.2 + 0.3 * x + own[who])).astype(float)
        return pd.DataFrame({"who": who, "x": x, "y": y}), own


@dataclass(frozen=True, slots=True)
class Found:
    """Shares of runs (or of practitioners) in percent."""

    share: float
    shrunken: float
    plain: float
    below: float
    above: float
    below_chance: float
    above_chance: float
    runs: int


def true_share(scene: Scene) -> float:
    """The share of variance after the covariate; of yes and no by a large sample."""
    if scene.kind == "score" or scene.share == 0:
        return scene.share
    rng = np.random.default_rng(0)
    own = rng.normal(0, np.sqrt(LOGIT[scene.share]), (1, 4000))
    x = rng.normal(0, np.sqrt(1.09), (4000, 1))
    rates = expit(-0.2 + 0.3 * x + own)
    spread = float((rates - rates.mean(axis=1, keepdims=True)).mean(axis=0).var())
    return spread / (spread + float((rates * (1 - rates)).mean()))


def simulate(scene: Scene, runs: int, seed: int = 0) -> Found:
    """Repeat a scene; everything is asked through `oc.practitioners`."""
    rng = np.random.default_rng([seed, scene.k, round(1000 * scene.share), len(scene.kind)])
    truth = true_share(scene)
    hits = np.zeros(7)
    for _ in range(runs):
        frame, own = scene.draw(rng)
        asked = {"outcome": "y", "practitioner": "who", "case_mix": ["x"]}
        found = oc.practitioners(frame, **asked)
        table = found.table
        # By chance alone only where nobody differs; else these limits are not meant to hold.
        chance = found if scene.share else oc.practitioners(frame, **asked, limits="chance")
        covered = (table["low"] <= own) & (own <= table["high"])
        plain = np.abs(table["estimate"] - own) <= 1.96 * _standard_error(table, found)
        hits += [
            found.low <= truth <= found.high,
            covered.mean(),
            plain.mean(),
            (table["difference"] < table["inner_low"]).mean(),
            (table["difference"] > table["inner_high"]).mean(),
            (chance.table["difference"] < chance.table["inner_low"]).mean(),
            (chance.table["difference"] > chance.table["inner_high"]).mean(),
        ]
    return Found(*(100 * hits / runs), runs)


def _standard_error(table: pd.DataFrame, found: oc.models.PractitionersResult) -> np.ndarray:
    """What an interval with the variances taken as known would use: τ √(1 − weight)."""
    spread = float(found.variances["variance"].iloc[0])
    return np.sqrt(spread * (1 - table["reliability"].to_numpy()))


def size_of_the_test(k: int, mean: int, share: float, runs: int, seed: int = 0) -> float:
    """How often (%) the test of equal variances rejects at 5 % where they are equal."""
    rng = np.random.default_rng([seed, k, round(1000 * share)])
    rejected = 0
    for _ in range(runs):
        fits = []
        for _ in range(2):
            frame, _own = Scene(k, mean, share).draw(rng)
            codes = frame["who"].to_numpy(dtype=np.intp)
            known = frame[["x"]].to_numpy()
            fits.append(random_intercept(sums(frame["y"].to_numpy(), known, codes)))
        rejected += equal_variances(fits, 0).p < 0.05
    return 100 * rejected / runs


def error(percent: float, runs: int) -> float:
    """Monte Carlo standard error of a percentage over runs."""
    return float(np.sqrt(max(percent * (100 - percent), 0) / runs))


def tables(runs: int) -> str:
    """All tables as Markdown."""
    lines = [
        "### Practitioners",
        "",
        f"{runs} runs each; 95 % intervals and limits; ± is the Monte Carlo standard error.",
        "'Variances as known' is the usual interval of a shrunken estimate, for comparison.",
        "Funnel: practitioners below and above the limits, %, by the model's spread and by chance",
        "alone (2.5 each is nominal; chance alone only where the true share is 0).",
        "",
        "| outcome | practitioners | clients | true share | share covered | shrunken covered | "
        "variances as known | below / above | chance alone |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for kind in ("score", "yes/no"):
        for k, mean in SCENES:
            for share in SHARES:
                scene = Scene(k, mean, share, kind)
                lines.append(_row(scene, simulate(scene, runs)))
    lines += [
        "",
        "Test of equal variances between two interventions, rejections at 5 %:",
        "",
        "| practitioners in each | true share | rejected |",
        "|---|---|---|",
    ]
    for k, mean in ((6, 25), (12, 20), (20, 15)):
        for share in (0.05, 0.2):
            found = size_of_the_test(k, mean, share, runs)
            lines.append(f"| {k} | {share:g} | {found:.1f} ± {error(found, runs):.1f} |")
    return "\n".join(lines)


def _row(scene: Scene, found: Found) -> str:
    score = scene.kind == "score"
    chance = "" if scene.share else f"{found.below_chance:.2f} / {found.above_chance:.2f}"
    shrunken = f"{found.shrunken:.1f}" if score else ""
    plain = f"{found.plain:.1f}" if score else ""
    return (
        f"| {scene.kind} | {scene.k} | {scene.mean + 2} | {true_share(scene):.3f} | "
        f"{found.share:.1f} ± {error(found.share, found.runs):.1f} | {shrunken} | {plain} | "
        f"{found.below:.2f} / {found.above:.2f} | {chance} |"
    )


if __name__ == "__main__":
    print(tables(int(sys.argv[1]) if len(sys.argv) > 1 else 500))
