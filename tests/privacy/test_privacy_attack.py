"""Nothing that tells who somebody is comes out of any door: files, standard output, messages."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from planted import HEADERS, UNMAPPED, Practice, plant

import outcomes as oc
from outcomes.cli import main
from outcomes.errors import OutcomesError
from outcomes.privacy import holds_pseudonyms
from outcomes.sources import scan_folder

pytestmark = pytest.mark.slow

ENOUGH = 60
# Short cells of planted columns that any output may hold for another reason.
SHORTEST = 5
PLZ = re.compile(r"\d{5}").fullmatch


@pytest.fixture(scope="module")
def practice(tmp_path_factory) -> Practice:
    return plant(tmp_path_factory.mktemp("planted") / "exports")


@pytest.fixture(scope="module")
def needles(practice) -> list[tuple[str, bytes]]:
    found = sorted(text for text in practice.canaries if len(text) >= SHORTEST and not PLZ(text))
    assert len([t for cells in UNMAPPED.values() for t in cells]) >= ENOUGH
    return [(text, text.casefold().encode()) for text in found]


def leaks(content: bytes, needles: list[tuple[str, bytes]]) -> list[str]:
    hay = content.decode("utf-8", "replace").casefold().encode()
    return [text for text, needle in needles if needle in hay]


def leaks_of_folder(folder: Path, needles) -> dict[str, list[str]]:
    found = {}
    for path in folder.rglob("*"):
        inside = str(path.relative_to(folder))
        content = inside.encode() + (path.read_bytes() if path.is_file() else b"")
        if leaked := leaks(content, needles):
            found[inside] = leaked
    return found


def run(capfd, *argv: object) -> tuple[int, bytes]:
    code = main([str(a) for a in argv])
    said = capfd.readouterr()
    return code, (said.out + said.err).encode()


def test_the_attack_would_be_noticed(practice, needles):
    assert len(leaks_of_folder(practice.folder, needles)) > 10


def test_check_says_nothing_of_anybody(practice, needles, capfd):
    code, said = run(capfd, "check", practice.folder)
    assert code in (0, 1)
    assert leaks(said, needles) == []
    assert b"name withheld" in said
    for reason in (b"identifier_column", b"identifier_as_id", b"identifier_in_cell"):
        assert reason in said


@pytest.mark.parametrize("how", ["store", "csv"])
def test_clean_writes_nobody(practice, needles, tmp_path, capfd, how):
    out = tmp_path / "clean"
    code, said = run(
        capfd, "clean", practice.folder, "--out", out, "--format", how, "--key", tmp_path / "key"
    )
    assert code == 0, said
    assert leaks(said.replace(str(tmp_path).encode(), b""), needles) == []
    assert leaks_of_folder(out, needles) == {}
    assert scan_folder(out, leave_out=["store.lock"]) == ()


def test_allowed_text_is_written_without_anybody(practice, needles, tmp_path, capfd):
    out = tmp_path / "clean"
    allowed = ["--allow-text", "approach", "--allow-text", "domain"]
    code, said = run(
        capfd,
        "clean",
        practice.folder,
        "--out",
        out,
        "--format",
        "csv",
        "--key",
        tmp_path / "key",
        *allowed,
    )
    assert code == 0, said
    assert leaks_of_folder(out, needles) == {}
    assert "CBT" in (out / "episodes.csv").read_text(encoding="utf-8")


def test_a_notebook_shows_nobody(practice, needles):
    study = oc.read(practice.folder)
    assert holds_pseudonyms(study.tables())
    shown = [repr(study), study._repr_html_(), study.ledger._repr_html_(), repr(study.sources)]
    shown += [frame.to_csv() for frame in study.tables().values()]
    shown += [study.ledger.to_frame().to_csv()]
    assert leaks("\n".join(shown).encode(), needles) == []


@pytest.mark.slow
def test_a_report_shows_nobody(practice, needles, tmp_path, capfd):
    out = tmp_path / "out"
    code, said = run(capfd, "report", practice.folder, "--notebook", "data_quality", "--out", out)
    assert code in (0, 1), said
    assert leaks(said.replace(str(tmp_path).encode(), b""), needles) == []
    files = leaks_of_folder(out, needles)
    assert files == {}
    assert {path.name for path in out.rglob("*.*")} >= {"report.html", "report.ipynb"}


def test_the_ledger_says_what_was_found_and_balances(practice):
    ledger = oc.read(practice.folder).ledger
    assert ledger.balanced()
    log = ledger.to_frame()
    flagged = log[log["reason"] == "identifier_column"]["column"].tolist()
    told = {entry.rsplit(" (", 1)[0] for entry in flagged}
    assert told >= set(UNMAPPED)
    emptied = log[log["reason"] == "identifier_in_cell"]
    assert set(zip(emptied["table"], emptied["column"], strict=True)) >= {
        ("episodes", "approach"),
        ("episodes", "domain"),
        ("episodes", "practice_id"),
        ("sessions", "status"),
        ("clients", "gender"),
        ("clients", "employment"),
        ("goals", "domain"),
    }
    ids = log[log["reason"] == "identifier_as_id"]
    assert {"Client ID", "Couple ID", "Practitioner ID"} <= set(ids["column"])
    assert (log["reason"] == "identifier_in_name").sum() == 2


def test_the_same_people_are_the_same_with_and_without_names(practice):
    """Pseudonyms on reading change no number: rows of each client stay together."""
    named, plain = oc.read(practice.folder), oc.read(practice.folder, keep_ids=True)
    for table in ("clients", "responses", "satisfaction"):
        left = named.tables()[table].groupby("client_id").size().sort_values().tolist()
        right = plain.tables()[table].groupby("client_id").size().sort_values().tolist()
        assert left == right


WRONG = {
    "a status column of names": ('status = "Status"', 'status = "Who"'),
    "a missing column": ('status = "Status"', 'status = "Statuss"'),
    "a missing file": ('file = "sessions.csv"', 'file = "session.csv"'),
    "an unknown sheet": ("Agnieszka Velorn", "Sheet1"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_refusal_names_nobody(practice, needles, tmp_path, capfd, case):
    folder = tmp_path / "exports"
    shutil.copytree(practice.folder, folder)
    people = [text for text in practice.canaries if " " in text and "@" not in text]
    sessions = pd.read_csv(folder / "sessions.csv", dtype=str)
    sessions["Who"] = (people * 40)[: len(sessions)]
    sessions["Helga Zwatashmick"] = "x"
    sessions.to_csv(folder / "sessions.csv", index=False)
    layout = folder / "layout.toml"
    before, after = WRONG[case]
    text = layout.read_text(encoding="utf-8")
    assert before in text
    layout.write_text(text.replace(before, after), encoding="utf-8")
    for command in (["check", folder], ["clean", folder, "--out", tmp_path / "out"]):
        code, said = run(capfd, *command)
        assert code == 2
        assert leaks(said, needles) == []
        assert b"Zwatashmick" not in said
    assert not (tmp_path / "out").exists()


def test_unknown_words_are_shown_and_names_among_them_are_not(tmp_path):
    (tmp_path / "layout.toml").write_text(
        'schema = 1\nexported_on = 2026-01-01\n[[files]]\nfile = "c.csv"\ntable = "clients"\n'
        '[files.columns]\nclient_id = "id"\ngender = "g"\n'
    )
    words = ["Divers"] * 8 + ["keine Angabe"] * 4 + ["Hannah Mickvel", "Frau Ornplim", "Zwaorn Vel"]
    lines = [f"C{n},{word}" for n, word in enumerate(words)]
    (tmp_path / "c.csv").write_text("id,g\n" + "\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(OutcomesError) as refused:
        oc.read(tmp_path)
    said = str(refused.value)
    assert "'Divers' (8)" in said
    assert "'keine Angabe' (4)" in said
    assert "may name somebody" in said
    for part in ("Mickvel", "Ornplim", "Zwaorn"):
        assert part not in said


def test_column_names_of_people_are_called_by_their_place(practice):
    log = oc.read(practice.folder).ledger.to_frame()
    columns = " ".join(log["column"].dropna().astype(str))
    assert "name withheld)" in columns
    for header in HEADERS:
        assert header not in columns


def test_a_lost_key_is_said_before_a_new_one_is_made(practice, tmp_path, capfd):
    out, key = tmp_path / "clean", tmp_path / "key"
    assert (
        run(capfd, "clean", practice.folder, "--out", out, "--format", "csv", "--key", key)[0] == 0
    )
    key.unlink()
    code, said = run(capfd, "clean", practice.folder, "--out", out, "--format", "csv", "--key", key)
    assert code == 2
    assert b"key was lost or changed" in said
    assert not key.exists()


def test_two_quarters_give_the_same_pseudonyms(practice, tmp_path, capfd):
    for quarter in ("one", "two"):
        out = tmp_path / quarter
        assert (
            run(
                capfd,
                "clean",
                practice.folder,
                "--out",
                out,
                "--format",
                "csv",
                "--key",
                tmp_path / "k",
            )[0]
            == 0
        )
    first, second = (pd.read_csv(tmp_path / q / "clients.csv") for q in ("one", "two"))
    pd.testing.assert_frame_equal(first, second)
