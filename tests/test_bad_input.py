"""Bad input through the front door: one clear message, the right exit code, nothing written."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outcomes.cli import main

pytestmark = pytest.mark.slow

LAYOUT = """
schema = 1
name = "Small practice"
exported_on = 2026-10-05
[[files]]
file = "clients.csv"
table = "clients"
[files.columns]
client_id = "id"
[[files]]
file = "episodes.csv"
table = "episodes"
[files.columns]
episode_id = "case"
client_id = "id"
intervention = "help"
started_on = "start"
[files.constants]
unit = "individual"
[[files]]
file = "scores.csv"
table = "responses"
total = "total"
[files.columns]
client_id = "id"
episode_id = "case"
taken_on = "day"
occasion = "when"
[files.constants]
instrument = "phq9"
rater = "client"
"""


def small_practice(folder: Path, *, n=120, gap=0.0, seed=4) -> Path:
    """A folder with `n` people in two arms whose start scores lie `gap` points apart."""
    rng = np.random.default_rng(seed)
    therapy = np.arange(n) % 2 == 0
    start = np.clip(np.round(rng.normal(9, 2.5, n) + gap * therapy), 0, 27)
    end = np.clip(np.round(start - 2 + rng.normal(0, 2, n)), 0, 27)
    ids = [f"P{i:04d}" for i in range(n)]
    cases = [f"K{i:04d}" for i in range(n)]
    folder.mkdir()
    pd.DataFrame({"id": ids}).to_csv(folder / "clients.csv", index=False)
    pd.DataFrame(
        {
            "case": cases,
            "id": ids,
            "help": np.where(therapy, "therapy", "coaching"),
            "start": "2026-01-10",
        }
    ).to_csv(folder / "episodes.csv", index=False)
    visits = [("2026-01-10", "intake", start), ("2026-05-10", "end", end)]
    pd.concat(
        pd.DataFrame({"id": ids, "case": cases, "day": day, "when": when, "total": score})
        for day, when, score in visits
    ).to_csv(folder / "scores.csv", index=False)
    (folder / "layout.toml").write_text(LAYOUT, encoding="utf-8")
    return folder


def edit(path: Path, old: str, new: str, count: int = -1) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, count), encoding="utf-8")


def only_intake(folder: Path) -> None:
    frame = pd.read_csv(folder / "scores.csv")
    frame[frame["when"] == "intake"].to_csv(folder / "scores.csv", index=False)


BAD = {
    "missing folder": (shutil.rmtree, [], ["no such file or folder"]),
    "missing file": (
        lambda folder: (folder / "scores.csv").unlink(),
        [],
        ["scores.csv", "not there"],
    ),
    "empty file": (
        lambda folder: (folder / "scores.csv").write_text(""),
        [],
        ["scores.csv", "empty"],
    ),
    "no layout": (lambda folder: [p.unlink() for p in folder.glob("*.toml")], [], ["layout.toml"]),
    "unknown column in the layout": (
        lambda folder: edit(folder / "layout.toml", 'client_id = "id"', 'client_id = "ident"'),
        [],
        ["ident", "clients.csv"],
    ),
    "unknown table column in the layout": (
        lambda folder: edit(folder / "layout.toml", "taken_on =", "taken_at ="),
        [],
        ["taken_at", "taken_on"],
    ),
    "unknown instrument in the layout": (
        lambda folder: edit(folder / "layout.toml", '"phq9"', '"phq8"'),
        [],
        ["phq8", "phq9"],
    ),
    "unknown instrument asked for": (lambda _: None, ["-p", "instrument=phq99"], ["phq99", "phq9"]),
    "an unknown word": (
        lambda folder: edit(folder / "episodes.csv", "coaching", "mentoring", 3),
        [],
        ["mentoring", "intervention"],
    ),
    "an intervention with no clients": (
        lambda folder: edit(folder / "episodes.csv", "therapy", "coaching"),
        [],
        ["therapy"],
    ),
    "an unknown intervention": (
        lambda _: None,
        ["-p", 'interventions=["coaching","magic"]'],
        ["magic", "coaching"],
    ),
    "no pair with both scores": (only_intake, [], ["both at the start"]),
    "an unknown practice": (lambda _: None, ["--practice", "nowhere"], ["nowhere"]),
    "a bad period": (lambda _: None, ["--period", "2026Q7"], ["2026Q7"]),
    "an unknown parameter": (lambda _: None, ["-p", "instument=phq9"], ["instument", "instrument"]),
    "an ill-typed parameter": (lambda _: None, ["-p", "margin=wide"], ["margin"]),
    "an unknown notebook": (lambda _: None, ["--notebook", "comparision"], ["comparison"]),
}


@pytest.mark.parametrize("case", BAD)
def test_one_clear_message_and_nothing_written(tmp_path, capsys, case):
    spoil, options, said = BAD[case]
    source = small_practice(tmp_path / "exports")
    spoil(source)
    out = tmp_path / "out"
    code = main(["report", str(source), "--out", str(out), *options])
    message = capsys.readouterr().err
    assert code == 2, message
    for words in said:
        assert words in message
    assert "Traceback" not in message
    assert "what to do:" in message
    assert "P0003" not in message, "no client's value"
    assert not [path for path in out.rglob("*") if path.is_file()]


def test_a_value_outside_the_range_is_dropped_with_its_place(tmp_path, capsys):
    source = small_practice(tmp_path / "exports")
    frame = pd.read_csv(source / "scores.csv")
    frame.loc[7, "total"] = 44
    frame.to_csv(source / "scores.csv", index=False)
    assert main(["check", str(source)]) == 0
    assert "scores.csv line 9" in capsys.readouterr().out


def test_an_unwritable_output_folder(tmp_path, capsys):
    source = small_practice(tmp_path / "exports")
    blocked = tmp_path / "file"
    blocked.write_text("a file stands where the folder should be")
    assert main(["report", str(source), "--out", str(blocked)]) == 2
    assert "what to do:" in capsys.readouterr().err
    assert blocked.read_text().startswith("a file")


def test_one_arm_without_overlap_is_not_compared(tmp_path, capsys):
    source = small_practice(tmp_path / "exports", gap=14)
    out = tmp_path / "out"
    assert main(["report", str(source), "--out", str(out)]) == 0, capsys.readouterr().err
    (run,) = (out / "comparison").iterdir()
    results = json.loads((run / "results.json").read_text(encoding="utf-8"))["results"]
    effects = {r["id"]: r for r in results if r["id"].startswith("comparison.")}
    primary = effects["comparison.phq9.ato"]
    assert primary["verdict"] == "not comparable"
    assert primary["value"] is None
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "too different at the start" in page
