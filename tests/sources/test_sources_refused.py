"""A first merge that is refused leaves nothing; the name of a store names nobody."""

from __future__ import annotations

import threading

import pytest
from store_quarters import Q3, write_export

from outcomes.errors import OutcomesError, OutputError, ReleaseError
from outcomes.sources import merge, open_store, read
from outcomes.sources.commit import LOCK
from outcomes.sources.locks import exclusive


@pytest.fixture
def q3(tmp_path):
    return write_export(tmp_path / "q3", Q3, "2026-09-30")


def refusing(monkeypatch, error):
    import importlib

    room = importlib.import_module("outcomes.sources.merge")

    def refuse(*_):
        raise error

    monkeypatch.setattr(room, "_require_clean", refuse)


@pytest.mark.parametrize(
    "error", [ReleaseError("it tells", fix="mend it"), KeyboardInterrupt(), OSError(28, "full")]
)
def test_a_refused_first_merge_leaves_nothing(q3, tmp_path, monkeypatch, error):
    refusing(monkeypatch, error)
    with pytest.raises(type(error)):
        merge(q3, tmp_path / "new" / "store")
    assert not (tmp_path / "new").exists()
    monkeypatch.undo()


def test_a_folder_that_was_there_stays_and_is_empty(q3, tmp_path, monkeypatch):
    (tmp_path / "store").mkdir()
    refusing(monkeypatch, ReleaseError("it tells", fix="mend it"))
    with pytest.raises(OutcomesError):
        merge(q3, tmp_path / "store")
    assert list((tmp_path / "store").iterdir()) == []


def test_a_refused_later_merge_leaves_the_store(q3, tmp_path, monkeypatch):
    merge(q3, tmp_path / "store")
    later = write_export(tmp_path / "q4", {"clients": ["new,north,woman"]}, "2026-12-31")
    refusing(monkeypatch, ReleaseError("it tells", fix="mend it"))
    with pytest.raises(ReleaseError):
        merge(later, tmp_path / "store")
    assert len(read(tmp_path / "store").clients) == 4


def test_who_waited_for_a_lock_that_was_removed_takes_the_new_one(tmp_path):
    """Two holders at once would be the harm: one of the old file, one of the new."""
    place, held = tmp_path / LOCK, []

    def wait():
        with exclusive(place, 20.0):
            held.append(place.exists())
            with pytest.raises(OutputError), exclusive(place, 0.0):
                pass  # nobody else gets it meanwhile

    with exclusive(place):
        thread = threading.Thread(target=wait)
        thread.start()
        thread.join(0.3)
        place.unlink()
    thread.join(20)
    assert held == [True]


@pytest.mark.parametrize(("folder", "shown"), [
    ("store", "store"), ("north-2026", "north-2026"),
    ("Ann Archer", "store (name withheld)"), ("anna.archer@example.org", "store (name withheld)"),
])  # fmt: skip
def test_a_folder_called_after_a_person_is_not_said(q3, tmp_path, folder, shown):
    merge(q3, tmp_path / folder)
    assert read(tmp_path / folder).name == shown
    assert open_store(tmp_path / folder).study().name == shown
