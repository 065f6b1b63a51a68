"""Couples' intervals cover in few runs; the command is benchmarks/calibration/dyads.py."""

from __future__ import annotations

import importlib.util
import sys

import numpy as np
import pytest

pytestmark = pytest.mark.slow
RUNS = 80
# 95 % less four Monte Carlo errors of 80 runs (2.4 % each): a broken interval falls below.
LEAST = 0.85


@pytest.fixture(scope="module")
def simulated(root):
    place = root / "benchmarks" / "calibration" / "dyads.py"
    spec = importlib.util.spec_from_file_location("calibration_dyads", place)
    module = importlib.util.module_from_spec(spec)
    sys.modules["calibration_dyads"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("rho", [-0.5, 0.5])
def test_apim_and_agreement_cover(simulated, rho):
    rng, count = np.random.default_rng(3), simulated.Count()
    for _ in range(RUNS):
        simulated._one_apim(simulated.pairs(rng, 20, rho, 0.2), rho, count)
    for name in count.runs:
        share = count.hits[name] / count.runs[name]
        if name == "size of the test":
            # The likelihood ratio rejects too often with 20 couples, which its result says.
            assert share < 0.2
        else:
            assert share >= LEAST, name


def test_dyadic_growth_covers(simulated):
    rng, count = np.random.default_rng(4), simulated.Count()
    for _ in range(RUNS // 4):
        simulated._one_growth(rng, 30, 5, "satterthwaite", count)
    for name in ("start", "slope", "roles", "arms"):
        assert count.hits[name] / count.runs[name] >= 0.8, name
    assert count.hits["converged"] == count.runs["converged"]
