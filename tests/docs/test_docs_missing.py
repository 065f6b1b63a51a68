"""The worked example of docs/models/missing.md runs, and prints what the page says."""

from __future__ import annotations

import contextlib
import io
import re

import pytest

import outcomes.models.missing as room

pytestmark = pytest.mark.slow


def test_example(root, monkeypatch):
    text = (root / "docs" / "models" / "missing.md").read_text(encoding="utf-8")
    code, printed = re.search(r"```python\n(.*?)```\n((?:    [^\n]*\n)+)", text, re.DOTALL).groups()
    monkeypatch.chdir(root)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "missing", "exec"), {})
    assert out.getvalue().split() == printed.split()


def test_every_method_is_on_the_page(root):
    from outcomes.models.missing.coding import METHODS

    text = (root / "docs" / "models" / "missing.md").read_text(encoding="utf-8")
    for name in (*METHODS, "oc.impute", "oc.pool", "oc.tipping_point", "oc.worst_case"):
        assert f"`{name}" in text, name
    assert room.__doc__
