"""The fixed part of an actor-partner model, and its rows, from a frame of people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.models.design import design
from outcomes.models.dyads.partners import (
    check_pairs,
    number_partners,
    numbers,
    pair_partners,
    require,
    two_roles,
)
from outcomes.models.dyads.units import FIRST, IntArray, Rows
from outcomes.models.formula import complete_rows

FloatArray = npt.NDArray[np.float64]
Coding = Literal["two_intercept", "interaction"]
INTERCEPT, ACTOR, PARTNER = "intercept", "actor", "partner"


@dataclass(frozen=True, slots=True)
class ApimColumns:
    """Columns of an actor-partner model as given; `partner` is None where it was built."""

    couple: str
    role: str
    outcome: str
    actor: str | None
    partner: str | None
    covariates: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """Complete rows of an actor-partner model: n people.

    `base` (n × k) holds the columns of the fixed part before roles are told apart, `labels` (k)
    their names. `n_couples`, `n_complete` (both partners used) and `n_one` count couples.
    """

    couple: IntArray
    role: IntArray
    y: FloatArray
    base: FloatArray
    labels: tuple[str, ...]
    roles: tuple[str, str] | None
    n_rows: int
    dropped: dict[str, int]
    notes: tuple[str, ...]

    @property
    def sizes(self) -> IntArray:
        """People used of each couple."""
        return np.bincount(self.couple)

    @property
    def n_couples(self) -> int:
        """Couples with anybody used."""
        return int((self.sizes > 0).sum())

    @property
    def n_complete(self) -> int:
        """Couples with both partners used."""
        return int((self.sizes == 2).sum())

    def rows(self, fixed: FloatArray) -> Rows:
        """The rows with a fixed part."""
        n = len(self.y)
        nothing = np.zeros((n, 0))
        return Rows(self.couple, self.role, np.zeros(n, dtype=np.intp), self.y, fixed, nothing)

    def swapped(self, y: FloatArray, base: FloatArray, labels: tuple[str, ...]) -> People:
        """The same people with another outcome and other columns."""
        return People(
            self.couple, self.role, y, base, labels, self.roles, self.n_rows, self.dropped, ()
        )


def read_people(
    frame: pd.DataFrame, columns: ApimColumns, roles: Sequence[str] | None, *, told_apart: bool
) -> People:
    """Take the rows with every value, and count the others.

    `told_apart`: the roles are two words that mean the same in every couple.
    """
    given = [columns.couple, columns.role, columns.outcome, *columns.covariates]
    require(frame, [*given, *(name for name in (columns.actor, columns.partner) if name)])
    check_pairs(frame, columns.couple, columns.role)
    work, partner = frame, columns.partner
    if columns.actor is not None and partner is None:
        partner = f"partner's {columns.actor}"
        work = pair_partners(
            frame, columns.actor, couple=columns.couple, role=columns.role, suffix="\0"
        ).rename(columns={f"{columns.actor}\0": partner})
    predictors = [name for name in (columns.actor, partner) if name is not None]
    usable, dropped = complete_rows(work, [*given, *predictors])
    kept = work[usable]
    names = two_roles(kept[columns.role], roles) if told_apart else None
    if names is None:
        role = number_partners(kept[columns.couple], kept[columns.role])
    else:
        role = np.where(kept[columns.role].astype(str).eq(names[0]), 0, 1).astype(np.intp)
    extra = design(kept, list(columns.covariates))
    base = [np.ones(len(kept)), *(numbers(kept, name) for name in predictors)]
    labels = (INTERCEPT, *((ACTOR, PARTNER) if predictors else ()), *extra.columns)
    return People(
        couple=np.asarray(pd.factorize(kept[columns.couple], sort=True)[0], dtype=np.intp),
        role=role,
        y=numbers(kept, columns.outcome),
        base=np.column_stack([*base, extra.matrix]),
        labels=labels,
        roles=names,
        n_rows=len(frame),
        dropped=dropped,
        notes=extra.notes(),
    )


def two_intercepts(people: People) -> tuple[FloatArray, tuple[str, ...]]:
    """Every column once for each role: the coefficients of each role stand alone."""
    first = (people.role == FIRST).astype("float64")
    flags = np.column_stack([first, 1 - first])
    fixed = (people.base[:, :, None] * flags[:, None, :]).reshape(len(first), -1)
    roles = people.roles or ("first", "second")
    return fixed, tuple(f"{label}: {role}" for label in people.labels for role in roles)


def interaction(people: People) -> tuple[FloatArray, tuple[str, ...]]:
    """Every column, and every column times +1 (first role) or -1 (second).

    The first half are means of the two roles, the second half of their differences.
    """
    sign = np.where(people.role == FIRST, 1.0, -1.0)
    fixed = np.column_stack([people.base, people.base * sign[:, None]])
    times = tuple("role" if label == INTERCEPT else f"role:{label}" for label in people.labels)
    return fixed, (*people.labels, *times)


def combination(people: People, coding: Coding, label: str, role: int | None) -> FloatArray:
    """Weights of the coefficients that give one effect of one role (None: of both, equal).

    Returns k or 2k numbers, as many as the fixed part has columns.
    """
    place, k = people.labels.index(label), len(people.labels)
    if people.roles is None:
        found = np.zeros(k)
        found[place] = 1.0
        return found
    found = np.zeros(2 * k)
    if coding == "interaction":
        found[place] = 1.0
        if role is not None:
            found[k + place] = 1.0 if role == FIRST else -1.0
        return found
    for one in (0, 1) if role is None else (role,):
        found[2 * place + one] = 0.5 if role is None else 1.0
    return found
