"""The fair comparison as tables: differences with intervals, diagnostics, balance."""

from __future__ import annotations

from outcomes.comparison import ComparisonResult
from outcomes.comparison.policy import comparison_policy
from outcomes.models import WeightResult
from outcomes.privacy import Policy, hidden
from outcomes.privacy import policy as named_policy
from outcomes.schema import Verdict
from outcomes.showing import format as fmt
from outcomes.showing.effects import effect_interval, effect_unit, effect_value, effect_words
from outcomes.tables.notes import hiding, lacking
from outcomes.tables.table import (
    Cell,
    Kind,
    Table,
    TableColumn,
    missing,
    shown,
    suppressed,
    text,
)

# Rules of comparison/policy.toml that readers see, in the order of reading.
_RULES = {
    "overlap": "Overlap of the arms' propensities (0 none, 1 the same)",
    "outside_support": "Share of people with nobody comparable in the other arm",
    "ess": "People the smaller arm is worth after weighting",
    "worst_smd": "Largest standardised difference after weighting",
    "smd": "Largest standardised difference after weighting, usual limit",
    "max_share": "Largest share of an arm's weight on one person",
    "clusters": "Clusters in the arm with fewer (practitioners or couples)",
    "df": "Degrees of freedom of the interval",
}
_SHARES = ("outside_support", "max_share")
_CONSEQUENCES = {
    "stop": "not comparable",
    "few": "cannot tell",
    "caution": "said beside the result",
}


def comparison_table(results: list[ComparisonResult], policy: Policy | None = None) -> Table:
    """One row for each way of adjusting: difference, interval, p, people, verdict.

    The difference is the other arm minus the reference, in points of the end score. Where
    the arms are not comparable there is a verdict and no number. `policy` (default:
    "default") decides whether the numbers of people may be shown.
    """
    rules = named_policy() if policy is None else policy
    first = results[0]
    names = [fmt.group_name("arm", arm) for arm in (first.other, first.reference)]
    columns = [
        TableColumn("method", "Adjusted by", "text"),
        TableColumn("difference", _head(first), "number"),
        TableColumn("interval", f"{100 * first.confidence:g} % interval", "interval"),
        TableColumn("p", "p", "p"),
        TableColumn(first.other, f"{names[0]}: people", "count"),
        TableColumn(first.reference, f"{names[1]}: people", "count"),
        TableColumn("verdict", "Verdict", "text"),
    ]
    rows = tuple(_effect(result, rules) for result in results)
    better = "lower" if first.direction == "lower" else "higher"
    notes = [f"Difference: {names[0]} minus {names[1]} at the end; {better} is better."]
    if first.effect == "ratio":
        notes = [f"Ratio: {names[0]} divided by {names[1]}; {better} is better."]
    if first.margin is not None:
        notes.append(
            f"Margin set in advance: {effect_value(first, first.margin)} {effect_unit(first)}."
        )
    if any(result.verdict is Verdict.NOT_COMPARABLE for result in results):
        notes.append("Not comparable: a rule of the diagnostics failed, so no number is shown.")
    return Table(
        id="comparison",
        caption=f"{names[0]} against {names[1]}: adjusted {effect_words(first)}",
        columns=tuple(columns),
        rows=rows,
        notes=(*notes, *hiding(rows, rules), *lacking(rows)),
    )


def _head(result: ComparisonResult) -> str:
    return "Ratio" if result.effect == "ratio" else f"Difference in {effect_unit(result)}"


def diagnostics_table(result: ComparisonResult) -> Table:
    """One row for each rule that a fair comparison must meet: value, limit, passed or not."""
    columns = (
        TableColumn("rule", "Rule", "text"),
        TableColumn("value", "Value", "number"),
        TableColumn("limit", "Limit", "text"),
        TableColumn("met", "Met", "text"),
        TableColumn("otherwise", "Otherwise", "text"),
    )
    found = result.diagnostics
    broken = {rule: limit for rule, _, limit in (*found.failed, *found.few, *found.cautions)}
    rows = []
    for name, value in _values(result).items():
        rule = comparison_policy().rules[name]
        kind: Kind = "percent" if name in _SHARES else "number"
        write = fmt.percent if name in _SHARES else fmt.plain
        side = "at least" if rule.side == "at_least" else "at most"
        met = "no" if name in broken else "yes"
        rows.append(
            (
                text(_RULES[name]),
                shown(value, write(value), kind),
                text(f"{side} {write(broken.get(name, rule.limit))}"),
                text(met if fmt.available(value) else fmt.NOT_AVAILABLE),
                text(_CONSEQUENCES[rule.action]),
            )
        )
    sources = "; ".join(
        f"{_RULES[name].split(' (')[0].lower()}: {comparison_policy().rules[name].source}"
        for name in _values(result)
    )
    return Table(
        id="diagnostics",
        caption="Can the arms be compared?",
        columns=columns,
        rows=tuple(rows),
        notes=(f"Limits: {sources}.", *lacking(rows)),
    )


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


def _effect(result: ComparisonResult, policy: Policy) -> tuple[Cell, ...]:
    """One way of adjusting. Without convergence or estimate no number stands there."""
    span = effect_interval(result)
    usable = result.converged and fmt.available(result.estimate)
    effect: tuple[Cell, ...] = (missing("number"), missing("interval"), missing("p"))
    if usable:
        effect = (
            shown(result.estimate, effect_value(result, result.estimate), "number"),
            Cell(span, span, "shown", "interval") if fmt.available(result.low) else effect[1],
            shown(result.p, fmt.p_value(result.p), "p"),
        )
    people = [result.n.get(arm, 0) for arm in (result.other, result.reference)]
    counts = [
        suppressed("count") if hidden(n, policy) else shown(n, fmt.count(n), "count")
        for n in people
    ]
    name = text(fmt.sentence(result.method_name))
    return (name, *effect, *counts, text(str(result.verdict)))


def _values(result: ComparisonResult) -> dict[str, float]:
    """The quantity of each rule; nan where it was not computed."""
    found = result.diagnostics
    nan = float("nan")
    values = {
        "overlap": found.overlap,
        "outside_support": found.outside_support,
        "ess": min(found.ess.values(), default=nan),
        "worst_smd": found.worst_smd,
        "smd": found.worst_smd,
        "max_share": found.max_share,
        "clusters": float(min(found.n_clusters.values(), default=nan)),
        "df": result.df,
    }
    if result.cluster is None:
        del values["clusters"]
    return values


def _number(value: float) -> Cell:
    return shown(float(value), fmt.decimal(value), "number")
