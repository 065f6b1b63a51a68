"""Writes tables and texts as a folder that appears whole or not at all."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path, PurePosixPath

import pandas as pd

from outcomes.errors import OutputError, UsageError
from outcomes.privacy import (
    holds_pseudonyms,
    key_id,
    pseudonymise,
    tellable,
    withheld_text,
    without_text,
)
from outcomes.schema import Kind, Study
from outcomes.schema.tables import TABLES
from outcomes.sources.folder import LAYOUT, LEDGER
from outcomes.sources.keys import RECORD, keep_apart, key_file, load_key, lost, record, recorded
from outcomes.sources.layout import SCHEMA
from outcomes.sources.outgoing import require_clean_tables, require_clean_texts
from outcomes.sources.withholding import ids_of

# Lists what was written, so that a later run replaces its own files and never anyone else's.
MARK = ".outcomes-output"


def write_tables(
    study: Study,
    folder: str | Path,
    *,
    key: str | Path | None = None,
    keep_ids: bool = False,
    allow_text: Collection[str] = (),
) -> Path:
    """Write the canonical tables, `ledger.csv`, and the `layout.toml` to read them again.

    Parameters
    ----------
    study
        What `read` returns.
    folder
        The folder to make, as in `write_text_files`.
    key
        The key file of the pseudonyms; None takes `keys.key_file()`. Made on first use.
    keep_ids
        Write ids as they came. They must not name anybody.
    allow_text
        Columns of free text to write; all others are written empty.

    Returns
    -------
    The folder. `read` of it gives the same tables, with a pseudonym for each id and without
    the text that was held back; writing those again with the same key changes nothing.

    Raises
    ------
    UsageError
        where the key file lies in the folder, a key is given for ids that are kept, or a
        column is not of free text.
    InputError
        where the key cannot be used, or is not the one of pseudonyms that are already there.
    OutputError
        as `write_text_files`.
    ReleaseError
        where what would be written still tells who somebody is.
    """
    if keep_ids and key is not None:
        raise UsageError(
            "a key is of no use where ids are kept",
            where="key, keep_ids",
            fix="give one of the two",
        )
    tables = without_text(study.tables(), withheld_text(allow_text))
    files = {}
    if not keep_ids:
        # Before a key is made: a folder that cannot be written should leave no trace.
        _refuse_foreign(Path(folder))
        tables, files[RECORD] = _pseudonymised(tables, folder, key_file() if key is None else key)
    known = tellable(ids_of(study.tables()), words_too=True)
    require_clean_tables(tables, known, keep_ids=keep_ids)
    files |= {f"{name}.csv": _csv(_as_text(name, frame)) for name, frame in tables.items()}
    files[LEDGER] = _csv(study.ledger.to_frame())
    files[LAYOUT] = _layout(study)
    accounts = {name: files[name] for name in (LEDGER, LAYOUT)}
    require_clean_texts(accounts, () if keep_ids else known)
    return write_text_files(files, folder)


def _pseudonymised(
    tables: dict[str, pd.DataFrame], folder: str | Path, place: str | Path
) -> tuple[dict[str, pd.DataFrame], str]:
    """Tables without ids, and the record of the key; a lost key is said before one is made."""
    keep_apart(place, folder)
    before = recorded(folder)
    fresh = not Path(place).expanduser().exists()
    if fresh and before is not None:
        raise lost(folder, place)
    if fresh and holds_pseudonyms(tables):
        raise lost("the tables to be written", place)
    key = load_key(place)
    name = key_id(key)
    if before not in (None, name):
        raise lost(folder, place)
    return pseudonymise(tables, key), record(name)


def write_text_files(files: Mapping[str, str], folder: str | Path) -> Path:
    """Write texts as UTF-8 into a new folder, or into one that an earlier call wrote.

    Parameters
    ----------
    files
        Text by file name, relative to the folder, with / between folders.
    folder
        The folder to make. It is written beside its place and renamed into it.

    Returns
    -------
    The folder.

    Raises
    ------
    OutputError
        where the folder holds files that this function did not write, or cannot be written.
    """
    target = Path(folder)
    names = [_relative(name) for name in files]
    _refuse_foreign(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise _unwritable(target, error) from None
    try:
        staged = aside / "new"
        for name, text in zip(names, files.values(), strict=True):
            place = staged / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8", newline="")
        staged.mkdir(exist_ok=True)
        listed = json.dumps(sorted(map(str, names)), indent=0)
        (staged / MARK).write_text(listed + "\n", encoding="utf-8")
        _swap(staged, target, aside / "old")
    except OSError as error:
        raise _unwritable(target, error) from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return target


def _swap(staged: Path, target: Path, old: Path) -> None:
    replaced = target.exists()
    if replaced:
        target.rename(old)
    try:
        staged.rename(target)
    except OSError:
        if replaced:
            old.rename(target)
        raise


def _relative(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or str(path) in (".", MARK) or "\\" in name:
        raise OutputError(
            "a file name leaves the output folder", where=name, fix="use a relative name"
        )
    return path


def _refuse_foreign(target: Path) -> None:
    try:
        there = target.exists()
    except OSError as error:  # for example a name that is too long
        raise _unwritable(target, error) from None
    if not there:
        if target.is_symlink():
            raise OutputError("the output is a broken link", where=str(target), fix="remove it")
        return
    if target.is_symlink() or not target.is_dir():
        raise OutputError("the output is no folder", where=str(target), fix="name another one")
    try:
        present = {
            item.relative_to(target).as_posix()
            for item in target.rglob("*")
            if not item.is_dir() or item.is_symlink()
        }
        mark = target / MARK
        own = set(json.loads(mark.read_text(encoding="utf-8"))) if mark.is_file() else set()
    except (OSError, ValueError) as error:
        raise _unwritable(target, error) from None
    foreign = present - own - {MARK}
    if foreign:
        raise OutputError(
            "the output folder holds files that were not written by this tool",
            where=str(target),
            how_many=len(foreign),
            fix="name a new folder, or empty this one",
        )


def _unwritable(target: Path, error: Exception) -> OutputError:
    why = error.strerror if isinstance(error, OSError) and error.strerror else "unexpected content"
    return OutputError(
        f"the output folder cannot be written: {why}",
        where=str(target),
        fix="name a folder you may write to",
    )


def _as_text(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Text that `read` turns into the same cells: ISO dates, true and false, exact numbers."""
    columns = {}
    for column in TABLES[name].columns:
        cells = frame[column.name]
        if column.kind is Kind.DATE:
            cells = cells.dt.strftime("%Y-%m-%d")
        elif column.kind is Kind.BOOLEAN:
            cells = cells.map({True: "true", False: "false"})
        elif column.kind is Kind.NUMBER:
            cells = cells.map(_number, na_action="ignore")
        columns[column.name] = cells.astype("string")
    return pd.DataFrame(columns)


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _csv(frame: pd.DataFrame) -> str:
    return str(frame.to_csv(index=False, lineterminator="\r\n"))


def _layout(study: Study) -> str:
    """Settings under which nothing in the tables is taken for missing or for the future."""
    lines = [
        "# Canonical tables written by outcomes; each <table>.csv is read by its own names.",
        f"schema = {SCHEMA}",
        f"name = {json.dumps(study.name, ensure_ascii=True)}",
        'missing = [""]',
        "sentinels = []",
    ]
    latest = _latest(study)
    if latest is not None:
        lines.insert(3, f"exported_on = {latest}  # no date in these tables is later")
    return "\n".join(lines) + "\n"


def _latest(study: Study) -> str | None:
    days = [
        frame[column.name].max()
        for name, frame in study.tables().items()
        for column in TABLES[name].columns
        if column.kind is Kind.DATE and frame[column.name].notna().any()
    ]
    return max(days).date().isoformat() if days else None
