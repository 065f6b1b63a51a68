"""Late scores that come alone, without an episode, find the one the store knows."""

from __future__ import annotations

import sqlite3

import pytest
from store_quarters import Q3, write_export

from outcomes.errors import ReleaseError
from outcomes.sources import is_store, merge, read

pytestmark = pytest.mark.slow

COLUMNS = ["client_id", "instrument", "item", "value", "taken_on", "rater"]
SCORES = [
    ("Cleo Carter", "phq9", "1", "0", "2026-10-05", "client"),
    ("Bob Baker", "phq9", "1", "1", "2026-10-05", "client"),  # in an episode of a couple
    ("Eve Ellis", "phq9", "1", "2", "2026-10-05", "client"),  # nobody knows her
]
LAYOUT = """schema = 1
exported_on = 2026-12-31
[[files]]
file = "{file}"
table = "responses"
find_episode = true
columns.client_id = "Patient"
columns.instrument = "instrument"
columns.item = "item"
columns.value = "value"
columns.taken_on = "taken_on"
columns.rater = "rater"
"""


@pytest.fixture(params=[False, True], ids=["pseudonyms", "kept ids"])
def keep_ids(request):
    return request.param


@pytest.fixture
def store(tmp_path, keep_ids, monkeypatch):
    monkeypatch.setenv("OUTCOMES_KEY", str(tmp_path / "key"))
    merge(write_export(tmp_path / "q3", Q3, "2026-09-30"), tmp_path / "store", keep_ids=keep_ids)
    return tmp_path / "store"


def late(folder, kind):
    """The scores as a folder, a file or a database, and the layout."""
    folder.mkdir()
    name = "scores" if kind == "database" else "scores.csv"
    layout = folder / "layout.toml"
    layout.write_text(LAYOUT.format(file=name), encoding="utf-8")
    header = ["Patient", *COLUMNS[1:]]
    if kind == "database":
        place = folder / "scores.sqlite"
        with sqlite3.connect(place) as database:
            database.execute(f"CREATE TABLE scores ({', '.join(header)})")
            database.executemany("INSERT INTO scores VALUES (?, ?, ?, ?, ?, ?)", SCORES)
        database.close()
        return place, layout
    text = "\n".join(",".join(row) for row in [header, *SCORES])
    (folder / name).write_text(text + "\n", encoding="utf-8")
    return (folder, None) if kind == "folder" else (folder / name, layout)


@pytest.mark.parametrize("kind", ["folder", "file", "database"])
def test_they_find_their_episode(store, tmp_path, kind, keep_ids):
    source, layout = late(tmp_path / "late", kind)
    before = read(store).responses
    merged = merge(source, store, layout=layout, keep_ids=keep_ids)
    assert merged.record.changes["responses"]["added"] == 2
    after = read(store)
    assert after.ledger.balanced()
    assert after.ledger.files()["lines_quarantined"].sum() == 1
    pairs = before[["client_id", "episode_id"]].drop_duplicates()
    late_ones = after.responses[after.responses["taken_on"] == "2026-10-05"]
    assert len(late_ones.merge(pairs, on=["client_id", "episode_id"])) == 2
    assert merge(source, store, layout=layout, keep_ids=keep_ids).repeated


def test_the_account_of_a_store_is_that_of_its_exports(store, tmp_path, keep_ids):
    alone = read(tmp_path / "q3", keep_ids=keep_ids).ledger
    found = read(store).ledger
    assert found.files().drop(columns="file").equals(alone.files().drop(columns="file"))
    assert found.to_frame()["sheet"].equals(alone.to_frame()["sheet"])


def test_what_tells_who_somebody_is_is_not_committed(tmp_path, monkeypatch):
    monkeypatch.setenv("OUTCOMES_KEY", str(tmp_path / "key"))
    telling = {**Q3, "practitioners": ["Yan Young,E-1004,coach", "Dr Zoe Zimmer,north,therapist"]}
    with pytest.raises(ReleaseError, match="nothing was written"):
        merge(write_export(tmp_path / "q3", telling, "2026-09-30"), tmp_path / "store")
    assert not is_store(tmp_path / "store")
