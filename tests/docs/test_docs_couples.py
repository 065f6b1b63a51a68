"""The worked example of docs/models/couples.md runs on the bundled practice."""

from __future__ import annotations

import contextlib
import io
import re

import pytest

pytestmark = pytest.mark.slow


def test_example(root, monkeypatch):
    monkeypatch.chdir(root)
    text = (root / "docs" / "models" / "couples.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "couples", "exec"), {})
    assert "intraclass correlation" in out.getvalue()
    assert "nothing was assigned" in out.getvalue()


def test_every_choice_of_the_policy_has_a_reason(root):
    import tomllib

    text = (root / "src" / "outcomes" / "models" / "dyads" / "policy.toml").read_text()
    for name, section in tomllib.loads(text).items():
        assert any(key.endswith("reason") for key in section), name
