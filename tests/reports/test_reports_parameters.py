"""What a notebook declares, and what is refused before anything runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from outcomes.errors import InputError, UsageError
from outcomes.reports import catalogue as room
from outcomes.reports.catalogue import catalogue, entry, find, working_notebooks
from outcomes.reports.parameters import check, declared, parse

NOTEBOOKS = Path(__file__).parents[1] / "fixtures" / "notebooks"


@pytest.fixture(scope="module")
def good():
    return entry(NOTEBOOKS / "good.ipynb")


def notebook(source: str, parameters: dict | None = None, tags=("parameters",)) -> dict:
    cell = {"cell_type": "code", "metadata": {"tags": list(tags)}, "source": source}
    return {"cells": [cell], "metadata": {"outcomes": {"parameters": parameters or {}}}}


def test_types_come_from_the_metadata_or_else_from_the_default(good):
    types = {p.name: (p.type, p.nullable) for p in good.parameters}
    assert types == {
        "source": ("path", True),
        "period": ("str", False),
        "practice": ("str", True),
        "count": ("int", False),
        "words": ("str", False),
        "arms": ("list[str]", False),
        "policy": ("str", False),
        "stray": ("bool", False),
    }


def test_defaults_fill_what_is_not_given(good):
    values = check(good.parameters, {"count": 7}, "good")
    assert values["count"] == 7
    assert values["period"] == "all"
    assert list(values) == [p.name for p in good.parameters]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"cuont": 7}, "did you mean count"),
        ({"nothing_like_it": 7}, "has no parameter nothing_like_it"),
        ({'print("x"); y': 1}, "not an identifier"),
        ({"class": 1}, "not an identifier"),
        ({"count": "7"}, "should be int"),
        ({"count": True}, "should be int"),
        ({"count": 7.0}, "should be int"),
        ({"count": None}, "no value"),
        ({"stray": 1}, "should be bool"),
        ({"words": 3}, "should be str"),
        ({"arms": "coaching"}, "should be list"),
        ({"arms": ["coaching", 3]}, "should be list"),
        ({"arms": ["massage"]}, "among its choices"),
        ({"policy": "none"}, "choose from: default, off"),
    ],
)
def test_refuses(good, given, said):
    with pytest.raises(UsageError, match="(?s)" + said.replace("(", r"\(")):
        check(good.parameters, given, "good")


def test_a_value_is_never_in_the_message(good):
    with pytest.raises(UsageError) as refused:
        check(good.parameters, {"policy": "Jane Doe"}, "good")
    assert "Jane" not in str(refused.value)


def test_a_required_parameter_must_be_given():
    facts = {"x": {"type": "int", "required": True}}
    parameters = declared(notebook("x = None", facts), "here")
    with pytest.raises(UsageError, match="needs the parameter x"):
        check(parameters, {}, "here")
    assert check(parameters, {"x": 2}, "here") == {"x": 2}


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_must_be_finite(value):
    parameters = declared(notebook("x = 1.5"), "here")
    with pytest.raises(UsageError):
        check(parameters, {"x": value}, "here")
    assert check(parameters, {"x": 2}, "here") == {"x": 2.0}


def test_a_path_is_made_absolute_and_so_is_the_file_of_an_address(good, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert check(good.parameters, {"source": "a/b"}, "g")["source"] == str(tmp_path / "a" / "b")
    for address, absolute in (
        ("sqlite:///x.db", f"sqlite:///{tmp_path / 'x.db'}"),
        ("postgresql://host/practice", "postgresql://host/practice"),
    ):
        assert check(good.parameters, {"source": address}, "g")["source"] == absolute


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("count=7", 7),
        ("practice=none", None),
        ("practice=", None),
        ("practice=north", "north"),
        ("words=a=b", "a=b"),
        ("arms=coaching, therapy", ["coaching", "therapy"]),
        ("stray=yes", True),
        ("stray=False", False),
    ],
)
def test_texts_become_values_of_the_declared_type(good, text, value):
    assert parse(good.parameters, [text], "good") == {text.split("=")[0]: value}


@pytest.mark.parametrize(
    "texts", [["count"], ["count=many"], ["stray=perhaps"], ["x=1"], ["count=1", "count=2"]]
)
def test_texts_that_are_refused(good, texts):
    with pytest.raises(UsageError):
        parse(good.parameters, texts, "good")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = 1\ny = x + 1", "line 2"),
        ("x = 1\nprint(x)", "line 2"),
        ("x = y = 1", "line 1"),
        ("x = 1\nx = 2", "line 2"),
        ("x = {[]: 1}", "line 1"),
        ("x = (", "not Python"),
    ],
)
def test_a_parameters_cell_holds_literals_only(source, said):
    with pytest.raises(UsageError, match=said):
        declared(notebook(source), "here")


def test_a_notebook_must_be_tagged_and_describe_only_what_it_declares():
    with pytest.raises(UsageError, match="no cell tagged"):
        declared(notebook("x = 1", tags=()), "here")
    with pytest.raises(UsageError, match="does not declare: y"):
        declared(notebook("x = 1", {"y": {"type": "int"}}), "here")
    with pytest.raises(UsageError, match="type not known"):
        declared(notebook("x = 1", {"x": {"type": "date"}}), "here")
    with pytest.raises(UsageError, match="should be str"):
        declared(notebook("x = 1", {"x": {"type": "str"}}), "here")


def test_the_catalogue_describes_every_notebook():
    names = {item.name for item in catalogue()}
    assert "comparison" in names
    for item in catalogue():
        assert item.title
        assert item.audience
        assert item.question
        assert all(p.description for p in item.parameters)


def test_an_unknown_notebook_is_named_with_the_nearest_one():
    with pytest.raises(UsageError, match="did you mean comparison"):
        find("comparisons")


@pytest.mark.parametrize("content", [None, "", "[]", '{"cells": 3}', "\x00"])
def test_a_file_that_is_no_notebook_is_refused(tmp_path, content):
    path = tmp_path / "a.ipynb"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError):
        find(str(path))


def test_packaged_notebooks_are_copied_and_changes_are_kept(tmp_path, monkeypatch):
    packaged = tmp_path / "package" / "_bundled" / "notebooks"
    packaged.mkdir(parents=True)
    (packaged / "one.ipynb").write_text(json.dumps({"cells": []}))
    (packaged / "two.ipynb").write_text("new")
    work = tmp_path / "work"
    work.mkdir()
    (work / "two.ipynb").write_text("mine")
    monkeypatch.setattr(room, "PACKAGE", tmp_path / "package")
    assert working_notebooks(work) == work
    assert (work / "one.ipynb").exists()
    assert (work / "two.ipynb").read_text() == "mine"


class TestListOfNumbers:
    def weeks(self, default="[4.0, 8.0]"):
        return declared(notebook(f"weeks = {default}\n"), where="x")

    def test_list_of_numbers_is_told_from_its_default(self):
        (one,) = self.weeks()
        assert one.type == "list[float]"
        (words,) = declared(notebook('arms = ["a"]\n'), where="x")
        assert words.type == "list[str]"

    @pytest.mark.parametrize("text", ["2,6.5", "[2, 6.5]", "2, 6.5,"])
    def test_read_from_a_text(self, text):
        assert parse(self.weeks(), [f"weeks={text}"], "x") == {"weeks": [2.0, 6.5]}

    def test_whole_numbers_fit(self):
        assert check(self.weeks(), {"weeks": [2, 6]}, "x")["weeks"] == [2.0, 6.0]

    @pytest.mark.parametrize("bad", [["2"], [True], [float("nan")], 4.0, None])
    def test_refuses_what_is_no_list_of_numbers(self, bad):
        with pytest.raises(UsageError):
            check(self.weeks(), {"weeks": bad}, "x")

    def test_refuses_a_text_that_holds_no_numbers(self):
        with pytest.raises(UsageError, match="list"):
            parse(self.weeks(), ["weeks=soon"], "x")
