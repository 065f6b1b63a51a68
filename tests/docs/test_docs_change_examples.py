"""The worked examples of docs/change run, and print what the page says."""

from __future__ import annotations

import contextlib
import io
import re

import pytest

PAGES = ("couples", "service-measures", "claim-card")


@pytest.mark.parametrize("page", PAGES)
def test_example(root, page):
    text = (root / "docs" / "change" / f"{page}.md").read_text(encoding="utf-8")
    code, printed = re.search(r"```python\n(.*?)```\n((?:    [^\n]*\n)+)", text, re.DOTALL).groups()
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, page, "exec"), {})
    assert out.getvalue().split() == printed.split()
