"""Merges an export into a store: quarter after quarter, with history."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd

from outcomes.cleaning import Forgotten
from outcomes.errors import InputError, OutputError, UsageError
from outcomes.ledger import Ledger
from outcomes.privacy import (
    holds_pseudonyms,
    key_id,
    pseudonymise,
    tellable,
    withheld_text,
    without_text,
)
from outcomes.privacy.pseudonyms import text_columns
from outcomes.schema import Study
from outcomes.sources.commit import MERGES, Draft, hold, refuse_foreign, sweep, withdraw
from outcomes.sources.dataset import Dataset, open_store
from outcomes.sources.durable import unchanged_on_failure
from outcomes.sources.folder import LEDGER
from outcomes.sources.keys import keep_apart, key_file, load_key, lost
from outcomes.sources.layout import Layout
from outcomes.sources.locks import WAIT_SECONDS
from outcomes.sources.merged import Merged, content_digest
from outcomes.sources.neighbourhood import Neighbourhood, mentioned
from outcomes.sources.outgoing import require_clean_tables, require_clean_texts
from outcomes.sources.parquet import frame_bytes
from outcomes.sources.reading import read
from outcomes.sources.state import MergeRecord, State, is_store
from outcomes.sources.tombstones import forgotten_among, returning
from outcomes.sources.versions import Export, meet
from outcomes.sources.withholding import ids_of
from outcomes.sources.writing import settled, write_partitions


@dataclass(frozen=True, slots=True)
class _Order:
    """What `merge` was asked for."""

    source: str | Path
    folder: Path
    layout: str | Path | None
    key: Path
    keep_ids: bool
    text: tuple[str, ...] | None
    wait: float
    allow_return: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """A cleaned export, and the day it was made; `stated` where its layout says the day.

    `back` has the marks of erased people who are taken in again.
    """

    study: Study
    exported_on: date
    stated: bool
    beside: Neighbourhood
    back: frozenset[tuple[str, ...]] = frozenset()


def merge(
    source: str | Path,
    store: str | Path,
    *,
    layout: str | Path | None = None,
    key: str | Path | None = None,
    keep_ids: bool = False,
    allow_text: Collection[str] | None = None,
    wait: float = WAIT_SECONDS,
    allow_return: bool = False,
) -> Merged:
    """Clean an export and merge it into a store, which is made on first use.

    Parameters
    ----------
    source, layout
        As `read`. Rows may refer to rows that only the store has.
    store
        The folder of the store. Whatever happens, it holds the old or the new version.
    key
        The key file of the pseudonyms; None takes `keys.key_file()`. Made on first use.
    keep_ids
        Keep ids as they came. They must not name anybody. Settled by the first merge.
    allow_text
        Columns of free text to keep; all others are emptied. Settled by the first merge;
        None takes what was settled.
    wait
        Seconds to wait for another run that writes to the store.
    allow_return
        Take in again people who were erased from the store (`forget`). Otherwise their rows
        are dropped, with the reason `forgotten`.

    Returns
    -------
    Merged: which rows were added, changed, unchanged, and no longer in the export.
    An export that was merged before changes nothing.

    Raises
    ------
    UsageError
        where the key lies in the store, or the store was begun with other settings.
    InputError
        as `read`, and where the key was lost or changed, or the store is damaged.
    OutputError
        where the store cannot be written.
    ReleaseError
        where what would be written still tells who somebody is.
    """
    if keep_ids and key is not None:
        raise UsageError(
            "a key is of no use where ids are kept",
            where="key, keep_ids",
            fix="give one of the two",
        )
    place = Path(key_file() if key is None else key).expanduser()
    text = None if allow_text is None else _allowed(allow_text)
    order = _Order(source, Path(store), layout, place, keep_ids, text, wait, allow_return)
    return _merge_locked(order)


def _merge_locked(order: _Order) -> Merged:
    """Do what is asked, letting no other run write at the same time."""
    refuse_foreign(order.folder)
    if not order.keep_ids:
        keep_apart(order.key, order.folder)
    # A source that cannot be read must not leave an empty folder behind.
    alone = None if is_store(order.folder) else _read(order, None, None)
    with ExitStack() as held:
        with unchanged_on_failure(order.folder):
            new = hold(held, order.folder, order.wait)
        try:
            return _merge(order, alone)
        except BaseException:
            if not is_store(order.folder):
                withdraw(order.folder, new)
            raise


def _merge(order: _Order, alone: _Read | None) -> Merged:
    """Do what is asked, holding the lock."""
    dataset = open_store(order.folder) if is_store(order.folder) else None
    base = None if dataset is None else dataset.state
    sweep(order.folder, base)
    text = _settled_text(order, base)
    secret = None if base is None else _key(order, base)
    # Another run may have made the store while this one was reading: read again beside it.
    found = alone if base is None and alone is not None else _read(order, dataset, secret)
    tables = without_text(found.study.tables(), withheld_text(text))
    if base is None and not order.keep_ids:
        secret = _first_key(order, tables)
    if secret is not None:
        tables = pseudonymise(tables, secret)
    content = content_digest(tables)
    again = None if base is None or found.back else _repeated(content, found, base)
    if again is not None:
        return Merged(order.folder, again, repeated=True)
    _require_clean(order, found.study, tables)
    begun = base or State(None if secret is None else key_id(secret), text, (), ())
    rest = tuple(group for group in begun.forgotten if group not in found.back)
    beside = found.beside if base is not None else Neighbourhood(None, secret)
    found = replace(found, beside=beside)
    return _write(
        order.folder, dataset, replace(begun, forgotten=rest),
        tables=tables, content=content, found=found,
    )  # fmt: skip


def _write(
    folder: Path,
    dataset: Dataset | None,
    begun: State,
    *,
    tables: Mapping[str, pd.DataFrame],
    content: str,
    found: _Read,
) -> Merged:
    """Let the rows meet, and commit what comes out."""
    export = Export(
        number=begun.version + 1,
        exported_on=found.exported_on,
        earlier={merge.number: merge.exported_on for merge in begun.merges},
    )
    beside = found.beside
    beside.open_with(mentioned(tables))
    incoming = beside.settle(tables)
    met = settled(meet(beside.housed(), incoming, export), export)
    base = None if dataset is None else dataset.state
    draft = Draft(folder)
    try:
        with unchanged_on_failure(folder):
            partitions = write_partitions(draft, dataset, met, beside.practices)
            record = _record(draft, found, content, met.counts, export.number)
            state = replace(
                begun, merges=(*begun.merges, record), partitions=partitions, superseded=()
            )
            kept = {file.path for file in state.files()}
            before = set() if base is None else {file.path for file in base.files()}
            state = replace(state, superseded=tuple(sorted(before - kept)))
            draft.commit(state, base=base)
    except OutputError:
        sweep(folder, base)
        raise
    return Merged(folder, record, repeated=False)


def _require_clean(order: _Order, study: Study, tables: Mapping[str, pd.DataFrame]) -> None:
    """Raise ReleaseError where what would be written still tells who somebody is."""
    known = () if order.keep_ids else tellable(ids_of(study.tables()), words_too=True)
    require_clean_tables(tables, known, keep_ids=order.keep_ids)
    account = str(study.ledger.to_frame().to_csv(index=False, lineterminator="\r\n"))
    require_clean_texts({LEDGER: account}, known)


def _read(order: _Order, dataset: Dataset | None, secret: bytes | None) -> _Read:
    beside = Neighbourhood(dataset, secret)
    layouts: list[Layout] = []

    def rows_beside(raw: Mapping[str, pd.DataFrame], layout: Layout) -> dict[str, pd.DataFrame]:
        layouts.append(layout)
        return beside.beside(raw)

    groups = () if dataset is None else dataset.state.forgotten
    back: set[tuple[str, ...]] = set()

    def erased(raw: Mapping[str, pd.DataFrame]) -> Forgotten:
        hidden = beside.hidden(raw) if groups else {}
        if order.allow_return:
            back.update(returning(groups, hidden))
        return forgotten_among([group for group in groups if group not in back], hidden)

    study = read(
        order.source,
        layout=order.layout,
        keep_ids=order.keep_ids,
        key=None if order.keep_ids else order.key,
        beside=rows_beside,
        erased=erased,
    )
    if "://" not in str(order.source) and is_store(Path(order.source)):
        if erased(study.tables()):
            raise InputError(
                "the source is a store that holds people who were erased from this one",
                where=str(order.source),
                fix="erase them there too (outcomes forget), or merge with --allow-return",
            )
        latest = open_store(order.source).state.merges[-1]
        return _Read(study, latest.exported_on, True, beside, frozenset(back))
    day = layouts[0].exported_on if layouts else None
    return _Read(study, day or date.today(), day is not None, beside, frozenset(back))


def _record(
    draft: Draft,
    found: _Read,
    content: str,
    counts: Mapping[str, Mapping[str, int]],
    number: int,
) -> MergeRecord:
    ledger = found.study.ledger
    log, balance = ledger.to_frame(), ledger.balance()
    return MergeRecord(
        number=number,
        exported_on=found.exported_on,
        stated=found.stated,
        merged_at=datetime.now(UTC).isoformat(timespec="seconds"),
        content=content,
        sources=found.study.sources,
        changes=counts,
        read=_by_table(balance, "rows_read"),
        kept=_by_table(balance, "rows_kept"),
        lines=dict(ledger.lines) if isinstance(ledger, Ledger) else {},
        fates=dict(ledger.fates) if isinstance(ledger, Ledger) else {},
        ledger=draft.add(MERGES, f"{number:04d}-ledger", frame_bytes(log), len(log)),
    )


def _by_table(balance: pd.DataFrame, column: str) -> dict[str, int]:
    return {str(t): int(n) for t, n in zip(balance["table"], balance[column], strict=True)}


def _repeated(content: str, found: _Read, base: State) -> MergeRecord | None:
    """The earlier merge of the same rows, unless its day says that they hold again."""
    for merge in reversed(base.merges):
        newer = found.stated and found.exported_on > merge.exported_on
        if merge.content == content and (merge is base.merges[-1] or not newer):
            return merge
    return None


def _allowed(allow_text: Collection[str]) -> tuple[str, ...]:
    withheld = withheld_text(allow_text)
    return tuple(column for column in text_columns() if column not in withheld)


def _settled_text(order: _Order, base: State | None) -> tuple[str, ...]:
    if base is None:
        return order.text or ()
    if order.text not in (None, base.text):
        raise UsageError(
            "the store was begun with other columns of free text",
            where=str(order.folder),
            fix="leave --allow-text out: the store keeps to "
            + (", ".join(base.text) or "no free text")
            + "; for others start a new store",
        )
    return base.text


def _key(order: _Order, base: State) -> bytes | None:
    """The key of a store that is there. A lost one is said before a new one is made."""
    if order.keep_ids != (base.key_id is None):
        began = "as they came" if base.key_id is None else "as pseudonyms"
        raise UsageError(
            f"the store was begun with ids {began}, and holds no others beside them",
            where=str(order.folder),
            fix="leave --keep-ids out" if order.keep_ids else "add --keep-ids",
        )
    if base.key_id is None:
        return None
    if not order.key.exists():
        raise lost(order.folder, order.key)
    secret = load_key(order.key)
    if key_id(secret) != base.key_id:
        raise lost(order.folder, order.key)
    return secret


def _first_key(order: _Order, tables: Mapping[str, pd.DataFrame]) -> bytes:
    if not order.key.exists() and holds_pseudonyms(tables):
        raise lost("the tables to be written", order.key)
    return load_key(order.key)
