"""The lalonde data and R's numbers for weights (tests/reference/weighting.R)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

COVARIATES = ["age", "educ", "race", "married", "nodegree", "re74", "re75"]
REFERENCE = Path(__file__).resolve().parents[1] / "reference" / "weighting.tsv"


def r_numbers() -> dict[str, float]:
    """Path to number, as R printed them."""
    lines = REFERENCE.read_text(encoding="utf-8").splitlines()
    return {path: float(value) for path, value in (line.split("\t") for line in lines)}


def difference(result, frame, outcome="re78", arm="treat") -> float:
    """Weighted mean of the second arm minus that of the first."""
    means = [
        np.average(frame.loc[rows, outcome], weights=result.weights[rows])
        for rows in (frame[arm].astype(str).eq(name) for name in result.arms)
    ]
    return float(means[1] - means[0])


def practice(n: int, seed: int, slope: float = 1.0) -> pd.DataFrame:
    """People in two arms, the second chosen by the start score."""
    rng = np.random.default_rng(seed)
    pre = rng.normal(size=n)
    chosen = rng.uniform(size=n) < 1 / (1 + np.exp(-slope * pre))
    frame = pd.DataFrame({"pre": pre, "age": rng.normal(size=n)})
    frame["arm"] = np.where(chosen, "therapy", "coaching")
    frame["post"] = 2 * pre + rng.normal(size=n)
    return frame
