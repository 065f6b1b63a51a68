"""A run folder appears whole or not at all: written aside, then renamed into place."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from outcomes.errors import OutputError
from outcomes.reports.policy import report_policy

PREFIX = ".staging"
TAKEN = {errno.ENOTEMPTY, errno.EEXIST, errno.EACCES}


@contextmanager
def staging(out: Path) -> Iterator[Path]:
    """A folder inside `out` to write in; it is gone afterwards unless it was published.

    Folders that a killed run on this machine left behind are removed first. Raises
    OutputError before anything else happens where `out` cannot be written.
    """
    made = _make(out)
    try:
        _sweep(out)
        aside = Path(tempfile.mkdtemp(prefix=f"{_own_prefix(os.getpid())}-", dir=out))
        # mkdtemp's folder is for this user alone; the run gets the rights that are usual here.
        folder = aside / "run"
        folder.mkdir()
    except OSError as error:
        _unmake(made)
        raise _unwritable(out, error) from None
    try:
        yield folder
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        _unmake(made)


def publish(folder: Path, target: Path) -> None:
    """Rename `folder` to `target`; an older folder there is replaced whole.

    Safe beside another run that publishes the same target: the last one stays.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    for attempt in range(report_policy().publish_attempts):
        away = folder.with_name(f"old{attempt}")
        try:
            with suppress(FileNotFoundError):
                target.rename(away)
            folder.rename(target)
        except OSError as error:
            if error.errno in TAKEN and target.exists() and folder.exists():
                shutil.rmtree(away, ignore_errors=True)
                continue
            if away.exists() and not target.exists():
                away.rename(target)
            raise _unwritable(target, error) from None
        shutil.rmtree(away, ignore_errors=True)
        return
    raise OutputError(
        "another program keeps writing the same run folder",
        where=str(target),
        fix="wait until it is done, then run again",
    )


def _make(out: Path) -> list[Path]:
    """Create `out` with its parents; the folders that were new, deepest first."""
    new = [folder for folder in (out, *out.parents) if not folder.exists()]
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        _unmake(new)
        raise _unwritable(out, error) from None
    return new


def _unmake(folders: list[Path]) -> None:
    for folder in folders:
        with suppress(OSError):  # not empty: something was published
            folder.rmdir()


def _own_prefix(pid: int) -> str:
    host = "".join(c if c.isalnum() else "-" for c in socket.gethostname())
    return f"{PREFIX}-{host}-{pid}"


def _sweep(out: Path) -> None:
    """Remove what runs of this machine left that are no longer alive."""
    if os.name != "posix":  # elsewhere asking for a process may end it
        return
    start = _own_prefix(0).removesuffix("0")
    for folder in out.glob(f"{start}*"):
        number = folder.name.removeprefix(start).split("-")[0]
        if number.isdigit() and not _alive(int(number)):
            shutil.rmtree(folder, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _unwritable(out: Path, error: OSError) -> OutputError:
    return OutputError(
        f"the output folder cannot be written ({error.strerror or type(error).__name__})",
        where=str(out),
        fix="name a folder you may write in: --out DIR",
    )
