"""Who is in each arm at the start: counts, start scores, and what is known of the people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.instruments import Instrument
from outcomes.privacy import Policy, hidden, suppress_counts
from outcomes.schema import vocabularies
from outcomes.showing import format as fmt
from outcomes.showing.disclosure import releasable, visible_steps
from outcomes.tables.notes import hiding, lacking
from outcomes.tables.table import Cell, Table, TableColumn, missing, shown, suppressed, text

_UNKNOWN = "not known"
_YES_NO = {"True": "yes", "False": "no"}
# How far the hidden number of people may be from the one that is shown elsewhere.
_NEAR = 4


@dataclass(frozen=True, slots=True)
class _Line:
    """One row by arm: cells, and means with variances for the standardised difference.

    A share p has the variance p(1 - p). None where a number may not be used.
    """

    label: str
    cells: tuple[Cell, ...]
    moments: tuple[tuple[float, float] | None, ...]


def baseline_table(
    frame: pd.DataFrame,
    policy: Policy,
    *,
    covariates: Sequence[str] | None = None,
    instrument: Instrument | None = None,
    arms: Sequence[str] | None = None,
    arm: str = "arm",
    pre: str = "pre",
) -> Table:
    """One row for each fact, one column for each arm, of everybody who started.

    `frame` has one row for each person (a cohort's frame). `covariates` are columns of
    words or of true and false (counts with shares) or of numbers (mean and SD); by default
    all of `format.COVARIATES` that are there. With two arms the last column is the standardised
    mean difference, second arm minus first, over the pooled SD of the two arms (Austin
    2009, Stat Med 28:3083); it is left out where a cell beside it is hidden.
    """
    names = list(arms) if arms is not None else sorted(frame[arm].dropna().unique())
    groups = [frame[frame[arm] == name] for name in names]
    chosen = (
        [name for name in fmt.COVARIATES if name in frame and name != pre]
        if covariates is None
        else covariates
    )
    lines = list(_lines(groups, chosen, policy, instrument, pre))
    columns = [TableColumn("fact", "At the start", "text")]
    columns += [TableColumn(str(name), fmt.group_name(arm, name), "count") for name in names]
    rows = [(text(line.label), *line.cells) for line in lines]
    if len(names) == 2:
        columns.append(TableColumn("smd", "Standardised difference", "number"))
        rows = [(*row, _smd(line)) for row, line in zip(rows, lines, strict=True)]
    return Table(
        id="baseline",
        caption="Who is in each arm at the start",
        columns=tuple(columns),
        rows=tuple(rows),
        notes=(*_notes(names, arm), *hiding(rows, policy), *lacking(rows)),
    )


def _lines(
    groups: list[pd.DataFrame],
    covariates: Sequence[str],
    policy: Policy,
    instrument: Instrument | None,
    pre: str,
) -> Iterator[_Line]:
    countable = [_countable(group, policy) for group in groups]
    yield _Line(
        "People",
        tuple(
            shown(len(group), fmt.count(len(group)), "count") if ok else suppressed("count")
            for group, ok in zip(groups, countable, strict=True)
        ),
        (None,) * len(groups),
    )
    if pre in groups[0]:
        name = f"{instrument.name} score" if instrument else "Start score"
        yield _mean_line(f"{name}, mean", [group[pre] for group in groups], policy)
        yield from _clinical(groups, countable, policy, instrument, pre)
    for covariate in covariates:
        columns = [group[covariate] for group in groups]
        title = fmt.covariate_name(covariate)
        if pd.api.types.is_numeric_dtype(columns[0]) and not _is_yes_no(columns[0]):
            yield _mean_line(f"{title}, mean", columns, policy)
        else:
            yield from _level_lines(covariate, title, columns, countable, policy)


def _countable(group: pd.DataFrame, policy: Policy) -> bool:
    """Whether the number who started may stand beside the number with both scores."""
    steps = [len(group)]
    if "status" in group:
        steps.append(int(group["status"].eq("paired").sum()))
    return bool(visible_steps(steps, policy)[0])


def _clinical(
    groups: list[pd.DataFrame],
    countable: list[bool],
    policy: Policy,
    instrument: Instrument | None,
    pre: str,
) -> Iterator[_Line]:
    """Who is in the clinical range, of those with a start score."""
    cutoff = instrument.cutoff() if instrument else None
    if cutoff is None:
        return
    cells, moments = [], []
    for group, ok in zip(groups, countable, strict=True):
        there = group[group[pre].notna()]
        flags = np.asarray(cutoff.is_clinical(there[pre]), dtype=bool)
        paired = np.ones(len(there), dtype=bool)
        if "status" in there:
            paired = there["status"].eq("paired").to_numpy(dtype=bool)
        cell, moment = _share(int(flags.sum()), len(there), ok, True)
        if not _clinical_visible(flags, paired, len(group) - len(there), policy):
            cell, moment = suppressed("count"), None
        cells.append(cell)
        moments.append(moment)
    yield _Line("In the clinical range", tuple(cells), tuple(moments))


def _clinical_visible(flags: np.ndarray, paired: np.ndarray, unscored: int, policy: Policy) -> bool:
    """Whether the share does not give away a few people, beside the same among the paired."""
    atoms = [int((flags & paired).sum()), int((~flags & paired).sum())]
    atoms += [int((flags & ~paired).sum()), int((~flags & ~paired).sum()), unscored]
    both, clinical_both = (1, 1, 0, 0, 0), (1, 0, 0, 0, 0)
    scored, clinical = (1, 1, 1, 1, 0), (1, 0, 1, 0, 0)
    sums = [[bool(part) for part in row] for row in (both, clinical_both, scored, clinical)]
    answers = releasable(atoms, sums, policy)
    return answers[2] and answers[3]


def _level_lines(
    covariate: str,
    title: str,
    columns: list[pd.Series],
    countable: list[bool],
    policy: Policy,
) -> Iterator[_Line]:
    """One row for each level; for yes and no only the yes, and who is not known."""
    words = [column.astype("string").fillna(_UNKNOWN) for column in columns]
    levels = _levels(covariate, words)
    counts = [word.value_counts().reindex(levels, fill_value=0).astype(int) for word in words]
    secret = [suppress_counts(count, policy) for count in counts]
    labels = vocabularies()[covariate].labels if covariate in vocabularies() else _YES_NO
    for level in levels:
        if level == "False":
            continue
        parts = [
            _share(int(count[level]), int(count.sum()), ok, not bool(hide[level]))
            for count, hide, ok in zip(counts, secret, countable, strict=True)
        ]
        cells, moments = zip(*parts, strict=True)
        yield _Line(f"{title}: {labels.get(level, level).lower()}", cells, moments)


def _levels(covariate: str, words: list[pd.Series]) -> list[str]:
    """Levels that occur, in the vocabulary's order, the unknown last."""
    there = set().union(*(set(word.unique()) for word in words))
    order = vocabularies()[covariate].words if covariate in vocabularies() else ["True", "False"]
    known = [level for level in order if level in there]
    others = sorted(there - set(known) - {_UNKNOWN})
    return [*known, *others, *([_UNKNOWN] if _UNKNOWN in there else [])]


def _share(
    n: int, total: int, countable: bool, ok: bool
) -> tuple[Cell, tuple[float, float] | None]:
    """A count with its share; where the number of people is hidden, at most the share."""
    if not ok:
        return suppressed("count"), None
    if not total:
        return missing("count"), None
    rate = n / total
    if countable:
        return shown(n, fmt.count_and_share(n, total), "count"), (rate, rate * (1 - rate))
    if not _fits_all(rate, total):
        return suppressed("count"), None
    return shown(rate, fmt.percent(rate), "percent"), (rate, rate * (1 - rate))


def _fits_all(rate: float, total: int) -> bool:
    """Whether a whole percentage fits every number of people near the hidden one.

    42 % alone says that there were 12 people and not 11; among a hundred it says nothing.
    """
    near = np.arange(max(total - _NEAR, 1), total + _NEAR + 1)
    closest = np.round(np.round(100 * rate) / 100 * near)
    return bool((np.round(100 * closest / near) == np.round(100 * rate)).all())


def _mean_line(title: str, columns: list[pd.Series], policy: Policy) -> _Line:
    cells: list[Cell] = []
    moments: list[tuple[float, float] | None] = []
    for column in columns:
        values = column.to_numpy(dtype=float, na_value=np.nan)
        values = values[~np.isnan(values)]
        if hidden(len(values), policy):
            cells.append(suppressed("number"))
            moments.append(None)
            continue
        mean = float(values.mean()) if len(values) else float("nan")
        sd = float(values.std(ddof=1)) if len(values) > 1 else float("nan")
        cells.append(shown(mean, fmt.mean_and_sd(mean, sd), "number"))
        moments.append((mean, sd**2) if len(values) > 1 else None)
    return _Line(title, tuple(cells), tuple(moments))


def _smd(line: _Line) -> Cell:
    """Second minus first arm, over the root of the mean variance."""
    if any(cell.state == "suppressed" for cell in line.cells):
        return suppressed("number")
    first, second = line.moments
    if first is None or second is None:
        return Cell(None, "does not apply", "missing", "number")
    spread = np.sqrt((first[1] + second[1]) / 2)
    value = (second[0] - first[0]) / spread if spread > 0 else float("nan")
    return shown(float(value), fmt.decimal(value), "number")


def _is_yes_no(column: pd.Series) -> bool:
    return bool(pd.api.types.is_bool_dtype(column))


def _notes(names: list[str], arm: str) -> tuple[str, ...]:
    notes = [
        "Counts with shares of everybody in the arm; the clinical range of those with a score."
    ]
    if len(names) == 2:
        second, first = fmt.group_name(arm, names[1]), fmt.group_name(arm, names[0])
        notes.append(
            f"Standardised difference: {second} minus {first}, in standard deviations (Austin "
            "2009, Stat Med 28:3083). It describes the arms before any weighting."
        )
    return tuple(notes)
