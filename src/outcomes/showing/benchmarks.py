"""Whether a practice's number may stand beside a published one, and which units may."""

from __future__ import annotations

import pandas as pd

from outcomes.comparison.benchmarks import BenchmarkResult
from outcomes.comparison.standardised import StandardisedResult
from outcomes.privacy import Policy, hidden, suppress_counts, suppress_rate


def benchmark_shown(result: BenchmarkResult, policy: Policy) -> bool:
    """Whether the practice's own rate or effect may be shown."""
    seen = result.observed
    if seen.kind == "share":
        return not suppress_rate(float(seen.n), float(seen.total), policy)
    return not hidden(float(seen.n), policy)


def visible_units(result: StandardisedResult, policy: Policy) -> pd.Series:
    """For each row of `result.table`: may its numbers be shown. Booleans with its index.

    Not where people, events or the others are few; since all units together are told, a single
    hidden one would follow from the rest, so another is hidden with it.
    """
    table = result.table
    counts = pd.Series(table["n"].to_numpy(), index=table["unit"].astype(str))
    seen = ~suppress_counts(counts, policy).to_numpy()
    pairs = zip(table["observed"], table["n"], strict=True)
    seen &= [not suppress_rate(float(events), float(n), policy) for events, n in pairs]
    if (~seen).sum() == 1 and len(seen) > 1:
        # The smallest of the shown goes with it: totals of everybody are known.
        smallest = table.loc[seen, "n"].idxmin()
        seen[table.index.get_loc(smallest)] = False
    return pd.Series(seen, index=table.index, dtype=bool)
