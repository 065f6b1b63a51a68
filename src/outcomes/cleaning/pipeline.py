"""Raw tables in, `Study` out. The rules are the list `STEPS`, in this order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import Required, TypedDict, Unpack

import pandas as pd
from pandas.api.extensions import ExtensionArray

from outcomes.cleaning.answers import check_answers, check_instruments
from outcomes.cleaning.duplicates import remove_duplicates
from outcomes.cleaning.finding import find_episodes
from outcomes.cleaning.forgotten import drop_forgotten
from outcomes.cleaning.forms import remove_resubmitted
from outcomes.cleaning.look_ups import check_look_ups
from outcomes.cleaning.overlaps import check_couples, check_overlaps
from outcomes.cleaning.partners import join_partner_sessions
from outcomes.cleaning.policy import Forgotten, Settings, cleaning_policy
from outcomes.cleaning.presence import is_required, require_presence
from outcomes.cleaning.ranges import check_goal_scales, check_ranges
from outcomes.cleaning.references import check_references, check_units
from outcomes.cleaning.roles import check_roles, join_roles
from outcomes.cleaning.shared import lines_behind
from outcomes.cleaning.text import TEXT, no_text, tidy_text
from outcomes.cleaning.timing import check_dates, check_order
from outcomes.cleaning.traced import CELL, FIND_EPISODE, LOOK_UP, Tables, Traced
from outcomes.cleaning.types import set_types
from outcomes.cleaning.words import check_words
from outcomes.errors import InputError
from outcomes.ledger import FILE, LINE, Ledger
from outcomes.schema import TABLES, SourceFile, Study, empty_table
from outcomes.schema.texts import ascends, text_array

Step = Callable[[Tables, Settings], Traced]

STEPS: tuple[Step, ...] = (
    tidy_text,
    check_look_ups,
    require_presence,
    check_words,
    check_instruments,
    set_types,
    drop_forgotten,
    check_answers,
    check_ranges,
    check_dates,
    join_roles,
    find_episodes,
    join_partner_sessions,
    remove_duplicates,
    remove_resubmitted,
    check_units,
    check_couples,
    check_references,
    check_order,
    check_overlaps,
    check_roles,
    check_goal_scales,
)


class Said(TypedDict, total=False):
    """What a layout says about cleaning, as words of `clean` and `settle_rules`.

    Dates after `exported_on` are mistakes; `date_order` is "ymd" (the default), "dmy" or
    "mdy". `missing` are words for an empty cell, `sentinels` numbers for a missing answer and
    `resubmission_days` the window in which a form sent again replaces the first (None: those
    of the policy). Rows with a reason in `accept` are kept and flagged, not put aside.
    """

    exported_on: Required[date]
    date_order: str
    missing: Sequence[str] | None
    sentinels: Sequence[float] | None
    resubmission_days: int | None
    accept: Collection[str]


def clean(
    raw: Mapping[str, pd.DataFrame],
    *,
    lines: Mapping[str, int],
    logs: Sequence[pd.DataFrame] = (),
    shared: Mapping[str, pd.DataFrame] | None = None,
    name: str = "study",
    sources: Sequence[SourceFile] = (),
    context: Mapping[str, pd.DataFrame] | None = None,
    forgotten: Forgotten | None = None,
    **said: Unpack[Said],
) -> Study:
    """Clean raw tables and account for every row.

    `raw` holds tables by name: text cells in canonical columns, plus `_file` and `_line`,
    in the order of the source ("earlier" and "later" mean this order); `_find_episode` is
    "yes" in rows that want the episode of their client on that day. `said` is what the
    layout says (`Said`). `lines` (data lines
    by file), `logs` (entries the reader made) and `shared` (the lines behind rows made of
    several, see `shared.lines_behind`) go into the ledger. `context` holds clean tables of
    earlier exports: rows may refer to theirs, which are neither checked nor returned.
    `forgotten` are people who were erased, whose rows are dropped.
    Returns a Study with the declared columns and dtypes, sorted by key.

    Raises InputError where a table is unknown, lacks a required column, or refers to an
    absent table; VocabularyError, InstrumentError, RangeError where words, questionnaires
    or codings have to be settled in the layout first.
    """
    settings = settle_rules(logs=logs, context=context, forgotten=forgotten, **said)
    traced = run_steps(raw, settings)
    tables, found = traced.tables, [*logs, *traced.log]
    read = {table: len(raw[table]) for table in TABLES if table in raw}
    finished = {
        table: finish_table(table, tables[table]) if table in tables else empty_table(table)
        for table in TABLES
    }
    kept = {table: len(finished[table]) for table in read}
    beside, lost = lines_behind(shared or {}, tables, found)
    used, log = [*tables.values(), *beside], [*found, *lost]
    ledger = Ledger.build(log, read=read, kept=kept, lines=dict(lines), used=used)
    _check_balance(ledger)
    return Study(name=name, **finished, ledger=ledger, sources=tuple(sources))


def _either(said: int | None, default: int) -> int:
    return default if said is None else said


def _check_balance(ledger: Ledger) -> None:
    if not ledger.balanced():
        # A fault of this program, not of the source: no message to the user can mend it.
        raise AssertionError(f"the ledger does not balance:\n{ledger.balance()}\n{ledger.files()}")


def slid_lines(logs: Sequence[pd.DataFrame]) -> frozenset[tuple[str, int]]:
    """Lines whose cells may stand in the wrong column."""
    ragged = [log[log["reason"] == "ragged_line"] for log in logs]
    return frozenset(pair for log in ragged for pair in zip(log["file"], log["line"], strict=True))


def settle_rules(
    *,
    logs: Sequence[pd.DataFrame] = (),
    context: Mapping[str, pd.DataFrame] | None = None,
    forgotten: Forgotten | None = None,
    **said: Unpack[Said],
) -> Settings:
    """What the steps need to know; see `clean`."""
    policy = cleaning_policy()
    missing, sentinels = said.get("missing"), said.get("sentinels")
    return Settings(
        exported_on=said["exported_on"],
        date_order=said.get("date_order", "ymd"),
        missing=policy.missing if missing is None else tuple(missing),
        sentinels=policy.sentinels if sentinels is None else tuple(map(float, sentinels)),
        resubmission_days=_either(said.get("resubmission_days"), policy.resubmission_days),
        accept=frozenset(said.get("accept", ())),
        policy=policy,
        slid=slid_lines(logs),
        context=context or {},
        forgotten=forgotten or Forgotten(),
    )


def run_steps(raw: Mapping[str, pd.DataFrame], settings: Settings) -> Traced:
    """Run `STEPS` over raw tables: the rows they leave, with `_file` and `_line`, and all entries.

    Raises as `clean`, whose inner part this is.
    """
    tables = _prepared(raw)
    found: list[pd.DataFrame] = []
    for step in STEPS:
        traced = step(tables, settings)
        tables = traced.tables
        found.extend(traced.log)
    return Traced(tables, tuple(found))


def _prepared(raw: Mapping[str, pd.DataFrame]) -> Tables:
    """Tables in schema order with all declared columns as text and an index of their own."""
    unknown = sorted(set(raw) - set(TABLES))
    if unknown:
        raise InputError(
            f"there is no table called {', '.join(unknown)}", fix=f"use: {', '.join(TABLES)}"
        )
    prepared = Tables()
    for name in [table for table in TABLES if table in raw]:
        frame, table = raw[name], TABLES[name]
        for column in table.columns:
            if column.name not in frame and is_required(name, column):
                raise InputError(
                    f"the table {name} has no column {column.name}, which every row needs",
                    where=name,
                    fix="add the column to the file, or map it in the layout",
                )
        columns = [*table.names, FILE, LINE]
        columns += [name for name in (CELL, FIND_EPISODE, LOOK_UP) if name in frame]
        prepared[name] = pd.DataFrame(
            {column: _cells(frame, column) for column in columns}, index=range(len(frame))
        )
    return prepared


def _cells(frame: pd.DataFrame, column: str) -> ExtensionArray:
    """The cells of a column without their index, declared columns as text."""
    cells = frame.get(column)
    if cells is None or cells.isna().all():
        return no_text(len(frame))
    return (cells if column.startswith("_") else cells.astype(TEXT)).array


def finish_table(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """The declared columns and dtypes of a table, sorted by key."""
    table = TABLES[name]
    dtypes = {column.name: column.dtype for column in table.columns}
    key = list(table.key)
    if len(key) == 1 and ascends(text_array(frame[key[0]])):
        ordered = frame
    else:
        ordered = frame.sort_values(key, kind="stable", na_position="first")
    # One frame of ready columns costs less than choosing and typing the columns of a frame.
    columns = {
        column: cells if cells.dtype == dtype else cells.astype(dtype)
        for column, dtype in dtypes.items()
        for cells in (ordered[column],)
    }
    finished = {column: cells.array for column, cells in columns.items()}
    return pd.DataFrame(finished, index=pd.RangeIndex(len(ordered)), copy=False)
