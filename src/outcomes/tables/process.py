"""How the work went and how it was received: shares, means, losses and benefits as tables."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from outcomes.privacy import Policy
from outcomes.process import BenefitsResult, Findings, GoalsResult, ProcessResult
from outcomes.process import SatisfactionResult as Satisfaction
from outcomes.process.ratings import rating_name
from outcomes.schema.verdicts import Verdict
from outcomes.showing import format as fmt
from outcomes.showing.process import visible_losses, visible_shares, visible_size
from outcomes.tables.notes import hiding, lacking
from outcomes.tables.table import Cell, Kind, Table, TableColumn, missing, shown, suppressed, text

_ASSOCIATION = "Association, in time order; it does not say what the help caused."
Rows = tuple[tuple[Cell, ...], ...]


def shares_table(
    result: Findings, policy: Policy, families: Sequence[str] | None = None, id: str = "shares"
) -> Table:
    """One row for each share and group: n of N, share, interval. `families` picks some."""
    seen = visible_shares(result, policy)
    table = result.shares
    if families is not None:
        table = table[table["family"].isin(list(families))]
    rows = []
    for place, row in table.iterrows():
        head = (text(str(row["label"])), text(fmt.group_name(result.by, row["group"])))
        rows.append((*head, *_share(row, visible=bool(seen[place])), text(str(row["counted"]))))
    columns = (
        TableColumn("measure", "Measure", "text"),
        TableColumn("group", "Group", "text"),
        TableColumn("n", "n of N", "count"),
        TableColumn("share", "Share", "percent"),
        TableColumn("interval", f"{fmt.level(result.confidence)} interval", "interval"),
        TableColumn("counted", "Counted", "text"),
    )
    definitions = dict.fromkeys(table["definition"])
    absent = (f"Not measurable: {words}." for words in result.absent)
    notes = (*definitions, *absent, *hiding(rows, policy), *lacking(rows))
    return Table(id, f"{_title(result)}{_by(result)}", columns, tuple(rows), notes)


def satisfaction_table(result: Satisfaction, policy: Policy) -> Table:
    """Quartiles, range in the scale, and the non-response bounds; a mean never alone."""
    keys = ["group", "instrument"]
    merged = result.distribution.merge(result.bounds, on=keys, how="left")
    seen = visible_size(merged["n"], policy) & visible_size(merged["asked"], policy)
    best = result.shares[result.shares["measure"].eq("response")]
    ok = visible_shares(result, policy)[best.index]
    answers = dict(zip(zip(best["group"], best["family"], strict=True), ok, strict=True))
    rows = []
    for place, row in merged.iterrows():
        visible = bool(seen[place])
        bounded = visible and bool(answers.get((row["group"], row["instrument"]), False))
        scale = f"{fmt.plain(row['lowest_possible'])} to {fmt.plain(row['highest_possible'])}"
        quartiles = f"{fmt.plain(row['q1'])} / {fmt.plain(row['median'])} / {fmt.plain(row['q3'])}"
        rows.append(
            (
                text(rating_name(str(row["instrument"]))),
                text(fmt.group_name(result.by, row["group"])),
                # Beside how many were asked it would tell how many kept silent.
                _cell(row["n"], fmt.count(row["n"]), "count", bounded),
                text(scale),
                _cell(quartiles if row["n"] else None, quartiles, "interval", visible),
                _cell(row["mean"], fmt.points(row["mean"]), "number", visible),
                _span(row["low"], row["high"], visible),
                _bounds(row, bounded),
            )
        )
    columns = (
        TableColumn("instrument", "Rating", "text"),
        TableColumn("group", "Group", "text"),
        TableColumn("n", "People", "count"),
        TableColumn("scale", "Scale", "text"),
        TableColumn("quartiles", "Lower quartile / median / upper", "interval"),
        TableColumn("mean", "Mean", "number"),
        TableColumn("interval", f"{fmt.level(result.confidence)} interval of the mean", "interval"),
        TableColumn("bounds", "Best range, worst to best case of the silent", "interval"),
    )
    notes = (
        "A mean hides how many are at the top of the scale: read it beside the shares.",
        "Worst to best case: of everybody asked, if none or all of the silent were in it.",
        *(f"{words}." for words in result.warnings),
        *hiding(rows, policy),
        *lacking(rows),
    )
    caption = f"Ratings{_by(result)}"
    return Table("satisfaction", caption, columns, tuple(rows), notes)


def goals_table(result: GoalsResult, policy: Policy) -> Table:
    """T score and rating at the start and latest, by domain and by who holds the goal."""
    seen = visible_size(result.means["n"], policy)
    rows = []
    for place, row in result.means.iterrows():
        if not row["n"]:
            continue
        name = "T score" if row["measure"] == "gas_t" else "Rating, 0 to 10"
        visible = bool(seen[place])
        rows.append(
            (
                text(f"{name}: {_about(row)}"),
                text(fmt.group_name(result.by, row["group"])),
                _cell(row["n"], fmt.count(row["n"]), "count", visible),
                *(_cell(row[c], fmt.points(row[c]), "number", visible) for c in _ENDS),
                _span(row["low"], row["high"], visible),
            )
        )
    columns = (
        TableColumn("measure", "Goals", "text"),
        TableColumn("group", "Group", "text"),
        TableColumn("n", "People or couples", "count"),
        TableColumn("start", "Start", "number"),
        TableColumn("latest", "Latest", "number"),
        TableColumn("change", "Change", "number"),
        TableColumn("interval", f"{fmt.level(result.confidence)} interval", "interval"),
    )
    notes = (
        "T score of all goals on the attainment scale: 50 is the expected level.",
        _ASSOCIATION,
        *(f"Not measurable: {words}." for words in result.absent),
        *hiding(rows, policy),
        *lacking(rows),
    )
    return Table("goals", f"Progress on goals{_by(result)}", columns, tuple(rows), notes)


def losses_table(result: ProcessResult, policy: Policy) -> Table:
    """Who stopped after each phase, by how the episode ended."""
    seen = visible_losses(result, policy)
    rows = tuple(
        (
            text(str(row["label"])),
            text(fmt.group_name(result.by, row["group"])),
            text(str(row["reason_label"])),
            _cell(row["n"], fmt.count(row["n"]), "count", bool(seen[place])),
        )
        for place, row in result.losses.iterrows()
    )
    columns = (
        TableColumn("phase", "Last phase reached", "text"),
        TableColumn("group", "Group", "text"),
        TableColumn("reason", "How it ended", "text"),
        TableColumn("n", "Episodes", "count"),
    )
    caption = f"Episodes that did not reach the next phase{_by(result)}"
    return Table("losses", caption, columns, rows, hiding(rows, policy))


def benefits_table(result: BenefitsResult, policy: Policy) -> Table:
    """Each claimed benefit with what measures it, the change and the verdict."""
    seen = visible_size(result.profile["n"], policy)
    told: set[str] = set()
    rows = []
    for place, row in result.profile.iterrows():
        visible = bool(seen[place])
        absent = row["verdict"] == Verdict.NOT_MEASURABLE
        if absent and row["benefit"] in told:
            continue
        told.add(str(row["benefit"]))
        group = "All groups" if absent else fmt.group_name(result.by, row["group"])
        verdict = str(row["verdict"]) if visible else fmt.HIDDEN
        rows.append(
            (
                text(str(row["label"])),
                text(str(row["measure_label"]) or "no measure"),
                text(group),
                _cell(row["n"], fmt.count(row["n"]), "count", visible),
                _cell(row["d"], fmt.decimal(row["d"]), "number", visible),
                _decimal_span(row["d_low"], row["d_high"], visible),
                _cell(row["pomp"], fmt.points(row["pomp"]), "number", visible),
                _span(row["pomp_low"], row["pomp_high"], visible),
                text(verdict) if visible else suppressed("text"),
            )
        )
    level = fmt.level(result.confidence)
    columns = (
        TableColumn("benefit", "Benefit", "text"),
        TableColumn("measure", "Measured by", "text"),
        TableColumn("group", "Group", "text"),
        TableColumn("n", "People with both scores", "count"),
        TableColumn("d", "Standardised change", "number"),
        TableColumn("d_interval", f"{level} interval", "interval"),
        TableColumn("pomp", "Change, % of the range", "number"),
        TableColumn("pomp_interval", f"{level} interval of %", "interval"),
        TableColumn("verdict", "Better at the end", "text"),
    )
    notes = (
        "Positive is better.",
        _ASSOCIATION,
        *(f"Not measurable: {words}" for words in result.absent),
        *hiding(rows, policy),
        *lacking(rows),
    )
    caption = f"Benefits claimed, as far as measured{_by(result)}"
    return Table("benefits", caption, columns, tuple(rows), notes)


_ENDS = ("start", "latest", "change")


def _share(row: pd.Series, *, visible: bool) -> tuple[Cell, Cell, Cell]:
    if not visible:
        return suppressed("count"), suppressed("percent"), suppressed("interval")
    people = shown(row["n"], fmt.n_of(row["n"], row["n_total"]), "count")
    if not row["n_total"]:
        return people, missing("percent"), missing("interval")
    span = fmt.percent_interval(row["low"], row["high"])
    rate = shown(row["rate"], fmt.percent(row["rate"]), "percent")
    return people, rate, Cell(span, span, "shown", "interval")


def _cell(value: object, words: str, kind: Kind, visible: bool) -> Cell:
    return shown(value, words, kind) if visible else suppressed(kind)


def _span(low: float, high: float, visible: bool) -> Cell:
    if not visible:
        return suppressed("interval")
    words = fmt.interval(low, high)
    return missing("interval") if words == fmt.NOT_AVAILABLE else shown(words, words, "interval")


def _decimal_span(low: float, high: float, visible: bool) -> Cell:
    if not visible:
        return suppressed("interval")
    if not (fmt.available(low) and fmt.available(high)):
        return missing("interval")
    words = f"{fmt.decimal(low)} to {fmt.decimal(high)}"
    return shown(words, words, "interval")


def _bounds(row: pd.Series, visible: bool) -> Cell:
    if not visible:
        return suppressed("interval")
    words = fmt.percent_interval(row["worst"], row["best"])
    return missing("interval") if words == fmt.NOT_AVAILABLE else shown(words, words, "interval")


def _about(row: pd.Series) -> str:
    if row["held"] != "all":
        return f"{row['held']} goals of couples"
    if row["domain"] == "all":
        return "all goals"
    return str(row["domain"]).replace("_", " ")


def _title(result: Findings) -> str:
    names = {
        "SatisfactionResult": "Satisfaction and alliance",
        "GoalsResult": "Goals",
        "ProcessResult": "How the work went",
    }
    return names.get(type(result).__name__, "Shares")


def _by(result: Findings) -> str:
    return "" if result.by is None else f" by {result.by.replace('_', ' ')}"
