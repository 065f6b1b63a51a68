"""Which counts may be shown together, so that no small count follows from the others.

A small count is not safe because it is hidden: recovered = reliably better - improved, and
those without an end score = started - paired. Here every number of a group is a sum of the
same atoms (who recovered, who improved, ...); a number is shown only if no set of atoms
whose count is small can be computed from what is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.change import CATEGORIES, ChangeResult, is_clinical
from outcomes.privacy import Policy, hidden

# Residuals of a projection of 0/1 vectors: exact zeros come out near 1e-16, others above 0.1.
_IN_SPAN = 1e-8
_MISSING = "missing"
_MEASURES = {
    **{name: (name,) for name in CATEGORIES},
    "reliable_improvement": ("recovered", "improved"),
    "reliable_deterioration": ("deteriorated", "harmed"),
    "reliable_recovery": ("recovered",),
    "clinical_at_start": CATEGORIES,
    "healthy_at_start": CATEGORIES,
}
# What readers need most comes first, since each number shown may forbid a later one.
_PRIORITY = ("reliable_improvement", "reliable_deterioration", "", "clinical_at_start", *CATEGORIES)

Flags = npt.NDArray[np.bool_]


def releasable(
    atoms: Sequence[int], quantities: Sequence[Sequence[bool]], policy: Policy
) -> list[bool]:
    """Which sums of atoms may be shown, decided one after the other.

    `atoms` are disjoint counts of people; each of `quantities` says which atoms it adds
    up. A quantity is refused if, with those accepted before it, some set of atoms with a
    count that the policy hides can be computed by adding and subtracting. Counts known to
    be zero are used as well, since nobody can be fewer than none. Work grows with
    2 ** len(atoms).
    """
    values = np.asarray(atoms)
    subsets = np.array(list(product((0.0, 1.0), repeat=len(values))))
    totals = subsets @ values
    small = np.array([hidden(abs(round(total)), policy) for total in totals])
    accepted: list[Sequence[bool]] = []
    answers = []
    for quantity in quantities:
        answers.append(_safe(np.array([*accepted, quantity], dtype=float), subsets, totals, small))
        if answers[-1]:
            accepted.append(quantity)
    return answers


def visible_rates(result: ChangeResult, policy: Policy) -> pd.DataFrame:
    """For each row of `result.rates`: may its count `n` be shown, and its `n_total`.

    Boolean columns n and n_total, with the index of `result.rates`. A rate or interval
    may be shown only where both are true. Within a group all rows are decided together.
    """
    rates = result.rates
    flags = pd.DataFrame(True, index=rates.index, columns=["n", "n_total"])
    cells = _cells(result)
    for name, rows in rates.groupby("group", sort=False):
        atoms = cells[cells["group"] == name]
        asked = dict.fromkeys(_asked(rows))
        sums = [[_within(part, atom) for atom in atoms.itertuples()] for part in asked]
        answers = dict(zip(asked, releasable(atoms["n"].tolist(), sums, policy), strict=True))
        for row in rows.itertuples():
            flags.loc[row.Index, "n"] = answers[_key(row.measure, row.denominator)]
            flags.loc[row.Index, "n_total"] = answers[_key("", row.denominator)]
    return flags


def visible_steps(counts: Sequence[int], policy: Policy, *, anchors: Sequence[int] = ()) -> Flags:
    """Which counts of a narrowing (each a part of the one before) may be shown.

    The last is decided first, then the positions in `anchors`, the first, and the others
    from the end backwards; two counts that differ by few people are not both shown.
    """
    lost = [a - b for a, b in zip(counts, [*counts[1:], 0], strict=True)]
    sums = [[place >= start for place in range(len(counts))] for start in range(len(counts))]
    order = dict.fromkeys([len(counts) - 1, *anchors, 0, *reversed(range(len(counts)))])
    answers = releasable(lost, [sums[place] for place in order], policy)
    found = dict(zip(order, answers, strict=True))
    return np.array([found[place] for place in range(len(counts))])


def visible_flow(flow: pd.DataFrame, arms: Sequence[str], policy: Policy) -> pd.DataFrame:
    """For each row of a cohort's flow: may `persons` and `couples` be shown.

    Boolean columns persons and couples, with the index of `flow`; rows of arms not asked
    for are False. "all" is hidden where an arm is, or where what the arms leave over is
    small; before the step that keeps one episode a person may stand in two arms, so that
    what the arms leave over is no group of people there.
    """
    flags = pd.DataFrame(False, index=flow.index, columns=["persons", "couples"])
    for what in flags.columns:
        wide = flow.pivot_table(index="step", columns="arm", values=what, sort=False)
        wide = wide.astype("int64")
        started = list(wide.index).index("start_score") - 1 if "start_score" in wide.index else 0
        anchors = [max(started, 0)]
        seen = {arm: visible_steps(wide[arm].tolist(), policy, anchors=anchors) for arm in arms}
        if "all" in wide:
            every = np.all([*seen.values()], axis=0)
            every &= visible_steps(wide["all"].tolist(), policy, anchors=anchors)
            single = list(wide.index).index("first") if "first" in wide.index else 0
            rest = (wide["all"] - wide[list(arms)].sum(axis=1)).tolist()[single:]
            every[single:] &= visible_steps(rest, policy, anchors=[max(anchors[0] - single, 0)])
            seen["all"] = every
        for arm, answers in seen.items():
            rows = flow.index[flow["arm"] == arm]
            flags.loc[rows, what] = answers
    return flags


def _safe(shown: npt.NDArray[np.float64], subsets: Flags, totals: Flags, small: Flags) -> bool:
    """Whether nothing small lies in the span of what is shown and what is known to be zero."""
    while True:
        _, sizes, basis = np.linalg.svd(shown, full_matrices=False)
        basis = basis[sizes > _IN_SPAN]
        known = np.abs(subsets - subsets @ basis.T @ basis).max(axis=1) < _IN_SPAN
        if (known & small).any():
            return False
        zeros = subsets[known & (totals == 0)].max(axis=0) > 0
        units = np.eye(subsets.shape[1])[zeros]
        if len(units) == 0 or np.linalg.matrix_rank(np.vstack([basis, units])) == len(basis):
            return True
        shown = np.vstack([basis, units])


def _cells(result: ChangeResult) -> pd.DataFrame:
    """group, category, clinical, n: everybody of a result, split as finely as its rates can."""
    frame = result.frame
    if result.by is None:
        groups = pd.Series("all", index=frame.index)
    else:
        groups = frame[result.by].astype("string").fillna("not stated")
    clinical = np.zeros(len(frame), dtype=bool)
    splits: tuple[bool, ...] = (False,)
    if result.cutoff is not None and result.cutoff_rule is not None:
        scores = frame[result.pre].to_numpy(dtype="float64", na_value=np.nan)
        clinical = is_clinical(scores, result.cutoff, result.cutoff_rule)
        splits = (False, True)
    keys = pd.DataFrame(
        {"group": groups, "category": frame["category"].astype(str), "clinical": clinical}
    )
    counts = keys.groupby(["group", "category", "clinical"]).size()
    rows = [
        (group, category, flag, int(counts.get((group, category, flag), 0)))
        for group in result.rates["group"].unique()
        for category in CATEGORIES
        for flag in splits
        if (category, flag) not in (("recovered", False), ("harmed", True)) or len(splits) == 1
    ]
    return pd.DataFrame(rows, columns=["group", "category", "clinical", "n"])


def _asked(rows: pd.DataFrame) -> list[tuple[str, bool, bool]]:
    """The sums a group's rates show, the most wanted first; "" stands for the denominator."""
    pairs = list(zip(rows["measure"], rows["denominator"], strict=True))
    pairs += [("", denominator) for denominator in rows["denominator"].unique()]
    rank = {name: place for place, name in enumerate(_PRIORITY)}
    pairs.sort(key=lambda pair: (pair != ("", "paired"), rank.get(pair[0], len(rank)), pair[1]))
    return [_key(*pair) for pair in pairs]


def _key(measure: str, denominator: str) -> tuple[str, bool, bool]:
    """A sum as (measure, only with both scores, only clinical at the start)."""
    clinical = denominator.startswith("clinical") or measure == "clinical_at_start"
    paired = denominator in ("paired", "clinical at start")
    return measure, paired, clinical


def _within(part: tuple[str, bool, bool], atom: object) -> bool:
    measure, paired, clinical = part
    category = getattr(atom, "category", _MISSING)
    if measure == "healthy_at_start" and getattr(atom, "clinical", False):
        return False
    return (
        category in _MEASURES.get(measure, CATEGORIES)
        and not (paired and category == _MISSING)
        and not (clinical and not getattr(atom, "clinical", False))
    )
