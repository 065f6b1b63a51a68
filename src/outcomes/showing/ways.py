"""The specifications of a claim as they may be shown: values where visible, words for all."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.change.claims import ClaimResult
from outcomes.change.claims.definitions import claim_policy
from outcomes.privacy import Policy
from outcomes.showing.questions import visible_questions

UNITS = {
    "person": "Person",
    "partner": "Each partner",
    "both": "Both partners",
    "either": "At least one partner",
    "couple_mean": "Mean of the couple",
}
AMONG = {
    "paired": "Both scores known",
    "started": "All who started",
    "clinical at start": "Clinical at the start",
}
MISSING = {
    "left out": "Left out",
    "counted as not improved": "Counted as not improved",
    "counted as improved": "Counted as improved",
    "nobody is missing": "Nobody is missing",
}
# Denominator and rule for missing scores as one phrase, short enough for a column.
_OUT_OF = {
    "paired": "Those with both scores",
    "started": "All who started",
    "clinical at start": "Clinical at the start",
}
_WITHOUT = {
    "left out": "",
    "counted as not improved": "; no score: not improved",
    "counted as improved": "; no score: improved",
    "nobody is missing": "",
}
_NUMBERS = ["n", "n_total", "rate", "low", "high", "cases_to_tell", "verdict"]


def shown_ways(result: ClaimResult, policy: Policy) -> pd.DataFrame:
    """The specifications with `shown` (boolean) and four choices in words.

    Numbers and verdict of a specification that may not be shown are missing. The headline is
    decided first. Columns what, among, absent, unit_word hold the choices; out_of is among and
    absent as one phrase.
    """
    table = result.specifications.reset_index(drop=True)
    order = np.argsort(~table["headline"].to_numpy(dtype=bool), kind="stable")
    visible = np.zeros(len(table), dtype=bool)
    # People and couples are different rows, so their shares are decided apart.
    sizes = np.array([len(one.hits) for one in result.questions])
    people = table["unit"].isin(["person", "partner"]).to_numpy(dtype=bool)
    for part in (people, ~people):
        for size in np.unique(sizes[part]):
            places = [place for place in order if part[place] and sizes[place] == size]
            answers = visible_questions([result.questions[place] for place in places], policy)
            visible[places] = answers
    titles = {name: one.short for name, one in claim_policy().definitions.items()}
    what = table["definition"].map(titles)
    detail = table["detail"].where(table["detail"].eq(""), ", " + table["detail"])
    found = table.assign(
        shown=visible,
        what=what + detail,
        among=table["denominator"].map(AMONG),
        absent=table["missing"].map(MISSING),
        unit_word=table["unit"].map(UNITS),
        out_of=_out_of(table),
    )
    for name in _NUMBERS:
        found[name] = found[name].where(found["shown"])
    return found


def _out_of(table: pd.DataFrame) -> pd.Series:
    """Who the share is out of; of the clinical with the missing left out, who had both scores."""
    left_out = table["denominator"].eq("clinical at start") & table["missing"].eq("left out")
    without = table["missing"].map(_WITHOUT).mask(left_out, ", with both scores")
    return table["denominator"].map(_OUT_OF) + without
