"""From each supplier's export to `Study`, and how a user's entry builds on a supplier's layout."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

import outcomes as oc
from outcomes.cleaning.reasons import reasons
from outcomes.errors import LayoutError
from outcomes.schema import TABLES
from outcomes.sources import parse_layout, read
from outcomes.sources.suppliers import recognise, suppliers

EXPORTS = Path(__file__).resolve().parents[1] / "fixtures" / "exports"


def practice(folder, supplier, layout, *names, **how):
    """Read fixtures of a supplier with one of the layouts beside them."""
    for name in names:
        shutil.copy(EXPORTS / supplier / f"{name}.csv", folder)
    text = (EXPORTS / supplier / f"{layout}.toml").read_text(encoding="utf-8")
    (folder / "layout.toml").write_text(text.replace("EXPORT", f"{names[0]}.csv"), "utf-8")
    study = read(folder, **how)
    assert study.ledger.balanced()
    files = study.ledger.files()
    lines = sum(
        len((folder / source.name).read_text().splitlines()) - 1 for source in study.sources
    )
    assert int(files["lines_read"].sum()) == lines
    return study


def reasons_of(study, action=None):
    log = study.ledger.to_frame()
    log = log if action is None else log[log["action"] == action]
    return {(str(row.reason), int(row.line)) for row in log.itertuples()}


class TestOpenFit:
    def test_subscores_totals_and_skips_marked_yes_and_no(self, tmp_path):
        study = practice(tmp_path, "openfit", "layout", "yes_no")
        assert study.clients["gender"].tolist() == ["woman", "man", "other", "not_stated"]
        assert study.episodes["episode_id"].tolist() == [f"K-1{n}" for n in range(5)]
        first = study.episodes.iloc[0]
        assert (str(first["referred_on"].date()), str(first["started_on"].date())) == (
            "2026-01-05",
            "2026-01-12",
        )
        assert len(study.sessions) == 11
        scores = oc.score(study).set_index(["client_id", "taken_on"])["score"].round(1)
        assert scores.loc[("C-001", "2026-01-12")] == 13.3
        assert scores.loc[("C-002", "2026-01-27")] == 20.8
        assert scores.loc[("C-002", "2026-02-10")] == 26.5
        assert scores.isna().sum() == 2  # an unanswered item, and one outside the range
        assert set(study.satisfaction["instrument"]) == {"srs"}
        assert study.satisfaction["session_id"].isin(study.sessions["session_id"]).all()

    def test_a_placeholder_and_a_total_cut_into_quarters_are_told(self, tmp_path):
        found = reasons_of(practice(tmp_path, "openfit", "layout", "yes_no"))
        assert {("answer_not_chosen", 4), ("equal_answers", 6), ("out_of_range", 11)} <= found

    def test_skips_marked_one_and_zero_and_a_template_without_the_session_form(self, tmp_path):
        study = practice(tmp_path, "openfit", "layout", "one_zero")
        assert study.satisfaction.empty
        assert study.responses["value"].tolist()[:4] == [3.1, 4.0, 2.9, 3.3]
        found = reasons_of(study)
        # 0 in a skipped form, and an answer beside a mark that means neither yes nor no.
        assert {("answer_not_chosen", 4), ("answer_not_chosen", 7), ("equal_answers", 6)} <= found

    def test_individuals_and_couples_in_one_file(self, tmp_path):
        study = practice(tmp_path, "openfit", "layout-couple", "couple")
        assert study.couples.iloc[0].tolist()[-2:] == ["C-010", "C-011"]
        assert study.episodes["unit"].tolist() == ["couple", "individual"]
        assert study.sessions["session_id"].tolist() == ["K-20 1", "K-20 2", "K-21 1", "K-21 2"]
        pairs = oc.pairs(study, "ors").set_index("client_id")["post"].round(1)
        assert pairs.to_dict() == {"C-010": 23.7, "C-011": 21.9, "C-012": 27.8}
        found = reasons_of(study)
        assert ("line_not_chosen", 9) in found  # a family
        assert ("not_two_partners", 8) in found  # one person of a couple
        assert ("orphan", 8) in found


class TestSimplePractice:
    def test_attendance_of_individuals_and_couples(self, tmp_path):
        names = ("simplepractice", "layout-attendance", "attendance")
        study = practice(tmp_path, *names, keep_ids=True)
        assert study.episodes["intervention"].tolist() == [
            "therapy",
            "coaching",
            "therapy",
            "therapy",
        ]
        assert study.episodes["unit"].tolist()[-1] == "couple"
        statuses = study.sessions.groupby("episode_id", sort=False)["status"].agg(list)
        assert statuses["Anna Invented Thea Test"] == [
            "attended", "no_show", "cancelled_client", "attended", "planned",
        ]  # fmt: skip
        couple = study.sessions[study.sessions["episode_id"] == "couple 1"]
        assert couple["partners_present"].tolist()[:2] == [2, 1]
        assert couple["status"].tolist() == ["attended", "attended", "planned"]
        found = reasons_of(study)
        assert {("totals_row", 2), ("still_to_come", 7), ("duplicate_row", 10)} <= found
        # Whoever never came has no course, and their appointment belongs to nothing.
        assert ("orphan", 13) in found

    @pytest.mark.parametrize("version", ["appointments", "appointments_older"])
    def test_appointments_by_billing_code(self, tmp_path, version):
        study = practice(tmp_path, "simplepractice", "layout-appointments", version, keep_ids=True)
        assert study.sessions["held_on"].dt.date.min() == date(2026, 1, 12)
        assert study.sessions["start_time"].tolist()[:2] == ["09:00", "09:00"]
        assert study.sessions["status"].tolist() == [
            "attended", "no_show", "attended", "planned", "attended", "attended",
        ]  # fmt: skip
        # Ids are names and an insurer stands beside them: both are said, once for the file.
        assert reasons_of(study) == {
            ("still_to_come", 6), ("identifier_as_id", 1), ("identifier_column", 1),
        }  # fmt: skip

    def test_names_become_pseudonyms_and_change_nothing_else(self, tmp_path):
        named, hidden = (tmp_path / "named", tmp_path / "hidden")
        for folder in (named, hidden):
            folder.mkdir()
        names = ("simplepractice", "layout-attendance", "attendance")
        named, hidden = practice(named, *names, keep_ids=True), practice(hidden, *names)
        for study, told in ((named, True), (hidden, False)):
            everything = "".join(frame.to_csv() for frame in study.tables().values())
            assert ("Invented" in everything) is told
        for column in ("intervention", "unit"):
            assert sorted(hidden.episodes[column]) == sorted(named.episodes[column])
        for column in ("held_on", "status", "partners_present"):
            counts = [s.sessions[column].value_counts().to_dict() for s in (named, hidden)]
            assert counts[0] == counts[1]
        assert reasons_of(hidden) == reasons_of(named)

    def test_the_status_has_to_be_said(self, tmp_path):
        text = (EXPORTS / "simplepractice" / "layout-appointments.toml").read_text()
        text = text.replace('status = "Billing Code"\n', "")
        with pytest.raises(LayoutError, match=r"sessions.status is needed") as error:
            parse_layout(text, "layout.toml")
        assert "simplepractice/appointments sessions" in str(error.value.where)


class TestNhs:
    def test_referrals_and_contacts(self, tmp_path):
        study = practice(tmp_path, "nhs_ids", "layout", "referral", "care_contact")
        assert study.episodes["end_reason"].tolist()[:2] == ["completed", "dropped_out"]
        assert study.clients["gender"].tolist()[:2] == ["woman", "man"]
        assert study.sessions["status"].tolist()[:6] == [
            "attended", "attended", "no_show", "late_seen", "attended", "cancelled_client",
        ]  # fmt: skip
        pairs = oc.pairs(study, "phq9").set_index("client_id")
        assert pairs.loc["P001", ["pre", "post"]].tolist() == [17, 6]
        assert pairs.loc["P004", "status"] == "no_end_score"
        found = reasons_of(study)
        assert {("not_taken_on", 5), ("not_taken_on", 7), ("suppressed_value", 6)} <= found
        assert ("still_to_come", 12) in found


class TestLayouts:
    @pytest.mark.parametrize("name", suppliers())
    def test_every_layout_says_what_it_knows_and_what_it_does_not(self, name):
        layout = suppliers()[name]
        assert layout.versions
        assert layout.verified
        assert layout.unverified
        for entry in layout.entries:
            table = TABLES[entry["table"]]
            for key in ("columns", "constants", "codes"):
                assert set(entry.get(key, {})) <= set(table.names)
            assert "file" not in entry
            for rule in entry.get("leave_out", []):
                assert "dropped" in reasons()[rule["reason"]].actions

    def test_a_file_is_recognised_by_its_column_names(self):
        head = (EXPORTS / "openfit" / "yes_no.csv").read_text().splitlines()[0].split(",")
        (first, share), *rest = recognise([f" {name.lower()}" for name in head])
        assert (first, share) == ("openfit", 1.0)
        assert all(other <= share for _, other in rest)
        assert recognise(["client_name", "status"])[0][0].startswith("simplepractice/")
        assert recognise(["something"]) == []


USER = """
schema = 1
[[files]]
file = "a.csv"
supplier = "openfit"
[files.constants]
intervention = "coaching"
role = "coach"
[files.columns]
gender = "Sex"
[files.codes.gender]
Female = "not_stated"
m = "man"
"""


def layout(text):
    return {entry.table: entry for entry in parse_layout(text, "layout.toml").files}


class TestMerging:
    def test_the_words_of_the_user_win_key_by_key(self):
        found = layout(USER)
        assert list(found) == [
            "clients", "practitioners", "episodes", "sessions", "responses", "satisfaction",
        ]  # fmt: skip
        assert found["clients"].columns == {"client_id": "Client_ID", "gender": "Sex"}
        assert found["clients"].codes["gender"]["Female"] == "not_stated"
        assert found["clients"].codes["gender"]["Male"] == "man"
        assert found["clients"].codes["gender"]["m"] == "man"
        assert "intervention" not in found["clients"].constants
        assert {entry.file for entry in found.values()} == {"a.csv"}

    def test_a_constant_replaces_a_column_and_the_other_way_round(self):
        text = USER.replace('role = "coach"', 'role = "coach"\nstarted_on = 2026-01-01')
        text = text.replace('gender = "Sex"', 'gender = "Sex"\nstatus = "What"')
        found = layout(text)
        assert "started_on" not in found["episodes"].columns
        assert found["sessions"].columns["status"] == "What"
        assert "status" not in found["sessions"].constants

    def test_lists_add_up_and_choices_merge(self):
        text = USER.replace(
            "[files.con", 'ignore = ["Sex"]\n[files.only]\nSite = ["N"]\n[files.con'
        )
        found = layout(text)
        assert set(found["responses"].only) == {"ORS_Skip", "Site"}
        assert {"Notes", "Sex"} <= set(found["clients"].ignore)
        assert found["practitioners"].ignore == ("Sex",)

    def test_an_entry_for_one_table_takes_it_out_of_the_one_for_all(self):
        one = '[[files]]\nfile = "a.csv"\nsupplier = "openfit"\ntable = "responses"\n'
        one += 'total = "Sum"\n[files.constants]\noccasion = "intake"\n'
        found = parse_layout(USER + one, "layout.toml").files
        assert [entry.table for entry in found].count("responses") == 1
        assert found[-1].constants["occasion"] == "intake"
        assert found[-1].visits[0].items["total"] == "Sum"
        assert found[-1].visits[0].items["1"] == "ORSQ1"

    @pytest.mark.parametrize(
        ("old", "new", "expected"),
        [
            ('role = "coach"', 'role = "coach"\ndose = 1', "no table has a column 'dose'"),
            ("[files.con", 'total = "Sum"\n[files.con', "add table"),
            ("[files.con", 'table = "goals"\n[files.con', "has no table 'goals'"),
            ('"openfit"', '"open fit"', "did you mean 'openfit'"),
            ('"openfit"', "7", "a text"),
            ('intervention = "coaching"\n', "", "episodes.intervention is needed"),
            ("[files.con", 'seperator = ";"\n[files.con', "did you mean 'separator'"),
        ],
    )
    def test_refusals(self, old, new, expected):
        assert old in USER
        with pytest.raises(LayoutError) as error:
            parse_layout(USER.replace(old, new, 1), "layout.toml")
        assert expected in str(error.value)
