"""`ChangeResult`: what became of each person, the shares, and how it was decided."""

from __future__ import annotations

import html
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.change import words
from outcomes.change.categories import CATEGORIES
from outcomes.change.cutoff import CutoffUsed
from outcomes.change.cutoff_interval import CutoffInterval, cutoff_interval
from outcomes.change.jacobson_truax import Numbers, sign
from outcomes.change.methods import METHODS, Line, Sample
from outcomes.change.methods.growth import GrowthFit
from outcomes.change.methods.ha import GroupLevel, group_level
from outcomes.change.scores import Columns
from outcomes.change.threshold import Threshold
from outcomes.errors import UsageError
from outcomes.schema.drawing import Drawable

_SIDES = {
    "at_or_above": "at or above",
    "above": "above",
    "at_or_below": "at or below",
    "below": "below",
}


@dataclass(frozen=True, slots=True, eq=False)
class ChangeResult(Drawable):
    """Each person's change, with the shares by group and everything that decided them.

    `frame` is the input with `change` (end - start, in points), `index` (of the method;
    missing under a threshold given in points), `healthy_at_start` (with a cut-off: not
    clinical at the start, so that recovery is impossible) and `category`. `rates` has one
    row for each group, measure and denominator. `reliable` and `clinical_range` are the
    threshold and the cut-off used; their parts can be read from the result itself
    (`threshold`, `cutoff`, `sd`, ...). `confidence` is that of the index and of the
    intervals. `line` is the end score the method expects without change, with its error
    (None for hlm and stat), `sample` the moments it used, `growth` the fit of hlm.
    """

    frame: pd.DataFrame
    rates: pd.DataFrame
    reliable: Threshold
    clinical_range: CutoffUsed
    criterion: str | None
    direction: str
    unit: str
    method: str
    instrument: str | None
    n_in: int
    n_used: int
    confidence: float
    columns: Columns
    line: Line | None = None
    sample: Sample | None = None
    growth: GrowthFit | None = None

    @property
    def threshold(self) -> float:
        """Change that is more than measurement error, in points."""
        return self.reliable.value

    @property
    def threshold_rule(self) -> str:
        """Whether equal counts: "at_least" (yes) or "exceeds" (no)."""
        return self.reliable.rule

    @property
    def basis(self) -> str:
        """Where the threshold comes from: published, given, or the own sample."""
        return self.reliable.basis

    @property
    def sd(self) -> float | None:
        """Standard deviation behind the threshold, in points; None where published."""
        return self.reliable.sd

    @property
    def sem(self) -> float | None:
        """Standard error of measurement, in points; None where published."""
        return self.reliable.sem

    @property
    def s_diff(self) -> float | None:
        """Standard error of a difference, in points; None where published."""
        return self.reliable.s_diff

    @property
    def reliability(self) -> float | None:
        """Reliability behind the threshold; None where published."""
        return self.reliable.reliability

    @property
    def cutoff(self) -> float | None:
        """Cut-off in points; None where there is none."""
        return self.clinical_range.value

    @property
    def cutoff_rule(self) -> str | None:
        """Test that is true in the clinical range, such as "at_or_above"."""
        return self.clinical_range.rule

    @property
    def pre(self) -> str:
        """Column of the start scores."""
        return self.columns.pre

    @property
    def post(self) -> str:
        """Column of the end scores."""
        return self.columns.post

    @property
    def by(self) -> str | None:
        """Column of the groups; None where all are one group."""
        return self.columns.by

    @property
    def cluster(self) -> str | None:
        """Column that says who is not independent."""
        return self.columns.cluster

    @property
    def sources(self) -> tuple[str, ...]:
        """Every source the threshold and the cut-off rest on, once."""
        return tuple(dict.fromkeys((*self.reliable.sources, *self.clinical_range.sources)))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know before using the numbers."""
        known = METHODS.get(self.method)
        caution = (known.caution,) if known is not None and known.caution else ()
        parts = (*self.reliable.warnings, *self.clinical_range.warnings, *caution)
        return tuple(dict.fromkeys(parts))

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each person: the input plus change, index and category."""
        return self.frame.copy()

    def counts(self) -> pd.DataFrame:
        """People by group (rows) and category (columns, all six, in fixed order)."""
        wanted = self.rates[self.rates["denominator"].eq("started")]
        table = wanted.pivot_table(index="group", columns="measure", values="n", sort=False)
        return table.reindex(columns=list(CATEGORIES)).astype("Int64").rename_axis(columns=None)

    def __repr__(self) -> str:
        name = self.instrument or self.pre
        counts = self.counts().astype("object")
        lines = [
            f"ChangeResult({name}: {self.n_used} of {self.n_in} people with both scores)",
            f"  {self._threshold_line()}",
            f"  {self._cutoff_line()}",
            counts.where(counts.notna(), "not known").to_string(),
        ]
        return "\n".join([*lines, *(f"warning: {text}" for text in self.warnings)])

    def _repr_html_(self) -> str:
        shown = self.rates.drop(columns=["n_effective"])
        head = f"{self.n_used} of {self.n_in} people with both scores. {self._threshold_line()} "
        parts = [f"<p>{html.escape(head + self._cutoff_line())}</p>"]
        parts += [f"<p>Warning: {html.escape(text)}</p>" for text in self.warnings]
        parts.append(str(shown.to_html(index=False, escape=True, na_rep="not known")))
        return "".join(parts)

    def explain(self) -> str:
        """Say what was computed, with formula and source, and what it does not tell."""
        lines = [
            f"Individual change, {self.n_used} of {self.n_in} people with both scores; "
            f"a {self.direction} score is better.",
            self._threshold_line(),
            *self._formula(),
            self._cutoff_line(),
            *self._norm_lines(),
            words.categories(self.method),
            "Shares are within each group. 'paired': of those with both scores; 'started': of "
            "everybody in the group, so that missing people stay in the denominator (for "
            "deterioration that is a lower bound). 'clinical at start': of those with both "
            "scores who were clinical at the start.",
            f"Intervals: Wilson 1927, {100 * self.confidence:g} %."
            + (self._cluster_line() if self.cluster else ""),
            "What this does not tell: whether the help caused the change. People also change "
            "without help, and a sample that starts high moves towards the mean.",
            "Sources: " + "; ".join(self.sources) + ".",
            *(f"Warning: {text}" for text in self.warnings),
        ]
        return "\n".join(lines)

    @property
    def rule_text(self) -> str:
        """What counts as change, as a phrase: "a change of more than 11.4 points"."""
        return words.rule(self)

    def limits(self, pre: Numbers) -> tuple[Numbers, Numbers] | None:
        """Lowest and highest end score without reliable change; None for hlm and stat."""
        return None if self.line is None else self.line.limits(pre)

    def group_level(self) -> GroupLevel:
        """Shares of the group without classifying anybody (Hageman and Arrindell only)."""
        if self.sample is None or self.method != "ha":
            raise UsageError(
                "Shares at the level of the group belong to method 'ha'.",
                where="group_level()",
                fix="Use change(..., method='ha').",
            )
        return group_level(self.sample, sign(self.direction), self.cutoff)

    def cutoff_interval(
        self, *, draws: int = 2000, seed: int = 0, confidence: float | None = None
    ) -> CutoffInterval:
        """Bootstrap interval of the cut-off, people (or clusters) drawn again."""
        clusters = None if self.cluster is None else self.frame[self.cluster]
        return cutoff_interval(
            self.frame[self.pre].to_numpy(dtype="float64", na_value=np.nan),
            self.clinical_range,
            self.criterion,
            self.direction,
            clusters=clusters,
            error=None if self.method != "ha" else self.sem,
            draws=draws,
            seed=seed,
            confidence=self.confidence if confidence is None else confidence,
        )

    def _threshold_line(self) -> str:
        text = words.rule(self)
        return f"Reliable change: {text} ({self.basis})."

    def _formula(self) -> list[str]:
        return words.formula(self)

    def _cutoff_line(self) -> str:
        if self.cutoff is None or self.cutoff_rule is None:
            return "Cut-off: none, so nobody is called recovered or harmed."
        how = "published" if self.criterion is None else f"criterion {self.criterion}"
        side = _SIDES[self.cutoff_rule]
        text = f"Cut-off: clinical is {side} {self.cutoff:.4g} {self.unit} ({how})."
        end = self.clinical_range.end_value
        if end is not None:
            text += (
                f" It lies between true scores; recovery asks for an end score beyond {end:.4g}, "
                "so that the person is beyond the cut-off with confidence and not by error."
            )
        return text

    def _norm_lines(self) -> list[str]:
        """Show the formula of the criterion and the norms it used."""
        formulas = words.criteria(self.direction, true=self.method == "ha")
        if self.criterion is None:
            return []
        lines = [formulas[self.criterion] + "."]
        for name, norms in (
            ("clinical", self.clinical_range.clinical),
            ("functional", self.clinical_range.functional),
        ):
            if norms is not None:
                lines.append(
                    f"M_{name} = {norms.mean:.4g}, SD_{name} = {norms.sd:.4g} ({norms.origin})."
                )
        return lines

    def _cluster_line(self) -> str:
        shared = (self.cluster or "").replace("_", " ")
        return (
            f" People with the same {shared} are not independent: the interval uses n / design "
            "effect, design effect = 1 + (m - 1) * ICC, at least 1, with the ICC of each share "
            "estimated by analysis of variance and m the mean cluster size a member sees "
            "(Kish 1965), times (z / t)^2 with t on clusters - 1 degrees of freedom "
            "(Korn & Graubard 1998). A share of 0 or 1 carries no information about the ICC, so "
            "there only the number of clusters makes the interval wider."
        )
