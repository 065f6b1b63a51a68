"""One practice of many: cleaned, pseudonymised, scored, paired, and written as Parquet files."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from outcomes.derive.pairs import pairs
from outcomes.instruments.scoring import score
from outcomes.ledger import Ledger
from outcomes.privacy import KnownNames, pseudonymise, without_text
from outcomes.schema import TABLES, Study
from outcomes.schema.texts import text_array
from outcomes.sources.assembling import Place
from outcomes.sources.cleaned_practices import ANSWERS, LEDGER, CleanedPractice
from outcomes.sources.forms import Forms
from outcomes.sources.keys import load_key
from outcomes.sources.practices import Practice
from outcomes.sources.short_road import PracticeRead, read_practice

SCORES, PAIRS = "scores", "pairs"
_CODED = pa.dictionary(pa.int32(), pa.large_string())


@dataclass(frozen=True, slots=True)
class Job:
    """What is done with each practice: where from, where to, with which key (None keeps ids)."""

    folder: str
    out: str
    key: str | None
    withheld: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class PracticeDone:
    """The account of one practice: rows by table, lines by file, and whose they are.

    `ids` are 64-bit numbers of the ids in each table whose rows have one, to find the same in
    two practices; those of practitioners stand beside a number of their whole row (n, 2).
    """

    code: str
    cleaned: CleanedPractice
    balance: pd.DataFrame
    files: pd.DataFrame
    reasons: pd.DataFrame
    scores: int
    pairs: int
    ids: Mapping[str, np.ndarray]


def clean_practice(practice: Practice, job: Job) -> PracticeDone:
    """Read, clean, pseudonymise, score and pair one practice, and write its folder.

    The folder appears whole or not at all; where it is there already, another try made the
    same. Raises as `reading.read` and `keys.load_key`.
    """
    place = Place(Path(job.folder), practice.shown, keep_ids=job.key is None, key=job.key)
    read = read_practice(place, practice.layout, practice.unread)
    study, forms = _named(read, job)
    scores = _scores(study, forms)
    pairs_of = {
        str(name): pairs(study, str(name), scores=scores) for name in scores["instrument"].unique()
    }
    account = read.study.ledger
    if not isinstance(account, Ledger):
        raise TypeError
    tables = _tables(study, forms)
    tables |= {SCORES: _few_texts(_arrow(scores)), LEDGER: _few_texts(_arrow(account.log))}
    tables |= {f"{PAIRS}_{name}": _arrow(frame) for name, frame in pairs_of.items()}
    _write(tables, Path(job.out) / practice.folder)
    return PracticeDone(
        code=practice.code,
        cleaned=CleanedPractice(
            practice=practice.code,
            files={name: table.num_rows for name, table in tables.items()},
            read=account.read,
            kept=account.kept,
            lines=account.lines,
            fates=account.fates,
            sources=study.sources,
        ),
        balance=account.balance(),
        files=account.files(),
        reasons=account.summary(),
        scores=len(scores),
        pairs=sum(int(frame["status"].eq("paired").sum()) for frame in pairs_of.values()),
        ids=_ids(study),
    )


def _ids(study: Study) -> dict[str, np.ndarray]:
    found = {}
    for name, frame in study.tables().items():
        key = TABLES[name].key
        if len(key) > 1 or frame.empty:
            continue
        # Keys are distinct already: nothing is won by hashing each of them once.
        found[name] = pd.util.hash_array(frame[key[0]].to_numpy(dtype=object), categorize=False)
        if name == "practitioners":
            rows = pd.util.hash_pandas_object(frame.astype("object"), index=False)
            found[name] = np.column_stack([found[name], rows.to_numpy()])
    return found


def _named(read: PracticeRead, job: Job) -> tuple[Study, list[Forms]]:
    """Tables and forms with pseudonyms, without the text that is held back, in a new order."""
    tables = without_text(read.study.tables(), job.withheld)
    forms = list(read.forms.values())
    if job.key is not None:
        names = {kind: KnownNames() for kind in ("clients", "episodes")}
        tables = pseudonymise(tables, load_key(job.key), known=names)
        forms = [_renamed(part, names["clients"], names["episodes"]) for part in forms]
    return replace(read.study, **tables), [part.ordered() for part in forms]


def _renamed(forms: Forms, clients: KnownNames, episodes: KnownNames) -> Forms:
    """Forms with other ids. Ids of lines that were not kept have no name, and no form."""
    client, episode = (
        names.of(text_array(column.texts)).fill_null("").to_numpy(zero_copy_only=False)
        for names, column in ((clients, forms.client), (episodes, forms.episode))
    )
    return forms.renamed(client, episode)


def _scores(study: Study, forms: Collection[Forms]) -> pd.DataFrame:
    filled = [part for part in forms if len(part)]
    beside = len(study.responses) > 0 or not filled
    if len(filled) == 1 and not beside:
        return filled[0].scores(coded=True)
    parts = [part.scores() for part in filled]
    if beside:
        parts.append(score(study))
    return parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)


def _tables(study: Study, forms: Collection[Forms]) -> dict[str, pa.Table]:
    """Canonical tables that hold something, and one wide table of answers for each instrument."""
    tables = {name: _arrow(frame) for name, frame in study.tables().items() if len(frame)}
    return tables | {f"{ANSWERS}_{part.instrument}": part.table() for part in forms}


def _arrow(frame: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(frame, preserve_index=False)


def _few_texts(table: pa.Table) -> pa.Table:
    """Text columns as dictionaries: each distinct text is written once."""
    for place, field in enumerate(table.schema):
        if pa.types.is_large_string(field.type) or pa.types.is_string(field.type):
            table = table.set_column(place, field.name, table[place].dictionary_encode())
        elif pa.types.is_dictionary(field.type):
            table = table.set_column(place, field.name, table[place].cast(_CODED))
    return table


def _write(tables: dict[str, pa.Table], target: Path) -> None:
    """Write a folder aside and rename it into its place."""
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        for name, table in tables.items():
            # Statistics of columns help nobody who reads a practice whole; a table of the
            # distinct answers costs more than their differences, and one of keys is the keys.
            small = [field.name for field in table.schema if field.type == pa.int8()]
            keys = [table.column_names[0]] if name in TABLES else []
            parquet.write_table(
                table,
                aside / f"{name}.parquet",
                compression="snappy",
                use_dictionary=[c for c in table.column_names if c not in (*small, *keys)],
                column_encoding=dict.fromkeys(small, "DELTA_BINARY_PACKED"),
                write_statistics=False,
                write_page_checksum=True,
            )
        try:
            aside.rename(target)
        except OSError:
            # A worker that died after its last step had finished; what it wrote is the same.
            if not target.is_dir():
                raise
    finally:
        if os.path.lexists(aside):
            shutil.rmtree(aside, ignore_errors=True)
