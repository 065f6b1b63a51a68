"""The sentences of the report on trajectories; each follows from stored quantities."""

from __future__ import annotations

from outcomes.models.growth import GrowthCourse
from outcomes.models.leaving import LeavingResult
from outcomes.models.practitioners import PractitionersResult
from outcomes.privacy import Policy
from outcomes.reports.companions import Absent
from outcomes.reports.trajectory_numbers import Course
from outcomes.schema import Verdict
from outcomes.showing import format as fmt
from outcomes.showing.growth import visible_courses, visible_differences
from outcomes.showing.leaving import visible_counts

QUESTION = (
    "How do scores move between the start and the end, who leaves on the way, and how much do "
    "practitioners differ?"
)
COURSE = (
    "One model for all scores: people with a start score alone count too, and those who left are "
    "taken to have gone on as people with the same scores did."
)
VISITS = (
    "The change from the start at planned visits, among people with the same start score. Each "
    "visit has its own mean, so that no shape of the course is assumed."
)
LEAVING = (
    "Who is still there at a visit is not everybody who began. A planned ending and dropping out "
    "are different things, and by another definition other people dropped out. Counted are the "
    "episodes that began in the period, so that those still open are in it."
)
DOSE = (
    "People who come longer differ from people who come shorter: many end when they are better. "
    "Nothing here says what more sessions would do."
)
PRACTITIONERS = (
    "How much of the differences between people goes with their practitioner, after what was "
    "known at the start. It is no league table: most differences are chance."
)


def headline(part: GrowthCourse | Absent, policy: Policy) -> tuple[Verdict, str, str]:
    """Verdict, sentence and title of the course."""
    title = "Scores change over time"
    if isinstance(part, Absent):
        return Verdict.NOT_MEASURABLE, part.reason, title
    if not part.usable:
        return Verdict.CANNOT_TELL, part.fit.convergence.sentence, title
    shown = visible_courses(part, policy)
    if not shown:
        return Verdict.SUPPRESSED, "The numbers are too small to show.", title
    rows = part.change[part.change["group"].isin(shown)]
    said = "; ".join(
        f"{fmt.group_name(part.by, row.group)} {fmt.points(row.estimate)} points "
        f"({fmt.level(part.level)} interval {fmt.interval(row.low, row.high)})"
        for row in rows.itertuples()
    )
    moved = ((rows["low"] > 0) | (rows["high"] < 0)).all()
    verdict = Verdict.SUPPORTED if moved else Verdict.CANNOT_TELL
    lead = f"Mean change over {part.horizon:g} {part.unit}: {said}."
    return verdict, f"{lead} {_apart(part, policy)}".strip(), title


def _apart(part: GrowthCourse, policy: Policy) -> str:
    """How the changes of two groups differ, as an association."""
    rows = visible_differences(part, policy)
    said = []
    for row in rows.itertuples():
        high, low = (fmt.group_name(part.by, name).lower() for name in (row.group, row.reference))
        apart = row.low > 0 or row.high < 0
        word = "differs from" if apart else "cannot be told from"
        said.append(
            f"The change of {high} {word} that of {low} "
            f"({fmt.points(row.estimate)} points, {fmt.interval(row.low, row.high)})."
        )
    if said:
        said.append("The groups are as they came, so this is no effect of the help.")
    return " ".join(said)


def cannot_say(numbers: Course) -> tuple[str, ...]:
    """What the report does not tell, and what the data did not allow."""
    found = [
        "Whether the help caused the change: scores also move without help, and who starts high "
        "moves towards the mean.",
        "Whether coaching and therapy differ for people who could have had either. The comparison "
        "report asks that.",
        "How those who left would have scored. The models take them to be like people with the "
        "same scores who stayed.",
    ]
    parts = {
        "The course": numbers.growth,
        "Visits": numbers.visits,
        "Leaving": numbers.leaving,
        "Sessions": numbers.dose,
        "Practitioners": numbers.practitioners,
    }
    found += [
        f"{name}: not in this report, because: {part.reason}"
        for name, part in parts.items()
        if isinstance(part, Absent)
    ]
    return tuple(found)


def stayed(part: LeavingResult | Absent, policy: Policy) -> tuple[Verdict, str, str]:
    """Verdict, sentence and title of who left."""
    title = "One group drops out more than the other"
    if isinstance(part, Absent):
        return Verdict.NOT_MEASURABLE, part.reason, title
    seen = visible_counts(part, policy)
    said = []
    for row in part.summary.itertuples():
        shares = part.definitions
        mine = shares[shares["group"].eq(row.group) & shares["definition"].eq(part.definition_id)]
        if mine.empty or not seen.get((row.group, part.definition_id, part.causes[0]), False):
            continue
        one = mine.iloc[0]
        said.append(
            f"{fmt.group_name(part.by, row.group)} {fmt.percent(one['share'])} "
            f"({fmt.percent_interval(one['low'], one['high'])}) of {fmt.count(one['n'])} episodes"
        )
    if not said:
        return Verdict.SUPPRESSED, "The numbers are too small to show.", title
    lead = f"Dropped out within {part.horizon:g} {part.unit} ({part.definition.lower()}): "
    if len(said) < 2:
        return Verdict.CANNOT_TELL, f"{lead}{said[0]}.", title
    verdict = part.verdict() if len(part.groups) == 2 else Verdict.CANNOT_TELL
    apart = (
        "The shares differ by more than chance explains."
        if verdict is Verdict.SUPPORTED
        else "Whether the shares differ cannot be told."
    )
    return verdict, f"{lead}{'; '.join(said)}. {apart}", title


def differ(part: PractitionersResult | Absent) -> tuple[Verdict, str, str]:
    """Verdict, sentence and title of the differences between practitioners."""
    title = "Practitioners differ"
    if isinstance(part, Absent):
        return Verdict.NOT_MEASURABLE, part.reason, title
    return part.verdict, part.sentence(), title
