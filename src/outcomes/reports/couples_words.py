"""The sentences of the report on couples; each follows from stored quantities."""

from __future__ import annotations

import math

from outcomes.comparison import WithinArm
from outcomes.models.dyads import ApimResult, DyadicGrowthResult, PartnerAgreement
from outcomes.privacy import Policy, hidden
from outcomes.process.ratings import rating_name
from outcomes.reports.companions import Absent
from outcomes.reports.couples_numbers import WHEN, Couples, Means
from outcomes.reports.document import VerdictLine
from outcomes.reports.words import arm_name, moved, threshold
from outcomes.schema import Verdict
from outcomes.showing import format as fmt
from outcomes.showing.dyads import may_show
from outcomes.showing.share_rows import shown_couples

QUESTION = (
    "Did both partners of couples get better, how alike are the two, how do they move over the "
    "sessions, and does one partner's view of the sessions go with the other's satisfaction?"
)
MEANS = (
    "Mean scores of partners with a score at the start and at the end. Two partners of one couple "
    "are not two independent people; the intervals take that into account."
)
AGREEMENT = (
    "Partners live one relationship but answer for themselves. How alike they are decides how much "
    "one couple tells: two partners who always agree are one piece of evidence, not two."
)
GROWTH = (
    "All scores given during the work, not only the first and the last, and also those of people "
    "who left early or whose partner did not answer. A course is not the effect of the help."
)
APIM = (
    "Whether people are more satisfied where they, or their partner, rated the sessions higher. "
    "Both were asked and nothing was assigned, so it is an association and shows no cause."
)
CHANGE = WHEN["change"]
_FEW = "Too few couples to show."
_STOPPED = "Cannot tell: the model did not converge."


def people(numbers: Couples) -> str:
    """Who is in it, and whether partners are told apart."""
    names = " or ".join(arm_name(arm) for arm in numbers.cohort.arms)
    head = f"Couples who came together, with the first episode of {names} that fits."
    if numbers.dyads.roles is None:
        return (
            f"{head} Partners are not told apart: there is no first and no second, and every "
            "couple is in, whatever the partners' genders."
        )
    left = numbers.dyads.n_left_out
    few = hidden(left, numbers.policy)
    count = "A few" if few else ("No" if not left else fmt.count(left))
    return (
        f"{head} Partners are told apart as man and woman. {count} other couples are left out of "
        "this report; partners='alike' has them in."
    )


def change(numbers: Couples) -> str:
    """What counts as change."""
    return (
        f"A change of one person counts as reliable when it is {threshold(numbers.changes)}. What "
        "became of a couple depends on whether one asks for both partners, at least one, or their "
        "mean; one better and one worse is always said."
    )


def worse(numbers: Couples) -> tuple[str, ...]:
    """In how many couples at least one partner got reliably worse, by arm."""
    rates = shown_couples(numbers.couples, numbers.policy)
    mine = rates[
        rates["unit"].eq("either")
        & rates["measure"].eq("reliable_deterioration")
        & rates["denominator"].eq("paired")
    ]
    said = []
    for row in mine.to_dict("records"):
        arm = arm_name(str(row["group"]))
        if not row["shown"]:
            said.append(
                f"In how many couples in {arm} somebody got reliably worse is hidden, because a "
                "number behind it is small enough to point at people."
            )
        elif not row["n_total"]:
            said.append(f"No couple in {arm} has both scores of both partners.")
        else:
            share = f"{fmt.percent(row['rate'])}, {fmt.level(numbers.couples.confidence)} interval"
            span = fmt.percent_interval(row["low"], row["high"])
            said.append(
                f"In {fmt.n_of(row['n'], row['n_total'])} couples in {arm} with both scores of "
                f"both partners at least one partner got reliably worse ({share} {span})."
            )
    return tuple(said)


def who(part: Means, within: WithinArm) -> str:
    """'partners in coaching', or 'women in coaching'."""
    names = {"man": "men", "woman": "women"}
    word = "partners" if part.role is None else names.get(part.role, part.role)
    return f"{word} in {arm_name(within.arm)}"


def mean_change(part: Means, name: str) -> VerdictLine:
    """Whether the partners of an arm ended better than they started."""
    within = part.change
    group = who(part, within)
    title = f"{fmt.sentence(group)} ended better than they started"
    if within.verdict is Verdict.SUPPRESSED:
        return VerdictLine(within.verdict, _FEW, title)
    if math.isnan(within.low):
        return VerdictLine(within.verdict, "Too few couples have both scores to tell.", title)
    size = (
        f"the mean {name} {moved(within.estimate)} by {fmt.points(abs(within.estimate))} points "
        f"({fmt.level(within.confidence)} interval of the change "
        f"{fmt.interval(within.low, within.high)})"
    )
    heads = {
        Verdict.SUPPORTED: "Yes, on average:",
        Verdict.NOT_SUPPORTED: "No, they ended worse:",
    }
    head = heads.get(within.verdict, "These data cannot tell:")
    return VerdictLine(within.verdict, f"{head} {size}.", title)


def alike(label: str, part: PartnerAgreement | Absent, policy: Policy) -> VerdictLine:
    """Whether partners are more alike than people of different couples."""
    where = "in how they change" if label == CHANGE else label[:1].lower() + label[1:]
    title = f"Partners are alike {where}"
    if isinstance(part, Absent):
        return VerdictLine(Verdict.NOT_MEASURABLE, part.reason, title)
    if not may_show(part, policy):
        return VerdictLine(Verdict.SUPPRESSED, _FEW, title)
    if math.isnan(part.low):
        return VerdictLine(Verdict.CANNOT_TELL, "Too few couples have both scores.", title)
    heads = {
        Verdict.SUPPORTED: "They are more alike than people of different couples:",
        Verdict.NOT_SUPPORTED: "Where one is high the other is low:",
    }
    head = heads.get(part.verdict, "These data cannot tell:")
    size = (
        f"intraclass correlation {fmt.decimal(part.icc)} ({fmt.level(part.level)} interval "
        f"{fmt.decimal(part.low)} to {fmt.decimal(part.high)})"
    )
    return VerdictLine(part.verdict, f"{head} {size}.", title)


def courses(part: DyadicGrowthResult | Absent, policy: Policy) -> tuple[VerdictLine, ...]:
    """Whether the mean of each group moves over the sessions."""
    title = "Scores move over the sessions"
    if isinstance(part, Absent):
        return (VerdictLine(Verdict.NOT_MEASURABLE, part.reason, title),)
    if not may_show(part, policy):
        return (VerdictLine(Verdict.SUPPRESSED, _FEW, title),)
    if not part.converged:
        return (VerdictLine(Verdict.CANNOT_TELL, _STOPPED, title),)
    return tuple(
        _course(part, place, row) for place, row in enumerate(part.slopes().to_dict("records"))
    )


def _course(part: DyadicGrowthResult, place: int, row: dict[str, float | str]) -> VerdictLine:
    names = {"man": "men", "woman": "women", "partner": "partners"}
    group = names.get(str(row["role"]), str(row["role"]))
    if "arm" in row:
        group = f"{group} in {arm_name(str(row['arm']))}"
    estimate, low, high = (float(row[key]) for key in ("estimate", "low", "high"))
    size = (
        f"{fmt.number(estimate, 2)} points a week ({fmt.level(part.level)} interval "
        f"{fmt.number(low, 2)} to {fmt.number(high, 2)})"
    )
    title = f"Scores of {group} move over the sessions"
    verdict = part.verdict(place)
    if verdict is not Verdict.SUPPORTED:
        why = "" if part.enough else "; too few couples have scores of both partners over time"
        return VerdictLine(verdict, f"These data cannot tell: {size}{why}.", title)
    better = (estimate > 0) == (part.direction == "higher")
    turn = "better" if better else "worse"
    return VerdictLine(verdict, f"On average they get {turn}: {size}.", title)


def partners(numbers: Couples) -> tuple[VerdictLine, ...]:
    """Whether satisfaction goes with the own and with the partner's rating of the sessions."""
    part = numbers.apim
    satisfied, sessions = (rating_name(name) for name in numbers.measures)
    title = f"Satisfaction ({satisfied}) goes with the partner's view of the sessions ({sessions})"
    if isinstance(part, Absent):
        return (VerdictLine(Verdict.NOT_MEASURABLE, part.reason, title),)
    if not may_show(part, numbers.policy):
        return (VerdictLine(Verdict.SUPPRESSED, _FEW, title),)
    if not part.converged:
        return (VerdictLine(Verdict.CANNOT_TELL, _STOPPED, title),)
    found = []
    for row in part.effects.to_dict("records"):
        role = str(row["role"]) if part.distinguishable else None
        found.append(_path(part, row, role, (satisfied, sessions)))
    return tuple(found)


def _path(
    part: ApimResult, row: dict[str, float | str], role: str | None, names: tuple[str, str]
) -> VerdictLine:
    own = row["effect"] == "actor"
    whose = "own" if own else "partner's"
    who = "" if role is None else f" of the {role}"
    title = (
        f"Satisfaction ({names[0]}){who} goes with the {whose} view of the sessions ({names[1]})"
    )
    size = (
        f"{fmt.number(float(row['estimate']), 2)} points of satisfaction for each point of the "
        f"{whose} rating ({fmt.level(part.level)} interval {fmt.number(float(row['low']), 2)} to "
        f"{fmt.number(float(row['high']), 2)})"
    )
    verdict = part.verdict(str(row["effect"]), role)
    if verdict is Verdict.CANNOT_TELL:
        return VerdictLine(verdict, f"These data cannot tell: {size}.", title)
    turn = "higher" if float(row["estimate"]) > 0 else "lower"
    return VerdictLine(verdict, f"A higher rating goes with {turn} satisfaction: {size}.", title)


def cannot_say(numbers: Couples) -> tuple[str, ...]:
    """What the report does not tell, and what the data did not allow."""
    found = [
        "Whether the help caused a change: couples also change without help, and who starts low "
        "moves towards the mean.",
        "Whether coaching and therapy differ: couples who choose one or the other differ at the "
        "start. The comparison report asks that.",
        "What one partner does to the other: what goes together may have a common cause.",
        "Which of several answers is chance: each interval alone misses now and then, and this "
        "report has many.",
        "What practitioners add: couples of one practitioner count as independent here.",
    ]
    parts: dict[str, object] = {
        "Courses over the sessions": numbers.growth,
        "Satisfaction": numbers.apim,
    }
    parts |= {f"How alike partners are, {k.lower()}": v for k, v in numbers.agreement.items()}
    found += [
        f"{name}: not in this report, because: {part.reason}"
        for name, part in parts.items()
        if isinstance(part, Absent)
    ]
    return tuple(found)
