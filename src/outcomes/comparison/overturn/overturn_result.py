"""`Overturn`: everything that could overturn a comparison, the easiest first."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from outcomes.comparison.missing_result import MissingAnswers
from outcomes.comparison.overturn import threats as found
from outcomes.comparison.overturn.agreement_result import Agreement
from outcomes.comparison.overturn.evalue_result import EValues
from outcomes.comparison.overturn.hidden_result import HiddenConfounding
from outcomes.comparison.overturn.negative_control_result import NegativeControl
from outcomes.comparison.overturn.policy import OverturnPolicy
from outcomes.comparison.overturn.regression_result import RegressionToMean
from outcomes.comparison.overturn.specification_result import Specifications
from outcomes.comparison.overturn.threats import Threat
from outcomes.comparison.overturn.turning import SETTLED, answered
from outcomes.comparison.result import ComparisonResult
from outcomes.schema.drawing import Drawable


@dataclass(frozen=True, slots=True, eq=False)
class Overturn(Drawable):
    """What would overturn a comparison, part by part, and all of it in one order.

    `hidden` and `evalues`: something that was not measured; `missing`: people without an
    end score; `drift`: regression to the mean; `agreement`: other methods; `specifications`:
    other choices; `controls`: negative controls. A part that was not asked for is None, one
    that could not be made is in `absent` with its reason.
    """

    comparison: ComparisonResult
    hidden: HiddenConfounding
    evalues: EValues
    missing: MissingAnswers | None
    drift: RegressionToMean | None
    agreement: Agreement | None
    specifications: Specifications | None
    controls: tuple[NegativeControl, ...]
    adjusted_for_start: bool
    absent: Mapping[str, str]
    limits: OverturnPolicy

    @property
    def threats(self) -> tuple[Threat, ...]:
        """Every threat, the easiest first; those not known last."""
        return tuple(sorted(self._threats(), key=_ease))

    def _threats(self) -> Iterable[Threat]:
        """In order of gravity, which decides between two that need the same."""
        easy = self.limits.easy
        if self.controls and self.shown:
            yield found.control_threat(self.controls, easy)
        if self.shown and self.comparison.effect == "ratio":
            yield found.evalue_threat(self.evalues, easy)
        if not answered(self.comparison):
            return
        if self.agreement is not None:
            yield found.method_threat(self.agreement, easy)
        if self.missing is not None:
            yield found.missing_threat(self.missing, self.hidden.sd, easy)
        if self.specifications is not None:
            yield found.choice_threat(self.specifications, easy)
        yield found.hidden_threat(self.hidden, easy)
        if self.drift is not None:
            adjusted = self.adjusted_for_start
            yield found.drift_threat(self.drift, self.comparison, easy, adjusted=adjusted)

    @property
    def weakest(self) -> Threat | None:
        """The single thing that would most easily overturn it; None where nothing would."""
        finite = [one for one in self.threats if math.isfinite(one.needed)]
        return finite[0] if finite else None

    @property
    def shown(self) -> bool:
        """Whether the comparison shows a difference or a ratio."""
        return math.isfinite(self.comparison.estimate) and math.isfinite(self.comparison.low)

    @property
    def settled(self) -> bool:
        """Whether the comparison gives an answer that could be overturned."""
        return self.shown and self.comparison.verdict in SETTLED

    @property
    def flags(self) -> tuple[str, ...]:
        """Names of the threats that overturn the answer already, or easily."""
        if not self.settled:
            return ()
        return tuple(one.name for one in self.threats if one.state in (found.OVERTURNS, found.EASY))

    @property
    def flags_hidden_confounding(self) -> bool:
        """Whether hidden confounding is flagged.

        An answer was given, and something no stronger than a measured covariate (times the
        policy's multiple) would undo it, or a negative control is suspicious. Of a ratio: if
        the covariate that could do most could bring its limit to no difference.
        """
        suspicious = any(one.verdict == "suspicious" for one in self.controls)
        measured = self.hidden.flagged
        if self.comparison.effect == "ratio":
            measured = self.evalues.times <= self.limits.multiple
        return self.settled and (measured or suspicious)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What could not be looked at."""
        return tuple(f"{name} could not be looked at: {why}" for name, why in self.absent.items())

    @property
    def sentence(self) -> str:
        """The one thing that would most easily overturn the answer, in plain words."""
        verdict = self.comparison.verdict
        if not self.shown:
            return f"No difference is shown (verdict '{verdict}'), so there is none to overturn."
        worst = self.weakest
        if worst is None:
            return (
                f"Nothing that was looked at would overturn the verdict '{verdict}'. That does "
                "not show that nothing could."
            )
        if not self.settled:
            return (
                f"The data cannot tell whether the arms differ. What would most easily turn that "
                f"into an answer: {worst.words}."
            )
        if worst.state == found.OVERTURNS:
            return f"The verdict '{verdict}' is in doubt already: {worst.found}"
        return f"What would most easily overturn the verdict '{verdict}': {worst.words}."

    def to_frame(self) -> pd.DataFrame:
        """One row for each threat, the easiest first."""
        columns = ["threat", "needed", "unit", "state", "found"]
        rows = [(one.name, one.needed, one.unit, one.state, one.found) for one in self.threats]
        return pd.DataFrame(rows, columns=columns)

    def explain(self) -> str:
        """How threats are put in one order, and what that does not tell."""
        return (
            "Each threat is measured in a unit of something known: a hidden variable in the "
            "strength of the nearest measured covariate, missing outcomes in reliable changes, "
            "regression to the mean in the drift expected between the arms. Negative controls, "
            "other methods and other choices overturn or do not. What needs the fewest units "
            f"comes first; up to {self.limits.easy:g} is called easy. The units are not the same "
            "thing, so the order is a help to thinking and no measurement, and what was not "
            "looked at is not in it. Hidden confounding is flagged when something "
            f"{self.limits.multiple:g} times as strong as a measured covariate would undo the "
            "answer, or a negative control is suspicious. A flag says that the answer hangs on "
            "there being nothing so strong; it does not say that there is."
        )

    def __repr__(self) -> str:
        lines = [f"Overturn({self.comparison.other} - {self.comparison.reference}, verdict "
                 f"{self.comparison.verdict}): {self.sentence}"]  # fmt: skip
        lines += [f"  {one.name}: {one.state}, {_times(one)}; {one.found}" for one in self.threats]
        return "\n".join([*lines, *(f"warning: {text}" for text in self.warnings)])

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{html.escape(text)}</p>" for text in (self.sentence, *self.warnings))
        return f"{notes}{self.to_frame().to_html(index=False)}"


def _ease(one: Threat) -> float:
    return math.inf if math.isnan(one.needed) else one.needed


def _times(one: Threat) -> str:
    if not math.isfinite(one.needed) or one.needed <= 0:
        return one.unit
    return f"{one.needed:.2f} x {one.unit}"
