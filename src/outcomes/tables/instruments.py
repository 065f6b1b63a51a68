"""Where the numbers of a questionnaire come from: every fact with its source."""

from __future__ import annotations

from outcomes.instruments import Instrument
from outcomes.showing import format as fmt
from outcomes.tables.table import Cell, Table, TableColumn, text

_SIDES = {
    "at_or_above": "at or above",
    "above": "above",
    "at_or_below": "at or below",
    "below": "below",
}
_RULES = {"at_least": "at least", "exceeds": "more than"}


def instrument_table(instrument: Instrument) -> Table:
    """One row for each fact of the questionnaire: what, value, source, whether verified.

    Facts that are not verified are used only when asked for by name.
    """
    columns = (
        TableColumn("fact", "Fact", "text"),
        TableColumn("value", "Value", "text"),
        TableColumn("source", "Source", "text"),
        TableColumn("verified", "Verified", "text"),
    )
    rows = [_range(instrument)]
    for cutoff in instrument.cutoffs:
        side = _SIDES[cutoff.clinical]
        value = f"clinical {side} {fmt.plain(cutoff.value)}"
        rows.append(_row(f"Cut-off: {cutoff.meaning}", value, cutoff.source, cutoff.verified))
    for change in instrument.reliable_change:
        size = f"{_RULES[change.rule]} {fmt.plain(change.value)} {instrument.unit}"
        rows.append(_row("Reliable change", size, change.source, change.verified))
    for important in instrument.important_change:
        size = f"{fmt.plain(important.value)} {instrument.unit}"
        rows.append(_row("Smallest important change", size, important.source, important.verified))
    for fact in instrument.reliability:
        value = fmt.plain(fact.value)
        rows.append(_row(f"Reliability ({fact.kind})", value, fact.source, fact.verified))
    for norm in instrument.norms:
        value = fmt.mean_and_sd(norm.mean, norm.sd)
        rows.append(_row(f"Norm: {norm.population}", value, norm.source, norm.verified))
    if instrument.missing is not None:
        rule = instrument.missing
        value = f"up to {fmt.count(rule.most)} filled with the mean of the others"
        rows.append(_row("Unanswered items", value, rule.source, rule.verified))
    return Table(
        id="instrument",
        caption=f"{instrument.name}: its facts and where they come from",
        columns=columns,
        rows=tuple(rows),
        notes=(
            "Verified: read at the source named. What is not verified is used only where it was "
            "asked for by name.",
        ),
    )


def _range(instrument: Instrument) -> tuple[Cell, ...]:
    span = f"{fmt.plain(instrument.total_min)} to {fmt.plain(instrument.total_max)}"
    better = f"{instrument.direction} is better"
    what = f"{instrument.n_items} items, {span} {instrument.unit}, {better}"
    return text("Score"), text(what), text(instrument.source), text("see the facts below")


def _row(fact: str, value: str, source: str, verified: bool) -> tuple[Cell, ...]:
    return text(fact), text(value), text(source), text("yes" if verified else "no")
