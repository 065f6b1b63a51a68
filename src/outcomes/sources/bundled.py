"""The synthetic practice that comes with the program."""

from __future__ import annotations

from pathlib import Path

from outcomes.errors import InputError

PACKAGE = Path(__file__).resolve().parents[1]
# In an installed package the example lies inside it, in a checkout beside `src/`.
PLACES = (PACKAGE / "_bundled" / "example", PACKAGE.parents[1] / "data" / "example")


def example_folder() -> Path:
    """Where the bundled example is. Raises InputError where it was taken out."""
    for place in PLACES:
        if place.is_dir():
            return place
    raise InputError(
        "the bundled example is not there",
        where="data/example",
        fix="write one: outcomes example FOLDER",
    )
