"""Writes the entries of a ledger as a CSV file of their own."""

from __future__ import annotations

import tempfile
from pathlib import Path

from outcomes.errors import OutputError
from outcomes.ledger import ENTRY_COLUMNS, Ledger
from outcomes.schema.study import RowAccount

_HEADER = ",".join(ENTRY_COLUMNS)


def write_ledger(ledger: RowAccount, path: Path) -> Path:
    """Write the entries: the file is there whole or not at all.

    Raises OutputError where the file cannot be written, or is there and is no ledger.
    """
    if not isinstance(ledger, Ledger):
        raise OutputError("this read has no ledger to write", where=str(path))
    staged: Path | None = None
    try:
        if path.exists() and not _is_ledger(path):
            raise OutputError(
                "the file is there already and is no ledger",
                where=str(path),
                fix="name another file; nothing was written",
            )
        with tempfile.NamedTemporaryFile(
            "w", dir=path.parent, prefix=f".{path.name}.", encoding="utf-8", newline="",
            delete=False,
        ) as aside:  # fmt: skip
            staged = Path(aside.name)
            aside.write(ledger.to_csv())
        staged.replace(path)
    except OSError as error:
        raise OutputError(
            f"the ledger cannot be written: {error.strerror or 'no reason given'}",
            where=str(path),
            fix="name a file in a folder you may write to",
        ) from None
    finally:
        if staged is not None:
            staged.unlink(missing_ok=True)
    return path


def _is_ledger(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.readline().decode("utf-8", "replace").strip() == _HEADER
