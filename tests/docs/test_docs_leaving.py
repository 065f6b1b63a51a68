"""The example of docs/models/leaving.md runs, and the page names what there is."""

from __future__ import annotations

import re

import pytest

import outcomes as oc
from outcomes.derive.leaving import DEFINITIONS, leaving_rules

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def page(root):
    return (root / "docs" / "models" / "leaving.md").read_text(encoding="utf-8")


def test_the_example_runs(page, root, monkeypatch, capsys):
    monkeypatch.chdir(root)
    (code,) = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    exec(compile(code, "leaving.md", "exec"), {})
    said = capsys.readouterr().out
    for word in ("LeavingResult", "CoxResult", "VisitResult", "DropoutWeights"):
        assert word in said
    assert "NOT CONVERGED" not in said


def test_every_function_named_is_public(page):
    names = set(re.findall(r"`oc\.(\w+)`", page))
    assert {"endings", "leaving", "cox", "leaving_by_visit", "dropout_weights"} <= names
    assert all(hasattr(oc, name) for name in names)


def test_definitions_are_four_as_the_page_says(page):
    assert len(DEFINITIONS) == 4
    assert "four are fixed" in page
    assert leaving_rules()["few_sessions"]["fewer_than"] == 3
