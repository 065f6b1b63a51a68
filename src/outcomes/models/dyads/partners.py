"""Who is whose partner: rows of one person each, paired by couple and role."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import UsageError

SUFFIX = "_partner"
IntArray = npt.NDArray[np.intp]


def pair_partners(
    frame: pd.DataFrame,
    columns: str | Sequence[str],
    *,
    couple: str = "couple",
    role: str = "role",
    suffix: str = SUFFIX,
) -> pd.DataFrame:
    """Return the frame with each partner's value beside the own one.

    `frame` has one row for each person; for every name in `columns` a column `<name><suffix>`
    is added: the value of the other person of the same couple, missing where the couple has one
    row. Row order and index stay. Raises UsageError where a couple has more than two rows or
    the same role twice, or a new column is already there.
    """
    names = [columns] if isinstance(columns, str) else list(columns)
    require(frame, [couple, role, *names])
    taken = [name + suffix for name in names if name + suffix in frame.columns]
    if taken:
        raise UsageError(
            "A column for the partner's value is already there.",
            where=f"columns {', '.join(taken)}",
            fix="Give another suffix, or leave the column out.",
        )
    check_pairs(frame, couple, role)
    other = partner_rows(frame[couple])
    added = {}
    for name in names:
        column = frame[name].reset_index(drop=True)
        found = column.reindex(np.where(other < 0, len(frame), other))
        added[name + suffix] = found.set_axis(frame.index)
    return frame.assign(**added)


def partner_rows(couple: pd.Series) -> IntArray:
    """Position of the partner's row for each row, -1 where there is none.

    Rows without a couple have no partner. At most two rows a couple, as `check_pairs` makes sure.
    """
    codes = pd.factorize(couple)[0]
    order = np.argsort(codes, kind="stable")
    found = np.full(len(codes), -1, dtype=np.intp)
    left, right = order[:-1], order[1:]
    same = (codes[left] == codes[right]) & (codes[left] >= 0)
    found[left[same]] = right[same]
    found[right[same]] = left[same]
    return found


def check_pairs(frame: pd.DataFrame, couple: str, role: str, *, within: str | None = None) -> None:
    """Make sure that a couple is two people.

    `within` names what repeats a person's rows (an occasion). Raises UsageError where a couple
    has a third person, or two rows of one role (at one occasion).
    """
    known = frame[[couple, role, *([within] if within else [])]].dropna()
    people = known[[couple, role]].drop_duplicates()
    crowded = int((people.groupby(couple, observed=True).size() > 2).sum())
    if crowded:
        raise UsageError(
            "A couple has more than two people.",
            where=f"columns {couple} and {role}",
            how_many=crowded,
            fix="Give each couple its own name and its two partners one role each.",
        )
    repeated = known.duplicated()
    if repeated.any():
        couples = int(known.loc[repeated, couple].nunique())
        at = "" if within is None else " at one occasion"
        raise UsageError(
            f"A couple has the same role twice{at}.",
            where=f"columns {couple} and {role}" + ("" if within is None else f", {within}"),
            how_many=couples,
            fix="Name the two partners differently (any two words where they cannot be told "
            "apart), and keep one row for each.",
        )


def require(frame: pd.DataFrame, names: Sequence[str]) -> None:
    """Raise UsageError where the frame lacks a column."""
    absent = [name for name in dict.fromkeys(names) if name not in frame.columns]
    if absent:
        raise UsageError(
            f"The frame has no column {', '.join(map(repr, absent))}.",
            where="column names given",
            fix=f"Its columns are {', '.join(map(str, frame.columns))}.",
        )


def two_roles(values: pd.Series, roles: Sequence[str] | None) -> tuple[str, str]:
    """The words of the first and the second partner.

    In the order given, else sorted. Raises UsageError unless there are exactly two.
    """
    there = sorted(map(str, values.dropna().unique()))
    wanted = there if roles is None else [str(word) for word in roles]
    if len(set(wanted)) != 2 or not set(there) <= set(wanted):
        raise UsageError(
            "Partners who are told apart need exactly two roles.",
            where=f"column {values.name}",
            how_many=len(there),
            fix="Give two words, the same in every couple, or say distinguishable=False.",
        )
    return wanted[0], wanted[1]


def number_partners(couple: pd.Series, role: pd.Series) -> IntArray:
    """0 and 1 for the two people of each couple, in the order of their role's word."""
    words = pd.DataFrame({"couple": pd.factorize(couple)[0], "role": role.astype(str).to_numpy()})
    people = words.drop_duplicates().sort_values(["couple", "role"], kind="stable")
    people["place"] = people.groupby("couple").cumcount()
    return np.asarray(words.merge(people, how="left")["place"].to_numpy(), dtype=np.intp)


def numbers(frame: pd.DataFrame, name: str) -> npt.NDArray[np.float64]:
    """A column as numbers. Raises UsageError where it holds something else."""
    column = frame[name]
    if not pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_bool_dtype(column.dtype):
        raise UsageError(
            "The column does not hold numbers.",
            where=f"column {name}",
            fix="Give scores as numbers.",
        )
    return np.asarray(column.to_numpy(dtype="float64", na_value=np.nan))
