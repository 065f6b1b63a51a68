"""The examples of docs/comparison/weights.md run and print what the page says."""

from __future__ import annotations

import contextlib
import io
import re
from dataclasses import fields

import pytest

from outcomes.models import ESTIMANDS, Recipe

EXAMPLE = re.compile(r"```python\n(.*?)```\n((?:    [^\n]*\n)+)", re.DOTALL)


@pytest.fixture
def page(root):
    return (root / "docs" / "comparison" / "weights.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_examples(page, root, monkeypatch):
    monkeypatch.chdir(root)
    found = EXAMPLE.findall(page)
    assert len(found) == 2
    for code, printed in found:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(code, "weights", "exec"), {})
        assert out.getvalue().split() == printed.split()


def test_every_choice_is_on_the_page(page):
    for name in ESTIMANDS:
        assert f"`{name}`" in page
    for part in fields(Recipe):
        if part.name not in ("imputations", "seed"):
            assert part.name in page, part.name
