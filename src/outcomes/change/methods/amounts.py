"""Change of a stated size: an important change in points, or a share of the start score."""

from __future__ import annotations

from outcomes.change.methods.model import AMOUNT, Line, Method


def important(points: float) -> Line:
    """|end - start| of at least `points`, the minimal important change."""
    return Line(slope=1.0, constant=0.0, error=1.0, critical=points, rule="at_least")


def share(percentage: float) -> Line:
    """|end - start| of at least `percentage` per cent of the start score."""
    return Line(
        slope=1.0, constant=0.0, error=0.01, critical=percentage, rule="at_least", relative=True
    )


ANCHOR = Method(
    id="anchor",
    name="minimal important change",
    formula="|end - start| >= MIC",
    source="Jaeschke, Singer & Guyatt 1989, Control Clin Trials 10:407-415",
    use="What matters to people is known in points from an anchor (a question about change).",
    avoid="As proof of change: an important change may be smaller than measurement error; the "
    "result says so where the reliability is known.",
    needs=("important_change",),
    sided=AMOUNT,
)
PERCENTAGE = Method(
    id="percentage",
    name="percentage change",
    formula="100 * |end - start| / |start| >= p",
    source="convention of trials (response: 50 % fewer symptoms), Hiller, Schindler & Lambert "
    "2012, Psychother Res 22:1-11",
    use="To compare with trials that report response as a percentage.",
    avoid="Low start scores (a few points are half of them), and scales without a true zero.",
    needs=("percentage",),
    sided=AMOUNT,
)
