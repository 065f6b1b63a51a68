"""Intervals of leaving hold the truth about as often as they say; few runs of the benchmark."""

from __future__ import annotations

import importlib.util
import sys

import pytest


@pytest.fixture(scope="module")
def calibration(root):
    place = root / "benchmarks" / "calibration" / "leaving.py"
    spec = importlib.util.spec_from_file_location("calibration_leaving", place)
    module = importlib.util.module_from_spec(spec)
    sys.modules["calibration_leaving"] = module
    spec.loader.exec_module(module)
    return module


# Four Monte Carlo standard errors of 95 % over 120 runs are 8 points: a broken interval shows,
# a slightly narrow one does not. The full table is made by the command in the benchmark.
RUNS, LEAST = 120, 0.87


@pytest.mark.slow
@pytest.mark.parametrize(("people", "practitioners", "nested"), [(60, 0, False), (100, 12, True)])
def test_intervals_cover(calibration, people, practitioners, nested):
    setting = calibration.Setting(people, practitioners, nested)
    found = calibration.coverage(setting, RUNS)
    assert found["runs"].min() > 0.8 * RUNS
    assert found["covered"].min() >= LEAST, found.to_string()


@pytest.mark.slow
def test_weighting_mends_what_dropout_breaks(calibration):
    found = calibration.weighted_coverage(400, 60).set_index("what")
    wrong = abs(found.loc["difference, complete cases", "error"])
    assert abs(found.loc["adjusted difference, weighted for dropout", "error"]) < 0.1
    assert abs(found.loc["difference, weighted for dropout", "error"]) < 0.7 * wrong
    assert found.loc["adjusted difference, weighted for dropout", "covered"] >= LEAST


@pytest.mark.slow
def test_the_test_of_equal_rates_keeps_its_level(calibration):
    assert calibration.rejections(calibration.Setting(200, 24, True), 150) <= 0.05 + 4 * 0.018
