"""One questionnaire on the short road: which answers leave it as rows, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.cleaning import CELL
from outcomes.cleaning.ordinary import Judgement, WideLines
from outcomes.ledger import FILE, LINE, Action, entries
from outcomes.sources.entry import FileLayout
from outcomes.sources.files import RawFile

# Added to the line of an answer that stands for its whole line, to know it again in the ledger.
STANDS = 1 << 40


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """One questionnaire on its way: cells, entry, lines, and the answers that leave the road."""

    raw: RawFile
    entry: FileLayout
    lines: WideLines
    verdict: Judgement
    rows: pd.DataFrame


def chosen_answers(lines: WideLines, verdict: Judgement) -> np.ndarray:
    """Answers (n, k) that take the general road."""
    chosen: np.ndarray = lines.answered & ~lines.usable
    chosen |= lines.answered & verdict.entangled[:, None]
    first = np.argmax(lines.usable, axis=1)
    stands = np.flatnonzero(verdict.single & lines.usable.any(axis=1))
    chosen[stands, first[stands]] = True
    return chosen


def rows_of(walk: Walk, chosen: np.ndarray) -> pd.DataFrame:
    """The chosen answers as `map_entry` would make them rows, in the order of the source."""
    line, item = np.nonzero(chosen)
    lines, visit = walk.lines, walk.entry.visits[0]
    stands = walk.verdict.single[line] & lines.usable[line, item]
    columns = {name: words.take()[line] for name, words in lines.words.items()}
    columns["instrument"] = np.full(len(line), walk.entry.constants["instrument"], dtype=object)
    columns["item"] = np.array(list(visit.items), dtype=object)[item]
    columns["value"] = lines.cell_texts[lines.cells[line, item]]
    columns[FILE] = np.full(len(line), walk.raw.name, dtype=object)
    columns[CELL] = np.array(list(visit.items.values()), dtype=object)[item]
    rows = pd.DataFrame({name: pd.array(cells, dtype="string") for name, cells in columns.items()})
    rows[LINE] = walk.raw.cells[LINE].to_numpy()[line] + STANDS * stands
    return rows


def given_again(walk: Walk) -> list[pd.DataFrame]:
    """Entries for the answers of lines that another line of the same form stands for."""
    log = []
    number = walk.raw.cells[LINE].to_numpy()
    for mask, reason in (
        (walk.verdict.repeats, "duplicate_row"),
        (walk.verdict.replaced, "resubmitted"),
    ):
        where = np.flatnonzero(mask)
        if len(where):
            each = np.repeat(number[where], walk.lines.usable[where].sum(axis=1))
            log.append(
                entries(
                    pd.DataFrame({FILE: walk.raw.name, LINE: each}),
                    table="responses",
                    action=Action.DROPPED,
                    step="remove_resubmitted",
                    reason=reason,
                )
            )
    return log


def _places(walk: Walk, rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Position of line and item of each row."""
    line = np.searchsorted(walk.raw.cells[LINE].to_numpy(), rows[LINE].to_numpy() % STANDS)
    place = {item: n for n, item in enumerate(walk.entry.visits[0].items)}
    return line, rows["item"].map(place).to_numpy(dtype="int64")


def lost_lines(raw: RawFile, rows: pd.DataFrame, left: pd.DataFrame) -> np.ndarray:
    """Lines whose standing answer the general road did not keep."""
    sent, kept = (frame[LINE].to_numpy() for frame in (rows, left))
    gone = np.setdiff1d(sent[sent >= STANDS], kept) % STANDS
    lost = np.zeros(len(raw.cells), dtype=bool)
    lost[np.searchsorted(raw.cells[LINE].to_numpy(), gone)] = True
    return lost


def enter_rows(kept: np.ndarray, walk: Walk, left: pd.DataFrame) -> None:
    """Mark the answers of entangled lines that the general road kept."""
    line, item = _places(walk, left)
    stands = left[LINE].to_numpy() >= STANDS
    if not (walk.verdict.entangled[line] | stands).all():
        # A fault of this program: what is off its scale is never kept.
        raise AssertionError("the general road kept an answer that is off its scale")
    kept[line[~stands], item[~stands]] = True


def spread(log: pd.DataFrame, walk: Walk) -> pd.DataFrame:
    """Entries with one for each answer that another stood for."""
    number = log["line"].to_numpy()
    stands = number >= STANDS
    if not stands.any():
        return log
    line = np.searchsorted(walk.raw.cells[LINE].to_numpy(), number % STANDS)
    n = np.where(stands, walk.lines.usable[line].sum(axis=1), 1)
    spread = log.assign(line=number % STANDS).iloc[np.repeat(np.arange(len(log)), n)]
    return spread.reset_index(drop=True)
