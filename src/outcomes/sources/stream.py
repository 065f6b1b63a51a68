"""A folder of practices, one after another or several at a time: memory of one practice each.

Each practice goes through the same functions as any source (`short_road`, `privacy`,
`instruments`, `derive`); what is kept in memory of it afterwards is its account.
"""

from __future__ import annotations

import gc
import json
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass, replace
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from outcomes.errors import InputError, UsageError
from outcomes.privacy import key_id, withheld_text
from outcomes.schema import TABLES
from outcomes.sources.cleaned_practices import INDEX, index_text
from outcomes.sources.folder import holds_practices
from outcomes.sources.keys import RECORD, keep_apart, key_file, load_key, lost, record, recorded
from outcomes.sources.practice_files import Job, PracticeDone, clean_practice
from outcomes.sources.practices import Practice, practices
from outcomes.sources.reading import folder_layout
from outcomes.sources.store import MARK, _refuse_foreign, _swap, _unwritable

BALANCE, FILES, REASONS = "balance.csv", "files.csv", "reasons.csv"


@dataclass(frozen=True, slots=True, eq=False)
class Streamed:
    """What came of a folder of practices.

    `balance`, `files` and `reasons` are the account by practice (as `Ledger` gives it for one);
    every entry stands in the `ledger.parquet` of its practice. `scores` and `pairs` count rows.
    """

    folder: Path
    balance: pd.DataFrame
    files: pd.DataFrame
    reasons: pd.DataFrame
    scores: int
    pairs: int


def clean_practices(
    source: str | Path,
    out: str | Path,
    *,
    layout: str | Path | None = None,
    key: str | Path | None = None,
    keep_ids: bool = False,
    allow_text: Collection[str] = (),
    jobs: int = 1,
    scheduler: str | None = None,
) -> Streamed:
    """Clean, pseudonymise, score and pair a folder of practices, practice by practice.

    Parameters
    ----------
    source
        A folder of folders named `practice_id=CODE`, with one `layout.toml` for all.
    out
        The folder to make: the account as CSV, and for each practice a folder of Parquet
        files. It appears whole or not at all.
    layout, key, keep_ids, allow_text
        As for `reading.read` and `store.write_tables`.
    jobs
        Practices at a time, each in a process of its own.
    scheduler
        Address of a Dask scheduler, whose workers see the same folders: they do the work.

    Raises
    ------
    InputError
        where the source holds no practices, one person is in two of them, or as
        `reading.read`.
    UsageError, OutputError
        as `store.write_tables`, and where the scheduler does not answer.
    """
    folder, target = Path(source).resolve(), Path(out).resolve()
    if not holds_practices(folder):
        raise InputError(
            "the folder holds no practices",
            where=str(source),
            fix="name a folder for each practice practice_id=CODE, or clean it without --jobs",
        )
    if jobs < 1:
        raise UsageError("jobs counts from 1", where="jobs", fix="give 1 or more")
    parts = practices(folder, folder_layout(folder, layout))
    withheld = withheld_text(allow_text)
    _refuse_foreign(target)
    place = None if keep_ids else Path(key_file() if key is None else key).expanduser().resolve()
    texts = {} if place is None else {RECORD: _record(place, target)}
    job = Job(str(folder), "", None if place is None else str(place), withheld)
    name = parts[0].layout.name or "study"
    return _written(
        target, name, texts, lambda staged: _run(parts, replace(job, out=staged), jobs, scheduler)
    )


def _written(
    target: Path, name: str, texts: dict[str, str], run: Callable[[str], Iterator[PracticeDone]]
) -> Streamed:
    """Run into a folder aside, and rename it into its place when all is done."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise _unwritable(target, error) from None
    try:
        staged = aside / "new"
        done = _sorted(run(str(staged)))
        _refuse_shared(done)
        streamed = _streamed(target, done)
        index = index_text(name, (part.cleaned for part in done))
        _finish(staged, streamed, {**texts, INDEX: index})
        _swap(staged, target, aside / "old")
    except OSError as error:
        raise _unwritable(target, error) from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return streamed


def _record(place: Path, target: Path) -> str:
    """The record of the key, which is made here where there is none; a lost one is said first."""
    keep_apart(place, target)
    before = recorded(target)
    if before is not None and not place.exists():
        raise lost(target, place)
    name = key_id(load_key(place))
    if before not in (None, name):
        raise lost(target, place)
    return record(name)


def _run(
    parts: Sequence[Practice], job: Job, jobs: int, scheduler: str | None
) -> Iterator[PracticeDone]:
    if scheduler is not None:
        from outcomes.sources.cluster import on_cluster

        return on_cluster(scheduler, parts, job)
    if jobs == 1:
        return (clean_practice(part, job) for part in parts)
    return _in_processes(parts, job, min(jobs, len(parts)))


def _in_processes(parts: Sequence[Practice], job: Job, jobs: int) -> Iterator[PracticeDone]:
    """Some practices at a time; the first failure ends the rest."""
    method = "forkserver" if "forkserver" in get_all_start_methods() else "spawn"
    context = get_context(method)
    if method == "forkserver":
        # Imported once; the workers share that memory.
        context.set_forkserver_preload([__name__])
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_settle) as pool:
        futures = [pool.submit(clean_practice, part, job) for part in parts]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _settle() -> None:
    """Let pyarrow return memory as soon as it is free, and look for no garbage in the imports.

    Practices come one after the other, and what was imported stays to the end.
    """
    pa.set_memory_pool(pa.system_memory_pool())
    gc.freeze()


def _sorted(done: Iterator[PracticeDone]) -> list[PracticeDone]:
    with closing(done):  # type: ignore[type-var]
        return sorted(done, key=lambda part: part.code)


def _refuse_shared(done: Sequence[PracticeDone]) -> None:
    """One person in two practices would be two people here, under one pseudonym.

    So would an episode, or what else has an id. A practitioner may work in several, if all
    say the same of them.
    """
    for name, table in TABLES.items():
        parts = [part.ids[name] for part in done if name in part.ids]
        if not parts:
            continue
        found = np.concatenate(parts)
        if found.ndim > 1:
            found = np.unique(found, axis=0)[:, 0]
        shared = int((np.diff(np.sort(found)) == 0).sum())
        if shared:
            raise _shared(name, table.key[0], shared)


def _shared(table: str, key: str, n: int) -> InputError:
    if table == "clients":
        return InputError(
            "the same client id stands in more than one practice; each practice is read alone, so "
            "their forms would not be put together",
            how_many=n,
            where="clients.client_id",
            fix="if these are different people, put the practice's code before the id in each "
            "export; if they are the same, read the folder as one (outcomes.read)",
        )
    return InputError(
        "the same id stands in more than one practice, with other rows",
        how_many=n,
        where=f"{table}.{key}",
        fix="put the practice's code before the id in each export, or read the folder as one "
        "(outcomes.read)",
    )


def _streamed(target: Path, done: Sequence[PracticeDone]) -> Streamed:
    def joined(name: str) -> pd.DataFrame:
        frames = [getattr(part, name).assign(practice_id=part.code) for part in done]
        whole = pd.concat(frames, ignore_index=True)
        return whole[["practice_id", *whole.columns.drop("practice_id")]]

    return Streamed(
        folder=target,
        balance=joined("balance"),
        files=joined("files"),
        reasons=joined("reasons"),
        scores=sum(part.scores for part in done),
        pairs=sum(part.pairs for part in done),
    )


def _finish(staged: Path, streamed: Streamed, texts: dict[str, str]) -> None:
    """Add the account, and the list of what was written."""
    frames = ((BALANCE, streamed.balance), (FILES, streamed.files), (REASONS, streamed.reasons))
    for name, frame in frames:
        frame.to_csv(staged / name, index=False, lineterminator="\r\n")
    for name, text in texts.items():
        (staged / name).write_text(text, encoding="utf-8", newline="")
    for left in staged.glob(".practice_id=*"):  # what a worker that was killed had begun
        shutil.rmtree(left)
    written = [p.relative_to(staged).as_posix() for p in staged.rglob("*") if p.is_file()]
    (staged / MARK).write_text(json.dumps(sorted(written), indent=0) + "\n", encoding="utf-8")
