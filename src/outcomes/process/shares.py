"""Shares with intervals, and what a reader could work out from them.

A share is made of atoms: disjoint counts of people (in the top range, below the alarm value,
no answer). Each share names the atoms of its cases and of its base, so that `showing/` can decide
for all shares of a family together which may be seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.proportions import design_effect, wilson

SHARE_COLUMNS = [
    "group",
    "family",
    "measure",
    "label",
    "n",
    "n_total",
    "rate",
    "low",
    "high",
    "n_effective",
    "counted",
    "people",
    "people_total",
    "cases",
    "base",
    "definition",
]
ATOM_COLUMNS = ["group", "family", "atom", "people"]


@dataclass(frozen=True, slots=True)
class Asked:
    """One share to be counted: of the rows whose atom is in `base`, those in `cases`."""

    measure: str
    label: str
    cases: tuple[str, ...]
    base: tuple[str, ...]
    definition: str


@dataclass(frozen=True, slots=True)
class Counted:
    """Rows of one group and family: an atom for each row, who it is about, and their cluster."""

    group: str
    family: str
    unit: str
    atoms: npt.NDArray[np.str_]
    people: npt.NDArray[np.object_]
    clusters: npt.NDArray[np.object_]


def shares(
    rows: Counted, asked: Sequence[Asked], confidence: float
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Rows of `SHARE_COLUMNS` for each share asked, and of `ATOM_COLUMNS` for each atom.

    Wilson 1927 intervals on n / design effect (Kish 1965), the clusters of `rows` being those who
    are not independent; a share of nobody is NaN, never zero.
    """
    names = list(dict.fromkeys(atom for one in asked for atom in one.base))
    found = [_share(rows, one, confidence) for one in asked]
    atoms: list[dict[str, object]] = [
        {
            "group": rows.group,
            "family": rows.family,
            "atom": name,
            "people": _people(rows, rows.atoms == name),
        }
        for name in names
    ]
    return found, atoms


def _share(rows: Counted, one: Asked, confidence: float) -> dict[str, object]:
    base = np.isin(rows.atoms, one.base)
    cases = np.isin(rows.atoms, one.cases)
    n, total = int(cases.sum()), int(base.sum())
    codes = pd.factorize(rows.clusters[base])[0]
    effect = design_effect(cases[base], codes.astype(np.intp))
    low, high = wilson(n / effect, total / effect, confidence)
    return {
        "group": rows.group,
        "family": rows.family,
        "measure": one.measure,
        "label": one.label,
        "n": n,
        "n_total": total,
        "rate": n / total if total else np.nan,
        "low": low,
        "high": high,
        "n_effective": total / effect,
        "counted": rows.unit,
        "people": _people(rows, cases),
        "people_total": _people(rows, base),
        "cases": one.cases,
        "base": one.base,
        "definition": one.definition,
    }


def _people(rows: Counted, mask: npt.NDArray[np.bool_]) -> int:
    return int(pd.unique(rows.people[mask]).size)


def share_frame(rows: list[dict[str, object]]) -> pd.DataFrame:
    """`SHARE_COLUMNS` in order, also where there is no row."""
    return pd.DataFrame(rows, columns=SHARE_COLUMNS)


def atom_frame(rows: list[dict[str, object]]) -> pd.DataFrame:
    """`ATOM_COLUMNS` in order, also where there is no row."""
    return pd.DataFrame(rows, columns=ATOM_COLUMNS)
