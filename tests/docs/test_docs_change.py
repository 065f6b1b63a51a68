"""Every method has a page with its formula, its source and numbers that the program gives."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from outcomes.change import METHODS, change

PRINTED = 5e-5  # four decimals
MORE = {"anchor": {"important_change": 8}, "percentage": {"percentage": 20}, "stat": {}}
DAS = {
    "pre": "pre_data",
    "post": "post_data",
    "direction": "higher",
    "criterion": "c",
    "functional_mean": 114.8,
    "functional_sd": 17.8,
}


def page(root, method: str) -> str:
    return (root / "docs" / "change" / f"{method}.md").read_text(encoding="utf-8")


def rows(text: str) -> list[list[str]]:
    """Cells of the table of people."""
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if re.match(r"\| \d", line)
    ]


@pytest.mark.parametrize("method", METHODS)
def test_page_says_what_the_card_says(root, method):
    text, card = page(root, method), METHODS[method]
    for part in (card.formula, card.source, card.use, card.avoid):
        assert part in text
    assert f"({method}.md)" in page(root, "README")


@pytest.mark.parametrize("method", [name for name in METHODS if name != "hlm"])
def test_numbers_of_the_page_are_the_programs(root, shared, method):
    table = pd.read_csv(shared / "data" / "jacobson_truax_das" / "rciplot_sample_data.csv")
    more = MORE.get(method, {"reliability": 0.88})
    found = change(table, method=method, **DAS, **more)
    text = page(root, method)
    for place, cells in enumerate(rows(text)):
        _, start, end, _, index, category = cells
        row = found.frame.iloc[place]
        assert (float(start), float(end)) == (row["pre_data"], row["post_data"])
        assert category == row["category"]
        if index != "none":
            assert float(index) == pytest.approx(row["index"], abs=PRINTED)
    counted = found.counts().iloc[0].dropna()
    for name, n in counted.drop("missing").items():
        assert f"{n} {name}" in text


def test_numbers_of_the_growth_model(root):
    cells = rows(page(root, "hlm"))
    scores = [[float(x) for x in row[1].split(",")] for row in cells]
    frame = pd.DataFrame(scores, columns=["s1", "s2", "s3"])
    names = list(frame)
    found = change(frame, pre="s1", post="s3", direction="lower", method="hlm", occasions=names)
    for place, row in enumerate(cells):
        assert float(row[2]) == pytest.approx(found.growth.slope[place], abs=PRINTED)
        assert float(row[4]) == pytest.approx(found.frame["index"][place], abs=PRINTED)
