"""From folder or file to `Study`, with every line accounted for."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

from outcomes.errors import InputError, LayoutError
from outcomes.sources import read

LAYOUT = """
schema = 1
name = "Two courses"
exported_on = 2026-10-05
date_order = "dmy"

[[files]]
file = "courses.csv"
table = "clients"
separator = ";"
decimal = ","
[files.columns]
client_id = "id"

[[files]]
file = "courses.csv"
table = "episodes"
[files.columns]
client_id = "id"
episode_id = "id"
intervention = "kind"
started_on = "start"
[files.constants]
unit = "individual"
[files.codes.intervention]
c = "coaching"
t = "therapy"

[[files]]
file = "courses.csv"
table = "responses"
[files.columns]
client_id = "id"
episode_id = "id"
taken_on = "start"
[files.constants]
instrument = "who5"
[[files.visits]]
items = "a{item}"
occasion = "intake"
[[files.visits]]
total = "sum"
occasion = "end"
offset_days = 30
"""

COURSES = """id;kind;start;a1;a2;a3;a4;a5;sum;note
1;C;05/01/2026;0;1;2;3;4;52,0;x
2;t;06/01/2026;;NA;;;;;
;;;;;;;;;

3;t;31/02/2026;1;;;;;99;
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "layout.toml").write_text(LAYOUT, encoding="utf-8")
    (tmp_path / "courses.csv").write_text(COURSES, encoding="utf-8")
    return tmp_path


def events(study):
    log = study.ledger.to_frame()
    return sorted(
        zip(log["table"], log["action"], log["reason"], log["line"].astype(int), strict=True)
    )


def test_a_wide_file_becomes_clients_episodes_and_responses(folder):
    study = read(folder)
    assert study.name == "Two courses"
    assert study.clients["client_id"].tolist() == ["1", "2", "3"]
    assert study.episodes["intervention"].tolist() == ["coaching", "therapy"]
    answers = study.responses
    assert answers["item"].tolist() == ["1", "2", "3", "4", "5", "total"]
    assert answers["value"].tolist() == [0, 1, 2, 3, 4, 52]
    assert answers["taken_on"].dt.date.astype(str).tolist() == ["2026-01-05"] * 5 + ["2026-02-04"]
    assert answers["occasion"].tolist() == ["intake"] * 5 + ["end"]


def test_every_line_is_accounted_for(folder):
    study = read(folder)
    assert events(study) == [
        ("", "dropped", "blank_line", 4),
        ("", "dropped", "blank_line", 5),
        ("", "flagged", "identifier_column", 1),
        ("", "flagged", "missing_word", 3),
        ("", "flagged", "no_answer", 3),
        ("", "flagged", "unmapped_column", 1),
        ("episodes", "dropped", "bad_date", 6),
        ("responses", "dropped", "bad_date", 6),
        ("responses", "dropped", "bad_date", 6),
    ]
    assert study.ledger.files().to_dict("records") == [
        {
            "file": "courses.csv",
            "lines_read": 5,
            "lines_used": 3,
            "lines_dropped": 2,
            "lines_quarantined": 0,
        }
    ]
    assert study.ledger.balanced()
    (source,) = study.sources
    assert (source.name, source.rows, len(source.sha256)) == ("courses.csv", 5, 64)


def test_a_line_without_answers_that_gives_nothing_else_is_dropped(folder):
    head, _, tail = LAYOUT.partition('[[files]]\nfile = "courses.csv"\ntable = "responses"')
    only = head[: head.index("[[files]]")] + '[[files]]\nfile = "w.csv"\ntable = "responses"' + tail
    (folder / "layout.toml").write_text(only + "\n", encoding="utf-8")
    (folder / "w.csv").write_text("id,start,a1,a2,a3,a4,a5,sum\n2,06/01/2026,,,,,,\n")
    study = read(folder)
    assert ("", "dropped", "no_answer", 2) in events(study)
    assert study.ledger.files()["lines_dropped"].tolist() == [1]
    assert ("", "flagged", "unread_file", 0) in events(study)


def test_the_cell_of_a_wide_answer_is_named(folder):
    text = COURSES.replace("0;1;2;3;4", "0;1;2;9;4")
    (folder / "courses.csv").write_text(text, encoding="utf-8")
    log = read(folder).ledger.to_frame()
    assert log.loc[log["reason"] == "out_of_range", "column"].tolist() == ["a4"]


def test_the_layout_given_outweighs_the_one_in_the_folder(folder, tmp_path_factory):
    other = tmp_path_factory.mktemp("other") / "mine.toml"
    other.write_text(LAYOUT.replace("Two courses", "Mine"), encoding="utf-8")
    assert read(folder, layout=other).name == "Mine"


def test_a_single_file_is_read_whatever_its_name(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "renamed.csv"
    elsewhere.write_text(COURSES, encoding="utf-8")
    study = read(elsewhere, layout=folder / "layout.toml")
    assert len(study.responses) == 6
    assert study.sources[0].name == "renamed.csv"


def test_a_sheet_is_read_like_a_file(folder):
    frame = pd.read_csv(folder / "courses.csv", sep=";", dtype=str).dropna(subset="id")
    frame["start"] = pd.to_datetime(frame["start"], dayfirst=True, errors="coerce")
    with pd.ExcelWriter(folder / "courses.xlsx") as book:
        frame.to_excel(book, sheet_name="All", index=False)
    text = LAYOUT.replace('"courses.csv"', '"courses.xlsx"\nsheet = "All"')
    text = text.replace('separator = ";"\n', "")
    (folder / "layout.toml").write_text(text, encoding="utf-8")
    study = read(folder)
    assert study.responses["value"].tolist() == [0, 1, 2, 3, 4, 52]
    assert study.episodes["started_on"].dt.day.tolist() == [5, 6]


def test_row_order_of_a_file_does_not_matter(folder):
    before = read(folder).tables()
    head, *rows = COURSES.splitlines()
    (folder / "courses.csv").write_text("\n".join([head, *reversed(rows)]), encoding="utf-8")
    for name, frame in read(folder).tables().items():
        pd.testing.assert_frame_equal(frame, before[name])


def test_canonical_tables_need_no_layout(tmp_path):
    (tmp_path / "clients.csv").write_text("client_id,gender,hair\nC1,woman,brown\n")
    (tmp_path / "episodes.csv").write_text(
        "episode_id,client_id,unit,intervention,started_on\nE1,C1,individual,therapy,2026-01-05\n"
    )
    study = read(tmp_path)
    assert len(study.episodes) == 1
    assert study.name == tmp_path.name
    assert events(study) == [("", "flagged", "unmapped_column", 1)]
    (tmp_path / "layout.toml").write_text("schema = 1\nexported_on = 2025-12-31\n")
    assert ("episodes", "dropped", "future_date", 2) in events(read(tmp_path))


def refused(source, error=InputError, **options):
    with pytest.raises(error) as found:
        read(source, **options)
    assert found.value.fix
    assert found.value.where
    return str(found.value)


def test_sources_that_are_not_there(folder, tmp_path):
    assert "no such file or folder" in refused(tmp_path / "nowhere")
    assert "did you mean courses.csv" in refused(folder / "course.csv")
    assert "no such file or folder" in refused(tmp_path / ("x" * 300))
    assert "no such layout" in refused(folder / "courses.csv", layout=folder / "none.toml")


def test_folders_and_files_without_a_layout(folder, tmp_path_factory):
    empty = tmp_path_factory.mktemp("empty")
    assert "holds no file" in refused(empty)
    (folder / "layout.toml").unlink()
    message = refused(folder)
    assert "layout.toml" in message
    assert "clients" in message
    assert "needs a layout" in refused(folder / "courses.csv")


def test_layouts_that_do_not_fit(folder):
    layout = folder / "layout.toml"
    layout.write_text(LAYOUT.replace('"kind"', '"knd"'), encoding="utf-8")
    assert "did you mean 'kind'" in refused(folder, LayoutError)
    layout.write_text(LAYOUT.replace("courses.csv", "course.csv"), encoding="utf-8")
    assert "did you mean 'courses.csv'" in refused(folder, LayoutError)
    layout.write_text(LAYOUT.replace('separator = ";"', 'separator = "|"'), encoding="utf-8")
    assert "another separator" in refused(folder, LayoutError)
    layout.write_text(LAYOUT, encoding="utf-8")
    (folder / "courses.csv").write_text(COURSES.replace("note", "id"), encoding="utf-8")
    assert "2 columns called 'id'" in refused(folder, LayoutError)
    layout.write_bytes(LAYOUT.encode("utf-16"))
    assert "UTF-8" in refused(folder, LayoutError)


def test_a_layout_of_several_files_does_not_fit_one(folder):
    other = LAYOUT.replace('"courses.csv"', '"other.csv"', 1)
    (folder / "layout.toml").write_text(other, encoding="utf-8")
    message = refused(folder / "courses.csv", LayoutError, layout=folder / "layout.toml")
    assert "2 files" in message


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="this system has no symbolic links")
def test_links_out_of_the_folder_are_refused(folder, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "secret.csv"
    outside.write_text(COURSES, encoding="utf-8")
    (folder / "courses.csv").unlink()
    Path(folder / "courses.csv").symlink_to(outside)
    assert "leads out of the folder" in refused(folder, LayoutError)


def test_canonical_tables_that_are_not(tmp_path):
    (tmp_path / "clients.csv").write_text("name;age\nx;1\n")
    assert "none of the columns of clients" in refused(tmp_path)
    (tmp_path / "clients.csv").write_text("gender\nwoman\n")
    assert "no column 'client_id'" in refused(tmp_path)
    (tmp_path / "clients.csv").write_text("")
    assert "empty" in refused(tmp_path)


def test_no_message_shows_a_client(folder):
    (folder / "courses.csv").write_text(COURSES.replace("1;C;", "Smith;Mediation;"))
    message = refused(folder)
    assert "Mediation" in message
    assert "Smith" not in message


def test_without_a_source_the_bundled_example_is_read(example_study):
    bundled = read()
    assert bundled.name == example_study.name
    assert len(bundled.clients) == 400
