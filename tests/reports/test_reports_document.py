"""Blocks go through a notebook unchanged; results keep every digit."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sample_document import SCRIPT, document, figure, table

from outcomes.errors import RunError, UsageError
from outcomes.reports.document import (
    MIME,
    Attachment,
    Document,
    FigureBlock,
    Meta,
    Page,
    Section,
    TableBlock,
)
from outcomes.reports.results import Result, results_json


def through_notebook(*pages: Page, title: str = "Declared") -> Document:
    cells = [
        {"outputs": [{"output_type": "stream", "text": "x"}, {"data": page._repr_mimebundle_()}]}
        for page in pages
    ]
    notebook = {"cells": [{}, *cells], "metadata": {"outcomes": {"title": title}}}
    return Document.from_notebook(json.loads(json.dumps(notebook, allow_nan=False)))


def as_json(doc: Document) -> list:
    return [(block.kind, block.to_dict()) for block in doc.blocks]


def test_a_document_goes_through_a_notebook_unchanged():
    made = document()
    back = through_notebook(Page((made.meta,)), Page(made.blocks[:3]), Page(made.blocks[3:]))
    assert back.meta == made.meta
    assert as_json(back) == as_json(made)
    assert back.results == made.results


def test_every_block_shows_itself_as_text_html_and_json():
    for block in (document().meta, *document().blocks):
        bundle = block._repr_mimebundle_()
        assert set(bundle) == {"text/plain", "text/html", MIME}
        assert SCRIPT not in bundle["text/html"]
        assert bundle["text/html"]
        assert bundle["text/plain"]


def test_a_notebook_without_a_title_block_uses_its_declared_title():
    assert through_notebook(title="Declared").meta == Meta("Declared")


def test_a_number_that_is_none_becomes_null():
    rows = figure()
    rows.data["rate"] = [float("nan")]
    back = through_notebook(Page((FigureBlock(rows),)))
    assert back.of(FigureBlock)[0].figure.data["rate"].isna().all()


def test_chapters_are_cut_at_sections():
    chapters = list(document().chapters())
    assert [c.section.id if c.section else None for c in chapters] == [None, "first", "second one"]
    assert [len(c.blocks) for c in chapters] == [1, 2, 5]


@pytest.mark.parametrize(
    "blocks",
    [
        (Section("a", "A"), Section("a", "B")),
        (TableBlock(table()), TableBlock(table())),
        (Attachment("a.csv", ""), Attachment("a.csv", "")),
    ],
)
def test_two_blocks_never_share_an_id(blocks):
    with pytest.raises(RunError, match="two blocks"):
        Document(Meta("x"), blocks)


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "c:\\x", "a b"])
def test_an_attachment_has_a_plain_file_name(name):
    with pytest.raises(UsageError):
        Attachment(name, "")


def test_blocks_of_another_version_are_refused():
    page = Page((Section("a", "A"),))
    bundle = page._repr_mimebundle_()
    bundle[MIME]["schema"] = 2
    with pytest.raises(UsageError, match="cannot read"):
        Document.from_notebook({"cells": [{"outputs": [{"data": bundle}]}]})


class TestResults:
    def test_every_digit_is_kept_and_no_number_is_null(self):
        results = (
            Result("a", 0.1 + 0.2, np.float64(1) / 3, float("nan"), n=np.int64(12)),
            Result("b", float("inf")),
        )
        body = json.loads(results_json(results))
        assert body["schema"] == 1
        first, second = body["results"]
        assert first["value"] == 0.1 + 0.2
        assert first["low"] == 1 / 3
        assert first["high"] is None
        assert second["value"] is None
        assert list(first) == [
            "id",
            "value",
            "low",
            "high",
            "unit",
            "n",
            "n_total",
            "verdict",
            "suppressed",
            "method",
            "source",
        ]

    def test_a_count_stays_whole(self):
        assert '"value": 12,' in results_json([Result("a", np.int64(12))])

    def test_ids_are_unique(self):
        with pytest.raises(RunError, match="share the id a"):
            results_json([Result("a"), Result("a")])

    def test_the_same_results_give_the_same_bytes(self):
        assert results_json(document().results) == results_json(document().results)
