"""A margin: the largest difference that would not matter, declared before looking."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from outcomes.comparison.margins.policy import margin_policy
from outcomes.errors import UsageError
from outcomes.instruments.model import Instrument
from outcomes.instruments.registry import get


@dataclass(frozen=True, slots=True)
class Margin:
    """`points` of the outcome, how they were chosen (`basis`, `amount`), and on whose word.

    `basis` is "points", "fraction of reliable change" or "standardised difference"; `amount`
    is the number given (points, fraction, d). `scale` is what the amount was multiplied
    with: the reliable change or the standard deviation in points (1 for points).
    """

    points: float
    basis: str
    amount: float
    scale: float
    unit: str
    instrument: str | None
    sources: tuple[str, ...]
    warnings: tuple[str, ...] = ()

    def __float__(self) -> float:
        return self.points

    @property
    def sentence(self) -> str:
        """The margin and where it comes from, in words."""
        said = {
            "points": f"{self.points:g} {self.unit}, given",
            "fraction of reliable change": f"{self.points:.3g} {self.unit}: {self.amount:g} of the "
            f"reliable change of {self.scale:.3g}",
            "standardised difference": f"{self.points:.3g} {self.unit}: d = {self.amount:g} at a "
            f"standard deviation of {self.scale:.3g}",
        }[self.basis]
        return f"Differences of up to {said} either way count as too small to matter."

    def record(self) -> dict[str, Any]:
        """Plain numbers and words, for a manifest."""
        return {
            "points": self.points,
            "basis": self.basis,
            "amount": self.amount,
            "scale": self.scale,
            "unit": self.unit,
            "instrument": self.instrument,
            "sources": list(self.sources),
        }

    def to_frame(self) -> pd.DataFrame:
        """One row."""
        return pd.DataFrame([{**self.record(), "sources": "; ".join(self.sources)}])

    def explain(self) -> str:
        """What a margin is, where this one comes from, and what it does not tell."""
        lines = [
            self.sentence,
            "It has to be declared before anybody looks at the outcomes: a margin chosen "
            "afterwards makes any result equivalent.",
            "What this does not tell: that the amount is right. Half a reliable change is what "
            "cannot be measured in one person, not what does not matter to people.",
            f"Sources: {'; '.join(self.sources)}.",
            *(f"Warning: {text}" for text in self.warnings),
        ]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"Margin({self.sentence})"

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(self.sentence)}</p>"


def margin(
    instrument: str | None = None,
    *,
    points: float | None = None,
    fraction_of_reliable_change: float | None = None,
    d: float | None = None,
    sd: float | None = None,
    reliability: float | None = None,
    source: str | None = None,
    unit: str = "points",
) -> Margin:
    """Declare a margin in points, as a share of the reliable change, or as a difference d.

    Exactly one of the three. A fraction takes the published reliable change of `instrument`,
    or with `sd` and `reliability` the threshold of Jacobson and Truax (1991). d needs `sd`, the
    standard deviation of start scores of a sample other than the one compared, or the
    clinical norm of `instrument`. `source` says who decided it. Raises UsageError where the
    margin cannot be worked out, with what is lacking.
    """
    chosen = _one(points, fraction_of_reliable_change, d)
    found = None if instrument is None else get(instrument)
    basis, amount = chosen
    nobody: tuple[str, ...] = ()
    if basis == "points":
        scale, said, warned = 1.0, nobody, nobody
    elif basis == "fraction of reliable change":
        scale, said, warned = _reliable(found, sd, reliability)
    else:
        scale, said, warned = _spread(found, sd)
    rules = margin_policy()
    usual = rules.reasons.get(basis, "")
    decided = f"decided by: {source}" if source else f"no source given; {usual}".rstrip("; ")
    if source is None:
        warned = (*warned, "Nobody is named who decided this margin: give source=.")
    value = amount * scale
    if found is not None and value > (found.total_max - found.total_min) / 2:
        warned = (*warned, "The margin is more than half of the scale.")
    return Margin(
        value, basis, amount, scale, unit, None if found is None else found.id,
        (decided, *said), warned,
    )  # fmt: skip


def _one(points: float | None, fraction: float | None, d: float | None) -> tuple[str, float]:
    given = {
        "points": points,
        "fraction of reliable change": fraction,
        "standardised difference": d,
    }
    named = {basis: value for basis, value in given.items() if value is not None}
    if len(named) != 1:
        raise UsageError(
            "A margin is given in exactly one way.",
            where="parameters points, fraction_of_reliable_change, d",
            how_many=len(named),
            fix="Give one of the three.",
        )
    basis, value = next(iter(named.items()))
    if not (value > 0 and math.isfinite(value)):
        raise UsageError("A margin is a positive number.", where=f"parameter for {basis}")
    return basis, float(value)


def _reliable(
    instrument: Instrument | None, sd: float | None, reliability: float | None
) -> tuple[float, tuple[str, ...], tuple[str, ...]]:
    """The reliable change in points with its sources."""
    # Imported here: the room of change is large, and margins in points need nothing of it.
    from outcomes.change import jacobson_truax as jt
    from outcomes.change.threshold import Evidence, find_threshold

    if sd is not None and reliability is not None:
        size = jt.s_diff(jt.sem(sd, reliability)) * margin_policy().z
        return size, (jt.SOURCE,), ()
    if instrument is None:
        raise UsageError(
            "A fraction of the reliable change needs an instrument, or sd and reliability.",
            where="parameter instrument",
            fix="Name the instrument, or give sd= and reliability=.",
        )
    if (sd is None) != (reliability is None) or instrument.threshold() is None:
        raise UsageError(
            f"{instrument.name} has no verified reliable change in points."
            if sd is None and reliability is None
            else "sd and reliability go together.",
            where="parameters sd, reliability",
            fix="Give both, from a sample other than the one compared.",
        )
    empty = pd.Series(dtype="float64").to_numpy()
    found = find_threshold(
        Evidence(empty, instrument, False), reliability=None, sd=None, confidence=0.95
    )
    return found.value, found.sources, found.warnings


def _spread(
    instrument: Instrument | None, sd: float | None
) -> tuple[float, tuple[str, ...], tuple[str, ...]]:
    """The standard deviation that d is measured in."""
    if sd is not None:
        if not (sd > 0 and math.isfinite(sd)):
            raise UsageError("A standard deviation is a positive number.", where="parameter sd")
        return float(sd), ("standard deviation: given",), ()
    norms = [] if instrument is None else [
        norm for norm in instrument.norms if norm.role == "clinical" and norm.verified
    ]  # fmt: skip
    if not norms:
        raise UsageError(
            "d needs a standard deviation to become points.",
            where="parameter sd",
            fix="Give sd= of start scores of a comparable sample, not of the one compared.",
        )
    return float(norms[0].sd), (f"standard deviation: {norms[0].source}",), ()
