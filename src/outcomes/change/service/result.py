"""`ServiceMeasures`: finished courses with their flags, and the published rates."""

from __future__ import annotations

import html
from dataclasses import dataclass

import pandas as pd

from outcomes.change.indicators import Indicator, Rows, indicator_contrasts
from outcomes.change.service.policy import service_policy
from outcomes.schema.drawing import Drawable


@dataclass(frozen=True, slots=True, eq=False)
class ServiceMeasures(Drawable):
    """Rates of NHS Talking Therapies within each group, with numerators and denominators.

    `frame` has one row for each finished course, with its caseness, reliable change, recovery
    and reliable recovery. `rates` has one row for each group and measure, shares from 0 to 1.
    `effects` are effect sizes, or None where not asked for. `questions` and `rows` hold who
    counts in each rate. `n_in`: courses given, finished or not.
    """

    frame: pd.DataFrame
    rates: pd.DataFrame
    effects: pd.DataFrame | None
    questions: tuple[Indicator, ...]
    rows: Rows
    by: str | None
    cluster: str | None
    confidence: float
    n_in: int
    warnings: tuple[str, ...]

    @property
    def n_finished(self) -> int:
        """Finished courses, the denominator of most rates."""
        return len(self.frame)

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each finished course."""
        return self.frame.copy()

    def rate(self, measure: str, group: str = "all") -> pd.Series:
        """One row of `rates`. Raises KeyError for a measure or group that is not there."""
        rows = self.rates.set_index(["group", "measure"])
        return rows.loc[(group, measure)]

    def differences(self, reference: str | None = None) -> pd.DataFrame:
        """Each group's rates against the reference group's, with limits (Newcombe 1998)."""
        return indicator_contrasts(self.questions, self.rows, reference, self.confidence)

    def __repr__(self) -> str:
        head = f"ServiceMeasures({self.n_finished} finished courses of {self.n_in})"
        shown = self.rates.drop(columns=["definition", "n_effective"]).to_string(index=False)
        return "\n".join([head, shown, *(f"warning: {text}" for text in self.warnings)])

    def _repr_html_(self) -> str:
        head = f"{self.n_finished} finished courses of {self.n_in}."
        parts = [f"<p>{html.escape(head)}</p>"]
        parts += [f"<p>Warning: {html.escape(text)}</p>" for text in self.warnings]
        table = self.rates.drop(columns=["n_effective"])
        return "".join([*parts, str(table.to_html(index=False, escape=True, na_rep="not known"))])

    def sentence(self) -> str:
        """The main rates in words, with denominators and intervals."""
        said = []
        for group in self.rates["group"].unique():
            name = "" if self.by is None else f"{str(group).capitalize()}: "
            parts = [
                f"{words} {_counted(self.rate(measure, str(group)))}"
                for measure, words in (
                    ("reliable_improvement", "reliably improved"),
                    ("reliable_deterioration", "reliably deteriorated"),
                )
            ]
            recovered = _counted(self.rate("recovery", str(group)))
            both = _counted(self.rate("reliable_recovery", str(group)))
            said.append(
                f"{name}Of all finished courses, {', '.join(parts)}. Of those not below caseness "
                f"at the start, {recovered} recovered, {both} reliably."
            )
        return " ".join(said)

    def explain(self) -> str:
        """Say what was computed, with formula and source, and what it does not tell."""
        policy = service_policy()
        used = [policy.depression, *sorted(self.frame["anxiety_measure"].dropna().unique())]
        lines = [
            f"Service measures of NHS Talking Therapies; {self.n_finished} finished courses of "
            f"{self.n_in} given. Finished: ended, with at least {policy.minimum_sessions} "
            "sessions attended.",
        ]
        for name in used:
            fact = policy.measures[name]
            lines.append(
                f"{name}: case at {fact.caseness:g} or above, reliable change from "
                f"{fact.reliable_change:g} points on ({fact.source})."
            )
        lines += [
            "Recovery: a case on either measure at first, below both cut-offs at last. Reliable "
            "improvement: all four scores known, either measure better by its threshold, "
            "neither worse by it; reliable deterioration: the reverse; no reliable change: all "
            "others with four scores. Reliable recovery: recovery and reliable improvement.",
            "Denominators: recovery and reliable recovery of finished courses less those below "
            "caseness at first (courses of unknown caseness stay in); everything else of all "
            "finished courses, so that courses without a score count as not improved, not "
            "deteriorated and not unchanged, and the three shares add up to less than 100 %.",
            f"Intervals: Wilson 1927, {100 * self.confidence:g} %.",
        ]
        if self.effects is not None:
            lines.append(
                "Effect size: (mean first - mean last) / England's standard deviation of first "
                f"scores ({policy.england_source}), not the service's own."
            )
        lines.append(
            "What this does not tell: what the help caused; and for people who start below "
            "caseness recovery is not possible and improvement is limited by the floor."
        )
        return "\n".join([*lines, *(f"Warning: {text}" for text in self.warnings)])


def _counted(row: pd.Series) -> str:
    if row["n_total"] == 0:
        return "0 of 0"
    return (
        f"{row['n']:,} of {row['n_total']:,} ({100 * row['rate']:.1f} %, "
        f"{100 * row['low']:.1f} to {100 * row['high']:.1f} %)"
    )
