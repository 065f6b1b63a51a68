"""A folder is written whole or not at all, and reading it gives the same tables."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from outcomes.errors import OutputError
from outcomes.privacy import pseudonymise
from outcomes.sources import load_key, read, write_tables, write_text_files

TEXT = ("approach", "domain")
TABLES = {
    "clients": "client_id,gender,prior_care\n"
    'C1,woman,yes\nC2,man,\n"C,3",other,no\n"C ""4""",,1\nC1,woman,yes\n',
    "couples": "couple_id,client_a,client_b\nK1,C1,C2\n",
    "episodes": "episode_id,client_id,couple_id,unit,intervention,approach,started_on\n"
    'E1,,K1,couple,therapy,"line one\r\nline two\rand three",2026-01-05\n'
    'E2,"C,3",,individual,coaching," ÅÄÖ; 未 ",2026-02-05\n',
    "sessions": "session_id,episode_id,held_on,status,minutes\n"
    "S1,E1,2026-01-05,attended,50\nS2,E1,2027-01-05,planned,\n",
    "responses": "client_id,episode_id,instrument,item,value,taken_on,rater\n"
    "C1,E1,phq9,1,2,2026-01-05,client\nC1,E1,srs,1,0.1,2026-01-05,client\n",
    "goals": "goal_id,episode_id,scale,weight\nG1,E1,gas,0.30000000000000004\n",
}


@pytest.fixture
def study(tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    for name, text in TABLES.items():
        (source / f"{name}.csv").write_text(text, encoding="utf-8", newline="")
    (source / "layout.toml").write_text(
        'schema = 1\nname = "Quotes \\" and ü"\nexported_on = 2026-10-05\n', encoding="utf-8"
    )
    return read(source)


def contents(folder):
    return {p.name: p.read_bytes() for p in Path(folder).iterdir()}


def test_read_write_read_is_the_identity(study, tmp_path):
    out = write_tables(study, tmp_path / "out", keep_ids=True, allow_text=TEXT)
    again = read(out)
    assert again.name == study.name
    for name, frame in study.tables().items():
        pd.testing.assert_frame_equal(again.tables()[name], frame)
    assert again.ledger.to_frame().empty
    assert len(study.ledger.to_frame()) == 1
    ledger = pd.read_csv(out / "ledger.csv")
    assert ledger["reason"].tolist() == ["duplicate_row"]


def test_writing_again_gives_the_same_bytes_and_leaves_nothing_else(study, tmp_path):
    first = contents(write_tables(study, tmp_path / "out"))
    again = contents(write_tables(study, tmp_path / "out"))
    assert first == again
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in", "out"]


@pytest.mark.slow
def test_the_example_survives_writing_up_to_pseudonyms(example_study, tmp_path, own_key):
    study = example_study
    once = read(write_tables(study, tmp_path / "once", allow_text=TEXT))
    expected = pseudonymise(study.tables(), load_key(own_key))
    again = read(write_tables(once, tmp_path / "again", allow_text=TEXT))
    for name, frame in expected.items():
        pd.testing.assert_frame_equal(once.tables()[name], frame)
        pd.testing.assert_frame_equal(again.tables()[name], frame)


def test_a_folder_of_somebody_else_is_refused_and_untouched(study, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.docx").write_text("years of work")
    with pytest.raises(OutputError, match="not written by this tool") as error:
        write_tables(study, out)
    assert error.value.how_many == 1
    assert contents(out) == {"thesis.docx": b"years of work"}


def test_files_added_to_our_folder_are_not_swept_away(study, tmp_path):
    out = write_tables(study, tmp_path / "out")
    (out / "notes.txt").write_text("mine")
    with pytest.raises(OutputError):
        write_tables(study, out)
    assert (out / "notes.txt").read_text() == "mine"


def test_an_empty_folder_is_used_and_old_files_go(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    write_text_files({"a.txt": "1", "sub/b.txt": "2"}, out)
    write_text_files({"a.txt": "3"}, out)
    assert (out / "a.txt").read_text() == "3"
    assert not (out / "sub").exists()


def test_missing_parents_are_made(tmp_path):
    out = write_text_files({"a.txt": "ü\r\n"}, tmp_path / "x" / "y" / "out")
    assert (out / "a.txt").read_bytes() == "ü\r\n".encode()


def test_what_cannot_be_written_is_said_and_leaves_nothing(study, tmp_path):
    (tmp_path / "file").write_text("x")
    before = sorted(tmp_path.iterdir())
    for target in (tmp_path / "file", tmp_path / "file" / "out", tmp_path / ("x" * 300)):
        with pytest.raises(OutputError) as error:
            write_tables(study, target)
        assert error.value.fix
    assert sorted(tmp_path.iterdir()) == before


def test_a_failure_half_way_leaves_the_old_folder(tmp_path, monkeypatch):
    out = write_text_files({"a.txt": "old"}, tmp_path / "out")
    sound = Path.write_text

    def full(self, data, *args, **kwargs):
        if self.name == "b.txt":
            raise OSError(28, "No space left on device")
        return sound(self, data, *args, **kwargs)

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OutputError, match="No space left"):
        write_text_files({"a.txt": "new", "b.txt": "new"}, out)
    monkeypatch.undo()
    assert (out / "a.txt").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("name", ["../a.txt", "/a.txt", "a\\b.txt", ".", ".outcomes-output"])
def test_names_that_leave_the_folder_are_refused(name, tmp_path):
    with pytest.raises(OutputError):
        write_text_files({name: "x"}, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
