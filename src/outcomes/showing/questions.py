"""Which of several shares of the same rows may be shown together.

A hidden count can come back as a difference of shown ones: at least one partner - both
partners = exactly one. Here every share is a set of rows; the smallest sets that can be told
apart are the atoms, and a share is shown only if no small set of interest (a share, its rest,
what two shares have in common or apart, an atom) can be computed from what is shown.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.change.indicators import Indicator
from outcomes.privacy import Policy, hidden

# Residuals of a projection of 0/1 vectors: exact zeros come out near 1e-16, others above 0.1.
_IN_SPAN = 1e-8

Flags = npt.NDArray[np.bool_]


def visible_questions(
    questions: Sequence[Indicator], policy: Policy, mask: Flags | None = None
) -> list[bool]:
    """Whether each share (its count, denominator and rate) may be shown, in order.

    `mask` are the rows of one group; None all. Earlier shares are preferred to later ones.
    """
    if not questions or not policy.suppress:
        return [True] * len(questions)
    chosen = slice(None) if mask is None else mask
    sets = [(one.hits[chosen] & one.base[chosen], one.base[chosen]) for one in questions]
    columns = np.column_stack([part for pair in sets for part in pair])
    if len(columns) == 0:
        return [True] * len(questions)
    patterns, sizes = _atoms(columns)
    dangerous = _dangerous(patterns, sizes, policy)
    basis = np.zeros((0, len(sizes)))
    answers = []
    for place in range(len(questions)):
        wanted = patterns[:, 2 * place : 2 * place + 2].T.astype(float)
        grown = _basis(np.vstack([basis, wanted]))
        safe = not _reachable(dangerous, grown)
        answers.append(safe)
        if safe:
            basis = grown
    return answers


def _atoms(columns: Flags) -> tuple[Flags, npt.NDArray[np.int64]]:
    """Distinct patterns of membership, and how many rows have each."""
    codes = pd.DataFrame(columns).groupby(list(range(columns.shape[1])), sort=True).size()
    patterns = np.array([list(np.atleast_1d(key)) for key in codes.index], dtype=bool)
    return patterns, codes.to_numpy(dtype=np.int64)


def _dangerous(patterns: Flags, sizes: npt.NDArray[np.int64], policy: Policy) -> Flags:
    """Sets of atoms whose size the policy hides, each once."""
    sets = np.unique(patterns.T, axis=0)
    pairs = [(sets & ~one) for one in sets] + [(sets & one) for one in sets]
    found = np.vstack([sets, *pairs, np.eye(len(sizes), dtype=bool)])
    found = np.unique(found, axis=0)
    totals = found @ sizes
    small = np.array([hidden(float(total), policy) for total in totals], dtype=bool)
    return np.asarray(found[small])


def _basis(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    _, weights, directions = np.linalg.svd(rows, full_matrices=False)
    found: npt.NDArray[np.float64] = directions[weights > _IN_SPAN]
    return found


def _reachable(dangerous: Flags, basis: npt.NDArray[np.float64]) -> bool:
    """Whether a dangerous set is a combination of what is shown."""
    if len(dangerous) == 0:
        return False
    sets = dangerous.astype(float)
    return bool((np.abs(sets - sets @ basis.T @ basis).max(axis=1) < _IN_SPAN).any())
