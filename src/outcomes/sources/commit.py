"""Writes a new version of a store: all files first, then the one that names them."""

from __future__ import annotations

import contextlib
import hashlib
import re
from pathlib import Path

from outcomes.errors import OutputError
from outcomes.sources.durable import ASIDE, make_folder, sync_folder, write_durably
from outcomes.sources.state import State, StoredFile, is_store, save_state
from outcomes.sources.store import MARK

PRACTICES, MERGES = "practices", "merges"
LOCK = "store.lock"
_NAMED = 16
_OURS = re.compile(rf".*-[0-9a-f]{{{_NAMED}}}\.parquet|{re.escape(ASIDE)}.*")


class Draft:
    """The files of a version that is not yet the current one.

    A file is called after its content, so one that is there already is not written again,
    and nothing that a reader may have open is ever changed.
    """

    __slots__ = ("_folder", "_touched")

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._touched: set[Path] = set()

    def add(self, folder: str, name: str, content: bytes, rows: int) -> StoredFile:
        """Write a Parquet file to the disk. Raises OSError."""
        digest = hashlib.sha256(content).hexdigest()
        path = f"{folder}/{name}-{digest[:_NAMED]}.parquet"
        place = self._folder / path
        make_folder(place.parent)
        if not _holds(place, digest):
            write_durably(place, content)
        self._touched.add(place.parent)
        return StoredFile(path, digest, rows)

    def commit(self, state: State, *, base: State | None) -> None:
        """Make these files the current version, and remove what no version needs.

        Raises OSError or OutputError; the old version then stands.
        """
        for folder in sorted(self._touched):
            sync_folder(folder)
        save_state(self._folder, state, base=base)
        sweep(self._folder, state)


def sweep(folder: Path, state: State | None) -> None:
    """Remove files that dead or failed writers left, and those of versions before the last.

    To be called by the writer that holds the lock. A file that cannot be removed (on Windows
    one that is open) is left for the next time.
    """
    needed: set[Path] = set()
    if state is not None:
        needed = {folder / file.path for file in state.files()}
        needed |= {folder / path for path in state.superseded}
    for place in sorted(_own(folder), reverse=True):  # what is in a folder before the folder
        with contextlib.suppress(OSError):
            if place.is_dir():
                place.rmdir()
            elif place not in needed and _OURS.fullmatch(place.name):
                place.unlink()


def refuse_foreign(folder: Path) -> None:
    """Raise OutputError where a new store would be made among somebody else's files."""
    if is_store(folder):
        return
    try:
        if not folder.exists() and not folder.is_symlink():
            return
        present = {item.name for item in folder.iterdir()}
    except OSError as error:
        raise OutputError(
            f"the store cannot be made there: {error.strerror}",
            where=str(folder),
            fix="name a new folder",
        ) from None
    if MARK in present:
        raise OutputError(
            "the folder holds tables of an earlier run as CSV, not a store",
            where=str(folder),
            fix="name a new folder for the store, or write CSV again with --format csv",
        )
    ours = {PRACTICES, MERGES, LOCK}  # left by a first merge that was killed
    foreign = {name for name in present - ours if not name.startswith(ASIDE)}
    if foreign:
        raise OutputError(
            "the folder holds files that were not written by this tool",
            where=str(folder),
            how_many=len(foreign),
            fix="name a new folder, or empty this one",
        )


def _holds(place: Path, digest: str) -> bool:
    try:
        return hashlib.sha256(place.read_bytes()).hexdigest() == digest
    except OSError:
        return False


def _own(folder: Path) -> list[Path]:
    found = [place for top in (PRACTICES, MERGES) for place in (folder / top).rglob("*")]
    return [*found, *folder.glob(f"{ASIDE}*")]
