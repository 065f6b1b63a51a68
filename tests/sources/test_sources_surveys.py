"""Exports of survey tools, from the file to the study: one fixture for each version."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from supplier_exports import everything, export_folder, reasons, scores

import outcomes as oc
from outcomes import privacy
from outcomes.cleaning import parse_date
from outcomes.errors import LayoutError, VocabularyError

QUALTRICS = ["numeric.csv", "text.tsv"]
GOOGLE = ["us.csv", "uk.csv", "download.csv", "sheet.xlsx"]
MICROSOFT = ["named.xlsx", "anonymous.xlsx"]
ALL = [
    *(("qualtrics", version) for version in QUALTRICS),
    *(("google_forms", version) for version in GOOGLE),
    *(("microsoft_forms", version) for version in MICROSOFT),
]
# Who answered, and what they wrote beside the questions.
IDENTIFYING = [
    "Amara", "Bertil", "Chidi", "example.org", "7946", "203.0.113", "39.7392", "R_0000", "Falk",
    "Please", "wrong", "withdraw",
]  # fmt: skip


def _read(folder, supplier, version, **changes):
    beside = ["cases.csv"] if supplier == "qualtrics" else []
    return oc.read(export_folder(folder, supplier, version, beside, **changes))


@pytest.mark.parametrize(("supplier", "version"), ALL)
def test_the_ledger_balances_and_nobody_is_named(tmp_path, supplier, version):
    study = _read(tmp_path, supplier, version)
    assert study.ledger.balanced()
    text = everything(study)
    assert [word for word in IDENTIFYING if word in text] == []
    assert privacy.scan(text) == []


@pytest.mark.parametrize("version", QUALTRICS)
def test_qualtrics_numeric_values_and_choice_texts_say_the_same(tmp_path, version):
    study = _read(tmp_path, "qualtrics", version)
    assert scores(study, "phq9") == {
        ("C-201", "2026-01-15"): 14,
        ("C-201", "2026-02-20"): 8,
        ("C-201", "2026-03-30"): 3,
        ("C-202", "2026-01-16"): 6,
        ("C-202", "2026-04-02"): None,
        ("C-203", "2026-01-21"): 12,
        ("C-203", "2026-04-03"): 4,
    }
    assert scores(study, "who5")["C-201", "2026-01-15"] == 20
    assert set(study.responses["occasion"]) == {"intake", "session", "end"}


@pytest.mark.parametrize("version", QUALTRICS)
def test_qualtrics_lines_that_nobody_answered_are_accounted_for(tmp_path, version):
    study = _read(tmp_path, "qualtrics", version)
    found = reasons(study)
    assert found["dropped", "below_header"] == 2
    assert found["dropped", "preview"] == 2
    assert found["dropped", "unfinished"] == 1
    assert ("dropped", "missing_key") in found  # an anonymous link and no client code
    assert ("dropped", "resubmitted") in found
    lines = study.ledger.files().set_index("file").loc[version]
    assert lines["lines_read"] == lines.drop("lines_read").sum() == 14


def test_qualtrics_times_count_in_the_zone_of_the_practice(tmp_path):
    # 23:40 on the 16th in Denver is the morning of the 17th in London.
    study = _read(
        tmp_path,
        "qualtrics",
        "numeric.csv",
        layout=lambda text: text.replace("America/Denver", "Europe/London"),
    )
    assert ("C-202", "2026-01-17") in scores(study, "phq9")
    assert ("C-201", "2026-01-16") in scores(study, "phq9")


def test_qualtrics_lines_below_the_header_that_hold_answers_are_not_skipped(tmp_path):
    folder = export_folder(tmp_path, "qualtrics", "numeric.csv", ["cases.csv"])
    path = folder / "numeric.csv"
    text = path.read_text(encoding="utf-8-sig")
    start, answers = text.index('"Over the last'), text.index("2026-01-15")
    header = text[: text.index("Start Date")]
    assert start < answers
    path.write_text(header + text[answers:], encoding="utf-8")
    with pytest.raises(LayoutError, match="hold answers"):
        oc.read(folder)


def test_qualtrics_options_counted_from_1_stop_the_read(tmp_path):
    folder = export_folder(
        tmp_path,
        "qualtrics",
        "text.tsv",
        ["cases.csv"],
        layout=lambda text: text.replace("text.tsv", "shifted.tsv"),
    )
    text = (folder / "text.tsv").read_text(encoding="utf-16")
    for number, words in enumerate(
        ["Not at all", "Several days", "More than half the days", "Nearly every day"], start=1
    ):
        text = text.replace(f"\t{words}", f"\t{number}").replace(f"\t{words}", f"\t{number}")
    (folder / "shifted.tsv").write_text(text, encoding="utf-16")
    (folder / "text.tsv").unlink()
    with pytest.raises(oc.errors.RangeError, match="look shifted by \\+1"):
        oc.read(folder)


@pytest.mark.parametrize(
    ("text", "written", "in_london"),
    [
        ("2026/01/15 11:05:40 PM GMT-5", 15, 16),
        ("2026/01/15 7:05:40\u202fPM GMT+8", 15, 15),
        ("2026/01/15 1:05:40 AM GMT+5:30", 15, 14),
        ("2026/01/15 9:03:11 AM GMT", 15, 15),
        ("2026-01-15 23:40:02-07:00", 15, 16),
    ],
)
def test_times_with_a_zone_as_forms_write_them(text, written, in_london):
    assert parse_date(text, "ymd").day == written
    assert parse_date(text, "ymd", ZoneInfo("Europe/London")).day == in_london


@pytest.mark.parametrize("version", GOOGLE)
def test_google_forms_in_every_locale_say_the_same(tmp_path, version):
    study = _read(tmp_path, "google_forms", version)
    assert scores(study, "phq9") == {
        ("K-31", "2026-01-15"): 14,
        ("K-31", "2026-02-03"): 8,
        ("K-31", "2026-03-05"): 3,
        ("K-32", "2026-01-15"): 6,
        ("K-32", "2026-02-24"): None,
        ("K-32", "2026-03-26"): 3,
        ("K-34", "2026-01-19"): 10,
    }
    assert study.episodes.set_index("episode_id")["intervention"].to_dict() == {
        "K-31": "coaching",
        "K-32": "therapy",
        "K-34": "other",
    }
    assert f"{study.episodes['started_on'].min():%Y-%m-%d}" == "2026-01-15"


@pytest.mark.parametrize("version", GOOGLE)
def test_google_forms_without_consent_or_code_are_accounted_for(tmp_path, version):
    found = reasons(_read(tmp_path, "google_forms", version))
    assert found["dropped", "no_consent"] == 1
    assert ("dropped", "missing_key") in found
    assert ("dropped", "duplicate_row") in found or ("dropped", "resubmitted") in found


def test_google_forms_words_under_other_stop_the_read_unless_the_layout_says_what_they_are(
    tmp_path,
):
    with pytest.raises(VocabularyError, match="may name somebody") as error:
        _read(
            tmp_path,
            "google_forms",
            "uk.csv",
            layout=lambda text: text.replace('"(anything else)" = "other"\n', ""),
        )
    assert "Falk" not in str(error.value)


@pytest.mark.parametrize("version", MICROSOFT)
def test_microsoft_forms_with_and_without_names_say_the_same(tmp_path, version):
    study = _read(tmp_path, "microsoft_forms", version)
    assert scores(study, "phq9") == {
        ("M-1", "2026-01-15"): 14,
        ("M-1", "2026-02-03"): 8,
        ("M-1", "2026-03-05"): 3,
        ("M-2", "2026-01-15"): 6,
        ("M-2", "2026-02-24"): None,
        ("M-2", "2026-03-26"): 3,
    }
    assert ("dropped", "resubmitted") in reasons(study)


def test_answers_find_the_course_of_help_by_client_and_day(tmp_path):
    study = _read(tmp_path, "qualtrics", "numeric.csv")
    assert set(study.responses["episode_id"]) == {"C-201", "C-202", "C-203"}
    assert ("changed", "episode_found") in reasons(study)
