"""Every method of individual change: its card and its arithmetic, by id."""

from __future__ import annotations

from types import MappingProxyType

from outcomes.change.methods import amounts, en, gln, growth, ha, hll, jt, nk, stat
from outcomes.change.methods.model import AMOUNT, ONE_SIDED, Line, Method, Sample

METHODS = MappingProxyType(
    {
        card.id: card
        for card in (
            jt.METHOD,
            gln.METHOD,
            hll.METHOD,
            en.METHOD,
            nk.METHOD,
            ha.METHOD,
            growth.METHOD,
            amounts.ANCHOR,
            amounts.PERCENTAGE,
            stat.METHOD,
        )
    }
)
# The seven that ask whether a change is more than measurement error.
RELIABLE_CHANGE = ("jt", "gln", "hll", "en", "nk", "ha", "hlm")

__all__ = ["AMOUNT", "METHODS", "ONE_SIDED", "RELIABLE_CHANGE", "Line", "Method", "Sample"]
