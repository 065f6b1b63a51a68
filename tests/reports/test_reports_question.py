"""The question in a report: its table, its checklist, and its record in the manifest."""

from __future__ import annotations

import json

import outcomes as oc
from outcomes.privacy import policy
from outcomes.reports.blocks import Meta, Provenance
from outcomes.reports.document import Document, TableBlock
from outcomes.reports.manifest import as_json, manifest
from outcomes.reports.question_blocks import checklist_blocks, question_blocks

QUESTION = oc.Question(
    strategies=("coaching", "therapy"),
    instrument="phq9",
    margin=oc.margin(points=3, source="steering group"),
    intercurrent={"adding_other_service": "treatment_policy"},
)


def written(provenance, tmp_path):
    notebook = tmp_path / "x.ipynb"
    notebook.write_text("{}", encoding="utf-8")
    document = Document(Meta("x"), () if provenance is None else (provenance,))
    body = manifest(
        document, run="r", notebook=notebook, parameters={}, policy=policy(), timings={},
        release={}, files={},
    )  # fmt: skip
    return json.loads(as_json(body))


def test_the_manifest_holds_the_question_and_it_reads_back(tmp_path):
    block = Provenance(sources=(), question=QUESTION.record())
    again = Provenance.from_dict(json.loads(json.dumps(block.to_dict())))
    kept = written(again, tmp_path)["question"]
    assert kept == QUESTION.record()
    assert oc.Question.from_dict(kept).to_frame().equals(QUESTION.to_frame())


def test_a_report_that_asks_nothing_says_so(tmp_path):
    assert written(Provenance(sources=()), tmp_path)["question"] is None
    assert written(None, tmp_path)["question"] is None
    old = Provenance(sources=()).to_dict()
    del old["question"]
    assert Provenance.from_dict(old).question is None


def test_blocks(example_study):
    asked = QUESTION.ask(example_study)
    first = question_blocks(QUESTION)
    tables = [block.table for block in first if isinstance(block, TableBlock)]
    assert tables[0].id == "question" and len(tables[0].rows) == 12
    assert "dropout, switching, separation" in str(first[-1].to_dict())
    last = checklist_blocks(QUESTION, asked.run(), example_study, asked.cohort)
    assert any(block.table.id == "target_checklist" for block in last if hasattr(block, "table"))


def test_everything_declared_leaves_no_complaint():
    every = QUESTION.changed(intercurrent=dict(QUESTION.intercurrent))
    assert not any(type(block).__name__ == "Prose" for block in question_blocks(every))


def test_family_table():
    from outcomes import tables
    from outcomes.comparison import not_measurable

    none = not_measurable(reference="coaching", other="therapy", outcome="post")
    found = tables.family_table(oc.family({"a": none}))
    assert found.to_frame().loc[0, "reading"] == "not measurable"
    assert found.rows[0][2].state == "missing"
