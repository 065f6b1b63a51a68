"""Which numbers of people with a risk flag may be said together."""

from __future__ import annotations

from dataclasses import dataclass

from outcomes.instruments import RiskFlags
from outcomes.privacy import Policy
from outcomes.showing.disclosure import releasable


@dataclass(frozen=True, slots=True)
class ShownRisk:
    """People asked about risk, ever flagged, and flagged on their latest form.

    None where a number is hidden: it is small, or a small one follows from it.
    """

    asked: int | None
    ever: int | None
    latest: int | None


def shown_risk(flags: RiskFlags, policy: Policy, n_people: int | None = None) -> ShownRisk:
    """Decide the three numbers together, the flagged first.

    `n_people`: how many people the reader knows the flags are about, so that those never
    asked are not small either.
    """
    asked, ever, latest = _asked(flags), flags.n_people, flags.n_open
    silent = 0 if n_people is None else max(n_people - asked, 0)
    atoms = [silent, asked - ever, ever - latest, latest]
    # The whole is known to the reader from the flow of people, whatever is shown here.
    known = [] if n_people is None else [(True, True, True, True)]
    wanted = [
        (False, False, True, True),
        (False, True, True, True),
        (False, False, False, True),
    ]
    answers = releasable(atoms, [*known, *wanted], policy)[len(known) :]
    numbers = zip((ever, asked, latest), answers, strict=True)
    ever_shown, asked_shown, latest_shown = (n if ok else None for n, ok in numbers)
    return ShownRisk(asked_shown, ever_shown, latest_shown)


def _asked(flags: RiskFlags) -> int:
    """People with an answer to a risk item."""
    return int(flags.people.loc[flags.people["ever"].notna(), "client_id"].nunique())
