"""`store.json`: the one small file that says which files are the store.

Whoever reads it sees one version of the store, whole. It is replaced in one step.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any

from outcomes.errors import InputError, OutputError
from outcomes.ledger import LineFate
from outcomes.schema import TABLES, SourceFile
from outcomes.sources.durable import sync_folder, write_durably

POINTER = "store.json"
FORMAT = "outcomes store"
# A store that remembers erased people is of format 2: an older program, which would not drop
# them, refuses it. All others stay of format 1.
SCHEMA, PLAIN = 2, 1


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of the store: where, its SHA-256, and how many rows are its own (no copies)."""

    path: str
    sha256: str
    rows: int


@dataclass(frozen=True, slots=True)
class Partition:
    """The files of one practice by table; `practice` is None for rows without one."""

    practice: str | None
    tables: Mapping[str, StoredFile]
    history: Mapping[str, StoredFile]


@dataclass(frozen=True, slots=True)
class MergeRecord:
    """What one export did to the store.

    `content` is a digest of its clean tables; `changes` has the counts of
    `versions.COUNTS` by table; `read`, `kept`, `lines` and `fates` belong to its ledger.
    """

    number: int
    exported_on: date
    stated: bool
    merged_at: str
    content: str
    sources: tuple[SourceFile, ...]
    changes: Mapping[str, Mapping[str, int]]
    read: Mapping[str, int]
    kept: Mapping[str, int]
    lines: Mapping[str, int]
    fates: Mapping[str, LineFate]
    ledger: StoredFile


@dataclass(frozen=True, slots=True)
class State:
    """One version of a store.

    `key_id` names the key of the pseudonyms (None: ids as they came), `text` the columns of
    free text that are allowed, `superseded` the files of the version before, which readers
    may still have open, `forgotten` the marks of each person who was erased (`tombstones`).
    """

    key_id: str | None
    text: tuple[str, ...]
    merges: tuple[MergeRecord, ...]
    partitions: tuple[Partition, ...]
    superseded: tuple[str, ...] = ()
    forgotten: tuple[tuple[str, ...], ...] = ()

    @property
    def version(self) -> int:
        """How many merges made this version."""
        return len(self.merges)

    def files(self) -> list[StoredFile]:
        """All files of this version."""
        found = [merge.ledger for merge in self.merges]
        for partition in self.partitions:
            found += [*partition.tables.values(), *partition.history.values()]
        return found


def is_store(folder: Path) -> bool:
    """Whether a folder holds a store."""
    try:
        return (folder / POINTER).is_file()
    except OSError:  # a name that is too long, a folder without rights
        return False


def load_state(folder: Path) -> State:
    """The current version.

    Raises InputError where there is none, it is damaged, or a newer outcomes wrote it.
    """
    place = folder / POINTER
    try:
        body = json.loads(place.read_bytes())
    except FileNotFoundError:
        raise InputError(
            "the folder holds no store",
            where=str(folder),
            fix="make one: outcomes clean SOURCE --out STORE",
        ) from None
    except OSError as error:
        raise InputError(
            f"the store cannot be opened: {error.strerror}",
            where=str(place),
            fix="check its rights",
        ) from None
    except ValueError:
        raise _damaged(place) from None
    if not isinstance(body, dict) or body.get("format") != FORMAT:
        raise _damaged(place)
    _refuse_newer(body.get("schema"), place)
    try:
        content = body["state"]
        if body["sha256"] != _digest(content):
            raise _damaged(place)
        return _decoded(content)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise _damaged(place) from None


def save_state(folder: Path, state: State, *, base: State | None) -> None:
    """Make this the current version, in one step.

    `base` is the version it was made from. Raises OutputError where that is no longer the
    current one, OSError where it cannot be written; the old version then stands.
    """
    current = load_state(folder) if is_store(folder) else None
    if current != base:
        raise OutputError(
            "another run has written to the store in the meantime",
            where=str(folder),
            fix="run this again; nothing was changed",
        )
    content = _encoded(state)
    schema = SCHEMA if state.forgotten else PLAIN
    body = {"format": FORMAT, "schema": schema, "sha256": _digest(content), "state": content}
    text = json.dumps(body, indent=1, ensure_ascii=True)
    write_durably(folder / POINTER, f"{text}\n".encode("ascii"))
    sync_folder(folder)


def _refuse_newer(schema: object, place: Path) -> None:
    if isinstance(schema, int) and schema > SCHEMA:
        raise InputError(
            f"a newer version of outcomes wrote this store (its format is {schema}; this one "
            f"reads up to {SCHEMA})",
            where=str(place),
            fix="update this installation: pip install --upgrade outcomes",
        )
    if schema not in (PLAIN, SCHEMA):
        raise _damaged(place)


def _damaged(place: Path) -> InputError:
    return InputError(
        "the list of the store's files is damaged",
        where=str(place),
        fix="bring the folder back from a copy, or start a new one from the exports",
    )


def _digest(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _encoded(state: State) -> dict[str, Any]:
    content = asdict(state)
    if not state.forgotten:
        del content["forgotten"]
    for merge in content["merges"]:
        merge["exported_on"] = merge["exported_on"].isoformat()
    encoded: dict[str, Any] = json.loads(json.dumps(content))
    return encoded


def _decoded(content: Mapping[str, Any]) -> State:
    merges = []
    for merge in content["merges"]:
        found = dict(merge)
        found["exported_on"] = date.fromisoformat(merge["exported_on"])
        found["sources"] = tuple(SourceFile(**source) for source in merge["sources"])
        found["fates"] = {name: LineFate(**fate) for name, fate in merge["fates"].items()}
        found["ledger"] = _file(merge["ledger"])
        merges.append(MergeRecord(**found))
    partitions = tuple(
        Partition(
            practice=part["practice"],
            tables={name: _file(part["tables"][name]) for name in TABLES if name in part["tables"]},
            history={
                name: _file(part["history"][name]) for name in TABLES if name in part["history"]
            },
        )
        for part in content["partitions"]
    )
    return State(
        key_id=content["key_id"],
        text=tuple(content["text"]),
        merges=tuple(merges),
        partitions=partitions,
        superseded=tuple(content["superseded"]),
        forgotten=tuple(map(tuple, content.get("forgotten", ()))),
    )


def _file(entry: Mapping[str, Any]) -> StoredFile:
    path = PurePosixPath(entry["path"])
    if path.is_absolute() or ".." in path.parts:
        raise ValueError("a path leaves the store")
    return StoredFile(str(path), str(entry["sha256"]), int(entry["rows"]))
