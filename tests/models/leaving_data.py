"""People whose leaving R's survival package has told; see tests/reference/leaving.R."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

# Twelve people, two ways of ending, four clusters.
TIME = np.array([1, 2, 2, 3, 3, 4, 5, 6, 7, 8, 9, 10], dtype=float)
CAUSE = np.array([1, 2, 1, 0, 2, 1, 0, 1, 2, 0, 1, 0])
CLUSTER = np.array([1, 1, 2, 2, 3, 3, 4, 4, 1, 2, 3, 4])

REAL_TERMS = {
    "treatmentBtheB": "treatment[BtheB]",
    "bdi.pre": "pre",
    "drugYes": "drug[Yes]",
    "length>6m": "length[>6m]",
    "THERAPYDRUG": "THERAPY[DRUG]",
    "BASVAL": "BASVAL",
    "GENDERM": "GENDER[M]",
}


def reference(shared) -> dict:
    return json.loads((shared / "reference" / "survival_dropout.json").read_text())


def btheb(shared) -> pd.DataFrame:
    frame = pd.read_csv(shared / "data" / "BtheB" / "BtheB_dropout.csv")
    frame["treatment"] = pd.Categorical(frame["treatment"], ["TAU", "BtheB"])
    frame["site"] = frame["subject"] % 12
    return frame.rename(columns={"bdi.pre": "pre"})


def antidepressant(shared) -> pd.DataFrame:
    frame = pd.read_csv(shared / "data" / "antidepressant_trial" / "antidepressant_dropout.csv")
    frame["THERAPY"] = pd.Categorical(frame["THERAPY"], ["PLACEBO", "DRUG"])
    return frame


def simulated(n: int, seed: int, *, ties: bool = False) -> pd.DataFrame:
    """Times with two covariates and censoring."""
    rng = np.random.default_rng(seed)
    x, z = rng.normal(size=n), rng.integers(0, 2, n).astype(float)
    time = rng.exponential(np.exp(-0.6 * x + 0.4 * z))
    limit = rng.exponential(1.5, n)
    observed = np.minimum(time, limit)
    return pd.DataFrame(
        {
            "time": np.ceil(observed * 4) if ties else observed,
            "event": (time <= limit).astype(int),
            "x": x,
            "z": z,
        }
    )
