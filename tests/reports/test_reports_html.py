"""The HTML file: one heading, named sections, real tables, inert text, no address."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from sample_document import SCRIPT, document

from outcomes.privacy import policy
from outcomes.reports.html import TONES, figure_table, render
from outcomes.reports.policy import report_policy
from outcomes.schema import Verdict

VOID = {"meta", "img", "source", "br", "path", "link", "input", "hr"}


class Page(HTMLParser):
    """Tags with attributes, the words, and whether every tag is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    def all(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def text() -> str:
    return render(document(), policy=policy(), colophon={"Run": "r1"}, beside=["ledger.csv"])


@pytest.fixture(scope="module")
def page(text) -> Page:
    return Page(text)


def test_is_one_well_formed_page_with_one_title_and_one_heading(page):
    assert not page.open
    assert len(page.all("h1")) == len(page.all("title")) == len(page.all("main")) == 1
    assert page.all("html") == [{"lang": "en-GB"}]
    assert "viewport" in [meta.get("name") for meta in page.all("meta")]


def test_headings_go_down_one_level_at_a_time(page):
    levels = [int(name[1]) for name, _ in page.tags if re.fullmatch(r"h[1-6]", name)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_every_link_leads_to_an_id_and_ids_are_unique(page):
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = [link["href"] for link in page.all("a")]
    assert {"#content", "#s-first", "#s-second-one"} == set(links)
    assert {link[1:] for link in links} <= set(ids)
    named = {a["aria-labelledby"] for _, a in page.tags if "aria-labelledby" in a}
    assert named <= set(ids)


def test_nothing_is_loaded_and_nothing_runs(text, page):
    loaded = [
        attributes[name]
        for _, attributes in page.tags
        for name in ("src", "srcset", "href")
        if name in attributes
    ]
    assert all(address.startswith(("data:image/svg+xml;base64,", "#")) for address in loaded)
    assert not page.all("script")
    assert not page.all("link")
    assert not [a for _, a in page.tags if any(name.startswith("on") for name in a)]
    assert not [a for _, a in page.tags if "style" in a]
    assert "url(" not in text
    assert "@import" not in text


def test_the_security_policy_allows_this_style_sheet_and_nothing_else(text, page):
    rules = next(m["content"] for m in page.all("meta") if "http-equiv" in m)
    css = re.search(r"<style>(.*)</style>", text, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in rules
    assert rules.startswith("default-src 'none'; img-src data:")


def test_every_picture_has_words_and_a_narrow_drawing(page):
    assert [image["alt"] for image in page.all("img")] == [f"One bar {SCRIPT}"]
    assert page.all("img")[0]["width"] == "96", "72 points are 96 pixels"
    narrow = page.all("source")[0]
    assert narrow["media"] == f"(max-width: {report_policy().narrow_below}px)"


def test_every_header_has_a_scope_and_every_table_a_caption_and_a_place_for_the_keyboard(page):
    assert all(th.get("scope") in ("col", "row") for th in page.all("th"))
    assert len(page.all("caption")) == len(page.all("table")) == 3
    regions = [d for d in page.all("div") if d.get("role") == "region"]
    assert len(regions) == 3
    assert all(r["tabindex"] == "0" and r["aria-labelledby"] for r in regions)


def test_typed_text_is_words_and_never_markup(text, page):
    assert SCRIPT not in text
    words = " ".join(page.words)
    for place in ("Report", "First", "What", "Started", "Sentence"):
        assert f"{place} {SCRIPT}" in words


def test_marks_that_turn_text_around_are_taken_out():
    made = render(document(words="pay\u202eees\x07 now\u200bhere"), policy=policy())
    assert "payees nowhere" in made


def test_every_verdict_is_said_in_words_and_has_a_tone(page):
    assert set(TONES) == {str(verdict) for verdict in Verdict}
    words = [word.strip() for word in page.words]
    for verdict in Verdict:
        assert str(verdict).capitalize() in words


def test_suppressed_missing_and_zero_look_different(page):
    states = [td["class"] for td in page.all("td") if "state-" in td.get("class", "")]
    assert any("state-suppressed" in name for name in states)
    assert any("state-missing" in name for name in states)
    assert any(word.strip() == "0" for word in page.words)


def test_a_report_that_hides_nothing_says_so(text):
    assert "Not for release" not in text
    assert "Not for release" in render(document(), policy=policy("off"))


def test_the_numbers_behind_a_figure_are_cut_and_the_cut_is_said():
    limit = report_policy().figure_rows
    figure = document(rows=limit + 5).blocks[6].figure
    table = figure_table(figure)
    assert len(table.rows) == limit
    assert f"first {limit} of {limit + 5}" in table.notes[0]
    assert [cell.text for cell in table.rows[0]] == ["coaching", "12", "0.125"]


def test_the_same_document_gives_the_same_bytes(text):
    again = render(document(), policy=policy(), colophon={"Run": "r1"}, beside=["ledger.csv"])
    assert again == text
