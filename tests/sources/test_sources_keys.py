"""The key is made once, kept from others, and never lost in silence."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pandas as pd
import pytest

from outcomes.errors import InputError, OutputError, UsageError
from outcomes.sources import key_file, load_key, read, write_tables

posix = pytest.mark.skipif(os.name != "posix", reason="asks for POSIX rights")
CLIENTS = "client_id,gender\nJane,woman\nJohn,man\n"
EPISODES = (
    "episode_id,client_id,unit,intervention,approach,started_on\n"
    "E1,Jane,individual,therapy,Jane's own,2026-01-05\n"
)


@pytest.fixture
def study(tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    (source / "clients.csv").write_text(CLIENTS, encoding="utf-8")
    (source / "episodes.csv").write_text(EPISODES, encoding="utf-8")
    return read(source)


def everything(folder):
    return "".join(p.read_text(encoding="utf-8") for p in Path(folder).iterdir())


def test_it_is_made_on_first_use_and_kept(tmp_path):
    place = tmp_path / "deep" / "key"
    key = load_key(place)
    assert len(key) == 32
    assert load_key(str(place)) == key
    assert [p.name for p in place.parent.iterdir()] == ["key"]
    assert key != load_key(tmp_path / "other")
    if os.name == "posix":
        assert stat.S_IMODE(place.stat().st_mode) == 0o600


@posix
@pytest.mark.parametrize("rights", [0o640, 0o604, 0o620, 0o610])
def test_a_key_others_may_use_is_refused(tmp_path, rights):
    load_key(tmp_path / "key")
    (tmp_path / "key").chmod(rights)
    with pytest.raises(InputError, match="others may read") as error:
        load_key(tmp_path / "key")
    assert "chmod 600" in str(error.value)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_key_of_the_wrong_length_is_refused_and_left_alone(tmp_path, length):
    place = tmp_path / "key"
    place.write_bytes(bytes(length))
    place.chmod(0o600)
    with pytest.raises(InputError, match="32 bytes"):
        load_key(place)
    assert place.read_bytes() == bytes(length)


@posix
def test_what_is_no_file_or_cannot_be_made_is_refused(tmp_path):
    with pytest.raises(InputError):
        load_key(tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="cannot be used"):
        load_key(tmp_path / "file" / "key")
    (tmp_path / "broken").symlink_to(tmp_path / "gone")
    with pytest.raises(InputError, match="cannot be used"):
        load_key(tmp_path / "broken")


@posix
def test_its_place(tmp_path, monkeypatch):
    monkeypatch.setenv("OUTCOMES_KEY", "~/mine")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert key_file() == tmp_path / "mine"
    monkeypatch.delenv("OUTCOMES_KEY")
    monkeypatch.setenv("XDG_CONFIG_HOME", "relative")
    assert key_file() == tmp_path / ".config" / "outcomes" / "key"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "x"))
    assert key_file() == tmp_path / "x" / "outcomes" / "key"


def test_no_id_and_no_text_is_written_without_being_asked_for(study, tmp_path, own_key):
    out = write_tables(study, tmp_path / "out")
    text = everything(out)
    assert "Jane" not in text
    assert "John" not in text
    assert load_key(own_key).hex() not in text
    assert str(own_key) not in text
    as_they_came = read(tmp_path / "in", keep_ids=True)
    kept = everything(write_tables(as_they_came, tmp_path / "kept", keep_ids=True))
    assert "Jane,," in kept
    assert "Jane's" not in kept
    allowed = everything(write_tables(study, out, allow_text=["approach"]))
    assert "Jane's" not in allowed, "a cell that names somebody was emptied on reading"


def test_two_quarters_agree_and_writing_again_changes_nothing(study, tmp_path):
    once = read(write_tables(study, tmp_path / "q1"))
    assert set(once.clients["client_id"]) == set(
        read(write_tables(study, tmp_path / "q2")).clients["client_id"]
    )
    again = read(write_tables(once, tmp_path / "q3"))
    for name, frame in once.tables().items():
        pd.testing.assert_frame_equal(again.tables()[name], frame)


def test_a_key_inside_the_output_is_refused_before_it_is_made(study, tmp_path):
    for place in (tmp_path / "out" / "key", tmp_path / "x" / ".." / "out" / "key"):
        with pytest.raises(UsageError, match="inside the output"):
            write_tables(study, tmp_path / "out", key=place)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in"]


def test_another_key_is_said_and_the_old_tables_stay(study, tmp_path):
    out = write_tables(study, tmp_path / "out")
    before, once = everything(out), read(out)
    for target in (out, tmp_path / "new"):
        source = study if target == out else once
        with pytest.raises(InputError, match="lost or changed") as error:
            write_tables(source, target, key=tmp_path / "absent")
        assert "name the old key file" in str(error.value)
        assert not (tmp_path / "absent").exists(), "no new key where the old one is missed"
    load_key(tmp_path / "another")
    for source, target in ((study, out), (once, tmp_path / "new")):
        with pytest.raises(InputError, match="matched across quarters"):
            write_tables(source, target, key=tmp_path / "another")
    assert everything(out) == before
    assert not (tmp_path / "new").exists()


def test_a_damaged_record_is_no_licence_to_mix(study, tmp_path):
    out = write_tables(study, tmp_path / "out")
    (out / "pseudonyms.toml").write_text("schema = ")
    with pytest.raises(OutputError, match="damaged"):
        write_tables(study, out)


def test_a_key_for_kept_ids_is_a_contradiction(study, tmp_path):
    with pytest.raises(UsageError):
        write_tables(study, tmp_path / "out", key=tmp_path / "key", keep_ids=True)
