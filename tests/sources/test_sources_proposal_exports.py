"""`outcomes layout` on every supplier's export: recognised, or it is said why not."""

from __future__ import annotations

import re
import shutil
import tomllib

import pytest
from supplier_exports import EXPORTS, everything, scores

import outcomes as oc
from outcomes.cli import main
from outcomes.sources.proposal import propose_layout
from outcomes.sources.suppliers import suppliers

pytestmark = pytest.mark.slow

PROJECT = ["raw.csv", "labels.csv", "raw_with_label_headers.csv"]
# What a person says to the open questions of the project; everything likely is accepted.
ANSWERS = {
    ("Review", "review_arm_1"): "session",
    ("As agreed",): "completed",
    ("Stopped coming",): "dropped_out",
    ("Cancelled by the client",): "cancelled_client",
}


@pytest.fixture
def exported(tmp_path):
    def put(supplier, *names):
        for name in names:
            shutil.copy(EXPORTS / supplier / name, tmp_path / name)
        return tmp_path

    return put


def _answered(text: str) -> str:
    text = text.replace("# exported_on = 2026-12-31", "exported_on = 2026-07-01")
    lines = re.sub(r'"\? ', '"', text).splitlines()
    for n, line in enumerate(lines):
        if line.endswith('= "?"'):
            asked = lines[n - 1] + line
            (word,) = {ours for w, ours in ANSWERS.items() if any(f'"{t}"' in asked for t in w)}
            lines[n] = line.replace('"?"', f'"{word}"')
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("version", PROJECT)
def test_a_redcap_export_beside_its_dictionary_reads_once_its_questions_are_answered(
    exported, version
):
    folder = exported("redcap", version, "dictionary.csv")
    assert main(["layout", str(folder)]) == 1
    layout = folder / "layout.toml"
    layout.write_text(_answered(layout.read_text(encoding="utf-8")), encoding="utf-8")
    assert main(["layout", str(folder)]) == 0
    study = oc.read(folder)
    assert study.ledger.balanced()
    assert (len(study.clients), len(study.episodes), len(study.sessions)) == (4, 4, 6)
    assert study.sessions["status"].value_counts().to_dict() == {
        "attended": 4, "no_show": 1, "cancelled_client": 1,
    }  # fmt: skip
    assert scores(study, "phq9") == {
        ("H-7", "2026-03-02"): 12,
        ("H-7", "2026-06-01"): 4,
        ("N-101", "2026-02-03"): 14,
        ("N-101", "2026-03-10"): 7,
        ("N-101", "2026-05-05"): 3,
        ("N-102", "2026-02-12"): 6,
        ("N-102", "2026-04-20"): None,
    }
    assert scores(study, "core10")["N-101", "2026-05-05"] == 7
    assert not any(word in everything(study) for word in ("Amara", "Bertil", "example.org"))


def test_what_a_project_proposal_leaves_to_a_person(exported):
    folder = exported("redcap", "labels.csv", "dictionary.csv")
    proposal = propose_layout(folder)
    entries = tomllib.loads(proposal.text)["files"]
    assert [entry["table"] for entry in entries] == [
        "clients", "episodes", "sessions", "responses", "responses",
    ]  # fmt: skip
    assert {entry["file"] for entry in entries} == {"labels.csv"}
    assert entries[0]["dictionary"] == "dictionary.csv"
    assert {"first_name", "email", "dob"} <= set(entries[0]["ignore"])
    assert len(proposal.undecided) == 9
    assert not any(word in proposal.text for word in ("N-101", "Amara", "North Street"))
    assert propose_layout(folder, proposal.text).text == proposal.text


@pytest.mark.parametrize("version", PROJECT)
def test_a_redcap_export_without_its_dictionary_asks_for_it(exported, version):
    proposal = propose_layout(exported("redcap", version))
    (entry,) = tomllib.loads(proposal.text)["files"]
    assert entry == {"file": version, "supplier": "redcap", "dictionary": "?"}
    assert any("put the data dictionary" in question for _, question in proposal.undecided)


# Exports with the column names of a known supplier, by folder; the others are a practice's own.
KNOWN = {
    "google_forms": "google_forms", "microsoft_forms": "microsoft_forms", "nhs_ids": "nhs_ids",
    "openfit": "openfit", "qualtrics": "qualtrics", "redcap": "redcap",
    "simplepractice": "simplepractice",
}  # fmt: skip
OWN = {"qualtrics/cases.csv"}
ALL = sorted(
    str(path.relative_to(EXPORTS))
    for path in EXPORTS.glob("*/*")
    if path.suffix in (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods", ".parquet")
    and path.name != "dictionary.csv"
)


@pytest.mark.parametrize("name", ALL)
def test_every_export_is_recognised_or_it_is_said_why_not(exported, name):
    folder, _, file = name.partition("/")
    text = propose_layout(exported(folder, file)).text
    entries = tomllib.loads(text)["files"]
    told = {str(entry.get("supplier", "")).removeprefix("? ") for entry in entries}
    if folder in KNOWN and name not in OWN:
        assert {supplier.split("/")[0] for supplier in told} == {KNOWN[folder]}
        assert told <= set(suppliers())
        assert not any(key.endswith("_id") for e in entries for key in e.get("constants", {}))
    else:
        assert told == {""}
        assert "# no file has the column names of a known export: " in text


def test_a_file_that_resembles_an_export_is_said_to(tmp_path):
    headers = suppliers()["nhs_ids/referral"].headers
    telling = headers[: len(headers) // 2]
    (tmp_path / "x.csv").write_text(
        ",".join(telling) + "\n" + ",".join("1" for _ in telling) + "\n", encoding="utf-8"
    )
    text = propose_layout(tmp_path).text
    assert '(supplier = "nhs_ids/referral"): it has' in text
    assert "supplier" not in tomllib.loads(text)["files"][0]


def test_words_that_may_name_somebody_are_not_in_a_proposal(tmp_path):
    rows = "".join(f"S{n},E{n},2026-01-0{n},{word}\n" for n, word in enumerate(
        ["attended", "attended", "verlegt", "verlegt", "Mrs Jones rang in tears", "Zoltan Weber"], 1
    ))  # fmt: skip
    (tmp_path / "sessions.csv").write_text(f"Session ID,Case,Date,Status\n{rows}", "utf-8")
    text = propose_layout(tmp_path).text
    assert '"verlegt" = "?"' in text
    assert "Jones" not in text
    assert "Zoltan" not in text
    assert "# status: 2 words that mean nothing here are not shown" in text
