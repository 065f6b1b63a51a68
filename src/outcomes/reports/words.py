"""The sentences of the comparison report; each follows from stored quantities alone.

A sentence never says more than its verdict: a difference is an association given the
covariates, a change over time is not credited to the help, and where the data cannot
answer the sentence says so and says why.
"""

from __future__ import annotations

from outcomes.change import ChangeResult
from outcomes.comparison import ComparisonResult, WithinArm
from outcomes.derive import Cohort
from outcomes.instruments import Instrument
from outcomes.reports.shares import Shares
from outcomes.schema import Verdict, label
from outcomes.showing import format as fmt

REASONS = {
    "overlap": "too few people in one group resemble people in the other (overlap of starting "
    "characteristics {value}, at least {limit} needed)",
    "outside_support": "{value} of the people have nobody comparable in the other group "
    "(at most {limit} allowed)",
    "ess": "after weighting, a group is worth only {value} people (at least {limit} needed)",
    "worst_smd": "the groups still differ at the start after weighting (standardised difference "
    "{value}, at most {limit} allowed)",
    "max_share": "one person would carry {value} of a group's weight (at most {limit} allowed)",
    "separation": "some starting characteristics occur in one group only",
}


def arm_name(arm: str) -> str:
    """An arm inside a sentence: 'coaching', 'therapy', 'other or usual care'."""
    name = label("arm", arm)
    return name[:1].lower() + name[1:]


def moved(change: float) -> str:
    """'fell' or 'rose': the direction of the score itself, not whether that is good."""
    return "fell" if change < 0 else "rose"


def mean_change(within: WithinArm, instrument: Instrument, shares: Shares) -> str:
    """One arm's average change between start and end."""
    arm = arm_name(within.arm)
    if within.verdict is Verdict.SUPPRESSED:
        return f"Too few people in {arm} have both scores to show their change."
    counted = shares.get(within.arm, "reliable_improvement", "paired")
    hidden = counted is None or counted.n_total is None
    who = "number of people hidden" if hidden else f"{within.n} people with both scores"
    by = f"{fmt.points(abs(within.estimate))} points"
    limits = fmt.interval(within.low, within.high)
    span = f"{fmt.level(within.confidence)} interval of the change {limits}; {who}"
    score = f"{instrument.name} score {moved(within.estimate)} by {by} on average"
    if within.verdict is Verdict.SUPPORTED:
        return f"People in {arm} ended better than they started: their {score} ({span})."
    if within.verdict is Verdict.NOT_SUPPORTED:
        return f"People in {arm} ended worse than they started: their {score} ({span})."
    if not abs(within.estimate) >= 0:
        return f"Too few people in {arm} have both scores to tell whether they changed."
    return (
        f"Whether people in {arm} changed on average cannot be told from these data: their "
        f"{score} ({span})."
    )


def threshold(changes: ChangeResult) -> str:
    """What counts as a reliable change, in words."""
    size = fmt.plain(changes.threshold)
    if changes.threshold_rule == "at_least":
        return f"at least {size} points"
    return f"more than {size} points"


def reliable_rate(shares: Shares, changes: ChangeResult, arm: str, measure: str) -> str:
    """'x of n (p %, interval) improved reliably' for one arm, or that it is hidden."""
    verb, way = {
        "reliable_improvement": ("improved reliably", "better"),
        "reliable_deterioration": ("got reliably worse", "worse"),
    }[measure]
    share = shares.get(arm, measure, "paired")
    if share is None or share.empty:
        return f"Nobody in {arm_name(arm)} has a score at the start and at the end."
    if share.hidden:
        return (
            f"How many people in {arm_name(arm)} {verb} is hidden, because the number is small "
            "enough to point at people."
        )
    span = f"{fmt.level(changes.confidence)} interval {fmt.percent_interval(share.low, share.high)}"
    return (
        f"In {arm_name(arm)}, {fmt.n_of(share.n, share.n_total)} people with both scores {verb} "
        f"({fmt.percent(share.rate)}, {span}): a change of {threshold(changes)} "
        f"for the {way}."
    )


def bounds(shares: Shares, arm: str) -> str:
    """Reliable improvement among all who started, whatever became of those without an end score."""
    paired = shares.get(arm, "reliable_improvement", "paired")
    started = shares.get(arm, "reliable_improvement", "started")
    if paired is None or started is None or paired.empty:
        return f"Among all who started in {arm_name(arm)} nothing can be said."
    if started.n is None or started.n_total is None or paired.n_total is None:
        return f"For {arm_name(arm)} the bounds are hidden, because a number behind them is small."
    low = started.n / started.n_total
    high = (started.n + started.n_total - paired.n_total) / started.n_total
    return (
        f"Of all {fmt.count(started.n_total)} people who started in {arm_name(arm)}, between "
        f"{fmt.percent(low)} (if nobody without both scores improved) and {fmt.percent(high)} (if "
        "all of them did) improved reliably."
    )


def claim(effect: ComparisonResult) -> str:
    """The claim that the verdict of a comparison is about."""
    a, b = arm_name(effect.other), arm_name(effect.reference)
    if effect.margin is not None:
        return f"{fmt.sentence(a)} and {b} end differently, or close enough to be equivalent"
    return f"{fmt.sentence(a)} and {b} end differently, given the same start"


def comparison(effect: ComparisonResult, instrument: Instrument) -> str:
    """What the adjusted difference says, by its verdict."""
    without = _no_difference(effect)
    if without:
        return without
    a, b = arm_name(effect.other), arm_name(effect.reference)
    size = f"{fmt.points(abs(effect.estimate))} points"
    span = f"{fmt.level(effect.confidence)} interval {fmt.interval(effect.low, effect.high)}"
    where = "lower" if effect.estimate < 0 else "higher"
    good = "better" if effect.better == effect.other else "worse"
    given = "Among people who could have had either, with the same starting point"
    if effect.verdict is Verdict.SUPPORTED:
        return (
            f"{given}, those in {a} ended {size} {where} on the {instrument.name} than those in "
            f"{b}, which is {good} ({span}). This is an association after adjustment, not proof "
            "that the kind of help made the difference."
        )
    if effect.verdict is Verdict.EQUIVALENT:
        margin = fmt.plain(effect.margin or 0.0)
        return (
            f"{given}, {a} and {b} ended close enough to be called equivalent: the difference is "
            f"{size} ({span}), within the margin of {margin} points that was set in advance."
        )
    if effect.verdict is Verdict.NOT_SUPPORTED:
        return (
            f"{given}, the data do not support that {a} ends better than {b}: the difference is "
            f"{size} {where}, which is {good} ({span})."
        )
    return (
        f"The data cannot tell whether {a} and {b} differ. {given}, the best guess is {size} "
        f"{where} in {a} ({span}); that does not show that they are the same."
    )


def _no_difference(effect: ComparisonResult) -> str | None:
    """Why no difference is shown, or None where one is."""
    a, b = arm_name(effect.other), arm_name(effect.reference)
    if effect.verdict is Verdict.NOT_MEASURABLE:
        return f"{fmt.sentence(a)} and {b} share no measure, so they cannot be compared."
    if effect.verdict is Verdict.NOT_COMPARABLE:
        return (
            f"People in {a} and in {b} were too different at the start for a fair comparison: "
            f"{'; '.join(failures(effect))}. No difference is shown; each group is described alone."
        )
    if not abs(effect.estimate) >= 0:
        return (
            f"There are too few people with both scores to compare {a} with {b}; no difference "
            "is shown."
        )
    return None


def failures(effect: ComparisonResult) -> list[str]:
    """The diagnostics that forbid a comparison, in words."""
    said = []
    for rule, value, limit in effect.diagnostics.failed:
        text = REASONS.get(rule, f"{rule} is {{value}} (limit {{limit}})")
        if rule in ("outside_support", "max_share"):
            shown = {"value": fmt.percent(value), "limit": fmt.percent(limit)}
        else:
            shown = {"value": fmt.plain(value), "limit": fmt.plain(limit)}
        said.append(text.format(**shown))
    return said


def agreement(primary: ComparisonResult, second: ComparisonResult) -> str:
    """Whether another way of adjusting leads to the same verdict."""
    if primary.verdict is second.verdict:
        return (
            f"A second way of adjusting ({second.method_name}) leads to the same verdict: "
            f"{second.verdict}."
        )
    return (
        f"A second way of adjusting ({second.method_name}) leads to another verdict: "
        f"{second.verdict}. A conclusion that depends on the method should not be relied on."
    )


def cannot_say(cohort: Cohort) -> tuple[str, ...]:
    """What no number of this report can show."""
    names = fmt.listed([arm_name(arm) for arm in cohort.arms])
    untreated = "" if "other" in cohort.arms else "; this report has no untreated group"
    return (
        "Whether the help caused the change. People who seek help are often at a low point and "
        f"would have moved back towards their usual state anyway{untreated}.",
        f"Whether a difference between {names} is due to the help itself. Unless chance decided "
        "who had which, the comparison adjusts for what was recorded at the start and for nothing "
        "else.",
        "How people fared whose end score is missing. Bounds for the extreme cases are on the page "
        "about what is missing.",
        "Anything about a single person, couple or practitioner.",
    )
