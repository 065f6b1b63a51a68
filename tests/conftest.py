"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Fixtures that the tests of tables and of figures share.
pytest_plugins = ["simulated_results"]

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("OUTCOMES_SHARED", ROOT.parent / "shared"))


@pytest.fixture(scope="session")
def root() -> Path:
    """The top of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real data and R's numbers, which stand beside the checkout and are never copied into it."""
    if SHARED.is_dir():
        return SHARED
    reason = (
        "the folder of real data and reference numbers is not beside this checkout; "
        "set OUTCOMES_SHARED to its path"
    )
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def example_study(root):
    """The example practice, read once for all tests of a process, which do not edit it."""
    from outcomes.sources import read

    return read(root / "data" / "example")


@pytest.fixture(autouse=True)
def own_key(tmp_path_factory, monkeypatch) -> Path:
    """A key file of the tests' own: no test reads or makes the key of the person running it."""
    place = tmp_path_factory.getbasetemp() / "key of the tests"
    monkeypatch.setenv("OUTCOMES_KEY", str(place))
    return place
