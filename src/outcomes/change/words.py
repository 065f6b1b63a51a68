"""How a result of change says what counted: rule, formula with its numbers, criteria."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outcomes.change.methods import METHODS, ONE_SIDED

if TYPE_CHECKING:
    from outcomes.change.result import ChangeResult

RULES = {"at_least": "at least", "exceeds": "more than"}


def rule(result: ChangeResult) -> str:
    """What counts as change, as a phrase without a full stop."""
    size = f"{RULES[result.threshold_rule]} {result.threshold:.4g}"
    if result.method == "stat":
        return "any change across the cut-off"
    if result.method == "hlm":
        return f"a slope of {size} times its posterior standard deviation"
    if result.method == "percentage":
        return f"a change of {size} % of the start score"
    if result.line is not None and (result.line.slope, result.line.constant) != (1.0, 0.0):
        return f"an end score {size} {result.unit} away from the one expected without change"
    return f"a change of {size} {result.unit}"


def formula(result: ChangeResult) -> list[str]:
    """Show the formula with its numbers, where the threshold was computed."""
    card = METHODS[result.method]
    if result.method == "jt":
        return [_jacobson_truax(result)]
    lines = [f"Method {card.name}: {card.formula}. {card.source}."]
    fit, line, sample = result.growth, result.line, result.sample
    if fit is not None:
        lines.append(
            f"Average slope {fit.fixed[1]:.4g} {result.unit} for one unit of time; the slopes of "
            f"people spread by {fit.covariance[1, 1] ** 0.5:.4g} (SD). People with fewer than "
            "three scores have no slope and are missing."
        )
    if line is not None and sample is not None:
        side = "one-sided" if card.sided == ONE_SIDED else "two-sided"
        lines.append(
            f"SD = {sample.sd:.4g}, r = {sample.reliability:.4g}, M_start = {sample.mean:.4g}, "
            f"M_end = {sample.mean_post:.4g}: expected end score = {line.constant:.4g} + "
            f"{line.slope:.4g} * start, error = {line.error:.4g} {result.unit}; critical value "
            f"{line.critical:.4g} ({side}, {100 * result.confidence:g} %)."
        )
    if result.method == "ha":
        shares = result.group_level()
        lines.append(
            "For the group as a whole, with normal true scores, the true score got better in "
            f"{100 * shares.better:.1f} %"
            + (
                "."
                if shares.beyond is None
                else f" and ended beyond the cut-off in {100 * shares.beyond:.1f} %."
            )
        )
    lines.append(f"Use it for: {card.use} Not for: {card.avoid}")
    return lines


def _jacobson_truax(result: ChangeResult) -> str:
    if result.sd is None or result.sem is None or result.s_diff is None:
        return "The threshold is published in points; no index is computed."
    own = (
        " SD is that of the start scores of the whole frame, all groups together, so that "
        "all groups share one threshold."
        if result.basis.startswith("own")
        else ""
    )
    return (
        f"SEM = SD * sqrt(1 - r) = {result.sd:.4g} * sqrt(1 - {result.reliability:.4g}) = "
        f"{result.sem:.4g}; s_diff = sqrt(2) * SEM = {result.s_diff:.4g}; "
        f"index = (end - start) / s_diff; threshold = {result.threshold / result.s_diff:.4g} * "
        f"s_diff = {result.threshold:.4g} {result.unit}.{own}"
    )


def categories(method: str) -> str:
    """What the categories mean."""
    if method == "stat":
        return (
            "improved: clinical at the start and not at the end; deteriorated: the reverse. "
            "missing: no score at the start or at the end."
        )
    return (
        "recovered: clinical at the start, not at the end, and reliably better; nobody who "
        "was already on the functional side at the start counts. harmed: the reverse, "
        "reliably worse. missing: no score at the start or at the end."
    )


def criteria(direction: str, *, true: bool) -> dict[str, str]:
    """Formula of each criterion; with `true` the SDs are those of true scores."""
    toward, back = ("+", "-") if direction == "higher" else ("-", "+")
    found = {
        "a": f"a = M_clinical {toward} 2 * SD_clinical",
        "b": f"b = M_functional {back} 2 * SD_functional (the functional population's SD)",
        "c": "c = (SD_clinical * M_functional + SD_functional * M_clinical) / "
        "(SD_clinical + SD_functional)",
    }
    shrunk = ", each SD times sqrt((SD^2 - SEM^2) / SD^2)"
    return {name: text + shrunk if true else text for name, text in found.items()}
