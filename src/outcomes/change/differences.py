"""`rate_differences`: how the groups of a result differ in each share, with intervals."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.change.categories import CATEGORIES, MISSING, RECOVERED, is_clinical
from outcomes.change.indicators import Indicator, Rows, indicator_contrasts
from outcomes.change.rates import MEASURE_CODES
from outcomes.change.result import ChangeResult
from outcomes.errors import UsageError
from outcomes.schema.drawing import Drawable

_DEFAULT = ("reliable_improvement", "recovered", "unchanged", "reliable_deterioration")
_AMONG = {
    "paired": "of those with both scores",
    "started": "of everybody who started",
    "clinical at start": "of those clinical at the start who have both scores",
}


@dataclass(frozen=True, slots=True, eq=False)
class RateDifferences(Drawable):
    """Each group's shares against those of one reference group.

    `frame` has a row for each group, measure and denominator: both counts and totals, the
    difference (group - reference) with limits, the ratio with limits, and the correlation
    of the two shares where clusters are in both groups. Shares are from 0 to 1. `changes` is
    the result they come from.
    """

    frame: pd.DataFrame
    reference: str
    by: str
    cluster: str | None
    confidence: float
    changes: ChangeResult

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each group, measure and denominator."""
        return self.frame.copy()

    def __repr__(self) -> str:
        shown = self.frame.drop(columns=["definition", "reference"])
        return f"RateDifferences(against {self.reference})\n{shown.to_string(index=False)}"

    def _repr_html_(self) -> str:
        table = self.frame.to_html(index=False, escape=True, na_rep="not known")
        return f"<p>Against {html.escape(self.reference)}.</p>{table}"

    def explain(self) -> str:
        """Say what was computed, with formula and source, and what it does not tell."""
        lines = [
            f"Shares within each group of {self.by} against those of {self.reference}; never of "
            "the grand total.",
            f"Difference: group - reference, Newcombe 1998 (Stat Med 17:873-890, method 10), "
            f"{100 * self.confidence:g} %. Ratio: group / reference, limits by recovery of "
            "variances (Donner & Zou 2012, SMMR 21:347-359); not known where the reference "
            "has no case.",
        ]
        if self.cluster is not None:
            lines.append(
                f"People with the same {self.cluster} are not independent: each share's limits "
                "rest on its effective size (Korn & Graubard 1998), and where the same "
                f"{self.cluster} is in both groups the correlation of the two shares enters "
                "(Zou & Donner 2008, Stat Med 27:1693-1702)."
            )
        lines.append(
            "What this does not tell: why the groups differ. They are compared as they came, "
            "not adjusted for how they differed at the start; see compare()."
        )
        return "\n".join(lines)


def rate_differences(
    result: ChangeResult,
    reference: str | None = None,
    *,
    measures: Sequence[str] = _DEFAULT,
    denominators: Sequence[str] = ("paired", "started"),
) -> RateDifferences:
    """Differences and ratios of the shares of a result made with `by`.

    `reference`: name of the group the others are held against; the first where left out.
    `measures` are those of `result.rates`; "recovered" also asks for "clinical at start".
    A measure that needs a cut-off is left out where there is none. Raises UsageError for
    one group only, an unknown reference, measure or denominator.
    """
    if result.by is None:
        raise UsageError(
            "The result has one group, so there is nothing to compare.",
            where="rate_differences(result)",
            fix="Give change() the column of the groups: by='arm'.",
        )
    _known("measures", measures, MEASURE_CODES)
    _known("denominators", denominators, _AMONG)
    rows = Rows.of(result.frame, result.by, result.cluster)
    asked = change_indicators(result, measures, denominators)
    frame = indicator_contrasts(asked, rows, reference, result.confidence)
    against = str(frame["reference"].iloc[0])
    return RateDifferences(frame, against, result.by, result.cluster, result.confidence, result)


def change_indicators(
    result: ChangeResult, measures: Sequence[str], denominators: Sequence[str]
) -> list[Indicator]:
    """Who counts, for each measure and denominator that the result knows."""
    codes = pd.Categorical(result.frame["category"], categories=list(CATEGORIES)).codes
    paired = codes != MISSING
    bases = {"paired": paired, "started": np.ones(len(codes), dtype=bool)}
    found = []
    has_cutoff = result.cutoff is not None and result.cutoff_rule is not None
    for measure in measures:
        numbers, meaning, needs = MEASURE_CODES[measure]
        if needs and not has_cutoff:
            continue
        hits = np.isin(codes, numbers)
        found += [
            Indicator(measure, name, hits, bases[name], f"{meaning}; {_AMONG[name]}.")
            for name in denominators
            if name in bases
        ]
    if has_cutoff and "recovered" in measures:
        pre = result.frame[result.pre].to_numpy(dtype="float64", na_value=np.nan)
        base = paired & is_clinical(pre, float(result.cutoff or 0), str(result.cutoff_rule))
        words = f"Recovered; {_AMONG['clinical at start']}."
        hits = codes == RECOVERED
        found.append(Indicator("reliable_recovery", "clinical at start", hits, base, words))
    return found


def _known(name: str, asked: Sequence[str], known: object) -> None:
    wrong = [word for word in asked if word not in known]  # type: ignore[operator]
    if wrong:
        raise UsageError(
            f"Unknown {name}: {', '.join(map(repr, wrong))}.",
            where=f"parameter {name}",
            fix=f"Choose from {', '.join(known)}.",  # type: ignore[arg-type]
        )
