"""The short road of one practice: ordinary lines stay a matrix, all others take the general road.

The general road (`mapping.map_entry`, `cleaning.STEPS`, `instruments.score`) is the definition;
this gives the same tables, ledger and scores with less work. docs/decisions/0018-the-short-road.md
says why that holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from outcomes.cleaning import CELL, Settings, clean, finish_table, run_steps, settle_rules
from outcomes.cleaning.ordinary import Judgement, Texts, WideLines, judge
from outcomes.ledger import FILE, LINE, Ledger
from outcomes.schema import TABLES, SourceFile, Study
from outcomes.sources.entry import FileLayout
from outcomes.sources.files import RawFile
from outcomes.sources.forms import Forms
from outcomes.sources.kinship import related
from outcomes.sources.layout import Layout
from outcomes.sources.mapping import map_entry, unused_columns, unused_lines
from outcomes.sources.reading import by_file, gather, opened
from outcomes.sources.wide import is_simple, read_wide

# Added to the line of an answer that stands for its whole line, to know it again in the ledger.
_STANDS = 1 << 40
# Ids are compared between tables as they are mapped; words given for ids may still be tidied.
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
class _Walked:
    """What became of one questionnaire: its forms, ledger entries, and rows read and kept."""

    forms: Forms
    log: tuple[pd.DataFrame, ...]
    read: int
    kept: int
    source: SourceFile


def read_practice(folder: Path, layout: Layout) -> PracticeRead:
    """Read and clean the files of a layout; what `reading.read` gives, with forms as matrices.

    Raises as `reading.read`.
    """
    simple = _simple_files(layout)
    rest = [entry for entry in layout.files if entry.file not in simple]
    gathered = gather(folder, layout, rest)
    exported_on = layout.exported_on or date.today()
    base = clean(
        gathered.tables,
        exported_on=exported_on,
        lines={source.name: source.rows for source in gathered.sources},
        missing=gathered.missing,
        sentinels=layout.sentinels,
        logs=gathered.log,
        name=layout.name or folder.name,
        sources=gathered.sources,
    )
    settings = settle_rules(
        exported_on=exported_on, missing=gathered.missing, sentinels=layout.sentinels
    )
    walked = [
        _walk(folder, entry, layout, base, gathered.tables, settings)
        for entry in layout.files
        if entry.file in simple
    ]
    return _joined(base, walked)


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


def _walk(
    folder: Path,
    entry: FileLayout,
    layout: Layout,
    base: Study,
    raw_tables: Mapping[str, pd.DataFrame],
    settings: Settings,
) -> _Walked:
    """Take one questionnaire down the short road, and what is not ordinary down the other."""
    raw, (settled,) = opened(folder, [entry], layout, settings.missing)
    lines = read_wide(raw, settled, missing=settings.missing, zone=layout.timezone)
    verdict = judge(lines, base, settings)
    chosen = _chosen(lines, verdict)
    kept = lines.usable & ~chosen & verdict.ordinary[:, None]
    kept |= lines.usable & verdict.single[:, None]
    log: list[pd.DataFrame] = []
    if chosen.any():
        rows = _rows(raw, settled, lines, chosen, verdict, settings, layout)
        near = related(raw_tables, rows)
        traced = run_steps({**near, "responses": rows}, settings)
        left = traced.tables["responses"]
        kept &= ~_lost_lines(raw, rows, left)[:, None]
        _enter_rows(kept, raw, settled, left, verdict)
        entries = [part[part["table"] == "responses"] for part in traced.log]
        log += [_spread(part, raw, settled, lines) for part in entries if len(part)]
    made = pd.DataFrame({LINE: raw.cells[LINE].to_numpy()[lines.answered.any(axis=1)], CELL: ""})
    log += [*raw.log, *unused_lines(raw, [made], wide=True)]
    log += unused_columns(raw, settled.used())
    forms = _forms(lines, kept, settled)
    return _Walked(forms, tuple(log), int(lines.answered.sum()), int(kept.sum()), raw.source)


def _chosen(lines: WideLines, verdict: Judgement) -> np.ndarray:
    """Answers (n, k) that take the general road."""
    chosen = lines.answered & ~lines.usable
    chosen |= lines.answered & verdict.entangled[:, None]
    first = np.argmax(lines.usable, axis=1)
    stands = np.flatnonzero(verdict.single & lines.usable.any(axis=1))
    chosen[stands, first[stands]] = True
    return chosen


def _rows(
    raw: RawFile,
    entry: FileLayout,
    lines: WideLines,
    chosen: np.ndarray,
    verdict: Judgement,
    settings: Settings,
    layout: Layout,
) -> pd.DataFrame:
    """The chosen answers as rows of `responses`."""
    some = np.flatnonzero(chosen.any(axis=1))
    part = replace(raw, cells=raw.cells.iloc[some].reset_index(drop=True))
    rows = map_entry(part, entry, missing=settings.missing, zone=layout.timezone)
    line, item = _places(raw, entry, rows)
    rows = rows[chosen[line, item]].reset_index(drop=True)
    line, item = _places(raw, entry, rows)
    stands = verdict.single[line] & lines.usable[line, item]
    # In the order of the source, as `join_tables` would have it.
    numbered = rows.assign(**{LINE: rows[LINE].to_numpy() + _STANDS * stands})
    order = np.lexsort((item, line))
    return numbered.iloc[order].reset_index(drop=True)


def _places(
    raw: RawFile, entry: FileLayout, rows: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray]:
    """Position of line and item of each row."""
    line = np.searchsorted(raw.cells[LINE].to_numpy(), rows[LINE].to_numpy() % _STANDS)
    place = {item: n for n, item in enumerate(entry.visits[0].items)}
    return line, rows["item"].map(place).to_numpy(dtype="int64")


def _lost_lines(raw: RawFile, rows: pd.DataFrame, left: pd.DataFrame) -> np.ndarray:
    """Lines whose standing answer the general road did not keep."""
    sent, kept = (frame[LINE].to_numpy() for frame in (rows, left))
    gone = np.setdiff1d(sent[sent >= _STANDS], kept) % _STANDS
    lost = np.zeros(len(raw.cells), dtype=bool)
    lost[np.searchsorted(raw.cells[LINE].to_numpy(), gone)] = True
    return lost


def _enter_rows(
    kept: np.ndarray, raw: RawFile, entry: FileLayout, left: pd.DataFrame, verdict: Judgement
) -> None:
    """Mark the answers of entangled lines that the general road kept."""
    line, item = _places(raw, entry, left)
    stands = left[LINE].to_numpy() >= _STANDS
    if not (verdict.entangled[line] | stands).all():
        # A fault of this program: what is off its scale is never kept.
        raise AssertionError("the general road kept an answer that is off its scale")
    kept[line[~stands], item[~stands]] = True


def _spread(
    log: pd.DataFrame, raw: RawFile, entry: FileLayout, lines: WideLines
) -> pd.DataFrame:
    """Entries with one for each answer that another stood for."""
    number = log["line"].to_numpy()
    stands = number >= _STANDS
    if not stands.any():
        return log
    line = np.searchsorted(raw.cells[LINE].to_numpy(), number % _STANDS)
    n = np.where(stands, lines.usable[line].sum(axis=1), 1)
    spread = log.assign(line=number % _STANDS).iloc[np.repeat(np.arange(len(log)), n)]
    return spread.reset_index(drop=True)


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
        values=np.where(kept[some], lines.values[some], np.nan),
    ).merged()


def _joined(base: Study, walked: Sequence[_Walked]) -> PracticeRead:
    account = base.ledger
    if not isinstance(account, Ledger):  # what `clean` builds
        raise TypeError
    read, kept, lines = dict(account.read), dict(account.kept), dict(account.lines)
    logs = [account.log]
    for part in walked:
        read["responses"] = read.get("responses", 0) + part.read
        kept["responses"] = kept.get("responses", 0) + part.kept
        lines[part.source.name] = part.source.rows
        logs += part.log
    ledger = Ledger.build(logs, read=read, kept=kept, lines=lines)
    if not ledger.balanced():
        raise AssertionError(f"the ledger does not balance:\n{ledger.balance()}")
    sources = (*base.sources, *(part.source for part in walked))
    study = replace(base, ledger=ledger, sources=sources)
    return PracticeRead(study, {part.forms.instrument: part.forms for part in walked})

