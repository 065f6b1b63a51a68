"""Every method and criterion on the same people, in one pass, as small integers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from outcomes.change import jacobson_truax as jt
from outcomes.change.categories import (
    CATEGORIES,
    MISSING,
    UNCHANGED,
    Flags,
    is_clinical,
    moved_along,
)
from outcomes.change.cutoff import CutoffUsed
from outcomes.change.decide import Decision
from outcomes.change.jacobson_truax import Numbers

Codes = npt.NDArray[np.int8]
# Rows worked on at a time: the arrays of one block stay in the processor's cache.
BLOCK = 16384


@dataclass(frozen=True, slots=True, eq=False)
class Crossing:
    """Whom a cut-off lets recover (`out`) or be harmed (`into`), within one block."""

    out: Flags
    into: Flags


def classify_all(
    pre: Numbers,
    post: Numbers,
    decisions: Mapping[str, Decision],
    cutoffs: Mapping[tuple[str, str], CutoffUsed],
    direction: str,
) -> Codes:
    """Positions in CATEGORIES, (method and criterion, people), in the order of `cutoffs`.

    `decisions` by method, `cutoffs` by (method, criterion); cut-offs that are the same object
    are tested once. The same as `classify` for each, without a frame for any.
    """
    codes = np.empty((len(cutoffs), len(pre)), dtype=np.int8)
    slopes = {
        name: jt.sign(direction) * decision.index(pre, post)
        for name, decision in decisions.items()
        if decision.fit is not None
    }
    for first in range(0, len(pre), BLOCK):
        rows = slice(first, first + BLOCK)
        x, y = pre[rows], post[rows]
        missing = np.isnan(y - x)
        lost = missing if missing.any() else None
        moves: dict[str, tuple[Flags, Flags, Codes]] = {}
        for name, decision in decisions.items():
            index = slopes[name][rows] if name in slopes else None
            moves[name] = _moves(x, y, decision, direction, index)
        crossings: dict[int, Crossing] = {}
        for place, ((name, _), line) in enumerate(cutoffs.items()):
            if id(line) not in crossings:
                crossings[id(line)] = _crossing(x, y, line, direction)
            crossing = crossings[id(line)]
            better, worse, base = moves[name]
            out = codes[place, rows]
            np.subtract(base, (better & crossing.out).view(np.int8), out=out)
            out += (worse & crossing.into).view(np.int8)
            if lost is not None:
                out[lost] = MISSING
    return codes


def _moves(
    pre: Numbers, post: Numbers, decision: Decision, direction: str, index: Numbers | None
) -> tuple[Flags, Flags, Codes]:
    """Better, worse, and the code before any cut-off (missing slopes are set apart)."""
    if decision.line is not None:
        better, worse = moved_along(pre, post, decision.line, direction)
    elif index is not None:
        better, worse = index > decision.threshold.value, -index > decision.threshold.value
    else:
        raise ValueError("a method without line or slopes cannot be compared")
    base = worse.view(np.int8) - better.view(np.int8)
    base += np.int8(UNCHANGED)
    if index is not None:
        base[np.isnan(index)] = MISSING
    return better, worse, base


def _crossing(pre: Numbers, post: Numbers, line: CutoffUsed, direction: str) -> Crossing:
    """Who left and who entered the clinical range; nobody without a cut-off."""
    if line.value is None or line.rule is None:
        nobody = np.zeros(len(pre), dtype=bool)
        return Crossing(nobody, nobody)
    start = is_clinical(pre, line.value, line.rule)
    end = is_clinical(post, line.value, line.rule)
    beyond = line.beyond(post, direction)
    return Crossing(start & (~end if beyond is None else beyond), ~start & end)


def tallies(codes: Codes, groups: Sequence[Flags | None]) -> npt.NDArray[np.intp]:
    """People by (combination, group, category); a group of None is everybody."""
    found = np.empty((len(codes), len(groups), len(CATEGORIES)), dtype=np.intp)
    for place, row in enumerate(codes):
        for which, mask in enumerate(groups):
            found[place, which] = _counts(row if mask is None else row[mask])
    return found


def _counts(codes: Codes) -> npt.NDArray[np.intp]:
    """How often each category occurs; comparing bytes is faster than counting integers."""
    return np.array([np.count_nonzero(codes == code) for code in range(len(CATEGORIES))])


def agreement(one: Codes, two: Codes) -> tuple[float, float, int]:
    """Share of people in the same category, Cohen's kappa, and people with both.

    Cohen 1960, Educ Psychol Meas 20:37-46. Only people whom both methods classify; kappa is
    NaN where agreement by chance is certain.
    """
    size = len(CATEGORIES)
    joint = np.array(
        [[np.count_nonzero((one == i) & (two == j)) for j in range(size)] for i in range(size)],
        dtype=np.float64,
    )[:MISSING, :MISSING]
    n = joint.sum()
    if n == 0:
        return float("nan"), float("nan"), 0
    same = float(np.trace(joint) / n)
    chance = float(joint.sum(axis=1) @ joint.sum(axis=0) / n**2)
    kappa = (same - chance) / (1 - chance) if chance < 1 else float("nan")
    return same, kappa, int(n)
