"""What would overturn a comparison, part by part, as tables."""

from __future__ import annotations

import math
from dataclasses import replace

from outcomes.comparison.overturn import (
    Agreement,
    HiddenConfounding,
    NegativeControl,
    Overturn,
    RegressionToMean,
    Specifications,
    Threat,
)
from outcomes.privacy import Policy
from outcomes.privacy import policy as named_policy
from outcomes.showing import format as fmt
from outcomes.showing.overturn import (
    STATES,
    drift_shown,
    strengths_shown,
    threats_kept_back,
    ways_shown,
)
from outcomes.tables.notes import hiding, lacking
from outcomes.tables.table import Cell, Table, TableColumn, missing, shown, suppressed, text


def overturn_table(result: Overturn, policy: Policy | None = None) -> Table:
    """One row for each threat, the easiest first: how many of which unit, and what was found.

    Numbers that would give a small count of people away are hidden.
    """
    rules = named_policy() if policy is None else policy
    kept = threats_kept_back(result, rules)
    threats = [_of_ways(one, result, rules) for one in result.threats]
    rows = tuple(_threat(one, kept=one.name in kept) for one in threats)
    return Table(
        id="overturn",
        caption=f"What would overturn the verdict '{result.comparison.verdict}'",
        columns=(
            TableColumn("threat", "Threat", "text"),
            TableColumn("takes", "Takes", "number"),
            TableColumn("unit", "Of", "text"),
            TableColumn("state", "Overturns it", "text"),
            TableColumn("found", "What was found", "text"),
        ),
        rows=rows,
        notes=(
            "The units are different things, so the order is a help to thinking. What was not "
            "looked at is not here.",
            *result.warnings,
            *hiding(rows, rules),
        ),
    )


def _of_ways(one: Threat, result: Overturn, policy: Policy) -> Threat:
    """Other choices told from the ways that may be shown."""
    if one.name != "other choices" or result.specifications is None:
        return one
    return replace(one, found=ways_shown(result.specifications, policy).sentence)


def _threat(one: Threat, *, kept: bool) -> tuple[Cell, ...]:
    name, unit = text(fmt.sentence(one.name)), text(one.unit)
    if kept:
        return name, suppressed("number"), unit, suppressed("text"), suppressed("text")
    takes = Cell("any", "nothing found", "shown", "number") if math.isinf(one.needed) else shown(
        one.needed, fmt.decimal(one.needed), "number"
    )  # fmt: skip
    return name, takes, unit, text(STATES[one.state]), text(one.found)


def strengths_table(result: HiddenConfounding, policy: Policy | None = None) -> Table:
    """One row for each measured covariate: how strong it is, and how many times it would take."""
    rules = named_policy() if policy is None else policy
    visible = {one.covariate for one in strengths_shown(result.strengths, rules)}
    times = {one.covariate: one.times for one in result.bounds}
    rows = []
    for one in result.strengths:
        name = text(fmt.covariate_name(one.covariate))
        if one.covariate not in visible:
            rows.append((name, *(suppressed("number") for _ in range(5))))
            continue
        value = times.get(one.covariate, math.nan)
        needed = shown(value, fmt.decimal(value), "number")
        if math.isinf(value):
            needed = Cell("none", "none would do", "shown", "number")
        numbers = [one.rr_arm, one.rr_outcome]
        shares = [100 * one.r2_arm, 100 * one.r2_outcome]
        cells = [shown(number, fmt.decimal(number), "number") for number in numbers]
        cells += [shown(share, fmt.points(share), "number") for share in shares]
        rows.append((name, *cells, needed))
    return Table(
        id="strengths",
        caption="How strong what was measured is, and how many times as strong would overturn",
        columns=(
            TableColumn("covariate", "Known at the start", "text"),
            TableColumn("rr_arm", "Risk ratio with the arm", "number"),
            TableColumn("rr_outcome", "Risk ratio with the outcome", "number"),
            TableColumn("r2_arm", "Explains of the arm, %", "number"),
            TableColumn("r2_outcome", "Explains of the outcome, %", "number"),
            TableColumn("times", "Times as strong overturns", "number"),
        ),
        rows=tuple(rows),
        notes=(
            "Explains: partial R², given everything else that was adjusted for.",
            *hiding(rows, rules),
            *lacking(rows),
        ),
    )


def methods_agreement_table(result: Agreement, policy: Policy | None = None) -> Table:  # noqa: ARG001 - no count is shown
    """One row for each method: difference, interval, verdict and what it takes for granted."""
    rows = []
    for one in result.answers:
        low, middle, high = (result.factor * end for end in (one.low, one.estimate, one.high))
        span = fmt.interval(low, high)
        interval = Cell(span, span, "shown", "interval") if one.shown else missing("interval")
        rows.append((
            text(fmt.sentence(one.name)), shown(middle, fmt.points(middle), "number"),
            interval, text(str(one.verdict)), text(fmt.sentence(one.assumes)),
        ))  # fmt: skip
    found = result.comparison
    names = [fmt.group_name("arm", arm) for arm in (found.other, found.reference)]
    return Table(
        id="methods_agreement",
        caption=f"{names[0]} minus {names[1].lower()} by several methods",
        columns=(
            TableColumn("method", "Method", "text"),
            TableColumn("difference", f"Difference in {result.unit}", "number"),
            TableColumn("interval", f"{fmt.level(found.confidence)} interval", "interval"),
            TableColumn("verdict", "Verdict", "text"),
            TableColumn("assumes", "Right if", "text"),
        ),
        rows=tuple(rows),
        notes=(result.sentence, *lacking(rows)),
    )


def specifications_table(result: Specifications, policy: Policy | None = None) -> Table:
    """One row for each scale: how many ways, what they gave, and how far they agree.

    Ways that would give a small number of people away are not in it.
    """
    rules = named_policy() if policy is None else policy
    seen = ways_shown(result, rules)
    lost = len(result.frame) - len(seen.frame)
    rows = []
    for row in seen.summary().itertuples():
        factor = 1 if row.scale == "points" else 100
        sizes = [getattr(row, name) * factor for name in ("lowest", "median", "highest")]
        rows.append((
            text("Points" if factor == 1 else "Percentage points of people"),
            *(shown(count, fmt.count(count), "number")
              for count in (row.declared, row.estimated, row.not_comparable, row.too_few)),
            *(shown(size, fmt.points(size), "number") for size in sizes),
            shown(row.same_sign, fmt.percent(row.same_sign), "percent"),
            shown(row.same_verdict, fmt.percent(row.same_verdict), "percent"),
        ))  # fmt: skip
    other = fmt.group_name("arm", result.other).lower()
    return Table(
        id="specifications",
        caption=f"How much better people did in {other}, over every way to make the comparison",
        columns=(
            TableColumn("scale", "Counted in", "text"),
            TableColumn("declared", "Ways", "number"),
            TableColumn("estimated", "With an estimate", "number"),
            TableColumn("not_comparable", "Not comparable", "number"),
            TableColumn("too_few", "Too few people", "number"),
            TableColumn("lowest", "Lowest", "number"),
            TableColumn("median", "Median", "number"),
            TableColumn("highest", "Highest", "number"),
            TableColumn("same_sign", "On the reported side", "percent"),
            TableColumn("same_verdict", "With its verdict", "percent"),
        ),
        rows=tuple(rows),
        notes=(
            "Ways share their people, so they are no independent tests. With its verdict: on "
            "another scale than the one reported, with the commonest verdict there.",
            *(
                (f"{lost} ways are left out: they would give a small number of people away.",)
                if lost
                else ()
            ),
            *result.warnings,
            *lacking(rows),
        ),
    )


def drift_table(result: RegressionToMean, policy: Policy | None = None) -> Table:
    """One row for each arm and population: start mean, expected drift, mean change."""
    rules = named_policy() if policy is None else policy
    rows = []
    for one in result.arms:
        visible = drift_shown(one, rules) and result.told
        for place in result.populations:
            drift = one.drift[place.name]
            cells: tuple[Cell, ...] = tuple(suppressed("number") for _ in range(3))
            if visible:
                cells = tuple(
                    shown(value, fmt.points(value), "number")
                    for value in (one.start, drift, one.change)
                )
            rows.append((
                text(fmt.group_name("arm", one.arm)), text(fmt.sentence(place.name)),
                shown(place.mean, fmt.points(place.mean), "number"), *cells,
            ))  # fmt: skip
    return Table(
        id="drift",
        caption="Change that would be expected with no help at all, from the start mean alone",
        columns=(
            TableColumn("arm", "Arm", "text"),
            TableColumn("population", "If drawn from", "text"),
            TableColumn("population_mean", "Its mean", "number"),
            TableColumn("start", "Start mean", "number"),
            TableColumn("drift", "Expected drift", "number"),
            TableColumn("change", "Mean change", "number"),
        ),
        rows=tuple(rows),
        notes=(
            f"Reliability {fmt.decimal(result.reliability)} "
            f"({result.reliability_kind.replace('_', ' ')}).",
            *result.warnings,
            *hiding(rows, rules),
        ),
    )


def controls_table(results: tuple[NegativeControl, ...], policy: Policy | None = None) -> Table:  # noqa: ARG001 - no count is shown
    """One row for each negative control: difference, interval, verdict and its reason."""
    rows = []
    for one in results:
        found = one.comparison
        span = f"{fmt.decimal(found.low)} to {fmt.decimal(found.high)}"
        there = fmt.available(found.low)
        interval = Cell(span, span, "shown", "interval") if there else missing("interval")
        rows.append((
            text(fmt.covariate_name(one.name)), text(fmt.sentence(one.kind)),
            shown(found.estimate, fmt.decimal(found.estimate), "number"), interval,
            text(one.verdict), text(one.why),
        ))  # fmt: skip
    return Table(
        id="negative_controls",
        caption="Comparisons where the help can have made no difference",
        columns=(
            TableColumn("control", "Control", "text"),
            TableColumn("kind", "Kind", "text"),
            TableColumn("difference", "Difference", "number"),
            TableColumn("interval", "Interval", "interval"),
            TableColumn("verdict", "Verdict", "text"),
            TableColumn("why", "Why nothing is expected", "text"),
        ),
        rows=tuple(rows),
        notes=(
            "A suspicious control speaks for hidden differences between the arms; a quiet one "
            "does not prove that there are none.",
            *lacking(rows),
        ),
    )
