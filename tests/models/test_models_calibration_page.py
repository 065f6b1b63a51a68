"""docs/validation-models.md holds what it claims: intervals that reports use cover 93.5 to 96.5 %.

The page is written by `make validation`; here its stored rows are read, each with its Monte Carlo
error. A row says "yes" (used by reports), "yes, at least" (bounds, or a share that cannot lie below
0, which may cover more) or "no: reason".
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

LOW, HIGH = 93.5, 96.5
# A coverage is seen with an error; two of the standard errors that it has where the truth lies at
# the end of the band are granted (a score test; at 99 % its own error would be far too small).
ERRORS = 2
COLUMNS = ("coverage of 95 %", "Monte Carlo error", "used by reports")
SIMULATIONS = ("binary", "dyads", "leaving", "missing", "mixed", "mmrm", "practitioners")
# A standard error above this (fewer than 80 runs) would let anything pass.
LARGEST = 2.5


@pytest.fixture(scope="module")
def page(root) -> str:
    return (root / "docs" / "validation-models.md").read_text(encoding="utf-8")


def part(page: str, name: str) -> str:
    """What one simulation wrote."""
    return page.split(f"<!-- begin {name} -->", 1)[1].split(f"<!-- end {name} -->", 1)[0]


def rows(text: str) -> Iterator[dict[str, str]]:
    """Rows of the tables that tell coverage, by column name."""
    heads: list[str] = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            heads = []
        elif not heads:
            heads = cells
        elif not set(line) <= set("|-") and set(COLUMNS) <= set(heads):
            yield dict(zip(heads, cells, strict=True))


def number(text: str) -> float:
    return float(text.removesuffix("%").strip())


def error_at(truth: float, coverage: float, error: float) -> float:
    """The Monte Carlo error, in points, of a row with this many runs where the truth is `truth`."""
    spread = coverage * (100 - coverage)
    return error * (truth * (100 - truth) / spread) ** 0.5 if spread > 0 else 0.0


@pytest.mark.parametrize("name", SIMULATIONS)
def test_every_interval_that_reports_use_covers_as_it_says(page, name):
    wrong = []
    for row in rows(part(page, name)):
        used = row["used by reports"]
        if used.startswith("no: "):
            continue
        assert used in ("yes", "yes, at least"), row
        coverage, error = number(row["coverage of 95 %"]), number(row["Monte Carlo error"])
        assert error <= LARGEST, row
        low = LOW - ERRORS * error_at(LOW, coverage, error)
        high = HIGH + ERRORS * error_at(HIGH, coverage, error)
        if coverage < low or (coverage > high and used == "yes"):
            wrong.append(row)
    assert not wrong


@pytest.mark.parametrize(
    ("name", "least"),
    [("dyads", 50), ("leaving", 30), ("missing", 9), ("mixed", 8), ("mmrm", 5),
     ("practitioners", 15)],
)  # fmt: skip
def test_the_page_has_the_rows_that_reports_use(page, name, least):
    used = [row for row in rows(part(page, name)) if row["used by reports"].startswith("yes")]
    assert len(used) >= least


def test_yes_no_models_are_not_used_by_reports(page):
    found = list(rows(part(page, "binary")))
    assert found
    assert all(row["used by reports"].startswith("no: ") for row in found)
