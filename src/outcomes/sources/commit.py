"""Writes a new version of a store: all files first, then the one that names them."""

from __future__ import annotations

import contextlib
import hashlib
import re
from contextlib import ExitStack
from pathlib import Path

from outcomes.errors import OutputError
from outcomes.sources.durable import ASIDE, make_folder, sync_folder, write_durably
from outcomes.sources.locks import exclusive
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
    needed = _needed(folder, state)
    for place in sorted(_own(folder), reverse=True):  # what is in a folder before the folder
        with contextlib.suppress(OSError):
            if place.is_dir():
                place.rmdir()
            elif place not in needed and _OURS.fullmatch(place.name):
                place.unlink()


def left_over(folder: Path, state: State) -> list[Path]:
    """Our files that no version needs, and that could not be removed."""
    needed = _needed(folder, state)
    return [
        place
        for place in _own(folder)
        if place not in needed and _OURS.fullmatch(place.name) and not place.is_dir()
    ]


def hold(held: ExitStack, folder: Path, wait: float) -> list[Path]:
    """Make the folder of a store and lock it; returns the folders that are new.

    Raises OSError, or OutputError as `locks.exclusive`.
    """
    while True:
        new = [place for place in (folder, *folder.parents) if not place.exists()]
        make_folder(folder)
        try:
            held.enter_context(exclusive(folder / LOCK, wait))
        except FileNotFoundError:  # a refused first merge took its folder back in between
            continue
        return new


def withdraw(folder: Path, new: list[Path]) -> None:
    """Take back a first merge that was refused: its files, the lock, and the folders it made."""
    sweep(folder, None)
    for place in (folder / PRACTICES, folder / MERGES):
        with contextlib.suppress(OSError):
            place.rmdir()
    with contextlib.suppress(OSError):
        (folder / LOCK).unlink()
    for place in new:  # the folder itself first, then those above it
        with contextlib.suppress(OSError):
            place.rmdir()


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


def _needed(folder: Path, state: State | None) -> set[Path]:
    if state is None:
        return set()
    needed = {folder / file.path for file in state.files()}
    return needed | {folder / path for path in state.superseded}


def _holds(place: Path, digest: str) -> bool:
    try:
        return hashlib.sha256(place.read_bytes()).hexdigest() == digest
    except OSError:
        return False


def _own(folder: Path) -> list[Path]:
    found = [place for top in (PRACTICES, MERGES) for place in (folder / top).rglob("*")]
    return [*found, *folder.glob(f"{ASIDE}*")]
