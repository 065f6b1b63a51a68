"""The examples of the pages on question, concurrent care, margins and families run."""

from __future__ import annotations

import re

import pytest

import outcomes as oc

PAGES = {
    "question.md": ("Question(", "Asked(", "ComparisonResult("),
    "concurrent.md": ("LandmarkResult(", "ConcurrentResult("),
    "equivalence-and-families.md": ("Margin(", "AgainstMargin(", "FamilyResult("),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_the_example_runs(name, root, monkeypatch, capsys):
    page = (root / "docs" / "comparison" / name).read_text(encoding="utf-8")
    monkeypatch.chdir(root)
    (code,) = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    exec(compile(code, name, "exec"), {})
    said = capsys.readouterr().out
    assert all(word in said for word in PAGES[name])


@pytest.mark.parametrize("name", PAGES)
def test_every_function_named_is_public(name, root):
    page = (root / "docs" / "comparison" / name).read_text(encoding="utf-8")
    assert all(hasattr(oc, word) for word in re.findall(r"`oc\.(\w+)", page))


def test_the_file_of_the_page_is_a_question(root):
    page = (root / "docs" / "comparison" / "question.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"```toml\n(.*?)```", page, flags=re.DOTALL)
    question = oc.Question.from_text(text)
    assert question.margin.points == pytest.approx(3.0)
    assert set(question.declared_events) == set(question.intercurrent)
