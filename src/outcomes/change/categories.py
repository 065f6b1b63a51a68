"""What became of each person: one of six categories, from two scores and two limits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from outcomes.change.jacobson_truax import Numbers, sign
from outcomes.change.methods.model import Line

CATEGORIES = ("recovered", "improved", "unchanged", "deteriorated", "harmed", "missing")
RECOVERED, IMPROVED, UNCHANGED, DETERIORATED, HARMED, MISSING = range(6)

Flags = npt.NDArray[np.bool_]

# Scores and thresholds are multiples of simple fractions; a difference below this is
# rounding in the last binary digits (12.2 - 6.2 is 5.999999999999999), not change.
ROUNDING = 1e-9


def passes(gain: Numbers, threshold: Numbers | float, rule: str) -> Flags:
    """Whether a gain reaches the threshold.

    "at_least": equal counts (published thresholds in whole points, PHQ-9 >= 6).
    "exceeds": equal does not count (an index must be larger than 1.96). A missing
    gain does not pass.
    """
    found: Flags = (
        gain >= threshold - ROUNDING if rule == "at_least" else gain > (threshold + ROUNDING)
    )
    return found


def is_clinical(scores: Numbers, cutoff: float, rule: str) -> Flags:
    """Whether a score is on the clinical side of the cut-off.

    `rule` is at_or_above, above, at_or_below or below; a missing score is not clinical.
    """
    found: Flags
    if rule == "at_or_above":
        found = scores >= cutoff - ROUNDING
    elif rule == "above":
        found = scores > cutoff + ROUNDING
    elif rule == "at_or_below":
        found = scores <= cutoff + ROUNDING
    elif rule == "below":
        found = scores < cutoff - ROUNDING
    else:
        raise ValueError(rule)
    return found


def categorise(
    pre: Numbers,
    post: Numbers,
    *,
    direction: str,
    threshold: float,
    threshold_rule: str,
    cutoff: float | None = None,
    cutoff_rule: str | None = None,
) -> npt.NDArray[np.int8]:
    """Positions in `CATEGORIES`, one for each pair of scores, by one threshold in points.

    recovered: clinical at the start, not at the end, and reliably better. Somebody who
    was never clinical cannot recover, and one who crosses the cut-off by less than the
    threshold is unchanged. harmed: not clinical at the start, clinical at the end, and
    reliably worse. Without a cut-off nobody is recovered or harmed. Arrays of equal
    length; a missing score on either side gives missing.
    """
    gain = sign(direction) * (post - pre)
    better = passes(gain, threshold, threshold_rule)
    worse = passes(-gain, threshold, threshold_rule)
    at_start = at_end = None
    if cutoff is not None and cutoff_rule is not None:
        at_start = is_clinical(pre, cutoff, cutoff_rule)
        at_end = is_clinical(post, cutoff, cutoff_rule)
    return combine(better, worse, np.isnan(gain), at_start=at_start, at_end=at_end)


def moved_along(pre: Numbers, post: Numbers, line: Line, direction: str) -> tuple[Flags, Flags]:
    """Who is reliably better and who reliably worse by a method's line.

    The comparison is made in points, so that a computed threshold and the index agree at
    the boundary. Somebody whose score did not move has not changed by any percentage.
    """
    away = sign(direction) * (post - line.expected(pre))
    half = line.critical * line.scale(pre)
    better, worse = passes(away, half, line.rule), passes(-away, half, line.rule)
    if line.relative:
        better &= away > ROUNDING
        worse &= away < -ROUNDING
    return better, worse


def combine(
    better: Flags,
    worse: Flags,
    missing: Flags,
    *,
    at_start: Flags | None = None,
    at_end: Flags | None = None,
    beyond: Flags | None = None,
) -> npt.NDArray[np.int8]:
    """Positions in `CATEGORIES` from who moved and who is clinical at the start and end.

    `beyond`, where given, says whose end score is out of the clinical range with
    confidence (Hageman and Arrindell); else whoever is not clinical at the end is.
    """
    # unchanged 2, better 1, worse 3; recovery takes one more off, harm adds one.
    codes = worse.view(np.int8) - better.view(np.int8)
    codes += np.int8(UNCHANGED)
    if at_start is not None and at_end is not None:
        out = ~at_end if beyond is None else beyond
        codes -= (better & at_start & out).view(np.int8)
        codes += (worse & ~at_start & at_end).view(np.int8)
    codes[missing] = MISSING
    return codes
