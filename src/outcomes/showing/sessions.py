"""Which shares of people with an event over the sessions may be shown together."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.change.sessions import FirstChange, OnTrack, OverSessions
from outcomes.privacy import Policy, hidden
from outcomes.showing.disclosure import releasable

# The shares as readers meet them.
MEASURES = {
    "sudden_gain": "Sudden gain",
    "sudden_loss": "Sudden loss",
    "reversed": "Sudden gain given back",
    "setback": "Setback",
    "recovered": "Came back from the setback",
    "improved_after_setback": "Reliably better at the end, after a setback",
    "improved_without_setback": "Reliably better at the end, without a setback",
    "early_response": "Early response",
    "improved_if_early": "Reliably better at the end, early responders",
    "improved_if_not_early": "Reliably better at the end, others",
    "alert": "Alert on the way",
    "sensitivity": "Sensitivity of the alert",
    "specificity": "Specificity of the alert",
    "positive_predictive_value": "Not better at the end, of people with an alert",
    "negative_predictive_value": "Better at the end, of people without an alert",
}

Known = Mapping[str, tuple[int, int]]
# The rows whose people, added up, are those who were reliably better among the judged.
_BETTER = {
    ("improved_after_setback", "n"),
    ("improved_without_setback", "n"),
    ("improved_if_early", "n"),
    ("improved_if_not_early", "n"),
    ("specificity", "n_total"),
}


def visible_shares(
    result: OverSessions | OnTrack, policy: Policy, known: Known | None = None
) -> pd.DataFrame:
    """For each row of `result.rates`: may its `n` be shown, and its `n_total`.

    Boolean columns n and n_total, with the index of `rates`. Within a group all rows are
    decided together, denominators first, so that nothing small follows from what is shown.
    `known`: for each group, people with both scores and those reliably better, as told
    elsewhere; a group that differs from them by few people is hidden whole.
    """
    rates, atoms = result.rates, result.counted.atoms
    flags = pd.DataFrame(False, index=rates.index, columns=["n", "n_total"])
    for name, rows in rates.groupby("group", sort=False):
        if known is not None and _too_near(rows, known.get(str(name), (0, 0)), policy):
            continue
        cells = atoms[atoms["group"].eq(name)]
        asked = [(row.Index, row.measure, part) for part in ("n_total", "n")
                 for row in rows.itertuples()]  # fmt: skip
        sums = [cells[f"{measure} {part}"].tolist() for _, measure, part in asked]
        answers = releasable(cells["n"].tolist(), sums, policy)
        for (place, _, part), answer in zip(asked, answers, strict=True):
            flags.loc[place, part] = answer
    return flags


def _too_near(rows: pd.DataFrame, known: tuple[int, int], policy: Policy) -> bool:
    """Whether few people are left of those known elsewhere: all of them, or the better."""
    judged = int(rows["n_total"].max())
    better = sum(
        int(getattr(row, part))
        for row in rows.itertuples()
        for part in ("n", "n_total")
        if (row.measure, part) in _BETTER
    )
    gaps = (known[0] - judged, known[1] - better)
    return any(gap > 0 and hidden(gap, policy) for gap in gaps)


def visible_groups(result: FirstChange, policy: Policy) -> dict[str, bool]:
    """Whether the curve of each group may be drawn: no end of it counts few people."""
    if not policy.suppress:
        return dict.fromkeys(result.medians["group"], True)
    counts = ["n_improved", "n_ended_before", "n_open"]
    return {
        str(row["group"]): row["n"] >= policy.minimum_plot
        and not any(hidden(int(row[name]), policy) for name in counts)
        for _, row in result.medians.iterrows()
    }
