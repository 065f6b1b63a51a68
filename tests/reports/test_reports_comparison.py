"""The comparison report of the bundled example, as a run folder."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest

import outcomes as oc
from outcomes.cli import main
from outcomes.privacy import scan

pytestmark = pytest.mark.slow

FILES = {"report.html", "report.ipynb", "results.json", "ledger.csv", "manifest.json"}


@pytest.fixture(scope="module")
def example(example_study):
    return example_study


@pytest.fixture(scope="module")
def run(root, tmp_path_factory):
    out = tmp_path_factory.mktemp("report")
    assert main(["report", str(root / "data" / "example"), "--out", str(out)]) == 0
    (folder,) = (out / "comparison").iterdir()
    return folder


def results(folder) -> dict[str, dict]:
    body = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert body["schema"] == 1
    return {result["id"]: result for result in body["results"]}


def test_the_folder_is_whole(run):
    assert {path.name for path in run.iterdir()} == FILES


def test_the_same_input_gives_the_same_results(run, root, tmp_path):
    assert main(["report", str(root / "data" / "example"), "--out", str(tmp_path)]) == 0
    (again,) = (tmp_path / "comparison").iterdir()
    assert again.name == run.name
    assert (again / "results.json").read_bytes() == (run / "results.json").read_bytes()


def test_the_results_are_those_of_the_library(run, example):
    stored = results(run)
    cohort = oc.cohort(example, "phq9", interventions=["coaching", "therapy"])
    effect = oc.compare(**oc.contrast(cohort), method="weighting")
    assert stored["comparison.phq9.ato"]["value"] == effect.estimate
    assert stored["comparison.phq9.ato"]["low"] == effect.low
    assert stored["comparison.phq9.ato"]["verdict"] == str(effect.verdict)
    changes = oc.change(cohort.frame, instrument="phq9", by="arm", cluster="practitioner_or_couple")
    rates = changes.rates.set_index(["group", "measure", "denominator"])
    for arm in cohort.arms:
        record = stored[f"change.phq9.{arm}.reliable_improvement"]
        row = rates.loc[(arm, "reliable_improvement", "paired")]
        assert (record["n"], record["n_total"]) == (row["n"], row["n_total"])
        assert record["value"] == row["rate"]


def test_no_small_number_and_no_person_is_in_it(run, example):
    for record in results(run).values():
        for count in (record["n"], record["n_total"]):
            assert count is None or count == 0 or count >= 5
        assert not (record["suppressed"] and record["value"] is not None)
    ids = [*example.clients["client_id"], *example.episodes["episode_id"]]
    for name in FILES - {"report.ipynb"}:
        text = (run / name).read_text(encoding="utf-8")
        # A drawing or digest in base64 can hold anything; words cannot.
        words = " ".join(word for word in text.split() if len(word) < 200)
        assert scan(words, ids) == []


def test_the_ledger_beside_it_is_that_of_the_read(run, example):
    beside = pd.read_csv(run / "ledger.csv")
    assert len(beside) == len(example.ledger.to_frame())
    assert set(beside["reason"]) == set(example.ledger.to_frame()["reason"])


def test_the_manifest_says_how_it_was_made(run, example):
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    assert {entry["name"] for entry in manifest["inputs"]} == {f.name for f in example.sources}
    assert manifest["parameters"]["instrument"] == "phq9"
    assert manifest["parameters"]["estimand"] == "ATO"
    text = json.dumps(manifest)
    for word in ("timings", "seeds", "policy", "pandas", "outcomes", "python"):
        assert word in text


def test_the_sections_come_in_order(run):
    assert [title for title, _ in sections(run)] == [
        "What this report can and cannot say",
        "What is asked",
        "Who is in it",
        "Who is in each arm at the start",
        "Change within each arm",
        "How the answer changes with the method",
        "Couples",
        "Beside published results",
        "The fair comparison",
        "What if people who left did worse",
        "What would overturn the answer",
        "Who benefits",
        "What is missing",
        "Methods and sources",
        "Appendix: TARGET checklist",
        "How it was made",
    ]


def test_risk_and_harm_come_before_any_efficacy(run):
    first = dict(sections(run))["What this report can and cannot say"]
    places = [first.index(words) for words in ("Safety first", "Who got worse", "ended better")]
    assert places == sorted(places)
    assert "people asked about risk" in first


def test_plain_differences_are_called_not_adjusted_and_follow_the_adjusted_one(run):
    fair = dict(sections(run))["The fair comparison"]
    assert fair.index("adjusted difference of the end scores") < fair.index("Not adjusted")
    assert "Plain differences of shares, not adjusted" in fair


def test_plain_differences_and_risk_are_results_of_the_library(run, example):
    stored = results(run)
    cohort = oc.cohort(example, "phq9", interventions=["coaching", "therapy"])
    changes = oc.change(cohort.frame, instrument="phq9", by="arm", cluster="practitioner_or_couple")
    frame = oc.rate_differences(changes).frame.set_index(["group", "measure", "denominator"])
    row = frame.loc[("therapy", "reliable_improvement", "paired")]
    record = stored["difference.phq9.therapy.reliable_improvement"]
    assert (record["value"], record["low"]) == (row["difference"], row["low"])
    assert record["method"].startswith("not adjusted")
    part = oc.derive.only_episodes(example, cohort.frame["episode_id"].unique())
    assert stored["risk.ever"]["n"] == oc.risk_flags(part).n_people


def test_a_hidden_rate_does_not_follow_from_a_difference(run):
    """How many got worse in coaching is hidden; so is every difference that would tell it."""
    stored = results(run)
    assert stored["change.phq9.coaching.unchanged"]["suppressed"]
    for measure in ("unchanged", "reliable_deterioration"):
        assert stored[f"difference.phq9.therapy.{measure}"]["suppressed"]


def test_several_methods_and_couples_have_tables(run):
    found = dict(sections(run))
    assert "Hageman and Arrindell" in found["How the answer changes with the method"]
    assert "One reliably better, the other reliably worse" in found["Couples"]
    assert "Each partner" not in found["Couples"]


def sections(folder) -> list[tuple[str, str]]:
    """Titles of the sections with their text, in order."""
    html = (folder / "report.html").read_text(encoding="utf-8")
    body = html[html.index("<main") :]
    parts = re.split(r"<h2[^>]*>", body)[1:]
    plain = [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", part)).strip() for part in parts]
    titles = [re.sub(r"<[^>]+>", "", part.split("</h2>")[0]).strip() for part in parts]
    return list(zip(titles, plain, strict=True))
