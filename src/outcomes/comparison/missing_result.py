"""`MissingAnswers`: complete cases, imputation, tipping point and worst case, side by side."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.comparison.result import ComparisonResult
from outcomes.models.missing.imputations import Imputations
from outcomes.models.missing.policy import numbers
from outcomes.models.missing.pooled import Pooled
from outcomes.models.missing.shifts import crossed
from outcomes.models.missing.tipping import TippingPoint
from outcomes.schema.drawing import Drawable
from outcomes.schema.verdicts import Verdict

COMPLETE, IMPUTED, WORST = "complete cases", "imputed", "worst case"
GRID = 9
FEW = "few clusters"
# Not the words of models/missing, whose policy.toml has the limit: this is for a reader.
FEW_WORDS = (
    f"in an arm, or in all, there are fewer than {numbers()['few_clusters']:.0f} clusters "
    "(practitioners): too few for an interval after imputation, so none is told"
)


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """One way of answering with what is missing: estimate with interval, or bounds.

    `lower` and `upper` are bounds of the estimate (nan unless the worst case), low and
    high the interval; `assumes` says in words what has to hold.
    """

    name: str
    assumes: str
    estimate: float
    se: float
    df: float
    lower: float
    upper: float
    low: float
    high: float
    verdict: Verdict
    reasons: tuple[str, ...]
    n_used: int


@dataclass(frozen=True, slots=True, eq=False)
class MissingAnswers(Drawable):
    """The comparison under several beliefs about the missing outcomes.

    `answers` holds complete cases, imputed, those given beside, worst case (where the scale
    is known), in this order. `tipping` has a TippingPoint for each way of shifting: only one
    arm, only the other, both; the first would undo the finding soonest. `stands` is "holds",
    "turns", "disagree" (complete cases and imputation differ in verdict), "blocked" (checks
    forbid an answer), "few clusters" (too few practitioners for an interval after imputation:
    no imputed numbers, no tipping point; `pooled` has them for a look) or "nothing missing".
    `n` counts people by arm, `n_missing` those without an outcome.
    """

    answers: tuple[Answer, ...]
    tipping: tuple[TippingPoint, ...]
    stands: str
    complete: ComparisonResult
    pooled: Pooled | None
    imputations: Imputations | None
    n: Mapping[str, int]
    n_missing: Mapping[str, int]
    reference: str
    other: str
    unit: str
    direction: str | None
    margin: float | None
    reliable_change: float | None
    scale: tuple[float, float] | None
    confidence: float
    seed: int
    warnings: tuple[str, ...]
    method: str
    sources: tuple[str, ...]

    @property
    def hides(self) -> tuple[int, ...]:
        """Counts of people that shifts and bounds give away: without and with an outcome."""
        missing = [self.n_missing[name] for name in self.n]
        return (
            *missing,
            *(self.n[name] - gone for name, gone in zip(self.n, missing, strict=True)),
        )

    @property
    def main(self) -> TippingPoint | None:
        """The tipping point that matters most; None where nothing was shifted."""
        return self.tipping[0] if self.tipping else None

    def answer(self, name: str) -> Answer | None:
        """One answer by its name."""
        return next((one for one in self.answers if one.name == name), None)

    def to_frame(self) -> pd.DataFrame:
        """One row for each answer."""
        names = ("name", "assumes", "estimate", "se", "df", "lower", "upper", "low", "high")
        rows = [
            {**{name: getattr(one, name) for name in names},
             "verdict": str(one.verdict), "n_used": one.n_used}
            for one in self.answers
        ]  # fmt: skip
        return pd.DataFrame(rows).rename(columns={"name": "answer"})

    def tipping_frame(self) -> pd.DataFrame:
        """One row for each way of shifting: who is shifted, where the verdict turns."""
        rows = [
            {"shifted": " and ".join(one.shifted), "verdict": one.verdict, "turns_at": one.value,
             "then": one.after, "in_reliable_changes": one.in_reliable_changes,
             "better_turns_at": one.better_value, "words": one.words}
            for one in self.tipping
        ]  # fmt: skip
        return pd.DataFrame(rows)

    def grid(self, points: int = GRID) -> pd.DataFrame:
        """Estimate and interval when the two arms are shifted by different amounts.

        Columns delta_reference, delta_other, estimate, se, low, high; `points` values of
        each. Empty where nothing was shifted or the estimate is not linear in the outcome.
        """
        by = {one.shifted: one for one in self.tipping}
        keys = ((self.reference,), (self.other,), (self.reference, self.other))
        if not all(key in by and by[key].course.exact for key in keys):
            return pd.DataFrame()
        first, second, both = (by[key] for key in keys)
        steps = np.linspace(*first.limits, points)
        a, b = (part.ravel() for part in np.meshgrid(steps, steps, indexing="ij"))
        found = crossed(first.course, second.course, both.course, a, b)
        from outcomes.models.missing.pooled import t_limits

        low, high, _ = t_limits(found, self.confidence)
        return pd.DataFrame(
            {"delta_reference": a, "delta_other": b, "estimate": found.estimate,
             "se": found.se, "low": low, "high": high}
        )  # fmt: skip

    def sentence(self) -> str:
        """The answer to 'what if people who left did worse' in one sentence or two."""
        return _SAID[self.stands](self)

    def explain(self) -> str:
        """What each answer takes for granted."""
        return (
            "Complete cases: right if, among people alike in the covariates, those who left did "
            "as those who stayed. Imputed: right if people alike in everything the imputation used "
            f"did alike, whether they left or not ({self.method}). Tipping point: the smallest "
            "shift of the imputed outcomes that turns the verdict. Worst case: nothing is taken "
            "for granted but the ends of the scale. None of them can show why people left. "
            f"Sources: {'; '.join(self.sources)}."
        )

    def __repr__(self) -> str:
        lines = [f"MissingAnswers({self.other} - {self.reference}): {self.sentence()}"]
        for one in self.answers:
            span = f"{one.low:.2f} to {one.high:.2f}"
            best = f"{one.estimate:.2f}" if np.isfinite(one.estimate) else (
                f"[{one.lower:.2f}, {one.upper:.2f}]"
            )  # fmt: skip
            lines.append(f"  {one.name}: {best} ({span}), {one.verdict}")
        return "\n".join([*lines, *(f"warning: {text}" for text in self.warnings)])

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{html.escape(text)}</p>" for text in (self.sentence(), *self.warnings))
        return f"{self.to_frame().to_html(index=False)}{notes}"


def _turning(found: MissingAnswers) -> str:
    tipping = found.main
    if tipping is None or not tipping.turns:
        return ""
    who = " and ".join(tipping.shifted)
    size = f"{abs(tipping.value):.1f} {found.unit}"
    if found.reliable_change is not None:
        size += f" ({tipping.in_reliable_changes:.1f} times a reliable change)"
    return (
        f"the verdict would turn to '{tipping.after}' if people without an outcome in {who} did "
        f"worse by {size} than people like them who stayed"
    )


def _holds(found: MissingAnswers) -> str:
    verdict = found.answers[0].verdict
    worst = found.answer(WORST)
    if worst is not None and worst.verdict is verdict:
        return f"The verdict '{verdict}' holds whatever became of those without an outcome."
    return (
        f"The verdict '{verdict}' is the same for complete cases and after imputation, and no "
        "shift that was searched turns it."
    )


def _turns(found: MissingAnswers) -> str:
    verdict = found.answers[0].verdict
    return (
        f"The verdict '{verdict}' is the same for complete cases and after imputation; "
        f"{_turning(found)}."
    )


def _disagree(found: MissingAnswers) -> str:
    first, second = found.answers[0], found.answers[1]
    return (
        f"The answers disagree: '{first.verdict}' for complete cases, '{second.verdict}' after "
        "imputation. What is missing decides here, so neither should be relied on alone."
    )


def _blocked(found: MissingAnswers) -> str:
    return (
        f"Nothing can be told about people without an outcome here: the verdict of the comparison "
        f"is '{found.answers[0].verdict}'."
    )


def _few(_: MissingAnswers) -> str:
    return f"What people without an outcome would change cannot be told: {FEW_WORDS}."


def _nothing(_: MissingAnswers) -> str:
    return "Nobody lacks an outcome, so nothing hangs on what is missing."


_SAID = {
    "holds": _holds,
    "turns": _turns,
    "disagree": _disagree,
    "blocked": _blocked,
    FEW: _few,
    "nothing missing": _nothing,
}
