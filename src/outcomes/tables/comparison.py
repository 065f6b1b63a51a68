"""The fair comparison as tables: differences with intervals, diagnostics, balance."""

from __future__ import annotations

import numpy as np

from outcomes.comparison import ComparisonResult
from outcomes.models import WeightResult
from outcomes.privacy import Policy
from outcomes.privacy import policy as named_policy
from outcomes.schema import Verdict
from outcomes.tables import format as fmt
from outcomes.tables.disclosure import visible_steps
from outcomes.tables.notes import hiding, lacking
from outcomes.tables.table import Cell, Table, TableColumn, missing, shown, suppressed, text

_RULES = {
    "overlap": "Overlap of the two arms' propensities",
    "outside_support": "People with nobody comparable in the other arm",
    "ess": "People an arm is worth after weighting",
    "max_share": "Largest share of an arm's weight held by one person",
    "worst_smd": "Largest standardised difference after weighting",
    "separation": "Characteristics that occur in one arm only",
    "n_clusters": "Practitioners or other clusters in an arm",
    "one_arm_clusters": "Share of clusters with people in one arm only",
}
_SHARES = ("outside_support", "max_share", "one_arm_clusters")


def comparison_table(results: list[ComparisonResult], policy: Policy | None = None) -> Table:
    """One row for each way of adjusting: difference, interval, p, people, verdict.

    The difference is the other arm minus the reference, in points of the end score. Where
    the arms are not comparable there is a verdict and no number. `policy` (default:
    "default") decides whether the number of people may be shown beside the number asked.
    """
    rules = named_policy() if policy is None else policy
    first = results[0]
    names = [fmt.group_name("arm", arm) for arm in (first.other, first.reference)]
    columns = [
        TableColumn("method", "Adjusted by", "text"),
        TableColumn("difference", f"Difference in {first.unit}", "number"),
        TableColumn("interval", f"{100 * first.confidence:g} % interval", "interval"),
        TableColumn("p", "p", "p"),
        TableColumn(first.other, f"{names[0]}: people", "count"),
        TableColumn(first.reference, f"{names[1]}: people", "count"),
        TableColumn("verdict", "Verdict", "text"),
    ]
    rows = tuple(_effect(result, rules) for result in results)
    better = "lower" if first.direction == "lower" else "higher"
    notes = [f"Difference: {names[0]} minus {names[1]} at the end; {better} is better."]
    if first.margin is not None:
        notes.append(f"Margin set in advance: {fmt.points(first.margin)} {first.unit}.")
    if any(result.verdict is Verdict.NOT_COMPARABLE for result in results):
        notes.append("Not comparable: a rule of the diagnostics failed, so no number is shown.")
    return Table(
        id="comparison",
        caption=f"{names[0]} against {names[1]}: adjusted difference of the end scores",
        columns=tuple(columns),
        rows=rows,
        notes=(*notes, *hiding(rows, rules), *lacking(rows)),
    )


def diagnostics_table(result: ComparisonResult) -> Table:
    """One row for each rule that a fair comparison must meet: value, limit, passed or not."""
    columns = (
        TableColumn("rule", "Rule", "text"),
        TableColumn("value", "Value", "number"),
        TableColumn("limit", "Limit", "text"),
        TableColumn("passed", "Met", "text"),
    )
    return Table("diagnostics", "Can the arms be compared?", columns, (), ())


def balance_table(result: WeightResult) -> Table:
    """One row for each covariate: how far the arms differ before and after weighting.

    A covariate in words stands with the level that differs most; single levels are not
    listed, since a difference of shares may give away how few people share a level.
    """
    columns = (
        TableColumn("covariate", "Known at the start", "text"),
        TableColumn("smd_before", "Difference before", "number"),
        TableColumn("smd_after", "Difference after", "number"),
        TableColumn("variance_ratio_after", "Ratio of variances after", "number"),
    )
    rows = []
    for name, part in result.balance.groupby("covariate", sort=False):
        ratio = part["variance_ratio_after"].dropna()
        rows.append(
            (
                text(fmt.covariate_name(str(name))),
                _number(part["smd_before"].abs().max()),
                _number(part["smd_after"].abs().max()),
                _number(ratio.iloc[0]) if len(ratio) else missing("number"),
            )
        )
    return Table(
        id="balance",
        caption="How far the arms differ at the start, before and after weighting",
        columns=columns,
        rows=tuple(rows),
        notes=(
            "Difference: standardised, without sign; of the level that differs most where a "
            "characteristic has levels. The ratio of variances is given for numbers.",
        ),
    )
