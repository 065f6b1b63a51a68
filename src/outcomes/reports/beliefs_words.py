"""The sentences and the records about people who left without an end score."""

from __future__ import annotations

from collections.abc import Iterator

from outcomes.comparison.missing_result import FEW, IMPUTED, WORST, Answer, MissingAnswers
from outcomes.privacy import Policy
from outcomes.reports.results import Result
from outcomes.reports.words import arm_name
from outcomes.schema import Verdict
from outcomes.showing import format as fmt
from outcomes.showing.beliefs import answer_shown, shifts_shown

HEADING = "What if people who left did worse"
LEAD = (
    "The comparison uses people with an end score. Here it is made again, with end scores drawn "
    "for the others from what is recorded of them, and then with these made worse, step by step, "
    "until the verdict turns."
)
WITHHELD = (
    "How far the verdict depends on people without an end score is hidden, because their number "
    "is small enough to point at people."
)


def leaving(answers: MissingAnswers, policy: Policy) -> tuple[str, ...]:
    """What becomes of the verdict when people without an end score did worse."""
    if answers.stands == "blocked":
        return (
            f"The comparison has the verdict '{answers.complete.verdict}', so there is no "
            "difference that people without an end score could change.",
        )
    if answers.stands == "nothing missing":
        return ("Everybody in the comparison has an end score; nobody is missing.",)
    if answers.stands == FEW:
        return (answers.sentence(),)
    first, second = answers.answers[:2]
    said = [_agreement(answers, first, second)]
    if not shifts_shown(answers, policy):
        return (*said, WITHHELD)
    said.append(_turning(answers, second))
    worst = answers.answer(WORST)
    if worst is not None:
        said.append(_worst(worst, second))
    return tuple(said)


def _agreement(answers: MissingAnswers, first: Answer, second: Answer) -> str:
    size = f"{fmt.points(second.estimate)} {answers.unit}"
    span = f"{fmt.level(answers.confidence)} interval {fmt.interval(second.low, second.high)}"
    drawn = (
        f"With end scores drawn for those without one the difference is {size} ({span}), verdict "
        f"'{second.verdict}'"
    )
    if first.verdict is second.verdict:
        return f"{drawn}, as for those with both scores."
    return (
        f"{drawn}; for those with both scores it is '{first.verdict}'. The two disagree, so the "
        "answer hangs on what is not known and should not be relied on."
    )


def _turning(answers: MissingAnswers, second: Answer) -> str:
    tipping = answers.main
    if tipping is None or not tipping.turns:
        return (
            f"The verdict '{second.verdict}' after drawing them stays the same however much worse "
            "those without an end score did, within the range that was searched."
        )
    arms = fmt.listed([arm_name(arm) for arm in tipping.shifted])
    size = f"{fmt.points(abs(tipping.value))} {answers.unit}"
    if answers.reliable_change is not None:
        size += f" ({fmt.decimal(tipping.in_reliable_changes)} of a reliable change)"
    return (
        f"It would turn to '{tipping.after}' if those without an end score in {arms} ended {size} "
        "worse than people like them who stayed. Whether that is likely is for those to judge who "
        "know why people left."
    )


def _worst(worst: Answer, second: Answer) -> str:
    span = fmt.interval(worst.lower, worst.upper)
    if worst.verdict is second.verdict:
        return f"Even in the worst case ({span} points) the verdict stays '{worst.verdict}'."
    return (
        f"With nothing assumed about them but the ends of the scale, any difference from {span} "
        "points is possible."
    )


def leaving_records(answers: MissingAnswers, instrument: str, policy: Policy) -> Iterator[Result]:
    """Imputed estimate, worst case and tipping values; complete cases are the comparison's."""
    base = f"missing.{instrument}"
    visible = shifts_shown(answers, policy)
    sources = "; ".join(answers.sources)
    for one in answers.answers[1:]:
        shown = answer_shown(answers, one, policy)
        bounds = one.name == WORST
        yield Result(
            id=f"{base}.{one.name.replace(' ', '_')}",
            value=None if bounds or not shown else one.estimate,
            low=(one.lower if bounds else one.low) if shown else None,
            high=(one.upper if bounds else one.high) if shown else None,
            unit=answers.unit,
            verdict=one.verdict if shown else Verdict.SUPPRESSED,
            suppressed=not shown,
            method="lowest and highest difference possible" if bounds else answers.method,
            source=sources,
        )
    for tipping in answers.tipping:
        # Without a turn there is no value; the method says so.
        yield Result(
            id=f"{base}.tipping.{'_and_'.join(tipping.shifted)}",
            value=tipping.value if visible and tipping.turns else None,
            unit=answers.unit,
            verdict=None if visible else Verdict.SUPPRESSED,
            suppressed=not visible,
            method="" if not visible else _method(tipping.after if tipping.turns else ""),
            source=tipping.source,
        )


def _method(after: str) -> str:
    if after:
        return f"shift of the {IMPUTED} end scores at which the verdict turns to '{after}'"
    return f"no shift of the {IMPUTED} end scores that was searched turns the verdict"
