"""The rates of a report, each with the word whether it may be said.

Prose, records and tables take their visibility from the same place, so that a sentence
never gives away what a table hides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from outcomes.change import ChangeResult
from outcomes.privacy import Policy
from outcomes.showing.disclosure import visible_rates


@dataclass(frozen=True, slots=True)
class Share:
    """One rate: `n` of `n_total` in `group`, with interval; None where it may not be said."""

    group: str
    measure: str
    denominator: str
    definition: str
    n: int | None
    n_total: int | None
    rate: float | None
    low: float | None
    high: float | None
    hidden: bool

    @property
    def empty(self) -> bool:
        """Whether there is nobody the rate could be about."""
        return self.n_total == 0


@dataclass(frozen=True, slots=True)
class Shares:
    """All rates of a change result under one disclosure policy."""

    items: tuple[Share, ...]

    @classmethod
    def of(cls, changes: ChangeResult, policy: Policy) -> Shares:
        """Decide for every rate whether it may be said."""
        flags = visible_rates(changes, policy)
        rows = changes.rates.join(flags.add_prefix("show_"))
        return cls(tuple(_share(row) for row in rows.itertuples()))

    def __iter__(self) -> Iterator[Share]:
        return iter(self.items)

    def get(self, group: str, measure: str, denominator: str) -> Share | None:
        """One rate, or None where the result does not have it."""
        for share in self.items:
            if (share.group, share.measure, share.denominator) == (group, measure, denominator):
                return share
        return None


def _share(row: object) -> Share:
    def of(name: str) -> object:
        return getattr(row, name)

    count, total = bool(of("show_n")), bool(of("show_n_total"))
    both = count and total
    n_total = int(of("n_total")) if total else None  # type: ignore[call-overload]
    known = both and bool(n_total)
    numbers = {
        name: float(of(name)) if known else None  # type: ignore[arg-type]
        for name in ("rate", "low", "high")
    }
    return Share(
        group=str(of("group")),
        measure=str(of("measure")),
        denominator=str(of("denominator")),
        definition=str(of("definition")),
        n=int(of("n")) if count else None,  # type: ignore[call-overload]
        n_total=n_total,
        hidden=not both,
        **numbers,
    )
