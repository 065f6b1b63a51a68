"""The comparison under several beliefs about missing outcomes, and where it turns, as tables."""

from __future__ import annotations

from outcomes.comparison.missing_result import Answer, MissingAnswers
from outcomes.models.missing.tipping import TippingPoint
from outcomes.privacy import Policy, hidden
from outcomes.privacy import policy as named_policy
from outcomes.showing import format as fmt
from outcomes.showing.beliefs import answer_shown, shifts_shown
from outcomes.tables.notes import hiding, lacking
from outcomes.tables.table import Cell, Table, TableColumn, missing, shown, suppressed, text


def answers_table(result: MissingAnswers, policy: Policy | None = None) -> Table:
    """One row for each belief: what it takes for granted, difference, interval, verdict.

    Bounds stand in place of a difference in the worst case; they and the numbers of people
    are hidden where they would give away how few have no outcome.
    """
    rules = named_policy() if policy is None else policy
    names = [fmt.group_name("arm", arm) for arm in (result.other, result.reference)]
    columns = (
        TableColumn("answer", "Answer", "text"),
        TableColumn("assumes", "Takes for granted", "text"),
        TableColumn("difference", f"Difference in {result.unit}", "interval"),
        TableColumn("interval", f"{fmt.level(result.confidence)} interval", "interval"),
        TableColumn("people", "People", "count"),
        TableColumn("verdict", "Verdict", "text"),
    )
    rows = tuple(_row(result, one, rules) for one in result.answers)
    better = "" if result.direction is None else f"; {result.direction} is better"
    return Table(
        id="answers",
        caption=f"{names[0]} against {names[1]}, by what is believed of missing end scores",
        columns=columns,
        rows=rows,
        notes=(
            f"Difference: {names[0]} minus {names[1]} at the end{better}. Worst case: the lowest "
            "and the highest difference possible.",
            *hiding(rows, rules),
            *lacking(rows),
        ),
    )


def tipping_table(result: MissingAnswers, policy: Policy | None = None) -> Table:
    """One row for each way of shifting: whose end scores, how many people, where it turns."""
    rules = named_policy() if policy is None else policy
    columns = (
        TableColumn("shifted", "Did worse than people like them who stayed", "text"),
        TableColumn("people", "People", "count"),
        TableColumn("turns", f"Verdict turns at, {result.unit}", "number"),
        TableColumn("reliable", "In reliable changes", "number"),
        TableColumn("then", "Then", "text"),
    )
    visible = shifts_shown(result, rules)
    rows = tuple(_turn(one, visible=visible) for one in result.tipping)
    ends = result.tipping[0].limits[1] if result.tipping else float("nan")
    return Table(
        id="tipping",
        caption="How much worse people without an end score must have done for another verdict",
        columns=columns,
        rows=rows,
        notes=(
            f"Searched up to {fmt.plain(ends)} {result.unit}. Whether people who left did that "
            "much worse is a judgement; no number here shows it.",
            *hiding(rows, rules),
        ),
    )


def _row(result: MissingAnswers, one: Answer, policy: Policy) -> tuple[Cell, ...]:
    numbers: tuple[Cell, Cell] = (missing("interval"), missing("interval"))
    if not answer_shown(result, one, policy):
        numbers = (suppressed("interval"), suppressed("interval"))
    elif fmt.available(one.low):
        first = (
            fmt.interval(one.lower, one.upper)
            if fmt.available(one.lower)
            else fmt.points(one.estimate)
        )
        span = fmt.interval(one.low, one.high)
        numbers = (
            Cell(first, first, "shown", "interval"),
            Cell(span, span, "shown", "interval"),
        )
    # The difference between two of these numbers is how many people have no outcome.
    counted = not any(hidden(count, policy) for count in result.hides)
    people = shown(one.n_used, fmt.count(one.n_used), "count") if counted else suppressed("count")
    name = text(fmt.sentence(one.name))
    # Without its numbers the verdict of the worst case says little, and gives little away.
    return (name, text(fmt.sentence(one.assumes)), *numbers, people, text(str(one.verdict)))


def _turn(one: TippingPoint, *, visible: bool) -> tuple[Cell, ...]:
    names = [fmt.group_name("arm", arm).lower() for arm in one.shifted]
    who = f"Only those in {names[0]}" if len(names) == 1 else f"Those in {fmt.listed(names)}"
    if not visible:
        hide = (suppressed("count"), suppressed("number"), suppressed("number"))
        return (text(who), *hide, text(fmt.HIDDEN))
    people = sum(one.n_shifted.values())
    if not one.turns:
        never = Cell("never", "at no shift searched", "shown", "number")
        return (text(who), shown(people, fmt.count(people), "count"), never, missing("number"),
                text(one.verdict))  # fmt: skip
    size = shown(abs(one.value), fmt.points(abs(one.value)), "number")
    changes = shown(one.in_reliable_changes, fmt.decimal(one.in_reliable_changes), "number")
    return (text(who), shown(people, fmt.count(people), "count"), size, changes, text(one.after))
