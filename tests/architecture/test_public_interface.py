"""The public names of the design: results show, explain and draw themselves; arguments stay."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest

import outcomes as oc


@pytest.fixture(scope="module")
def study(example_study):
    return example_study


@pytest.fixture(scope="module")
def cohort(study):
    return oc.cohort(study, "phq9", interventions=["coaching", "therapy"])


@pytest.fixture(scope="module")
def results(cohort):
    question = oc.contrast(cohort)
    frame = cohort.frame.dropna(subset=["pre", "post"])
    return {
        "change": oc.change(cohort.frame, instrument="phq9", by="arm"),
        "compare": oc.compare(**question, method="weighting"),
        "weights": oc.weights(frame, "arm", ["pre", "age_band"], reference="coaching"),
        "cohort": cohort,
    }


@pytest.mark.parametrize("name", ["change", "compare", "weights", "cohort"])
def test_a_result_shows_explains_and_draws_itself(results, name):
    result = results[name]
    assert isinstance(result.to_frame(), pd.DataFrame)
    assert len(result.explain()) > 100
    assert repr(result)
    assert "<" in result._repr_html_()
    assert result.plot().alt
    assert oc.plot(result).svg.startswith(("<?xml", "<svg"))


ROWS = ["table", "rows_read", "rows_kept", "rows_dropped"]


def test_tables_of_a_study_and_its_ledger(study):
    for name in ("clients", "episodes", "sessions", "responses", "satisfaction", "goals"):
        assert len(getattr(study, name))
    assert list(study.ledger.balance()) == [*ROWS, "rows_quarantined"]
    assert study.ledger.balanced()
    assert {"reason", "step", "file", "line"} <= set(study.ledger.to_frame())


def test_scores_have_the_promised_columns(study):
    promised = {
        "client_id",
        "episode_id",
        "instrument",
        "taken_on",
        "occasion",
        "score",
        "n_answered",
        "prorated",
    }
    assert promised <= set(oc.score(study))


def test_no_function_edits_its_arguments(study, cohort):
    responses, frame = study.responses.copy(), cohort.frame.copy()
    oc.score(study)
    oc.pairs(study, "gad7")
    oc.change(cohort.frame, instrument="phq9", by="arm", cluster="practitioner_or_couple")
    question = oc.contrast(cohort)
    compared = question["frame"].copy()
    for method in ("weighting", "ancova", "aipw"):
        oc.compare(**question, method=method)
    oc.weights(compared, "arm", ["pre", "gender"], reference="coaching")
    oc.within_arms(cohort.frame, direction="lower", cluster="practitioner_or_couple")
    pd.testing.assert_frame_equal(study.responses, responses)
    pd.testing.assert_frame_equal(cohort.frame, frame)
    pd.testing.assert_frame_equal(question["frame"], compared)


ORDERS = ["import outcomes.change", "import outcomes.cli", "from outcomes.change import rates"]


@pytest.mark.parametrize("first", ORDERS)
def test_change_is_a_function_whatever_is_imported_first(first):
    code = f"{first}; import outcomes as oc; assert callable(oc.change), oc.change"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_import_is_light():
    heavy = ("matplotlib", "seaborn", "statsmodels", "papermill", "scipy.stats", "openpyxl")
    code = f"import sys, outcomes; print([n for n in {heavy} if n in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert run.stdout.strip() == "[]"
