"""What a layout can say about lines, columns and rows, from text to `Study`."""

from __future__ import annotations

from dataclasses import replace

import pytest

import outcomes as oc
from outcomes.errors import InstrumentError, LayoutError
from outcomes.sources import parse_layout, read
from outcomes.sources.delimited import Records
from outcomes.sources.files import read_file
from outcomes.sources.header import join_headers
from outcomes.sources.mapping import map_entry

TOP = 'schema = 1\nname = "P"\nexported_on = 2026-10-05\n'

MINE = """
id = "clarity"
name = "Clarity"
full_name = "Clarity about the next step"
construct = "clarity"
purpose = "outcome"
direction = "higher"
source = "made for this project"
[items]
n = 2
minimum = 0
maximum = 4
reversed = []
[scoring]
rule = "sum"
minimum = 0
maximum = 8
[licence]
status = "our own"
item_text = "no"
source = "us"
"""
CLIENTS = """
[[files]]
file = "a.csv"
table = "clients"
one_row_each = true
[files.columns]
client_id = "Client"
"""
EPISODES = """
[[files]]
file = "a.csv"
table = "episodes"
one_row_each = true
earliest = ["started_on"]
latest = ["ended_on"]
[files.columns]
client_id = "Client"
episode_id = ["Client", "Course"]
started_on = "Day"
ended_on = "Day"
[files.constants]
unit = "individual"
intervention = "therapy"
"""
SESSIONS = """
[[files]]
file = "a.csv"
table = "sessions"
[files.columns]
session_id = ["Client", "Course", "No"]
episode_id = ["Client", "Course"]
held_on = "Day"
status = "Status"
[files.codes.status]
Show = "attended"
Missed = "no_show"
"""
DATA = """Client,Course,No,Day,Status
A,1,1,2026-02-03,Show
A,1,2,2026-01-03,Missed
A,2,1,2026-05-01,Show
B,,1,2026-01-07,Show
"""


def write(folder, layout, **files):
    (folder / "layout.toml").write_text(TOP + layout, encoding="utf-8")
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def events(study):
    log = study.ledger.to_frame()
    columns = (log[name].fillna("") for name in ("table", "action", "reason", "column"))
    return sorted(zip(*columns, log["file"], log["line"].astype(int), strict=True))


def balanced(study):
    assert study.ledger.balanced()
    files = study.ledger.files()
    assert (files["lines_read"] == files["lines_used"] + files["lines_dropped"]).all()
    return study


class TestRows:
    def test_one_row_for_each_key_and_columns_joined(self, tmp_path):
        study = balanced(read(write(tmp_path, CLIENTS + EPISODES + SESSIONS, a=DATA)))
        assert study.clients["client_id"].tolist() == ["A", "B"]
        assert study.episodes["episode_id"].tolist() == ["A 1", "A 2", "B"]
        assert study.episodes["started_on"].astype(str).tolist()[0] == "2026-01-03"
        assert study.episodes["ended_on"].astype(str).tolist()[0] == "2026-02-03"
        assert study.sessions["session_id"].tolist() == ["A 1 1", "A 1 2", "A 2 1", "B 1"]
        assert events(study) == []

    def test_rows_are_gathered_across_files(self, tmp_path):
        text = (CLIENTS + EPISODES + SESSIONS).replace('"a.csv"', '"q*.csv"')
        head, *lines = DATA.splitlines()
        first, second = (
            "\n".join([head, *lines[1:]]) + "\n",
            "\n".join([head, lines[0].replace(",1,1,", ",1,3,")]) + "\n",
        )
        study = balanced(read(write(tmp_path, text, q1=first, q2=second)))
        assert study.episodes["ended_on"].astype(str).tolist()[0] == "2026-02-03"
        assert len(study.sessions) == 4
        assert [source.name for source in study.sources] == ["q1.csv", "q2.csv"]

    def test_lines_that_contradict_each_other_are_flagged(self, tmp_path):
        text = CLIENTS + 'gender = "Sex"\n'
        data = "Client,Sex\nA,woman\nA,\nA,man\nB,man\n"
        study = balanced(read(write(tmp_path, text, a=data)))
        assert study.clients["gender"].tolist() == ["woman", "man"]
        assert events(study) == [("clients", "flagged", "lines_differ", "gender", "a.csv", 4)]

    def test_a_text_that_is_no_day_yields_to_one_and_is_flagged(self, tmp_path):
        data = DATA.replace("2026-01-03", "soon")
        study = read(write(tmp_path, CLIENTS + EPISODES, a=data))
        assert study.episodes["started_on"].astype(str).tolist()[0] == "2026-02-03"
        assert ("episodes", "flagged", "lines_differ", "started_on", "a.csv", 3) in events(study)

    def test_lines_behind_a_lost_row_are_lost_with_it(self, tmp_path):
        text = CLIENTS.replace("a.csv", "b.csv") + EPISODES
        data = DATA.replace("2026-02-03", "x").replace("2026-01-03", "y")
        study = balanced(read(write(tmp_path, text, a=data, b="Client\nA\nB\n")))
        assert [entry for entry in events(study) if entry[2] == "bad_date"] == [
            ("", "dropped", "bad_date", "", "a.csv", 3),
            ("episodes", "dropped", "bad_date", "started_on", "a.csv", 2),
        ]
        fates = study.ledger.files().set_index("file").loc["a.csv"]
        assert (fates["lines_used"], fates["lines_dropped"]) == (2, 2)

    def test_a_row_without_a_key_keeps_its_own_line(self, tmp_path):
        study = balanced(read(write(tmp_path, CLIENTS, a="Client,x\nA,1\n,2\n,3\n")))
        assert ("clients", "dropped", "missing_key", "client_id", "a.csv", 3) in events(study)
        assert ("clients", "dropped", "missing_key", "client_id", "a.csv", 4) in events(study)


class TestLines:
    def test_only_and_lines_that_no_entry_chooses(self, tmp_path):
        some = SESSIONS + '[files.only]\nStatus = [" show", "Cancelled"]\nNo = ["1", "2"]\n'
        study = balanced(read(write(tmp_path, CLIENTS + EPISODES + some, a=DATA)))
        assert len(study.sessions) == 3
        assert events(study) == []
        alone = CLIENTS + '[files.only]\nStatus = ["Missed"]\n'
        found = events(balanced(read(write(tmp_path, alone, a=DATA))))
        assert [entry[-1] for entry in found if entry[2] == "line_not_chosen"] == [2, 4, 5]

    def test_leave_out_holds_for_all_entries_of_the_file(self, tmp_path):
        rule = '[[files.leave_out]]\ncolumn = "Client"\nwords = ["total"]\nreason = "totals_row"\n'
        rule += '[[files.leave_out]]\ncolumn = "Status"\nempty = true\n'
        data = DATA + "Total ,,5,,x\nC,1,1,2026-02-03,\n"
        study = balanced(read(write(tmp_path, CLIENTS + rule + EPISODES + SESSIONS, a=data)))
        assert events(study) == [
            ("", "dropped", "left_out", "", "a.csv", 7),
            ("", "dropped", "totals_row", "", "a.csv", 6),
        ]
        assert study.ledger.files()["lines_dropped"].tolist() == [2]

    def test_lines_below_the_header_are_no_data(self, tmp_path):
        head, *lines = DATA.splitlines()
        data = "\n".join([head, "Who?,Which?,,When?,", "", *lines])
        text = CLIENTS.replace('table = "clients"', 'table = "clients"\nskip_after_header = 2')
        study = balanced(read(write(tmp_path, text + EPISODES + SESSIONS, a=data)))
        assert len(study.sessions) == 4
        assert [entry[2:] for entry in events(study)] == [
            ("below_header", "", "a.csv", 2),
            ("blank_line", "", "a.csv", 3),
        ]
        alone = "\n".join([head, "Who?,Which?,,When?,", "x,,,,"])
        assert balanced(read(write(tmp_path, text, a=alone))).clients.empty

    def test_an_answer_beside_a_mark_for_skipped_is_flagged_and_not_used(self, tmp_path):
        text = CLIENTS + EPISODES.replace('"Course"', '"Client"')
        text += '[[files]]\nfile = "a.csv"\ntable = "responses"\ntotal = "PHQ"\n'
        text += '[files.columns]\nclient_id = "Client"\nepisode_id = ["Client", "Client"]\n'
        text += 'taken_on = "Day"\n[files.constants]\ninstrument = "phq9"\n'
        text += '[files.only]\nSkip = ["N"]\n'
        data = "Client,Day,Skip,PHQ\nA,2026-01-03,N,5\nA,2026-01-04,Y,0\nA,2026-01-05,Y,\n"
        study = balanced(read(write(tmp_path, text, a=data)))
        assert study.responses["value"].tolist() == [5]
        assert events(study) == [("", "flagged", "answer_not_chosen", "PHQ", "a.csv", 3)]

    def test_leave_out_by_pattern(self, tmp_path):
        rule = '[[files.leave_out]]\ncolumn = "Client"\nlike = ["* CLIENTS", "sum (*"]\n'
        data = DATA + "3 clients,,,,\nSum (all),,,,\nTwo clients more,9,1,2026-03-03,Show\n"
        study = balanced(read(write(tmp_path, CLIENTS + rule + EPISODES + SESSIONS, a=data)))
        assert study.clients["client_id"].tolist() == ["A", "B", "Two clients more"]
        assert [entry[-1] for entry in events(study) if entry[2] == "left_out"] == [6, 7]

    def test_a_withheld_value_is_neither_zero_nor_unanswered(self, tmp_path):
        text = CLIENTS.replace("one_row", 'suppressed = ["*"]\none_row') + 'gender = "Sex"\n'
        study = balanced(read(write(tmp_path, text, a="Client,Sex\nA, * \nB,man\n")))
        assert study.clients["gender"].isna().tolist() == [True, False]
        assert events(study) == [("", "flagged", "suppressed_value", "Sex", "a.csv", 2)]

    def test_appointments_after_the_export_are_planned(self, tmp_path):
        text = (
            CLIENTS + EPISODES + SESSIONS.replace("[files.col", "still_to_come = true\n[files.col")
        )
        data = DATA + "A,1,3,2026-10-05,Show\nA,1,4,2026-10-06,Show\n"
        study = balanced(read(write(tmp_path, text, a=data)))
        assert study.sessions["status"].tolist()[2:4] == ["attended", "planned"]
        assert study.episodes["ended_on"].astype(str).tolist()[0] == "2026-10-05"
        found = [entry for entry in events(study) if entry[0] == "sessions"]
        assert found == [("sessions", "changed", "still_to_come", "status", "a.csv", 7)]


class TestColumns:
    def test_case_and_space_of_a_header_do_not_matter(self, tmp_path):
        data = DATA.replace("Client,Course", " CLIENT ,course")
        study = read(write(tmp_path, CLIENTS + EPISODES + SESSIONS, a=data))
        assert len(study.sessions) == 4
        twice = DATA.replace("Client,Course", "CLIENT,client")
        with pytest.raises(LayoutError, match="no column 'Client'"):
            read(write(tmp_path, CLIENTS, a=twice))

    def test_an_optional_column_may_be_absent_unless_a_row_needs_it(self, tmp_path):
        text = CLIENTS.replace("one_row", 'optional = ["Sex", "Client"]\none_row')
        text += 'gender = "Sex"\n'
        assert read(write(tmp_path, text, a=DATA)).clients["gender"].isna().all()
        with pytest.raises(LayoutError, match=r"no column 'Client', which clients.client_id needs"):
            read(write(tmp_path, text, a=DATA.replace("Client", "Who")))

    def test_words_for_missing_of_one_file(self, tmp_path):
        text = CLIENTS.replace("one_row", 'missing = ["NULL"]\none_row') + 'gender = "Sex"\n'
        study = read(write(tmp_path, text, a="Client,Sex\nA,null\nB,man\n"))
        assert study.clients["gender"].isna().tolist() == [True, False]

    def test_a_header_of_two_lines(self, tmp_path):
        text = CLIENTS.replace("one_row", "header_rows = 2\none_row")
        text = text.replace('"Client"', '"Person / ID"') + 'gender = "Person / Sex"\n'
        study = balanced(read(write(tmp_path, text, a="Person,,Note\nID,Sex,\nA,man,x\n")))
        assert study.clients["gender"].tolist() == ["man"]
        assert study.ledger.files()["lines_read"].tolist() == [1]
        assert [entry[2:4] for entry in events(study)] == [
            ("identifier_column", "Note (free text)"),
            ("unmapped_column", "Note"),
        ]

    def test_names_over_several_lines(self):
        found = join_headers(Records(["A", "", "B"], [["x", "y", "B", "z"], ["1"]], [2, 3]), 2)
        assert found.headers == ["A / x", "A / y", "B", "z"]
        assert (found.rows, found.lines) == ([["1"]], [3])

    def test_labels(self, tmp_path):
        text = CLIENTS + EPISODES.replace('"Course"', '"Client"')
        text += '[[files]]\nfile = "a.csv"\ntable = "responses"\nlabels = true\n'
        text += '[files.items]\n1 = "Q1"\n2 = "Q2"\n'
        text += '[files.columns]\nclient_id = "Client"\nepisode_id = ["Client", "Client"]\n'
        text += 'taken_on = "Day"\n[files.constants]\ninstrument = "phq9"\n'
        data = "Client,Day,Q1,Q2\nA,2026-01-03, SEVERAL days,Nearly every day\n"
        data += "A,2026-01-10,2,sometimes\n"
        study = balanced(read(write(tmp_path, text, a=data)))
        assert study.responses["value"].tolist() == [1, 3, 2]
        assert events(study) == [("responses", "dropped", "not_a_number", "Q2", "a.csv", 3)]
        for words in ("often,rarely", "1 - Not at all,2"):
            with pytest.raises(LayoutError, match=r"files.codes.value") as error:
                read(write(tmp_path, text, a=f"Client,Day,Q1,Q2\nA,2026-01-03,{words}\n"))
            assert error.value.how_many
            assert "rarely" not in str(error.value)

    def test_a_row_whose_episode_is_to_be_found_says_so(self, tmp_path):
        text = SESSIONS.replace('episode_id = ["Client", "Course"]', 'client_id = "Client"')
        text = text.replace('table = "sessions"', 'table = "sessions"\nfind_episode = true')
        (entry,) = parse_layout(TOP + text, "layout.toml").files
        write(tmp_path, text, a=DATA)
        raw = read_file(tmp_path / "a.csv", "a.csv")
        rows = map_entry(raw, replace(entry, date_order="ymd", decimal="."), missing=())
        assert rows["_find_episode"].tolist() == ["yes"] * 4
        assert rows["client_id"].tolist() == ["A", "A", "A", "B"]
        assert rows["episode_id"].isna().all()

    def test_a_questionnaire_of_the_project(self, tmp_path, monkeypatch):
        monkeypatch.setattr("outcomes.instruments.registry._declared", {})
        text = 'instruments = ["mine.toml"]\n' + CLIENTS + EPISODES.replace("Course", "Client")
        text += '[[files]]\nfile = "a.csv"\ntable = "responses"\nitems = "Q{item}"\n'
        text += '[files.columns]\nclient_id = "Client"\nepisode_id = ["Client", "Client"]\n'
        text += 'taken_on = "Day"\n[files.constants]\ninstrument = "clarity"\n'
        (tmp_path / "mine.toml").write_text(MINE, encoding="utf-8")
        study = read(write(tmp_path, text, a="Client,Day,Q1,Q2\nA,2026-01-03,1,4\n"))
        assert oc.score(study)["score"].tolist() == [5]
        assert oc.pairs(study, "clarity")["pre"].tolist() == [5]
        assert "clarity" in set(oc.instruments.list()["id"])
        (tmp_path / "mine.toml").write_text(MINE.replace("maximum = 4", "maximum = 5"))
        with pytest.raises(InstrumentError):
            read(tmp_path)
        (tmp_path / "layout.toml").write_text((TOP + text).replace('"mine', '"../mine'))
        with pytest.raises(LayoutError, match=r"'\.\.'"):
            read(tmp_path)


class TestPatterns:
    def test_a_pattern_reads_every_match(self, tmp_path):
        (tmp_path / "sub").mkdir()
        text = CLIENTS.replace('"a.csv"', '"sub/q?-*.csv"')
        for name, client in (("q1-a", "A"), ("q2-[b]", "B"), ("q10-c", "C"), ("x", "D")):
            (tmp_path / "sub" / f"{name}.csv").write_text(f"Client,x\n{client},\n")
        study = read(write(tmp_path, text))
        assert study.clients["client_id"].tolist() == ["A", "B"]

    def test_a_pattern_without_a_match_and_one_that_leaves_the_folder(self, tmp_path):
        with pytest.raises(LayoutError, match="no file matches"):
            read(write(tmp_path, CLIENTS.replace('"a.csv"', '"b*.csv"'), a=DATA))
        with pytest.raises(LayoutError, match=r"'\.\.'"):
            read(write(tmp_path, CLIENTS.replace('"a.csv"', '"../*.csv"'), a=DATA))

    def test_a_link_that_matches_is_refused(self, tmp_path, tmp_path_factory):
        outside = tmp_path_factory.mktemp("outside") / "b.csv"
        outside.write_text(DATA)
        (tmp_path / "b.csv").symlink_to(outside)
        with pytest.raises(LayoutError, match="leads out of the folder"):
            read(write(tmp_path, CLIENTS.replace('"a.csv"', '"*.csv"'), a=DATA))


# What is wrong: text of SESSIONS, its replacement, what the message holds.
REFUSED = {
    "a joined column of nothing": ('["Client", "Course", "No"]', "[]", "names no source column"),
    "leave_out of everything": (
        "[files.c",
        "[[files.leave_out]]\ncolumn = 'x'\n[files.c",
        "by what",
    ),
    "leave_out like everything": (
        "[files.c",
        "[[files.leave_out]]\ncolumn = 'x'\nlike = ['*']\n[files.c",
        "fits every line",
    ),
    "a reason that is none": (
        "[files.c",
        "[[files.leave_out]]\ncolumn = 'x'\nempty = true\nreason = 'prevew'\n[files.c",
        "did you mean 'preview'",
    ),
    "a reason that drops nothing": (
        "[files.c",
        "[[files.leave_out]]\ncolumn = 'x'\nempty = true\nreason = 'ragged_line'\n[files.c",
        "no reason to drop",
    ),
    "only of nothing": ("[files.c", "[files.only]\nx = []\n[files.c", "names no word"),
    "earliest alone": ("table =", "earliest = ['held_on']\ntable =", "one_row_each = true"),
    "the earliest of no date": (
        "table =",
        "one_row_each = true\nearliest = ['status']\ntable =",
        "no date of sessions",
    ),
    "negative lines": ("table =", "skip_after_header = -1\ntable =", "counts from 0"),
    "a header of no line": ("table =", "header_rows = 0\ntable =", "counts from 1"),
    "labels of appointments": ("table =", "labels = true\ntable =", "holds no answers"),
    "an episode found without a client": ("table =", "find_episode = true\ntable =", "client_id"),
    "appointments to come of clients": (
        'table = "sessions"',
        'table = "clients"\nstill_to_come = true',
        "",
    ),
    "truth as text": ("table =", "one_row_each = 'yes'\ntable =", "true or false"),
    "an unknown supplier": ("table =", "supplier = 'openft'\ntable =", "no supplier"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusals(case):
    old, new, expected = REFUSED[case]
    assert old in SESSIONS
    with pytest.raises(LayoutError) as error:
        parse_layout(TOP + SESSIONS.replace(old, new, 1), "layout.toml")
    assert error.value.fix
    assert expected in str(error.value)


def test_an_episode_is_found_for_answers_and_appointments_only():
    with pytest.raises(LayoutError, match="cannot be found for a row of clients"):
        parse_layout(TOP + CLIENTS.replace("one_row_each", "find_episode"), "layout.toml")
