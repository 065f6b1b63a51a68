"""A short run of benchmarks/calibration/practitioners.py; the long one is in the docs."""

from __future__ import annotations

import importlib.util
import sys

import pytest

RUNS = 150
# Three Monte Carlo standard errors of 95 % over 150 runs.
REACH = 5.4


@pytest.fixture(scope="module")
def calibration(root):
    file = root / "benchmarks" / "calibration" / "practitioners.py"
    spec = importlib.util.spec_from_file_location("calibration_practitioners", file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["score", "yes/no"])
@pytest.mark.parametrize(("k", "share"), [(8, 0.2), (15, 0.05), (40, 0.05)])
def test_intervals_cover(calibration, kind, k, share):
    found = calibration.simulate(calibration.Scene(k, 20, share, kind), RUNS)
    assert found.share > 95 - REACH
    if kind == "score":
        # Practitioners of one run are about independent: many more than the runs.
        assert 93 < found.shrunken < 98.5


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["score", "yes/no"])
def test_the_funnel_alarms_as_often_as_it_says(calibration, kind):
    found = calibration.simulate(calibration.Scene(40, 15, 0.0, kind), RUNS)
    # 6,000 practitioners: 2.5 % within 0.2; discrete counts and an added spread alarm less.
    for side in (found.below_chance, found.above_chance):
        assert 1.7 < side < 3.1
    for side in (found.below, found.above):
        assert 1.2 < side < 3.1
    spread = calibration.simulate(calibration.Scene(40, 15, 0.2, kind), RUNS)
    assert spread.below + spread.above < 6.2


@pytest.mark.slow
def test_the_test_of_equal_variances_keeps_its_size(calibration):
    assert calibration.size_of_the_test(12, 20, 0.2, RUNS) < 5 + REACH
