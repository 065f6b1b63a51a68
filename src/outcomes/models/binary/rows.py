"""From a formula and a frame to successes, trials, a design matrix and grouping factors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.binary.counts import Counts, counts
from outcomes.models.binary.factors import Factor, triangle
from outcomes.models.formula import FixedDesign, MixedFormula, complete_rows, fixed_design
from outcomes.models.formula.fixed import expression_values, fixed_variables

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """What a model is fitted to: `frame` holds the rows used, in the order given.

    `n_rows` came in; `dropped` counts by column the rows that lack a value there. `random` has
    the design of each factor's effects, block by block.
    """

    frame: pd.DataFrame
    counts: Counts
    fixed: FixedDesign
    factors: tuple[Factor, ...]
    random: tuple[tuple[FixedDesign, ...], ...]
    n_rows: int
    dropped: dict[str, int]

    @property
    def n_used(self) -> int:
        """How many rows were used."""
        return len(self.frame)


def read_rows(formula: MixedFormula, frame: pd.DataFrame, trials: str | None) -> Rows:
    """Rows with a value in every column of the model, as numbers.

    Raises UsageError for an unknown column and a response that is no yes/no or count,
    NotEnoughData where no row or no spread between groups is left.
    """
    used, dropped = usable_rows(formula, frame, trials)
    fixed = fixed_design(formula.fixed, used)
    factors, random = _factors(formula, used)
    return Rows(
        used, responses(formula.response, used, trials), fixed, factors, random, len(frame), dropped
    )


def usable_rows(
    formula: MixedFormula, frame: pd.DataFrame, trials: str | None, *further: str
) -> tuple[pd.DataFrame, dict[str, int]]:
    """The complete rows, index renewed, and how many others each column lacks."""
    needed = [*further, *formula.groups, *([] if trials is None else [trials])]
    absent = [name for name in needed if name not in frame.columns]
    if absent:
        raise UsageError(
            "The model names columns that the frame does not have.",
            where=f"columns {', '.join(absent)}",
            fix=f"Columns are {', '.join(map(str, frame.columns))}.",
        )
    for text in (formula.response, formula.fixed, *(term.expression for term in formula.random)):
        needed += fixed_variables(text, frame)
    usable, dropped = complete_rows(frame, tuple(needed))
    return frame[usable].reset_index(drop=True), dropped


def responses(response: str, used: pd.DataFrame, trials: str | None) -> Counts:
    """Successes and trials of each row. Raises UsageError where they are no counts."""
    values = expression_values(response, used, what="outcome")
    total = np.ones(len(used))
    if trials is not None:
        total = expression_values(trials, used, what="number of trials")
        wrong = (total < 1) | (total != np.round(total))
        if wrong.any():
            raise UsageError(
                "A number of trials is no whole number from 1 upwards.",
                where=f"column {trials}",
                how_many=int(wrong.sum()),
                fix="Leave out rows without trials.",
            )
    wrong = (values < 0) | (values > total) | (values != np.round(values))
    if wrong.any():
        raise UsageError(
            "The outcome is neither yes/no (1 and 0) nor a count up to the trials.",
            where=f"outcome {response}",
            how_many=int(wrong.sum()),
            fix="Give 1 and 0, or counts of successes with trials= the column of their totals.",
        )
    return counts(values, total)


def _factors(
    formula: MixedFormula, used: pd.DataFrame
) -> tuple[tuple[Factor, ...], tuple[tuple[FixedDesign, ...], ...]]:
    """One factor for each grouping, its terms beside each other."""
    factors, effects = [], []
    for group in dict.fromkeys(term.group for term in formula.random):
        terms = [term for term in formula.random if term.group == group]
        designs = tuple(fixed_design(term.expression, used) for term in terms)
        codes, levels = group_codes(used, group)
        if len(levels) < 2:
            raise NotEnoughData(
                "A grouping factor has one level: nothing varies between its groups.",
                where=f"column {':'.join(group)}",
                how_many=len(levels),
                fix="Leave the random term out, or give rows of more groups.",
            )
        factors.append(
            Factor(
                ":".join(group),
                codes,
                levels,
                np.column_stack([design.matrix for design in designs]),
                tuple(name for design in designs for name in design.names),
                triangle(tuple(design.matrix.shape[1] for design in designs)),
            )
        )
        effects.append(designs)
    return tuple(factors), tuple(effects)


def group_codes(
    used: pd.DataFrame, group: tuple[str, ...]
) -> tuple[npt.NDArray[np.intp], tuple[object, ...]]:
    """A code from 0 for each row's group, and the groups in sorted order."""
    grouped = used.groupby(list(group), sort=True, observed=True)
    codes = grouped.ngroup().to_numpy(dtype=np.intp)
    first = np.unique(codes, return_index=True)[1]
    named = used.loc[first, list(group)]
    if len(group) == 1:
        return codes, tuple(named.iloc[:, 0].tolist())
    return codes, tuple(named.itertuples(index=False, name=None))


def check_spread(factors: tuple[Factor, ...], given: Counts) -> None:
    """Raise NotEnoughData where every group of a factor has one answer only."""
    for factor in factors:
        answers = np.bincount(factor.codes, weights=given.trials)
        if answers.max() <= 1:
            raise NotEnoughData(
                "Every group has one answer: spread between groups cannot be told from chance.",
                where=f"column {factor.name}",
                how_many=factor.n_groups,
                fix="Leave the random term out, or group by something that several rows share.",
            )
