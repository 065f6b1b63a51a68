"""Have the chains mixed? Potential scale reduction of the means and spreads over chains."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

FloatArray = npt.NDArray[np.float64]

FEWEST_CYCLES = 4
# With fewer draws in the latter halves of all chains R-hat itself scatters by a tenth.
FEWEST_DRAWS = 100


def potential_scale_reduction(draws: FloatArray) -> float:
    """R-hat of Gelman and Rubin (1992) for draws (chains × cycles), their latter half.

    1 means that chains differ no more than a chain does in itself. nan with fewer than two
    chains or four cycles; 1 where nothing moves.
    """
    chains, cycles = draws.shape
    if chains < 2 or cycles < FEWEST_CYCLES:
        return float("nan")
    late = draws[:, cycles // 2 :]
    length = late.shape[1]
    within = float(late.var(axis=1, ddof=1).mean())
    between = length * float(late.mean(axis=1).var(ddof=1))
    if within <= 1e-300:
        return 1.0 if between <= 1e-300 else float("inf")
    return float(np.sqrt((length - 1) / length + between / within / length))


def trace_frame(traces: FloatArray, names: list[str], group: str) -> pd.DataFrame:
    """Traces (m × cycles × variables × 2) as rows: group, variable, chain, cycle, mean, sd."""
    m, cycles, count, _ = traces.shape
    chain, cycle, place = np.meshgrid(
        np.arange(1, m + 1), np.arange(1, cycles + 1), np.arange(count), indexing="ij"
    )
    return pd.DataFrame(
        {
            "group": group,
            "variable": np.array(names, dtype=object)[place.ravel()],
            "chain": chain.ravel(),
            "cycle": cycle.ravel(),
            "mean": traces[..., 0].ravel(),
            "sd": traces[..., 1].ravel(),
        }
    )


def rhat_frame(traces: FloatArray, names: list[str], group: str) -> pd.DataFrame:
    """R-hat of mean and standard deviation for each variable of a group."""
    rows = [
        (group, name, potential_scale_reduction(traces[:, :, place, 0]),
         potential_scale_reduction(traces[:, :, place, 1]))
        for place, name in enumerate(names)
    ]  # fmt: skip
    found = pd.DataFrame(rows, columns=["group", "variable", "rhat_mean", "rhat_sd"])
    return found.astype({"rhat_mean": float, "rhat_sd": float})


def mixed_badly(rhat: pd.DataFrame, m: int, cycles: int, limit: float) -> list[str]:
    """Variables whose R-hat exceeds the limit, where there are draws enough to say so."""
    if m * (cycles - cycles // 2) < FEWEST_DRAWS:
        return []
    worst = rhat[["rhat_mean", "rhat_sd"]].max(axis=1)
    return list(dict.fromkeys(rhat.loc[worst > limit, "variable"]))
