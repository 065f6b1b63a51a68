"""A run that failed keeps enough to mend it, and nothing that tells who somebody is."""

from __future__ import annotations

import json

import nbformat
import pytest

from outcomes.errors import RunError
from outcomes.privacy import policy
from outcomes.reports.catalogue import entry
from outcomes.reports.failed import WITHHELD, keep_notebook, remove_telling, safe_text
from outcomes.reports.runner import run
from outcomes.sources import scan_folder

MAIL, NAME = "ann.archer@example.org", "Ann Archer"


def notebook(source: str, outputs=()):
    body = nbformat.v4.new_notebook()
    body.metadata["outcomes"] = {"title": "Fails"}
    body.metadata["language_info"] = {"name": "python"}
    parameters = nbformat.v4.new_code_cell('period = "all"', id="parameters")
    parameters.metadata["tags"] = ["parameters"]
    cell = nbformat.v4.new_code_cell(source, id="breaks")
    cell["outputs"] = list(outputs)
    body.cells = [parameters, cell]
    return body


def kept(tmp_path, body, known=()):
    place = tmp_path / "report.ipynb"
    place.write_text(nbformat.writes(body))
    said = keep_notebook(place, {}, policy(), known)
    return said, place.read_text() if place.exists() else None


def test_prints_tables_and_traces_go_as_from_a_report(tmp_path):
    outputs = [
        nbformat.v4.new_output("stream", text=f"{NAME}\n"),
        nbformat.v4.new_output("display_data", data={"text/plain": NAME}),
        nbformat.v4.new_output("error", ename="KeyError", evalue=NAME, traceback=[NAME]),
    ]
    said, text = kept(tmp_path, notebook("1 / 0", outputs))
    assert said is None
    assert NAME not in text
    assert "1 / 0" in text


def test_words_in_the_code_are_masked(tmp_path):
    said, text = kept(tmp_path, notebook(f"who = '{MAIL}'\nhome = '/home/ann/exports'"))
    assert said is None
    assert MAIL not in text
    assert "/home/ann" not in text
    assert "who = " in text


def test_a_notebook_that_still_tells_is_left_out(tmp_path):
    said, text = kept(tmp_path, notebook("client = 'Zorblax-77'"), known=["Zorblax-77"])
    assert "left out" in said
    assert text is None


def test_half_a_notebook_is_left_out(tmp_path):
    (tmp_path / "report.ipynb").write_text('{"cells": [')
    assert "not written to its end" in keep_notebook(tmp_path / "report.ipynb", {}, policy(), [])
    assert list(tmp_path.iterdir()) == []


def test_lines_of_the_reason():
    text = safe_text(f"KeyError: {MAIL}\nline 12\nid Zorblax-77\n/home/ann/x.py", ["Zorblax-77"])
    first, second, third, fourth = text.splitlines()
    assert MAIL not in first
    assert second == "line 12"
    assert third == WITHHELD
    assert fourth == "~/x.py"


def test_other_files_that_tell_are_removed(tmp_path):
    (tmp_path / "clean.txt").write_text("12 rows\n")
    (tmp_path / "tells.csv").write_text(f"mail\n{MAIL}\n")
    remove_telling(tmp_path, [])
    assert [path.name for path in tmp_path.iterdir()] == ["clean.txt"]


@pytest.mark.slow
def test_a_real_crash_over_a_name(tmp_path):
    place = tmp_path / "crash.ipynb"
    body = notebook(f"print('{MAIL}')\nraise KeyError('{MAIL}')")
    place.write_text(nbformat.writes(body))
    with pytest.raises(RunError) as crash:
        run(entry(place), {}, tmp_path / "out")
    (folder,) = (tmp_path / "out" / "crash").iterdir()
    assert folder.name.endswith(".failed")
    assert {path.name for path in folder.iterdir()} == {"report.ipynb", "reason.txt"}
    assert scan_folder(folder) == ()
    text = "".join(path.read_text() for path in folder.iterdir())
    assert MAIL not in text + str(crash.value)
    assert "KeyError" in text
    assert json.loads((folder / "report.ipynb").read_text())["cells"]
