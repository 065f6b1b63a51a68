"""Does the interval after imputation cover, and is the one of complete cases biased? Seeded."""

from __future__ import annotations

import importlib.util
import sys

import numpy as np
import pytest

RUNS = 150


@pytest.fixture(scope="module")
def missing(root):
    """The calibration script, imported from benchmarks/."""
    path = root / "benchmarks" / "calibration" / "missing.py"
    spec = importlib.util.spec_from_file_location("calibration_missing", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.mark.slow
@pytest.mark.parametrize("place", [0, 1], ids=["crossed", "one arm each"])
def test_imputed_ancova_covers_and_complete_cases_are_biased(missing, place, record_property):
    found = missing.simulate(missing.SETTINGS[place], RUNS, seed=11).set_index("answer")
    imputed, complete = found.loc["imputed"], found.loc["complete cases"]
    error = np.sqrt(0.95 * 0.05 / RUNS)
    record_property("coverage", f"{imputed.coverage:.3f} (Monte Carlo error {error:.3f})")
    assert abs(imputed.coverage - 0.95) <= 3 * error, f"coverage {imputed.coverage:.3f}"
    assert abs(imputed.bias) <= 3 * imputed.bias_error
    # The score in between decides who leaves: complete cases miss the truth.
    assert complete.bias < -5 * complete.bias_error
    assert complete.coverage < 0.9
    assert found.loc["worst case"].coverage == 1.0


@pytest.mark.slow
def test_completely_at_random_complete_cases_are_right_too(missing):
    setting = next(one for one in missing.SETTINGS if one.leaving == 0)
    found = missing.simulate(setting, RUNS, seed=12).set_index("answer")
    for name in ("complete cases", "imputed"):
        assert abs(found.loc[name].bias) <= 3 * found.loc[name].bias_error
