"""What a `BenchmarkResult` says in words; everything follows from stored numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outcomes.comparison.benchmarks.standing import Standing

if TYPE_CHECKING:
    from outcomes.comparison.benchmarks.library import Benchmark
    from outcomes.comparison.benchmarks.result import BenchmarkResult

OTHER_PEOPLE = (
    "the people are others: how ill they were at the start, who they are and who left is not taken "
    "out (oc.standardised_rate does that where the rates by case mix are known)"
)


def amount(kind: str, value: float) -> str:
    """A share as '47.5 %', an effect as '0.93'."""
    return f"{100 * value:.1f} %" if kind == "share" else f"{value:.2f}"


def distance(kind: str, value: float) -> str:
    """A distance in percentage points or effect sizes, without sign."""
    return f"{100 * abs(value):.1f} percentage points" if kind == "share" else f"{abs(value):.2f}"


def facts(entry: Benchmark) -> list[str]:
    """Everything that has to stand beside a published number."""
    counted = f" ({entry.n:,} of {entry.total:,})" if entry.n and entry.total else ""
    span = ""
    if entry.low is not None and entry.high is not None:
        span = f" (interval {amount(entry.kind, entry.low)} to {amount(entry.kind, entry.high)})"
    lines = [
        f"Published: {entry.title}, {entry.year}: "
        f"{amount(entry.kind, entry.value)}{counted}{span}.",
        f"Measure: {' or '.join(entry.instruments)}; {entry.meaning}.",
        f"Denominator: {entry.denominator} ({entry.unit}); {entry.completers}.",
        f"People: {entry.population}.",
    ]
    if entry.spread is not None:
        ends = " to ".join(amount(entry.kind, end) for end in entry.spread)
        lines.append(f"Range: {ends} ({entry.spread_words}).")
    read = "" if entry.verified else " Not read at the source."
    return [*lines, f"Source: {entry.source}.{read}"]


def sentence(result: BenchmarkResult) -> str:
    """Both numbers, and where the practice stands."""
    ours, entry = result.observed, result.entry
    published = f"{entry.title} ({entry.year}): {amount(entry.kind, entry.value)}"
    if result.range is None:
        why = "; ".join(
            f"{what} is {one or 'not given'} here and {two or 'not given'} there"
            for what, one, two in result.differing
        )
        return f"Not comparable with {published}: {why}."
    mine = (
        f"{amount(ours.kind, ours.value)} ({100 * ours.confidence:g} % interval "
        f"{amount(ours.kind, ours.low)} to {amount(ours.kind, ours.high)}; {ours.n:,}"
        + (f" of {ours.total:,})" if ours.kind == "share" else " people)")
    )
    return f"{mine} beside {published}. {_stands(result)}"


def _stands(result: BenchmarkResult) -> str:
    found, entry = result.range, result.entry
    if found is None:
        return ""
    if result.spread:
        near = f"the {entry.spread_words}"
    else:
        near = f"within {distance(entry.kind, found.b)} of it"
    if found.standing is Standing.COMPATIBLE:
        return f"Compatible: {near}, with what chance leaves open."
    if found.standing is Standing.CANNOT_TELL:
        more = " At least not worse than that." if result.good_enough else ""
        return f"Cannot tell: the interval reaches beyond what counts as like it ({near}).{more}"
    good = (found.standing is Standing.ABOVE) == (entry.better == "higher")
    side = "Above" if found.standing is Standing.ABOVE else "Below"
    past = "outside" if result.spread else "by more than chance and more than"
    edge = near if result.spread else distance(entry.kind, found.b)
    judged = "better" if good else "worse"
    return f"{side} it, {past} {edge}; that is the {judged} side, among other people."


def warnings(result: BenchmarkResult) -> tuple[str, ...]:
    """Everything a reader has to know beside the two numbers."""
    if result.range is None:
        return ()
    said = [OTHER_PEOPLE]
    if result.entry.total is None:
        said.append("the published number is taken as exact")
    if not result.entry.verified:
        said.append("the published number was not read at its source")
    if result.entry.kind == "effect":
        said.append(
            "people who start high move towards the mean without help; an effect size from start "
            "to end includes that"
        )
    return tuple(said)


def explain(result: BenchmarkResult) -> str:
    """What was compared, how, and what it does not tell."""
    lines = [
        sentence(result),
        *facts(result.entry),
        "Compared only where kind, measure, what is counted, definition, denominator, unit and "
        "standardiser are the same.",
        "Range-null test: not 'equal' but 'within a margin' is tested. Above and below: the whole "
        "interval lies outside the band. Compatible: the interval of two one-sided tests lies "
        "inside it (Serlin & Lapsley 1985; Minami et al. 2008).",
        "Shares: Newcombe 1998 where the published counts are known, else Wilson 1927. Effect "
        "sizes by the own standard deviation at the start: non-central t, n - 1 df.",
        "What this does not tell: whether the help is better. "
        + OTHER_PEOPLE[0].upper()
        + OTHER_PEOPLE[1:]
        + ".",
    ]
    return "\n".join([*lines, *(f"Warning: {text}." for text in warnings(result))])
