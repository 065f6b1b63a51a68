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
from outcomes.models.practitioners.policy import practitioner_policy
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
    share_error: float
    shrunken_error: float
    plain_error: float


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
    hits = []
    for _ in range(runs):
        frame, own = scene.draw(rng)
        asked = {"outcome": "y", "practitioner": "who", "case_mix": ["x"]}
        found = oc.practitioners(frame, **asked)
        table = found.table
        # By chance alone only where nobody differs; else these limits are not meant to hold.
        chance = found if scene.share else oc.practitioners(frame, **asked, limits="chance")
        covered = (table["low"] <= own) & (own <= table["high"])
        plain = np.abs(table["estimate"] - own) <= 1.96 * _standard_error(table, found)
        row = [
            found.low <= truth <= found.high,
            covered.mean(),
            plain.mean(),
            (table["difference"] < table["inner_low"]).mean(),
            (table["difference"] > table["inner_high"]).mean(),
            (chance.table["difference"] < chance.table["inner_low"]).mean(),
            (chance.table["difference"] > chance.table["inner_high"]).mean(),
        ]
        hits.append(row)
    table = 100 * np.array(hits, dtype=float)
    # Practitioners of one run hang together, so the error is that of means of runs.
    return Found(*table.mean(axis=0), *(table.std(axis=0)[:3] / np.sqrt(runs)))


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


HEAD = "coverage of 95 % | Monte Carlo error | used by reports"


def tables(runs: int) -> str:
    """All tables as Markdown; outcomes that no report asks for have a quarter of the runs."""
    fewer = max(runs // 4, 1)
    found = [
        (scene, simulate(scene, runs if kind == "score" else fewer))
        for kind in ("score", "yes/no")
        for k, mean in SCENES
        for share in SHARES
        for scene in (Scene(k, mean, share, kind),)
    ]
    lines = [
        "### Practitioners",
        "",
        f"{runs} runs each, yes/no {fewer}. 'Variances as known' is the usual interval of a",
        "shrunken estimate, for comparison. Where the true share is 0 an interval that cannot go",
        "below 0 holds it in at least 97.5 %: there only too few would be wrong.",
        "",
        f"| outcome | practitioners | clients | true share | interval | {HEAD} |",
        "|---|---|---|---|---|---|---|---|",
        *(row for scene, one in found for row in _coverage(scene, one)),
        "",
        "Funnel: practitioners below and above the limits, %, by the model's spread and by chance",
        "alone (2.5 each is nominal; chance alone only where the true share is 0).",
        "",
        "| outcome | practitioners | true share | below / above | chance alone |",
        "|---|---|---|---|---|",
        *(_funnel(scene, one) for scene, one in found),
        "",
        "Test of equal variances between two interventions, rejections at 5 %:",
        "",
        "| practitioners in each | true share | rejected |",
        "|---|---|---|",
    ]
    for k, mean in ((6, 25), (12, 20), (20, 15)):
        for share in (0.05, 0.2):
            size = size_of_the_test(k, mean, share, runs)
            lines.append(f"| {k} | {share:g} | {size:.1f} ± {error(size, runs):.1f} |")
    return "\n".join(lines)


def _coverage(scene: Scene, found: Found) -> list[str]:
    """One row for each interval of a scene."""
    names = {"share of variance": (found.share, found.share_error)}
    if scene.kind == "score":
        names["shrunken"] = (found.shrunken, found.shrunken_error)
        names["shrunken, variances as known"] = (found.plain, found.plain_error)
    start = f"| {scene.kind} | {scene.k} | {scene.mean + 2} | {true_share(scene):.3f}"
    return [
        f"{start} | {name} | {covered:.1f} % | {off:.1f} | {used(scene, name)} |"
        for name, (covered, off) in names.items()
    ]


def used(scene: Scene, name: str) -> str:
    """Whether the report on trajectories shows such an interval."""
    if scene.kind != "score":
        return "no: reports ask for scores"
    if name == "shrunken, variances as known":
        return "no: for comparison"
    if name == "shrunken" and scene.k < practitioner_policy().minimum:
        return "no: fewer than five practitioners"
    return "yes" if scene.share else "yes, at least"


def _funnel(scene: Scene, found: Found) -> str:
    chance = "" if scene.share else f"{found.below_chance:.2f} / {found.above_chance:.2f}"
    return (
        f"| {scene.kind} | {scene.k} | {true_share(scene):.3f} | "
        f"{found.below:.2f} / {found.above:.2f} | {chance} |"
    )


if __name__ == "__main__":
    print(tables(int(sys.argv[1]) if len(sys.argv) > 1 else 500))
