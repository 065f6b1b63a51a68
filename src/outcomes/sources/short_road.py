"""The short road of one practice: ordinary lines stay a matrix, all others take the general road.

The general road (`mapping.map_entry`, `cleaning.STEPS`, `instruments.score`) is the definition;
this gives the same tables, ledger and scores with less work. docs/decisions/0018-the-short-road.md
says why that holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from outcomes.cleaning import (
    CELL,
    Settings,
    Traced,
    finish_table,
    run_steps,
    settle_rules,
    slid_lines,
)
from outcomes.cleaning.ordinary import (
    Judgement,
    Relations,
    Texts,
    WideLines,
    belongs,
    judge,
    relations,
)
from outcomes.cleaning.shared import lines_behind
from outcomes.instruments.coded import coded_answers
from outcomes.ledger import FILE, LINE, Action, Ledger, texts_of
from outcomes.schema import TABLES, Study, empty_table
from outcomes.sources.assembling import (
    Gathered,
    Place,
    by_file,
    columns_said,
    fit_file,
    gather_files,
    read_entry,
)
from outcomes.sources.entry import FileLayout
from outcomes.sources.forms import Forms
from outcomes.sources.kinship import related
from outcomes.sources.layout import Layout
from outcomes.sources.lines import unused_lines
from outcomes.sources.spreadsheets.facts import EPOCHS
from outcomes.sources.walk import (
    STANDS,
    Walk,
    chosen_answers,
    enter_rows,
    given_again,
    lost_lines,
    rows_of,
    spread,
)
from outcomes.sources.wide import is_simple, read_wide
from outcomes.sources.withholding import hide_ids, id_columns, telling_ids, tells_nobody

# Ids are compared between tables as they are mapped; words given for ids may still be tidied.
_IDS = ("client_id", "episode_id")
_REFERRED = {"clients", "couples", "episodes"}
_LINKED = {"client_a", "client_b"} | {table.key[0] for table in TABLES.values()}


@dataclass(frozen=True, slots=True, eq=False)
class PracticeRead:
    """One practice after cleaning.

    `study` has all tables and the whole ledger, but in `responses` only what is not in
    `forms`: the answers of questionnaires that took the short road, by instrument.
    """

    study: Study
    forms: dict[str, Forms]

    def responses(self) -> pd.DataFrame:
        """All answers in the canonical table."""
        parts = [self.study.responses, *(forms.responses() for forms in self.forms.values())]
        filled = [part for part in parts if len(part)]
        return finish_table("responses", pd.concat(filled)) if filled else self.study.responses


@dataclass(frozen=True, slots=True, eq=False)
class _Arrived:
    """The clean forms of one questionnaire and its account.

    `log` has its entries, `kept` counts its answers, `used` are the lines they come from.
    """

    forms: Forms
    log: tuple[pd.DataFrame, ...]
    kept: int
    used: pd.DataFrame


def read_practice(
    place: Place, layout: Layout, unread: Sequence[pd.DataFrame] = ()
) -> PracticeRead:
    """Read and clean the files of a layout; what `reading.read` gives, with forms as matrices.

    `unread` has the entries for data files that the layout does not refer to.

    Raises as `reading.read`.
    """
    simple = _simple_files(layout)
    found = _read(place, layout, unread, simple) if simple else None
    whole = _read(place, layout, unread, set()) if found is None else found
    if whole is None:
        # A fault of this program: only files on the short road can be refused there.
        raise AssertionError("the general road was refused")
    return whole


def _read(
    place: Place, layout: Layout, unread: Sequence[pd.DataFrame], simple: set[str | None]
) -> PracticeRead | None:
    """Read a practice, simple files by the short road; None where that may name somebody.

    Ids and words that tell who people are have to be replaced before cleaning, in all tables
    alike: that is for the general road.
    """
    gathered = gather_files(place, layout, [e for e in layout.files if e.file not in simple])
    settings = settle_rules(
        exported_on=layout.exported_on or date.today(),
        missing=gathered.missing,
        sentinels=layout.sentinels,
        resubmission_days=layout.resubmission_days,
        accept=layout.accept,
    )
    known = relations(gathered.tables)
    walks = []
    for entry in layout.files:
        if entry.file in simple:
            walk = _set_out(place, entry, layout, known, settings)
            if walk is None:
                return None
            walks.append(walk)
    if walks and _tells(gathered, walks):
        return None
    tables = gathered.tables
    hidden: list[pd.DataFrame] = []
    if not walks:
        tables, hidden = hide_ids(tables, gathered.ids, key=place.key, keep_ids=place.keep_ids)
    whole = replace(gathered, tables=tables, log=(*unread, *gathered.log, *hidden))
    settings = replace(settings, slid=_slid(whole, walks))
    traced = _general(tables, [walk.rows for walk in walks], settings)
    arrived = [_arrive(walk, whole, traced, settings) for walk in walks]
    return _joined(layout.name or "study", whole, traced, walks, arrived)


def _tells(gathered: Gathered, walks: Sequence[Walk]) -> bool:
    """Whether any ids of a practice tell who people are, those on the short road too."""
    parts = [gathered.tables["responses"]] if "responses" in gathered.tables else []
    for walk in walks:
        answered = np.asarray(walk.lines.answered.any(axis=1))
        texts = {
            column: pd.Series(words.used(answered))
            for column, words in walk.lines.words.items()
            if column in _IDS
        }
        parts.append(pd.DataFrame(texts))
    ids = [column for walk in walks for column in id_columns(walk.raw, walk.entry)]
    tables = {**gathered.tables, "responses": pd.concat(parts, ignore_index=True)}
    return bool(telling_ids(tables, [*gathered.ids, *ids]))


def _slid(gathered: Gathered, walks: Sequence[Walk]) -> frozenset[tuple[str, int]]:
    """Lines whose cells may stand in the wrong column, also where an answer stands for them."""
    slid = slid_lines([*gathered.log, *(log for walk in walks for log in walk.raw.log)])
    return slid | {(file, line + STANDS) for file, line in slid}


def _general(
    tables: Mapping[str, pd.DataFrame], rows: Sequence[pd.DataFrame], settings: Settings
) -> Traced:
    """Take rows down the general road, beside the tables they belong to."""
    parts = [*([tables["responses"]] if "responses" in tables else []), *rows]
    if not parts:
        return run_steps(tables, settings)
    return run_steps({**tables, "responses": pd.concat(parts, ignore_index=True)}, settings)


def _simple_files(layout: Layout) -> set[str | None]:
    """Files of one simple entry, whose instrument no other entry can speak of."""
    if any(_LINKED & set(entry.codes) for entry in layout.files):
        return set()
    found = set()
    for entries in by_file(layout.files):
        entry = entries[0]
        if len(entries) > 1 or not is_simple(entry):
            continue
        others = [e for e in layout.files if e is not entry and e.table == "responses"]
        told = [e.constants.get("instrument") for e in others]
        # A canonical table without a layout entry of its own names any instrument.
        if None not in told and entry.constants["instrument"] not in told:
            found.add(entry.file)
    return found


def _set_out(
    place: Place, entry: FileLayout, layout: Layout, known: Relations, settings: Settings
) -> Walk | None:
    """Read one questionnaire and choose what has to take the general road; None for all of it."""
    raw = read_entry(place, [entry], layout.where, coded=True)
    raw, (settled,) = fit_file(raw, [entry], layout, settings.missing)
    if raw.sheet is not None or raw.epoch is not None or settled.date_order in EPOCHS:
        return None
    lines = read_wide(raw, settled, missing=settings.missing, zone=layout.timezone)
    said = {column: pd.Series(words.texts) for column, words in lines.words.items()}
    if not tells_nobody(settled, said):
        return None
    verdict = judge(lines, known, settings)
    walk = Walk(raw, settled, lines, verdict, pd.DataFrame())
    return replace(walk, rows=rows_of(walk, chosen_answers(lines, verdict)))


def _arrive(walk: Walk, gathered: Gathered, traced: Traced, settings: Settings) -> _Arrived:
    """Put together what stayed on the road and what comes back to it."""
    lines, verdict = walk.lines, walk.verdict
    late = np.zeros_like(verdict.ordinary)
    if _touched(traced):
        # Some people and episodes that seemed to be there may have been lost.
        late = verdict.ordinary & ~belongs(lines, relations(traced.tables), settings)
    kept = lines.usable & (verdict.ordinary | verdict.single)[:, None]
    log = _back(walk, kept, walk.rows, traced)
    if late.any():
        none = np.zeros_like(late)
        verdict = Judgement(none, late, none, none, none)
        again = replace(walk, verdict=verdict)
        rows = rows_of(again, chosen_answers(lines, verdict) & lines.usable)
        context = related(gathered.tables, rows)
        log += _back(again, kept, rows, _general(context, [rows], settings))
    made = pd.DataFrame(
        {LINE: walk.raw.cells[LINE].to_numpy()[lines.answered.any(axis=1)], CELL: ""}
    )
    log += [*given_again(walk), *walk.raw.log]
    if len(made) < len(lines.answered):
        log += unused_lines(walk.raw, [walk.raw], [made], [True])
    log += columns_said(walk.raw, [walk.entry], settings.missing)
    number = walk.raw.cells[LINE].to_numpy()[kept.any(axis=1)]
    name = pd.Categorical.from_codes(np.zeros(len(number), dtype=np.int8), [walk.raw.name])
    used = pd.DataFrame({FILE: name, LINE: number})
    return _Arrived(_forms(lines, kept, walk.entry), tuple(log), int(kept.sum()), used)


def _touched(traced: Traced) -> bool:
    """Whether a row or cell of the tables that lines refer to was lost or changed."""
    for part in traced.log:
        if not _REFERRED & texts_of(part, "table"):
            continue
        lost = part.loc[(part["action"] != str(Action.FLAGGED)).to_numpy(), "table"]
        if len(lost) and lost.isin(_REFERRED).any():
            return True
    return False


def _back(walk: Walk, kept: np.ndarray, rows: pd.DataFrame, traced: Traced) -> list[pd.DataFrame]:
    """Mark in `kept` what became of the rows sent; returns their entries."""
    if rows.empty:
        return []
    name = walk.raw.name
    left = traced.tables["responses"]
    left = left[left[FILE] == name]
    kept &= ~lost_lines(walk.raw, rows, left)[:, None]
    enter_rows(kept, walk, left)
    entries = [_split(part, [name])[0] for part in traced.log]
    return [spread(part, walk) for part in entries if len(part)]


def _forms(lines: WideLines, kept: np.ndarray, entry: FileLayout) -> Forms:
    some = np.flatnonzero(kept.any(axis=1))

    def part(column: Texts) -> Texts:
        return replace(column, codes=column.codes[some])

    return Forms(
        instrument=lines.instrument,
        items=tuple(int(item) for item in entry.visits[0].items),
        client=part(lines.client),
        episode=part(lines.episode),
        taken_on=lines.taken_on[some],
        occasion=part(lines.occasion),
        rater=part(lines.rater),
        answers=coded_answers(lines.cells, lines.numbers, kept).at(some),
    ).merged()


def _joined(
    name: str,
    gathered: Gathered,
    traced: Traced,
    walks: Sequence[Walk],
    arrived: Sequence[_Arrived],
) -> PracticeRead:
    """Study, forms and the whole account."""
    files = [walk.raw.name for walk in walks]
    tables = dict(traced.tables)
    if "responses" in tables:
        tables["responses"] = tables["responses"][~tables["responses"][FILE].isin(files)]
    finished = {
        table: finish_table(table, tables[table]) if table in tables else empty_table(table)
        for table in TABLES
    }
    read = {table: len(frame) for table, frame in gathered.tables.items()}
    kept = {table: len(finished[table]) for table in read}
    logs = [*gathered.log, *(_split(part, files)[1] for part in traced.log)]
    sources = (*gathered.sources, *(walk.raw.source for walk in walks))
    for walk, part in zip(walks, arrived, strict=True):
        read["responses"] = read.get("responses", 0) + int(walk.lines.answered.sum())
        kept["responses"] = kept.get("responses", 0) + part.kept
        logs += part.log
    # In the order of the schema, as the general road has it.
    read, kept = ({t: counts[t] for t in TABLES if t in counts} for counts in (read, kept))
    lines = {source.name: source.rows for source in sources}
    beside, lost = lines_behind(gathered.shared, tables, logs)
    used = [*tables.values(), *beside, *(part.used for part in arrived)]
    ledger = Ledger.build([*logs, *lost], read=read, kept=kept, lines=lines, used=used)
    if not ledger.balanced():
        raise AssertionError(f"the ledger does not balance:\n{ledger.balance()}\n{ledger.files()}")
    study = Study(name=name, **finished, ledger=ledger, sources=sources)
    forms = {part.forms.instrument: part.forms for part in arrived}
    return PracticeRead(study, forms)


def _split(log: pd.DataFrame, files: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Entries about answers of these files, and all others."""
    tables, named = texts_of(log, "table"), texts_of(log, "file")
    if tables == {"responses"} and named <= set(files):
        return log, log.iloc[:0]
    if "responses" not in tables or not named & set(files):
        return log.iloc[:0], log
    mine = (log["table"] == "responses").to_numpy(dtype=bool)
    mine = mine & log["file"].isin(files).to_numpy(dtype=bool)
    return log[mine], log[~mine]
