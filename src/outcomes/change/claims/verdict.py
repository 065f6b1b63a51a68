"""What an interval says about a claimed rate, and how many cases it would take to say more."""

from __future__ import annotations

import math
from enum import StrEnum

from outcomes.errors import UsageError
from outcomes.proportions import wilson

# Above this a practice would never get an answer; a search beyond it has no reader.
_MOST = 10_000_000


class ClaimVerdict(StrEnum):
    """What the data say about a claimed rate."""

    COMPATIBLE = "compatible"
    BELOW = "below"
    ABOVE = "above"
    CANNOT_TELL = "cannot tell"


def claimed_range(claim: float | tuple[float, float]) -> tuple[float, float]:
    """The claim as a range of shares. Raises UsageError unless 0 <= low <= high <= 1."""
    low, high = claim if isinstance(claim, tuple | list) else (claim, claim)
    if not 0 <= low <= high <= 1:
        raise UsageError(
            "The claim is not a share or a range of shares from 0 to 1.",
            where="parameter claim",
            fix="Give claim=(0.70, 0.75), or claim=0.70.",
        )
    return float(low), float(high)


def judge(low: float, high: float, claim: tuple[float, float], margin: float) -> ClaimVerdict:
    """Judge an interval against a claim.

    below: the whole interval is below the claim. above: above it. compatible: it overlaps the
    claim and lies within `margin` of it, so that rates far from the claim are excluded. Else,
    and without an interval: cannot tell.
    """
    if math.isnan(low) or math.isnan(high):
        return ClaimVerdict.CANNOT_TELL
    if high < claim[0]:
        return ClaimVerdict.BELOW
    if low > claim[1]:
        return ClaimVerdict.ABOVE
    if low >= claim[0] - margin and high <= claim[1] + margin:
        return ClaimVerdict.COMPATIBLE
    return ClaimVerdict.CANNOT_TELL


def cases_to_tell(
    rate: float,
    claim: tuple[float, float],
    margin: float,
    *,
    effect: float = 1.0,
    confidence: float = 0.95,
) -> int | None:
    """Fewest cases at which, with the same rate, Wilson's interval would settle the claim.

    A rate outside the claim: the interval would exclude the claim. Inside: it would lie
    within `margin` of it. Times `effect`, the design effect, rounded up. None where the rate
    is unknown, or equals an end of the claim so closely that no sample would do. Exact
    search: at a fixed rate Wilson's limits move towards it as the number grows.
    """
    if math.isnan(rate):
        return None

    def settled(n: int) -> bool:
        low, high = wilson(min(rate * n, n), n, confidence)
        verdict = judge(low, high, claim, margin)
        outside = rate < claim[0] or rate > claim[1]
        if outside:
            return verdict in (ClaimVerdict.BELOW, ClaimVerdict.ABOVE)
        return verdict is ClaimVerdict.COMPATIBLE

    top = 1
    while not settled(top):
        top *= 2
        if top > _MOST:
            return None
    bottom = top // 2
    while top - bottom > 1:
        middle = (top + bottom) // 2
        if settled(middle):
            top = middle
        else:
            bottom = middle
    return math.ceil(top * effect)
