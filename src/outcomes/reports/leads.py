"""What introduces each page of the comparison report, and how methods are told.

`words` says what was found; this module says what was asked and how it was done.
"""

from __future__ import annotations

from outcomes.change import ChangeResult
from outcomes.comparison import ComparisonResult
from outcomes.derive import Cohort, derive_policy
from outcomes.privacy import Policy
from outcomes.reports.words import arm_name, threshold
from outcomes.schema import Verdict
from outcomes.showing import format as fmt

QUESTION = (
    "Did people get better, was it more than noise, and does one kind of help differ from the "
    "other for people who could have had either?"
)
BASELINE = (
    "Arms that differ here cannot be compared by their plain results: whoever starts worse has "
    "more room to improve and more to recover from."
)
MISSING = (
    "People without an end score may have fared differently from those with one. The bounds show "
    "how far that could move the result."
)
METHODS = "How each number was made, and where every limit, threshold and norm comes from."
MADE = (
    "The same files, settings and program give the same numbers. The run folder holds them in "
    "results.json, the notebook in report.ipynb and every unused row in ledger.csv."
)


def people(cohort: Cohort) -> str:
    """How people were chosen."""
    names = " or ".join(arm_name(arm) for arm in cohort.arms)
    days = derive_policy().grace_days
    return (
        f"Each person counts once, with the first episode of {names} that fits. A couple is two "
        "people. Someone who had both kinds of help within "
        f"{days} days of the start is in neither single arm."
    )


def change(changes: ChangeResult) -> str:
    """What counts as change, and what as recovery."""
    lead = (
        f"A change counts as reliable when it is {threshold(changes)}: more than the "
        "questionnaire's own error would produce. Most people are expected to show none if "
        "nothing happened."
    )
    if changes.cutoff is None:
        return f"{lead} No verified cut-off separates a clinical from a healthy score here."
    return (
        f"{lead} Recovered means reliably improved from the clinical range to outside it; the "
        f"cut-off is {fmt.plain(changes.cutoff)}."
    )


def comparison(primary: ComparisonResult) -> str:
    """What is compared with what, for whom, and when that is refused."""
    lead = (
        f"The end scores of {arm_name(primary.other)} and {arm_name(primary.reference)} are "
        "compared after giving more weight to people who could have been in either group. "
    )
    if primary.verdict is Verdict.NOT_COMPARABLE:
        return lead + "The groups failed the checks below, so no difference is shown."
    return lead + "The checks below decide whether that may be done; here they passed."


def period(cohort: Cohort) -> str:
    """The period in words."""
    return "any time, or still going on" if cohort.period.start is None else cohort.period.label


def methods(
    cohort: Cohort,
    changes: ChangeResult,
    effects: tuple[ComparisonResult, ...],
    policy: Policy,
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """How every number was made: headings with their paragraphs."""
    hiding = (
        f"Numbers of people between 1 and {policy.minimum_count - 1} are hidden, and so is any "
        "number from which they could be worked out."
        if policy.suppress
        else "Small numbers are NOT hidden in this report: the policy 'off' was asked for by name."
    )
    follow_up = (
        "The end score is the latest one given at a session or at the end."
        if cohort.follow_up_days is None
        else f"The end score is the one nearest {cohort.follow_up_days} days after the start."
    )
    scores = (
        "The start score is the earliest one given at the start.",
        f"{follow_up} Dates decide, never the position in a file.",
    )
    # The first line of an explanation counts people; counts stand in tables, where small ones hide.
    change_lines = tuple(line for line in changes.explain().split("\n")[1:] if line)
    return (
        ("People and scores", scores),
        ("Individual change", change_lines),
        *((fmt.sentence(effect.method_name), (_told(effect),)) for effect in effects),
        ("Small numbers", (hiding,)),
    )


def _told(effect: ComparisonResult) -> str:
    """An explanation with the names of columns in words."""
    text = effect.explain()
    names = ", ".join(effect.covariates)
    words = ", ".join(fmt.covariate_name(name).lower() for name in effect.covariates)
    return text.replace(names, words).replace(" in post, ", " in the end score, ")


def sources(changes: ChangeResult, effects: tuple[ComparisonResult, ...]) -> tuple[str, ...]:
    """Every source named by a result, once."""
    found = [*changes.sources]
    for effect in effects:
        found += effect.sources
    return tuple(dict.fromkeys(found))
