"""Small numbers and identifiers do not leave, wherever they stand."""

from __future__ import annotations

import pandas as pd
import pytest
from sample_document import document, figure, table

from outcomes.errors import ReleaseError
from outcomes.privacy import policy
from outcomes.reports.document import (
    Attachment,
    Document,
    FigureBlock,
    Meta,
    Prose,
    ResultsBlock,
    Section,
    TableBlock,
    VerdictLine,
    Verdicts,
)
from outcomes.reports.executed import LEFT_OUT, public_notebook, public_parameters
from outcomes.reports.gate import inspect, require_release, suppressed_cells
from outcomes.reports.results import Result
from outcomes.schema import Verdict

DEFAULT, OFF = policy(), policy("off")
MAIL = "jane.doe@example.org"


def one(block) -> Document:
    return Document(Meta("x"), (block,))


def test_a_clean_document_passes():
    require_release(document(), DEFAULT)
    assert suppressed_cells(document()) == 1


@pytest.mark.parametrize(
    "block",
    [
        TableBlock(table(n=3)),
        FigureBlock(figure(n=3)),
        ResultsBlock((Result("a", 0.5, n=3, n_total=40),)),
        ResultsBlock((Result("a", 0.5, n=40, n_total=3),)),
        ResultsBlock((Result("a", 0.5, suppressed=True),)),
    ],
    ids=["table", "figure", "result", "denominator", "hidden but there"],
)
def test_a_small_number_is_refused_and_named_without_its_value(block):
    with pytest.raises(ReleaseError) as refused:
        require_release(one(block), DEFAULT)
    assert "small number" in str(refused.value)
    assert "3" not in str(refused.value)
    assert refused.value.exit_code == 1
    require_release(one(block), OFF)


@pytest.mark.parametrize("n", [0, DEFAULT.minimum_count])
def test_none_and_the_minimum_may_be_shown(n):
    require_release(one(TableBlock(table(n=n))), DEFAULT)


def with_svg(words: str):
    made = figure()
    svg = f'<svg width="1pt" height="1pt"><!-- {words} --><path d="M 0 1"/></svg>'
    return type(made)(made.id, made.caption, made.alt, svg, made.svg_narrow, made.data, made.notes)


def with_data(words: str):
    made = figure()
    data = pd.DataFrame({"who": [words]})
    return type(made)(made.id, made.caption, made.alt, made.svg, made.svg_narrow, data, made.notes)


@pytest.mark.parametrize(
    "block",
    [
        Section("a", "A", MAIL),
        Prose(MAIL, ()),
        Prose(None, ("fine", MAIL)),
        Verdicts((VerdictLine(Verdict.SUPPORTED, "yes", note=MAIL),)),
        TableBlock(type(table())("t", MAIL, table().columns, table().rows)),
        FigureBlock(with_svg(MAIL)),
        FigureBlock(with_data(MAIL)),
        ResultsBlock((Result("a", method=MAIL),)),
        Attachment("ledger.csv", f"a,b\n1,{MAIL}\n"),
    ],
    ids=lambda block: block.kind,
)
def test_an_identifier_is_refused_in_any_block_under_any_policy(block):
    for rules in (DEFAULT, OFF):
        with pytest.raises(ReleaseError) as refused:
            require_release(one(block), rules)
        assert "e-mail address" in str(refused.value)
        assert MAIL not in str(refused.value)


def test_the_title_page_is_looked_at():
    found = inspect(Document(Meta("x", facts={"Practice": MAIL}), ()), DEFAULT)
    assert [(refusal.where, refusal.count) for refusal in found] == [("title page", 1)]


class TestExecutedNotebook:
    def notebook(self) -> dict:
        outputs = [
            {"output_type": "stream", "name": "stderr", "text": "/home/jane/x.py: warning"},
            {"output_type": "execute_result", "data": {"text/html": "<table>1 client</table>"}},
            {
                "output_type": "display_data",
                "data": Attachment("ledger.csv", "secret")._repr_mimebundle_(),
            },
        ]
        cell = {"cell_type": "code", "id": "c", "outputs": outputs, "source": "x"}
        cell["metadata"] = {"papermill": {"start_time": "2026"}, "execution": {}}
        injected = {"cell_type": "code", "id": "random", "outputs": [], "source": "/home/jane"}
        injected["metadata"] = {"tags": ["injected-parameters"]}
        return {"cells": [injected, cell], "metadata": {"papermill": {"input_path": "/home/jane"}}}

    def test_nothing_ungated_and_no_path_is_published(self):
        parameters = {"source": "/home/jane/data", "url": "postgres://jane:pw@host/db"}
        body, withheld = public_notebook(self.notebook(), parameters, DEFAULT)
        assert withheld == ("c",)
        text = str(body)
        for leak in ("jane", "1 client", "papermill", "secret", "random", "pw@"):
            assert leak not in text
        assert "source = 'data'" in body["cells"][0]["source"]
        assert body["cells"][1]["outputs"][0]["data"] == {"text/plain": LEFT_OUT}

    def test_the_policy_off_lets_other_outputs_pass_but_no_prints(self):
        body, withheld = public_notebook(self.notebook(), {}, OFF)
        assert withheld == ()
        assert len(body["cells"][1]["outputs"]) == 2

    def test_the_argument_is_not_changed(self):
        before = self.notebook()
        public_notebook(before, {}, DEFAULT)
        assert before == self.notebook()

    def test_parameters_lose_their_folders(self):
        assert public_parameters({"a": "/x/y.csv", "b": "rel/y", "c": 3}) == {
            "a": "y.csv",
            "b": "rel/y",
            "c": 3,
        }
