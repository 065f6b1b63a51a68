"""A folder of cleaned practices as `stream` writes it: what it holds, and how it is read again.

`practices.json` lists the practices, the rows of each of their files, and their accounts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from outcomes.cleaning import finish_table
from outcomes.cleaning.ordinary import Texts
from outcomes.errors import InputError, UsageError
from outcomes.instruments.coded import coded_values
from outcomes.ledger import ENTRY_COLUMNS, FILE, LINE, Action, Ledger, LineFate, entries
from outcomes.schema import TABLES, SourceFile, Study, empty_table
from outcomes.sources.folder import PRACTICE_FOLDER
from outcomes.sources.forms import Forms
from outcomes.sources.parquet import as_declared

INDEX = "practices.json"
ANSWERS, LEDGER = "answers", "ledger"
FORMAT = "outcomes practices"
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class CleanedPractice:
    """One practice: the rows of its files by name, and its account as `Ledger` has it."""

    practice: str
    files: Mapping[str, int]
    read: Mapping[str, int]
    kept: Mapping[str, int]
    lines: Mapping[str, int]
    fates: Mapping[str, LineFate]
    sources: tuple[SourceFile, ...]

    @property
    def folder(self) -> str:
        """The name of its folder."""
        return f"{PRACTICE_FOLDER}{self.practice}"


def index_text(name: str, practices: Iterable[CleanedPractice]) -> str:
    """The text of `practices.json`; `name` is that of the study."""
    body = {"format": FORMAT, "schema": SCHEMA, "name": name}
    return json.dumps(body | {"practices": [asdict(p) for p in practices]}, indent=1) + "\n"


def holds_cleaned_practices(folder: Path) -> bool:
    """Whether a folder holds cleaned practices."""
    return (folder / INDEX).is_file()


def read_cleaned_practices(folder: Path, *, practice: str | None = None) -> Study:
    """The cleaned practices as one Study; with `practice`, only its files are opened.

    Raises
    ------
    InputError
        where the list or a file is missing or damaged, or a newer outcomes wrote them.
    UsageError
        where there is no such practice.
    """
    name, listed = _index(folder)
    parts = [part for part in listed if practice in (None, part.practice)]
    if not parts:
        raise UsageError(
            "the folder has no such practice",
            where=f"practice {practice}",
            fix=f"choose from {', '.join(part.practice for part in listed)}",
        )
    tables, log, lost = {}, [], {}
    for table in TABLES:
        frames = [frame for part in parts for frame in _frames(folder, part, table)]
        frames, twice = _once(table, frames)
        tables[table] = finish_table(table, pd.concat(frames)) if frames else empty_table(table)
        log += twice
        lost[table] = sum(map(len, twice))
    account = Ledger.join(_account(folder, part) for part in parts)
    kept = {table: n - lost[table] for table, n in account.kept.items()}
    # In the order of the schema, as one reading has it.
    read, kept = ({t: n[t] for t in TABLES if t in n} for n in (account.read, kept))
    if any(lost.values()):
        beside = Ledger.build(log, read={}, kept={}, lines={})
        account = Ledger.join([account, beside])
    ledger = Ledger(account.log, read, kept, account.lines, account.fates)
    sources = tuple(source for part in parts for source in part.sources)
    return Study(name=name, **tables, ledger=ledger, sources=sources)


def _frames(folder: Path, part: CleanedPractice, table: str) -> list[pd.DataFrame]:
    """The rows of one table of a practice, which say where they stand; answers from forms too."""
    found = []
    if table in part.files:
        found.append(as_declared(_file(folder, part, table), TABLES[table], {}))
    if table == "responses":
        for name in part.files:
            if name.startswith(f"{ANSWERS}_"):
                forms = _forms(name.removeprefix(f"{ANSWERS}_"), _file(folder, part, name))
                found.append(forms.responses())
    where = f"{part.folder}/{table}.parquet"
    return [
        frame.assign(**{FILE: where, LINE: np.arange(1, len(frame) + 1)})
        for frame in found
        if len(frame)
    ]


def _once(
    table: str, frames: Sequence[pd.DataFrame]
) -> tuple[list[pd.DataFrame], list[pd.DataFrame]]:
    """A practitioner of two practices counts once, as where both are read together."""
    if table != "practitioners" or len(frames) < 2:
        return list(frames), []
    whole = pd.concat(frames, ignore_index=True)
    again = whole.duplicated(TABLES[table].names)
    if not again.any():
        return [whole], []
    said = entries(
        whole[again],
        table=table,
        action=Action.DROPPED,
        step="read_practices",
        reason="duplicate_row",
    )
    return [whole[~again]], [said]


def _account(folder: Path, part: CleanedPractice) -> Ledger:
    log = _entries(_file(folder, part, LEDGER))
    kept, read = dict(part.kept), dict(part.read)
    return Ledger(log, read, kept, dict(part.lines), dict(part.fates))


def _file(folder: Path, part: CleanedPractice, name: str) -> pa.Table:
    place = folder / part.folder / f"{name}.parquet"
    try:
        table = pq.read_table(place, page_checksum_verification=True, partitioning=None)
    except (OSError, pa.ArrowException) as error:
        missing = isinstance(error, FileNotFoundError)
        raise _bad(place, "is missing" if missing else "is damaged") from None
    if table.num_rows != part.files[name]:
        raise _bad(place, "is not the one that was written")
    return table


def _bad(place: Path, what: str) -> InputError:
    return InputError(
        f"a file of the cleaned practices {what}",
        where=str(place),
        fix="bring it back from a copy, or clean the exports again",
    )


def _entries(table: pa.Table) -> pd.DataFrame:
    """The entries of a ledger."""
    whole = {"line", "n"}
    return pd.DataFrame(
        {
            name: table[name].to_numpy() if name in whole else _texts(table[name]).take()
            for name in ENTRY_COLUMNS
        }
    )


def _forms(instrument: str, table: pa.Table) -> Forms:
    """What `Forms.table` wrote."""
    items = [name for name in table.column_names if name.startswith("item_")]
    values = np.column_stack([table[name].to_numpy().astype(float) for name in items])
    return Forms(
        instrument=instrument,
        items=tuple(int(name.removeprefix("item_")) for name in items),
        client=_texts(table["client_id"]),
        episode=_texts(table["episode_id"]),
        taken_on=table["taken_on"].cast(pa.int32()).to_numpy().astype("int64"),
        occasion=_texts(table["occasion"]),
        rater=_texts(table["rater"]),
        answers=coded_values(values),
    )


def _texts(column: pa.ChunkedArray) -> Texts:
    whole = column.cast(pa.large_string()).combine_chunks().dictionary_encode()
    codes = whole.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return Texts(codes, np.array(whole.dictionary.to_pylist(), dtype=object))


def _index(folder: Path) -> tuple[str, list[CleanedPractice]]:
    place = folder / INDEX
    try:
        body = json.loads(place.read_bytes())
        newer = body["format"] == FORMAT and body["schema"] > SCHEMA
        whole = body["format"] == FORMAT and not newer
        found = [_decoded(part) for part in body["practices"]] if whole else []
        name = str(body["name"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        whole = newer = False
    if newer:
        raise InputError(
            "a newer version of outcomes wrote these practices",
            where=str(place),
            fix="update this installation: pip install --upgrade outcomes",
        )
    if not whole or not found:
        raise InputError(
            "the list of the cleaned practices is damaged",
            where=str(place),
            fix="bring it back from a copy, or clean the exports again",
        )
    return name, found


def _decoded(part: Mapping[str, Any]) -> CleanedPractice:
    names = [part["practice"], *part["files"]]
    if any("/" in name or "\\" in name for name in names):
        raise ValueError("a path leaves the folder")
    fates = {name: LineFate(**fate) for name, fate in part["fates"].items()}
    sources = tuple(SourceFile(**source) for source in part["sources"])
    return CleanedPractice(**{**part, "fates": fates, "sources": sources})
