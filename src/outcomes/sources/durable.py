"""Files that are whole or absent, also after a crash: written aside, to the disk, then renamed."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from outcomes.errors import OutputError

# Begins the name of a file that is not finished; one that stays was left by a dead writer.
ASIDE = ".aside-"
_FULL = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}


def write_durably(place: Path, content: bytes) -> None:
    """Put a file in its place in one step; until then the old one stands. Raises OSError.

    The name is on the disk only after `sync_folder` of its folder.
    """
    aside = place.parent / f"{ASIDE}{secrets.token_hex(8)}"
    try:
        with aside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(place)
    except OSError:
        with contextlib.suppress(OSError):
            aside.unlink()
        raise


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, and put their names on the disk. Raises OSError."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for path in missing:
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on the disk. Raises OSError."""
    if os.name != "posix":  # Windows has no handle of a folder; NTFS journals its names
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def unchanged_on_failure(folder: Path) -> Iterator[None]:
    """Say a failure to write as what it is; what stood in the folder before still stands."""
    try:
        yield
    except OSError as error:
        full = error.errno in _FULL
        why = "the disk is full" if full else (error.strerror or "it cannot be written")
        raise OutputError(
            f"the store could not be written: {why}; what it held before is unchanged",
            where=str(folder),
            fix="make room on the disk and run this again"
            if full
            else "name a folder you may write to",
        ) from None
