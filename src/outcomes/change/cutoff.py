"""Where the clinical range ends: a published cut-off, or criterion a, b or c."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.change import jacobson_truax as jt
from outcomes.change.categories import ROUNDING, Flags
from outcomes.change.jacobson_truax import Numbers
from outcomes.change.threshold import Evidence, own_sd, unverified
from outcomes.errors import UsageError
from outcomes.instruments.model import Instrument

CRITERIA = ("a", "b", "c")
OWN_SAMPLE = "start scores of the whole frame, all groups together"
GIVEN = "given"


@dataclass(frozen=True, slots=True)
class Norms:
    """Mean and standard deviation of one population, in points, and their origin."""

    mean: float
    sd: float
    origin: str
    n: int | None = None


@dataclass(frozen=True, slots=True)
class CutoffUsed:
    """The cut-off in points, which side of it is clinical, and where it comes from.

    `rule` is at_or_above, above, at_or_below or below: the test that is true in the
    clinical range. Both are None where there is no cut-off. `end_value` is the end score
    that recovery must be beyond, where a method asks for more than not being clinical.
    """

    value: float | None
    rule: str | None
    clinical: Norms | None = None
    functional: Norms | None = None
    sources: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    end_value: float | None = None

    def beyond(self, post: Numbers, direction: str) -> Flags | None:
        """Who ends beyond `end_value`; None where the cut-off itself decides."""
        if self.end_value is None:
            return None
        better = jt.sign(direction)
        return np.asarray(better * post > better * self.end_value + ROUNDING)


def find_cutoff(
    known: Evidence,
    criterion: str | None,
    direction: str,
    *,
    clinical: Norms | None,
    functional: Norms | None,
) -> CutoffUsed:
    """Choose the cut-off between clinical and functional scores.

    Without a criterion: the published cut-off of the instrument, or none with a warning.
    With criterion a, b or c: from the norms given, else the start scores of the
    whole frame (clinical) and the instrument's norms (functional). A score equal to a
    computed cut-off is still clinical. Raises UsageError where norms are missing.
    """
    if criterion is None:
        if clinical is not None or functional is not None:
            raise UsageError(
                "Norms are given, but not the criterion that uses them.",
                where="parameter criterion",
                fix="Give criterion='a', 'b' or 'c', or leave the norms out.",
            )
        return _published(known.instrument, known.allow_unverified)
    if criterion not in CRITERIA:
        raise UsageError(
            f"Unknown criterion: {criterion!r}.",
            where="parameter criterion",
            fix="Choose 'a', 'b' or 'c', or leave it out for the published cut-off.",
        )
    warnings: tuple[str, ...] = ()
    if clinical is None and criterion != "b":
        spread, warnings = own_sd(known.pre)
        clinical = Norms(float(np.nanmean(known.pre)), spread, OWN_SAMPLE)
    if functional is None and criterion != "a":
        functional, more = _functional_norms(known.instrument, known.allow_unverified)
        warnings += more
    warnings += _check_order(clinical, functional, direction)
    named = (("clinical norms", clinical), ("functional norms", functional))
    return CutoffUsed(
        value=criterion_value(criterion, clinical, functional, direction),
        rule="at_or_above" if direction == "lower" else "at_or_below",
        clinical=clinical,
        functional=functional,
        sources=(jt.SOURCE, *(f"{name}: {norms.origin}" for name, norms in named if norms)),
        warnings=warnings,
    )


def given_norms(mean: float | None, sd: float | None, population: str) -> Norms | None:
    """Norms from two parameters; UsageError where only one of them is given."""
    if mean is None and sd is None:
        return None
    if mean is None or sd is None:
        raise UsageError(
            f"The {population} mean and standard deviation must be given together.",
            where=f"parameters {population}_mean and {population}_sd",
            fix="Give both, from the same sample.",
        )
    if not (np.isfinite(mean) and np.isfinite(sd) and sd > 0):
        raise UsageError(
            f"The {population} mean is not a number or the standard deviation not above zero.",
            where=f"parameters {population}_mean and {population}_sd",
            fix="Give both in points of the score.",
        )
    return Norms(float(mean), float(sd), GIVEN)


def criterion_value(
    criterion: str, clinical: Norms | None, functional: Norms | None, direction: str
) -> float:
    """Compute a, b or c from the norms it needs."""
    if criterion == "a" and clinical is not None:
        return jt.cutoff_a(clinical.mean, clinical.sd, direction)
    if criterion == "b" and functional is not None:
        return jt.cutoff_b(functional.mean, functional.sd, direction)
    if clinical is None or functional is None:
        raise ValueError(criterion)
    return jt.cutoff_c(clinical.mean, clinical.sd, functional.mean, functional.sd)


def _published(instrument: Instrument | None, allow_unverified: bool) -> CutoffUsed:
    """Take the instrument's cut-off, or none."""
    fact = None if instrument is None else instrument.cutoff(allow_unverified=allow_unverified)
    if instrument is None or fact is None:
        whose = "no instrument is named" if instrument is None else f"{instrument.name} has none"
        return CutoffUsed(
            None,
            None,
            warnings=(
                f"There is no verified published cut-off ({whose}), so nobody is called "
                "recovered or harmed: only improved, unchanged and deteriorated.",
            ),
        )
    warnings = () if fact.verified else (unverified("cut-off", instrument),)
    origin = f"cut-off: {fact.meaning}; {fact.source}"
    return CutoffUsed(float(fact.value), str(fact.clinical), sources=(origin,), warnings=warnings)


def _functional_norms(
    instrument: Instrument | None, allow_unverified: bool
) -> tuple[Norms, tuple[str, ...]]:
    """Take the first verified functional norms of the instrument."""
    norms = [] if instrument is None else [n for n in instrument.norms if n.role == "functional"]
    norms = [n for n in norms if n.mean is not None and n.sd is not None]
    norms = [n for n in norms if n.verified or allow_unverified]
    # Verified first; the order of the file decides among equals.
    norms.sort(key=lambda norm: not norm.verified)
    if instrument is None or not norms:
        raise UsageError(
            "Criteria b and c need the mean and standard deviation of a functional population.",
            where="parameters functional_mean and functional_sd",
            fix="Give both, use criterion='a', or leave the criterion out.",
        )
    first = norms[0]
    warnings = () if first.verified else (unverified("functional norm", instrument),)
    origin = f"{first.population}, {first.source}"
    return Norms(float(first.mean), float(first.sd), origin, getattr(first, "n", None)), warnings


def _check_order(
    clinical: Norms | None, functional: Norms | None, direction: str
) -> tuple[str, ...]:
    """Refuse given norms that contradict the direction; warn of a sample that does."""
    if clinical is None or functional is None:
        return ()
    if jt.sign(direction) * (functional.mean - clinical.mean) > 0:
        return ()
    if clinical.origin == GIVEN and functional.origin == GIVEN:
        raise UsageError(
            f"With a {direction} score better, the functional mean must be on the better "
            "side of the clinical mean; the norms given say the opposite.",
            where="parameters direction, clinical_mean and functional_mean",
            fix="Check the direction, and that the norms are not swapped.",
        )
    return (
        "The start scores of this sample are on average no worse than the functional norm: "
        "a cut-off between the two populations means little here.",
    )
