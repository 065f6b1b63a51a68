"""People of two arms whose difference, confounding and gaps are known."""

from __future__ import annotations

import numpy as np
import pandas as pd

ASKED = {"reference": "coaching", "covariates": ["pre", "age"], "direction": "lower"}


def practice(
    seed=1, n=300, effect=-3.0, hidden=0.0, gone=0.2, clusters=20, pull=0.5
) -> pd.DataFrame:
    """`hidden` is how strong a variable that nobody recorded is, against the start score.

    It goes with arm and outcome as the start score does, times `hidden`; `pull` is how
    strongly the start score goes with the arm.
    """
    rng = np.random.default_rng(seed)
    start, other = rng.normal(size=(2, n))
    chance = 1 / (1 + np.exp(-pull * (start + hidden * other)))
    therapy = rng.random(n) < chance
    who = rng.permutation(np.arange(n) % clusters)
    noise = rng.normal(0, 3, size=n) + rng.normal(0, 0.5, size=clusters)[who]
    post = 10 + 2 * start + 2 * hidden * other + effect * therapy + noise
    post = np.clip(post, 0, 40)
    post[rng.random(n) < gone] = np.nan
    return pd.DataFrame(
        {"pre": np.clip(15 + 4 * start, 0, 40), "post": post,
         "arm": np.where(therapy, "therapy", "coaching"),
         "practitioner": who, "age": rng.choice(["young", "old"], size=n),
         "unrelated": rng.normal(size=n), "tied": other + rng.normal(0, 0.3, size=n)}
    )  # fmt: skip
