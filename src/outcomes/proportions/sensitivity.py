"""How strong something unmeasured would have to be to explain a ratio away.

Source: VanderWeele & Ding 2017, Ann Intern Med 167:268-274; for standardised differences
Chinn 2000, Stat Med 19:3127-3131, as used there: RR is about exp(0.91 d).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from outcomes.errors import UsageError

_PER_SD = 0.91
_PER_ERROR = 1.78


@dataclass(frozen=True, slots=True)
class EValue:
    """E-values on the scale of risk ratios, at least 1.

    `estimate`: something unmeasured that goes with both the kind of help and the outcome by
    this ratio each, beyond what was adjusted for, could explain the estimate away; weaker
    could not. `limit`: the same for the limit of the interval nearer to 1; 1 where the
    interval holds 1 already.
    """

    estimate: float
    limit: float


def e_value(ratio: float, low: float | None = None, high: float | None = None) -> EValue:
    """The E-value of a risk ratio, and of its interval where limits are given.

    Raises UsageError unless the ratio and its limits are above 0 and in order.
    """
    ends = [end for end in (low, ratio, high) if end is not None]
    if any(not (math.isfinite(end) and end > 0) for end in ends) or ends != sorted(ends):
        raise UsageError(
            "A ratio or its limits are not above 0 and in order.",
            where="e_value(ratio, low, high)",
            fix="Give a risk ratio with its limits, for example e_value(1.5, 1.1, 2.0).",
        )
    nearer = low if ratio >= 1 else high
    return EValue(_of(ratio), math.nan if nearer is None else _of_limit(ratio, nearer))


def e_value_of_difference(d: float, standard_error: float | None = None) -> EValue:
    """The E-value of a standardised mean difference, by its approximate risk ratio.

    Limits are exp(0.91 d -+ 1.78 SE). An approximation for outcomes that are not rare.
    """
    ratio = math.exp(_PER_SD * d)
    if standard_error is None:
        return e_value(ratio)
    wide = _PER_ERROR * standard_error
    return e_value(ratio, math.exp(_PER_SD * d - wide), math.exp(_PER_SD * d + wide))


def _of(ratio: float) -> float:
    above = ratio if ratio >= 1 else 1 / ratio
    return above + math.sqrt(above * (above - 1))


def _of_limit(ratio: float, limit: float) -> float:
    crosses = limit <= 1 if ratio >= 1 else limit >= 1
    return 1.0 if crosses else _of(limit)
