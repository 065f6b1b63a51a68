"""The sentences and the records about who benefits, and about published effect sizes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from outcomes.comparison.benchmarks import BenchmarkResult
from outcomes.comparison.modification import WhoBenefits
from outcomes.privacy import Policy
from outcomes.reports.results import Result
from outcomes.reports.words import arm_name
from outcomes.schema import Verdict
from outcomes.showing import format as fmt
from outcomes.showing.benchmarks import benchmark_shown

HEADING = "Who benefits"
LEAD = (
    "Whether the difference depends on who people are. Only characteristics named beforehand can "
    "give an answer; the others are looked at for questions to ask next. One subgroup's interval "
    "proves nothing: the test between subgroups decides."
)
PUBLISHED = "Beside published results"
PUBLISHED_LEAD = (
    "How far scores moved from start to end, in standard deviations of the start, beside published "
    "results that were counted in the same way. The people are others, so above or below is no "
    "grade."
)
NONE_PUBLISHED = "No published result that was counted in the same way is known for this measure."
TOGETHER = "All groups in one common population"
TOGETHER_LEAD = (
    "Each pair below is compared among the people who could have been in either of the two. Here "
    "all differences are about the same people, those who could have been in any group, so that "
    "they add up."
)


def depends(result: WhoBenefits) -> tuple[str, ...]:
    """What the tests between subgroups found, without a number of any subgroup."""
    tests = result.tests
    parts = []
    for verdict, words in (
        (str(Verdict.SUPPORTED), "The difference depends on {}"),
        (str(Verdict.CANNOT_TELL), "It cannot be told whether the difference depends on {}"),
        (str(Verdict.NOT_COMPARABLE), "No subgroup can be read for {}: the groups are too unlike"),
    ):
        names = [
            fmt.covariate_name(str(name)).lower()
            for name in tests.loc[tests["verdict"].astype(str).eq(verdict), "modifier"]
        ]
        if names:
            parts.append(f"{words.format(fmt.listed(names))}.")
    declared = tests["status"].eq("declared").any()
    if not declared:
        parts.append("No characteristic was named beforehand, so all of this is exploratory.")
    return tuple(parts)


def published(
    results: Mapping[str, Iterable[BenchmarkResult]], policy: Policy
) -> dict[str, tuple[BenchmarkResult, ...]]:
    """By arm, the results that were counted alike and may be shown."""
    return {
        arm: tuple(
            one
            for one in found
            if str(one.verdict) != str(Verdict.NOT_COMPARABLE) and benchmark_shown(one, policy)
        )
        for arm, found in results.items()
    }


def beside(arm: str, result: BenchmarkResult) -> str:
    """One arm beside one published result."""
    return f"{fmt.sentence(arm_name(arm))}: {result.sentence()}"


def benefit_records(result: WhoBenefits, base: str) -> Iterator[Result]:
    """The test between the subgroups of each modifier; no number of a subgroup."""
    for _, row in result.tests.iterrows():
        yield Result(
            id=f"{base}.depends_on.{row['modifier']}",
            value=row["p_holm"],
            unit="p after Holm",
            verdict=Verdict(str(row["verdict"])),
            method=f"test between subgroups; {row['status']}",
            source="Tipton and Pustejovsky 2015",
        )
