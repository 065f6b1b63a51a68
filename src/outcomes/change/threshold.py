"""How much change is more than measurement error: given, published, or the sample's own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.change import jacobson_truax as jt
from outcomes.change.jacobson_truax import Numbers
from outcomes.change.policy import change_policy
from outcomes.errors import InstrumentError, NotEnoughData, UsageError
from outcomes.instruments.model import Instrument, ReliableChange
from outcomes.proportions import critical_value

PUBLISHED = "published"
# By whether the SD and the reliability were given.
BASES = {
    (True, True): "given",
    (True, False): "given SD, published reliability",
    (False, True): "own sample, given reliability",
    (False, False): "own sample, published reliability",
}


@dataclass(frozen=True, slots=True)
class Threshold:
    """The reliable-change threshold in points, and where it comes from.

    `rule` is "at_least" or "exceeds". sd, sem, s_diff and reliability are None for a
    published threshold, which is given in points and not computed here.
    """

    value: float
    rule: str
    basis: str
    sd: float | None = None
    sem: float | None = None
    s_diff: float | None = None
    reliability: float | None = None
    sources: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a threshold or a cut-off may be taken from when it is not given.

    `pre` are all start scores of the frame, all groups together; facts of the instrument
    that nobody verified count only with `allow_unverified`.
    """

    pre: Numbers
    instrument: Instrument | None
    allow_unverified: bool


def find_direction(direction: str | None, instrument: Instrument | None) -> str:
    """Return the direction given or the instrument's; there is no default.

    Raises UsageError where neither is there, or where the two contradict each other.
    """
    if direction is not None:
        jt.sign(direction)
    if instrument is None:
        if direction is None:
            raise UsageError(
                "It is not said whether a lower or a higher score is better.",
                where="parameter direction",
                fix="Give direction='lower' or direction='higher', or name the instrument.",
            )
        return direction
    if direction is not None and direction != instrument.direction:
        raise UsageError(
            f"direction={direction!r} contradicts the instrument: for {instrument.name}, "
            f"a {instrument.direction} score is better.",
            where="parameter direction",
            fix="Leave direction out, or recode the scores to the instrument's own scale.",
        )
    return str(instrument.direction)


def find_threshold(
    known: Evidence, *, reliability: float | None, sd: float | None, confidence: float
) -> Threshold:
    """Choose the reliable-change threshold.

    The published one of the instrument, unless `sd` or `reliability` is given or there
    is none; then z * sqrt(2) * SD * sqrt(1 - r), the missing part taken from the start
    scores of the whole frame (SD) or from the instrument (r). Raises UsageError
    or InstrumentError naming what to give.
    """
    instrument = known.instrument
    if instrument is not None and sd is None and reliability is None:
        published = instrument.threshold(allow_unverified=known.allow_unverified)
        if published is not None:
            return _published(published, instrument, confidence)
    return measured(known, reliability=reliability, sd=sd, confidence=confidence)


def measured(
    known: Evidence, *, reliability: float | None, sd: float | None, confidence: float
) -> Threshold:
    """Compute the threshold of Jacobson and Truax, and with it the measurement error.

    As `find_threshold`, but never the published one: the other methods need the SD and the
    reliability themselves.
    """
    instrument = known.instrument
    sources: tuple[str, ...] = (jt.SOURCE,)
    warnings: tuple[str, ...] = ()
    if reliability is None:
        coefficient, source, warnings = _published_reliability(instrument, known.allow_unverified)
        sources += (source,)
    else:
        coefficient = reliability
    if sd is None:
        spread, few = own_sd(known.pre)
        warnings += few
    else:
        spread = sd
    error = jt.sem(spread, coefficient)
    difference = jt.s_diff(error)
    return Threshold(
        value=critical_value(confidence) * difference,
        rule="exceeds",
        basis=BASES[(sd is not None, reliability is not None)],
        sd=spread,
        sem=error,
        s_diff=difference,
        reliability=coefficient,
        sources=sources,
        warnings=warnings,
    )


def own_sd(pre: Numbers) -> tuple[float, tuple[str, ...]]:
    """Return the standard deviation (n - 1) of the start scores, with a warning where few."""
    there = pre[~np.isnan(pre)]
    spread = float(there.std(ddof=1)) if len(there) > 1 else 0.0
    if spread == 0:
        raise NotEnoughData(
            "The start scores have no spread of their own.",
            how_many=len(there),
            fix="Give sd=, the standard deviation of a comparable clinical sample.",
        )
    if len(there) < change_policy().minimum_own_sample:
        return spread, (f"The sample's own statistics rest on only {len(there)} start scores.",)
    return spread, ()


def unverified(what: str, instrument: Instrument) -> str:
    """Word the warning about a fact that nobody has read at its source."""
    return f"The {what} of {instrument.name} is not verified; it was used because asked for."


def _published(fact: ReliableChange, instrument: Instrument, confidence: float) -> Threshold:
    """Take a published threshold as it is, and say where it differs from what was asked."""
    warnings = []
    if not np.isclose(fact.confidence, confidence):
        warnings.append(
            f"The published threshold of {instrument.name} was made for "
            f"{100 * fact.confidence:g} % confidence, not {100 * confidence:g} %."
        )
    if not fact.verified:
        warnings.append(unverified("reliable-change threshold", instrument))
    return Threshold(
        value=float(fact.value),
        rule=str(fact.rule),
        basis=PUBLISHED,
        sources=(f"threshold: {fact.source}",),
        warnings=tuple(warnings),
    )


def _published_reliability(
    instrument: Instrument | None, allow_unverified: bool
) -> tuple[float, str, tuple[str, ...]]:
    """Reliability, source and warnings, from the instrument's facts."""
    if instrument is None:
        raise UsageError(
            "Reliable change needs the reliability of the scores.",
            where="parameter reliability",
            fix="Give reliability=, for example Cronbach's alpha, or name the instrument.",
        )
    fact = instrument.reliability_value(allow_unverified=allow_unverified)
    if fact is None:
        raise InstrumentError(
            f"{instrument.name} has neither a verified reliable-change threshold nor a "
            "verified reliability.",
            where=f"instrument {instrument.id}",
            fix="Give reliability= (and sd= where known), or allow_unverified=True.",
        )
    warnings = () if fact.verified else (unverified("reliability", instrument),)
    return float(fact.value), f"reliability ({fact.kind}): {fact.source}", warnings
