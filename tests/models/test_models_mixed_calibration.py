"""Coverage of the intervals in small practices: few runs; the command has the full table."""

from __future__ import annotations

import importlib.util
import sys

import numpy as np
import pytest


@pytest.mark.slow
def test_intervals_of_the_slope_cover(root):
    spec = importlib.util.spec_from_file_location(
        "calibration_mixed", root / "benchmarks" / "calibration" / "mixed.py"
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules["calibration_mixed"] = module
    spec.loader.exec_module(module)
    runs = 150
    for row in module.coverage(runs, 7, (24, 4)):
        # Three Monte Carlo errors around 95 %.
        assert abs(row.coverage - 0.95) < 3 * np.sqrt(0.05 * 0.95 / runs), row
        assert row.n > 0.95 * runs
