"""`benchmark`: a practice's rate or effect beside a published one, or why that is not fair."""

from __future__ import annotations

from outcomes.comparison.benchmarks.library import Benchmark, find
from outcomes.comparison.benchmarks.observed import Observed, observe
from outcomes.comparison.benchmarks.result import BenchmarkResult
from outcomes.comparison.benchmarks.standing import band, place
from outcomes.errors import UsageError

# What must be the same, and how it reads.
COMPARED = {
    "kind": "kind of number",
    "instrument": "measure",
    "measure": "what is counted",
    "definition": "definition",
    "denominator": "denominator",
    "unit": "unit",
    "standardiser": "standard deviation the change is divided by",
}
ANY = "any"


def benchmark(
    result: object,
    name: str,
    *,
    group: str = "all",
    margin: float | None = None,
    spread: bool = False,
    allow_unverified: bool = False,
) -> BenchmarkResult:
    """Hold a practice's number against the benchmark called `name` (see `benchmarks()`).

    `result` is a result of `change` or `service_measures`, or what `observed_share` or
    `pre_post_effect` gives; `group` one of its groups. `margin` (a share or an effect size) is how
    near counts as like it, by default the policy's; `spread` takes the published range of
    services or samples instead. Measure, definition, denominator, unit and standardiser must
    be the same: else the standing is "not comparable", with the reasons and no difference.

    Raises UsageError for an unknown name or group, for a benchmark that was not read at its
    source (unless `allow_unverified`) and for a spread that was not published.
    """
    entry = find(name)
    if not entry.verified and not allow_unverified:
        raise UsageError(
            f"the benchmark {name!r} was not read at its source",
            where="parameter name",
            fix=f"{entry.source}. Use allow_unverified=True and say so in the report.",
        )
    if margin is not None and not margin > 0:
        raise UsageError("a margin is a positive number", where="parameter margin")
    if spread and entry.spread is None:
        raise UsageError(
            "no range of services or samples was published", where=f"benchmark {name!r}"
        )
    seen = observe(result, entry, group)
    reasons = differing(seen, entry)
    found = None if reasons else place(seen, entry, band(entry, margin, spread=spread))
    return BenchmarkResult(entry, seen, reasons, found, group, spread)


def differing(seen: Observed, entry: Benchmark) -> tuple[tuple[str, str, str], ...]:
    """(what, practice's, benchmark's) for everything that must be the same and is not."""
    found = []
    for field, words in COMPARED.items():
        if field == "instrument":
            ours, theirs = seen.instrument, " or ".join(entry.instruments)
            same = ours in entry.instruments or ANY in entry.instruments
        else:
            ours, theirs = getattr(seen, field), getattr(entry, field)
            same = ours == theirs or (field == "definition" and theirs == ANY)
        if not same:
            found.append((words, str(ours), str(theirs)))
    return tuple(found)
