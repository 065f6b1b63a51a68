"""One writer at a time, across processes. The system lets go of the lock when a process dies."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from outcomes.errors import OutputError

# A quarter of a large practice is merged within minutes; a longer wait is a process that hangs.
WAIT_SECONDS = 600.0
_PAUSE_SECONDS = 0.05
_TAKEN = {errno.EAGAIN, errno.EACCES, errno.EWOULDBLOCK, errno.EDEADLK}


@contextmanager
def exclusive(path: Path, wait: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold the lock of this file, which is made where it is not there.

    Only the holder may remove it: whoever waited for it then waits for the one in its place.

    Parameters
    ----------
    path
        The lock file. It stays empty: what counts is the lock of the system on it.
    wait
        Seconds to wait for another writer.

    Raises
    ------
    OutputError
        where another writer holds the lock for longer, or the disk knows no locks.
    OSError
        where the file cannot be made.
    """
    end = time.monotonic() + wait
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _wait(handle, path, end)
            if not _stands(handle, path):
                _release(handle)
                continue
            try:
                yield
            finally:
                _release(handle)
            return
        finally:
            os.close(handle)


def _stands(handle: int, path: Path) -> bool:
    """Whether the file that was locked is still the one of this name."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _wait(handle: int, path: Path, end: float) -> None:
    while True:
        try:
            _acquire(handle)
        except OSError as error:
            if error.errno not in _TAKEN:
                raise OutputError(
                    "the folder cannot be locked against a second writer",
                    where=str(path.parent),
                    fix="keep the store on a local disk, and copy it to the network drive after",
                ) from None
        else:
            return
        if time.monotonic() >= end:
            raise OutputError(
                "another run is writing to this folder",
                where=str(path.parent),
                fix="wait until it has ended, and run this again; nothing was changed",
            )
        time.sleep(_PAUSE_SECONDS)


if sys.platform == "win32":
    import msvcrt

    def _acquire(handle: int) -> None:
        os.lseek(handle, 0, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

    def _release(handle: int) -> None:
        os.lseek(handle, 0, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _acquire(handle: int) -> None:
        # flock rather than lockf: it also keeps two threads of one process apart.
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _release(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)
