"""The examples of the pages on yes-or-no outcomes and on sessions run as they stand."""

from __future__ import annotations

import contextlib
import io
import re

import pytest

from outcomes.models.dose.policy import dose_policy

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("page", "said"),
    [("binary", "Logistic mixed model (Laplace)"), ("dose", "Of those who had")],
)
def test_example(root, page, said, monkeypatch):
    monkeypatch.chdir(root)
    text = (root / "docs" / "models" / f"{page}.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", text, re.DOTALL).group(1)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, page, "exec"), {})
    assert said in out.getvalue()


def test_the_page_on_sessions_says_what_every_result_says(root):
    text = (root / "docs" / "models" / "dose.md").read_text(encoding="utf-8")
    assert dose_policy("words")["ending"].split(":")[0] in text
