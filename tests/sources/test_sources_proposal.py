"""`outcomes layout`: a proposal that holds what the exports prove and asks for the rest."""

from __future__ import annotations

import re
import shutil
import sqlite3
import tomllib

import pandas as pd
import pytest

from outcomes.cli import main
from outcomes.errors import InputError, LayoutError
from outcomes.schema import TABLES
from outcomes.sources import parse_layout, read
from outcomes.sources.proposal import propose_layout, tried

ANSWERS = {"Review": "session", "3 months after": "followup"}


@pytest.fixture
def exports(root, tmp_path):
    """The example practice without its layout and without what is no export."""
    folder = tmp_path / "practice"
    shutil.copytree(root / "data" / "example", folder)
    for name in ("layout.toml", "truth.toml", "faults.csv"):
        (folder / name).unlink()
    return folder


def put(folder, **files):
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return folder


def accepted(text: str) -> str:
    """The text with every likely answer accepted."""
    return re.sub(r'"\? ', '"', text)


@pytest.mark.slow
class TestExample:
    def test_everything_but_a_few_words_is_found(self, exports):
        proposal = propose_layout(exports)
        asked = [question for _, question in proposal.undecided]
        assert len(asked) == 11
        assert all("Contact preference" in q or q.startswith("Why it was given") for q in asked)

    @pytest.mark.slow
    def test_the_answered_proposal_gives_the_same_study(self, exports, root):
        layout = exports / "layout.toml"
        assert main(["layout", str(exports)]) == 1
        text = layout.read_text(encoding="utf-8")
        for word, ours in ANSWERS.items():
            text = text.replace(f'"{word}" = "?"', f'"{word}" = "{ours}"')
        text = accepted(text).replace("# exported_on = 2026-12-31", "exported_on = 2026-10-05")
        layout.write_text(text, encoding="utf-8")
        assert main(["layout", str(exports)]) == 0
        answered = layout.read_text(encoding="utf-8")
        assert "UNDECIDED" not in answered
        study, shipped = read(exports), read(root / "data" / "example")
        for name in TABLES:
            pd.testing.assert_frame_equal(study.tables()[name], shipped.tables()[name])
        pd.testing.assert_frame_equal(study.ledger.balance(), shipped.ledger.balance())
        assert main(["layout", str(exports)]) == 0
        assert layout.read_text(encoding="utf-8") == answered

    def test_a_rerun_changes_nothing(self, exports):
        once = propose_layout(exports)
        again = propose_layout(exports, once.text)
        assert again == once

    def test_the_same_tables_in_a_database(self, exports, tmp_path):
        place = tmp_path / "exports.sqlite"
        with sqlite3.connect(place) as database:
            for path in exports.glob("*.csv"):
                frame = pd.read_csv(path, dtype="string", keep_default_na=False)
                frame.to_sql(path.stem, database, index=False)
        database.close()
        text = propose_layout(f"sqlite:///{place}").text
        files = tomllib.loads(text)["files"]
        wanted = tomllib.loads(propose_layout(exports).text)["files"]
        for entry in wanted:
            entry["file"] = entry["file"].removesuffix(".csv")
        assert {str(sorted(entry)): entry for entry in files} == {
            str(sorted(entry)): entry for entry in wanted
        }

    def test_no_id_and_no_date_of_a_client_is_in_it(self, exports):
        text = propose_layout(exports).text
        clients = pd.read_csv(exports / "clients.csv", dtype="string")["Client ID"].dropna()
        assert not any(re.search(rf"\b{re.escape(i)}\b", text) for i in clients)
        assert not re.search(r"\d\d/\d\d/\d{4}", text)


GERMAN = {
    "Klienten__csv": "Klienten-Nr.;Vorname;Geschlecht;Bemerkungen\nK1;Zoltan;weiblich;zieht um\n"
    "K2;Berta;männlich;\nK3;Cora;divers;k.A.\n",
    "Behandlungen__csv": "Fall-Nr;Klienten-Nr.;Beginn;Ende;Angebot\nF1;K1;01.02.2026;05.03.2026;"
    "Coaching\nF2;K2;03.02.2026;06.03.2026;Psychotherapie\n",
    "Termine__csv": "Termin-Nr;Fall;Datum;Status;Dauer\n1;F1;01.02.2026;wahrgenommen;50\n"
    "2;F1;08.02.2026;abgesagt;50\n3;F2;03.02.2026;wahrgenommen;50\n",
    "bogen__csv": "Nummer;Datum;Q1;Q2;Q3;Q4;Q5;Q6;Q7;Q8;Q9\nK1;01.02.2026;1;2;3;4;1;2;3;2;1\n"
    "K2;03.02.2026;4;2;3;2;1;2;3;2;1\nK3;04.02.2026;2;2;3;4;3;2;3;2;1\n",
}


class TestMessy:
    def test_a_german_folder(self, tmp_path):
        folder = put(tmp_path / "praxis", **GERMAN)
        text = propose_layout(folder).text
        body = tomllib.loads(text)
        entries = {entry["file"]: entry for entry in body["files"]}
        assert {"", "NA", "k.A."} <= set(body["missing"])
        assert entries["Klienten.csv"]["ignore"] == ["Vorname", "Bemerkungen"]
        assert entries["Klienten.csv"]["codes"]["gender"]["divers"] == "other"
        assert entries["Behandlungen.csv"]["date_order"] == "? dmy"
        assert entries["Behandlungen.csv"]["constants"] == {"unit": "?"}
        assert entries["Termine.csv"]["codes"]["status"]["abgesagt"] == "?"
        assert entries["bogen.csv"]["columns"]["client_id"] == "? Nummer"
        assert entries["bogen.csv"]["constants"]["instrument"] == "? phq9"
        assert entries["bogen.csv"]["find_episode"] is True
        assert "Zoltan" not in text
        assert "zieht" not in text

    def test_positions_are_offered_and_never_shifted(self, tmp_path):
        folder = put(tmp_path / "praxis", **GERMAN)
        proposal = propose_layout(folder)
        assert any("coded by position" in question for _, question in proposal.undecided)
        assert "codes" not in tomllib.loads(proposal.text)["files"][3]
        taken = re.sub(r'^# (\[files.codes.value\]|"\d" = \d)$', r"\1", proposal.text, flags=re.M)
        again = propose_layout(folder, taken)
        assert tomllib.loads(again.text)["files"][3]["codes"]["value"]["4"] == 3
        assert not any("by position" in question for _, question in again.undecided)

    def test_a_table_nobody_can_tell_waits_for_a_person(self, tmp_path):
        folder = put(tmp_path / "praxis", **GERMAN, data__csv="a;b\n1;2\n")
        proposal = propose_layout(folder)
        text = accepted(proposal.text)
        assert tomllib.loads(text)["files"][-1] == {"file": "data.csv", "table": "?"}
        decided = text.replace('file = "data.csv"\n', 'file = "data.csv"\n').replace(
            'table = "?"', 'table = "practitioners"'
        )
        again = propose_layout(folder, decided)
        last = tomllib.loads(again.text)["files"][-1]
        assert last["table"] == "practitioners"
        assert last["constants"] == {"role": "?"}
        assert last["columns"] == {"practitioner_id": "?"}
        assert tomllib.loads(again.text)["files"][:-1] == tomllib.loads(decided)["files"][:-1]

    def test_a_new_file_is_added_and_the_rest_is_kept(self, tmp_path):
        folder = put(tmp_path / "praxis", **GERMAN)
        mine = propose_layout(folder).text + "# my own remark\n"
        put(folder, coaches__csv="Coach;Rolle\nT1;Coach\n")
        again = propose_layout(folder, mine)
        assert again.text.startswith(mine.rstrip())
        assert tomllib.loads(again.text)["files"][-1]["file"] == "coaches.csv"
        left_out = mine.replace('# ignore = ["list.csv"]', 'ignore = ["coaches.csv"]')
        assert "Rolle" not in propose_layout(folder, left_out).text

    def test_a_file_that_cannot_be_read_is_said(self, tmp_path):
        folder = put(tmp_path / "praxis", **GERMAN)
        (folder / "broken.csv").write_bytes(b"a\0b")
        proposal = propose_layout(folder)
        assert any("cannot be read" in question for _, question in proposal.undecided)

    def test_a_title_above_the_header(self, tmp_path):
        text = "Export of 5 March\n\nClient ID,Gender,Age group\nA1,F,25-34\nA2,M,35-44\n"
        folder = put(tmp_path / "x", clients__csv=text)
        entry = tomllib.loads(propose_layout(folder).text)["files"][0]
        assert entry["header_line"] == 3
        assert entry["columns"]["gender"] == "Gender"

    def test_a_supplier_is_recognised(self, tmp_path):
        header = (
            "Service_Location,Provider_Email,Provider_FirstName,Provider_LastName,Client_ID,"
            "Client_FirstName,Client_LastName,Client_Gender,Client_Group,Case_ID,Case_Date,"
            "Session_ID,Session_Date,ORS_Skip,ORSQ1,ORSQ2,ORSQ3,ORSQ4,Total_ORS,SRS_Skip,SRSQ1,"
            "SRSQ2,SRSQ3,SRSQ4,Total_SRS"
        )
        row = "A,m@x.org,Mia,Ode,C1,Ann,Lee,Female,,K1,2026-01-05,1,2026-01-05,"
        row += "N,5,5,5,5,20,N,9,9,9,9,36"
        folder = put(tmp_path / "x", export__csv=f"{header}\n{row}\n")
        text = propose_layout(folder).text
        entry = tomllib.loads(text)["files"][0]
        assert entry["supplier"].removeprefix("? ").startswith("openfit")
        assert set(entry["constants"].values()) == {"?"}
        assert "Ann" not in text

    def test_sheets_of_a_workbook(self, tmp_path):
        folder = tmp_path / "x"
        folder.mkdir()
        with pd.ExcelWriter(folder / "all.xlsx") as book:
            pd.DataFrame({"Client ID": ["A1", "A2"], "Gender": ["F", "M"]}).to_excel(
                book, sheet_name="Clients", index=False
            )
            pd.DataFrame({"Couple": ["K1"], "Partner A": ["A1"], "Partner B": ["A2"]}).to_excel(
                book, sheet_name="Couples", index=False
            )
        proposal = propose_layout(folder)
        entries = tomllib.loads(proposal.text)["files"]
        assert [(e["sheet"], e["table"]) for e in entries] == [
            ("Clients", "clients"),
            ("Couples", "couples"),
        ]
        place = tmp_path / "layout.toml"
        place.write_text(proposal.text, encoding="utf-8")
        assert tried(proposal, folder, place).finished

    def test_odd_headers_stay_valid_toml(self, tmp_path):
        text = 'Client ID,"He said ""?""","two\nlines",\\back,# hash,\t\nA1,1,2,3,4,5\n'
        folder = put(tmp_path / "x", clients__csv=text)
        entry = tomllib.loads(propose_layout(folder).text)["files"][0]
        assert 'He said "?"' in entry["ignore"][0]

    def test_moments_ask_for_the_place(self, tmp_path):
        rows = "Client ID,Completed on,GAD7_1,GAD7_2,GAD7_3,GAD7_4,GAD7_5,GAD7_6,GAD7_7\n"
        rows += "A1,2026-01-05T23:30:00Z,1,1,1,1,1,1,0\n"
        folder = put(tmp_path / "x", gad7__csv=rows)
        assert tomllib.loads(propose_layout(folder).text)["timezone"] == "?"


class TestRefusals:
    @pytest.mark.parametrize("files", [{}, {"notes__md": "x"}])
    def test_nothing_to_look_at(self, files, tmp_path):
        with pytest.raises(InputError):
            propose_layout(put(tmp_path / "x", **files))

    def test_a_broken_edit(self, tmp_path):
        folder = put(tmp_path / "x", clients__csv="Client ID\nA1\n")
        with pytest.raises(LayoutError):
            propose_layout(folder, "schema = ")

    def test_the_command_line(self, tmp_path, capsys):
        folder = put(tmp_path / "x", **GERMAN)
        assert main(["layout", str(tmp_path / "nowhere")]) == 2
        assert main(["layout", str(folder), "--out", str(tmp_path / "sub" / "a.toml")]) == 1
        said = capsys.readouterr()
        assert "undecided: answer them in" in said.err
        assert "line " in said.err
        assert not (folder / "layout.toml").exists()
        text = (tmp_path / "sub" / "a.toml").read_text(encoding="utf-8")
        assert text == propose_layout(folder).text

    def test_what_only_the_trial_read_finds(self, tmp_path, capsys):
        folder = put(tmp_path / "x", clients__csv="Client ID,Gender\nA1,F\nA2,M\n")
        assert main(["layout", str(folder)]) == 0
        layout = folder / "layout.toml"
        layout.write_text(layout.read_text().replace('"Gender"', '"Sex"'), encoding="utf-8")
        assert main(["layout", str(folder)]) == 1
        assert "trial read stopped" in capsys.readouterr().err


@pytest.mark.slow
def test_every_proposal_parses_once_it_is_answered(exports):
    text = accepted(propose_layout(exports).text).replace('= "?"', '= "session"')
    assert len(parse_layout(text, "layout.toml").files) == 15
