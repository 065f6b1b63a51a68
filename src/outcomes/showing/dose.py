"""Which numbers by number of sessions may be shown, so that no small one follows from others."""

from __future__ import annotations

import pandas as pd

from outcomes.models.dose import DoseResult
from outcomes.privacy import Policy, hidden
from outcomes.showing.disclosure import releasable

MEASURES = {
    "reliable_improvement": "Reliably better, of those with both scores",
    "reliable_recovery": "Recovered, of those in the clinical range at the start",
    "planned_ending": "Ended as agreed, of all",
}
# What each measure shows: the flags of its base and of its cases. In the order of decision.
_ASKED: dict[str, tuple[str | None, str]] = {
    "reliable_improvement": ("paired", "better"),
    "reliable_recovery": ("clinical", "recovered"),
    "planned_ending": (None, "planned"),
}
_FLAGS = ["paired", "better", "clinical", "recovered", "planned"]

Seen = dict[tuple[str, str, str], bool]


def shown_strata(result: DoseResult, policy: Policy) -> Seen:
    """For each group, stratum and measure: may count and denominator be shown.

    Within a stratum no set of people that is small can be computed from what is shown. Over
    the strata those hidden, with the people left out, are together no small number, since the
    group's total stands in other tables.
    """
    order = list(dict.fromkeys(result.strata["stratum"]))
    found: Seen = {}
    for group in dict.fromkeys(result.strata["group"]):
        cells = result.cells[result.cells["group"].eq(group)]
        parts = {label: cells[cells["stratum"].eq(label)] for label in order}
        left = result.left_by_group.get(str(group), 0)
        for (label, measure), answer in _decided(parts, policy, left).items():
            found[str(group), label, measure] = answer
    return found


def shown_counts(result: DoseResult, policy: Policy) -> Seen:
    """For each group, single number of sessions and measure: may its numbers be shown.

    Never where its stratum is hidden; within a stratum that is shown, those hidden are
    together no small number.
    """
    strata = shown_strata(result, policy)
    found: Seen = {}
    for (group, stratum), cells in result.cells.groupby(["group", "stratum"], sort=False):
        parts = {str(label): rows for label, rows in cells.groupby("count", sort=False)}
        for (label, measure), answer in _decided(parts, policy, 0).items():
            whole = strata[str(group), str(stratum), measure]
            found[str(group), label, measure] = whole and answer
    return found


def _decided(
    parts: dict[str, pd.DataFrame], policy: Policy, left_out: int
) -> dict[tuple[str, str], bool]:
    """Parts of one total that may be shown, by measure: each for itself, then together."""
    answers = {
        (label, measure): ok
        for label, cells in parts.items()
        for measure, ok in _alone(cells, policy).items()
    }
    for measure in _ASKED:
        sizes = {label: _sums(cells, measure)[0] for label, cells in parts.items()}
        waiting = [label for label, n in sizes.items() if n and answers[label, measure]]
        waiting.sort(key=lambda label: (sizes[label], label))
        while waiting and not _together(
            [cells for label, cells in parts.items() if not answers[label, measure]],
            measure,
            policy,
            left_out,
        ):
            answers[waiting.pop(0), measure] = False
    return answers


def _alone(cells: pd.DataFrame, policy: Policy) -> dict[str, bool]:
    """Which measures of a part may be shown, those most wanted decided first."""
    if not policy.suppress or cells.empty:
        return dict.fromkeys(_ASKED, True)
    atoms = cells.groupby(_FLAGS, sort=False)["n"].sum().reset_index()
    asked = [
        [_in(row, base) and (whole or _in(row, cases)) for _, row in atoms.iterrows()]
        for base, cases in _ASKED.values()
        for whole in (True, False)
    ]
    answers = iter(releasable(atoms["n"].tolist(), asked, policy))
    return {measure: next(answers) & next(answers) for measure in _ASKED}


def _in(row: pd.Series, flag: str | None) -> bool:
    return flag is None or bool(row[flag])


def _sums(cells: pd.DataFrame, measure: str) -> tuple[int, int]:
    """Denominator and count of a measure among cells."""
    base, cases = _ASKED[measure]
    rows = cells if base is None else cells[cells[base]]
    return int(rows["n"].sum()), int(rows.loc[rows[cases], "n"].sum())


def _together(concealed: list[pd.DataFrame], measure: str, policy: Policy, left_out: int) -> bool:
    """Whether what is hidden of a total is no small number of people."""
    if not policy.suppress:
        return True
    if not concealed:
        return not hidden(left_out, policy)
    total, hits = _sums(pd.concat(concealed), measure)
    return not any(hidden(size, policy) for size in (total, hits, total - hits))
