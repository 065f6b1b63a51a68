"""The figures that belong to what would overturn a comparison, by type."""

from __future__ import annotations

from dataclasses import replace

from outcomes.comparison.overturn import (
    Agreement,
    EValues,
    HiddenConfounding,
    NegativeControl,
    Overturn,
    RegressionToMean,
    Specifications,
)
from outcomes.errors import UsageError
from outcomes.figures.drift import expected_drift
from outcomes.figures.effect import effect
from outcomes.figures.effect_panel import effect_panel
from outcomes.figures.evalue import evalue_curve
from outcomes.figures.figure import Figure
from outcomes.figures.hidden import hidden_contours
from outcomes.figures.plot import plot
from outcomes.figures.specifications import comparison_curve
from outcomes.figures.threats import overturn_panel
from outcomes.privacy import Policy
from outcomes.privacy import policy as named_policy
from outcomes.showing import format as fmt


@plot.register
def _evalues(result: EValues, *, policy: Policy | None = None) -> Figure:
    return evalue_curve(result, policy or named_policy())


@plot.register
def _hidden(result: HiddenConfounding, *, policy: Policy | None = None) -> Figure:
    return hidden_contours(result, policy or named_policy())


@plot.register
def _methods(result: Agreement, *, policy: Policy | None = None) -> Figure:
    return effect_panel(result, policy or named_policy())


@plot.register
def _control(result: NegativeControl, *, policy: Policy | None = None) -> Figure:
    drawn = effect([result.comparison], policy or named_policy())
    what = fmt.covariate_name(result.name).lower()
    return replace(
        drawn,
        id="negative_control",
        caption=(
            f"Adjusted difference where the help can have made none ({what}), with its "
            f"{fmt.level(result.comparison.confidence)} interval: {result.verdict}."
        ),
        notes=(*drawn.notes, result.sentence),
    )


@plot.register
def _drift(result: RegressionToMean, *, policy: Policy | None = None) -> Figure:
    return expected_drift(result, policy or named_policy())


@plot.register
def _every_way(
    result: Specifications, *, policy: Policy | None = None, scale: str | None = None
) -> Figure:
    return comparison_curve(result, policy or named_policy(), scale)


@plot.register
def plot_overturn(
    result: Overturn, *, kind: str = "threats", policy: Policy | None = None
) -> Figure:
    """Draw what would overturn a comparison, or one part of it.

    `kind`: "threats" (default), "evalue", "hidden", "methods", "specifications", "missing",
    "tipping" or "drift". Raises UsageError for a part that was not made.
    """
    if kind == "threats":
        return overturn_panel(result, policy or named_policy())
    parts = {
        "evalue": result.evalues, "hidden": result.hidden, "methods": result.agreement,
        "specifications": result.specifications, "missing": result.missing,
        "tipping": result.missing, "drift": result.drift,
    }  # fmt: skip
    part = parts.get(kind)
    if part is None:
        made = [name for name, one in parts.items() if one is not None]
        raise UsageError(
            f"this result cannot be drawn as {kind!r}",
            where="parameter kind",
            fix=f"Choose from {', '.join(['threats', *made])}.",
        )
    return plot(part, policy=policy, **({"kind": kind} if kind == "tipping" else {}))
