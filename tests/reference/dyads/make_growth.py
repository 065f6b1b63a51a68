"""Write growth.csv: made-up couples whose partners' residuals are negatively correlated.

40 couples, five occasions, a tenth of the answers missing, two couples with one partner only.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

G = np.array(
    [[9, -0.5, 4, -0.2], [-0.5, 0.25, -0.1, 0.1], [4, -0.1, 9, -0.4], [-0.2, 0.1, -0.4, 0.3]]
)
R = np.array([[4.0, -1.2], [-1.2, 2.25]])
MEANS = {"wife": (15.0, -0.6), "husband": (13.0, -0.4)}


def main() -> None:
    """Write the file beside this script."""
    rng = np.random.default_rng(20261124)
    rows = []
    for couple in range(1, 41):
        own = rng.multivariate_normal(np.zeros(4), G)
        for time in range(5):
            error = rng.multivariate_normal(np.zeros(2), R)
            for side, (role, (start, slope)) in enumerate(MEANS.items()):
                there = rng.random() >= 0.1 and not (couple <= 2 and role == "husband")
                score = start + own[2 * side] + (slope + own[2 * side + 1]) * time + error[side]
                if there:
                    rows.append((couple, role, time, round(score, 2)))
    table = pd.DataFrame(rows, columns=["couple", "role", "time", "score"])
    table.to_csv(Path(__file__).with_name("growth.csv"), index=False)


if __name__ == "__main__":
    main()
