"""`ClaimResult`: a specification curve and what it says about a claimed rate."""

from __future__ import annotations

import html
from dataclasses import dataclass

import pandas as pd

from outcomes.change.claims.definitions import claim_policy
from outcomes.change.claims.verdict import ClaimVerdict
from outcomes.change.indicators import Indicator
from outcomes.schema.drawing import Drawable

UNITS = {
    "person": "people",
    "partner": "partners",
    "both": "couples with both partners",
    "either": "couples with at least one partner",
    "couple_mean": "couples, by the mean of both partners,",
}
AMONG = {
    "paired": "with both scores",
    "started": "who started",
    "clinical at start": "who were in the clinical range at the start",
}


@dataclass(frozen=True, slots=True, eq=False)
class ClaimResult(Drawable):
    """The rate under every specification, and the verdict of each on the claim.

    `specifications`: one row for each combination of definition (with its detail), unit,
    denominator and rule for missing outcomes, with n, n_total, rate (0 to 1), limits,
    effective size, verdict and cases it would take to tell. `headline` marks the one that
    is quoted. `questions` holds who counts in each row.
    """

    specifications: pd.DataFrame
    claim: tuple[float, float]
    margin: float
    confidence: float
    questions: tuple[Indicator, ...]
    n_people: int
    n_couples: int | None
    n_without_couple: int
    cluster: str | None
    error_correlation: float
    rules: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def headline(self) -> pd.Series:
        """The specification that is quoted."""
        return self.specifications[self.specifications["headline"]].iloc[0]

    @property
    def verdict(self) -> ClaimVerdict:
        """What the headline says: compatible, below, above or cannot tell."""
        return ClaimVerdict(self.headline["verdict"])

    @property
    def verdicts(self) -> pd.Series:
        """How many specifications give each verdict; all four, zero where none."""
        order = [str(word) for word in ClaimVerdict]
        counts = self.specifications["verdict"].value_counts()
        return counts.reindex(order, fill_value=0).rename("specifications")

    @property
    def lowest(self) -> float:
        """The lowest rate of all specifications."""
        return float(self.specifications["rate"].min())

    @property
    def highest(self) -> float:
        """The highest rate of all specifications."""
        return float(self.specifications["rate"].max())

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each specification."""
        return self.specifications.copy()

    def claimed(self) -> str:
        """The claim in words: '70 to 75 %'."""
        low, high = (f"{100 * value:g}" for value in self.claim)
        return f"{low} %" if low == high else f"{low} to {high} %"

    def sentence(self) -> str:
        """Is the claim compatible, by the headline, and how far does that depend on it."""
        row = self.headline
        title = claim_policy().definitions[str(row["definition"])].title
        detail = f" ({row['detail']})" if row["detail"] else ""
        parts = [
            f"The claim is {self.claimed()}. {row['n']} of {row['n_total']} "
            f"{UNITS[str(row['unit'])]} {AMONG[str(row['denominator'])]} were {title}{detail}: "
            f"{_percent(row['rate'])}, {100 * self.confidence:g} % interval "
            f"{100 * row['low']:.1f} to {100 * row['high']:.1f} %.",
            self._verdict_words(),
            self._range_words(),
        ]
        return " ".join(parts)

    def _verdict_words(self) -> str:
        needed = self.headline["cases_to_tell"]
        inside = self.claim[0] <= self.headline["rate"] <= self.claim[1]
        if self.verdict is ClaimVerdict.BELOW:
            return "That is below the claim."
        if self.verdict is ClaimVerdict.ABOVE:
            return "That is above the claim."
        if self.verdict is ClaimVerdict.COMPATIBLE:
            return "That is compatible with the claim."
        if pd.isna(needed):
            return "One cannot tell, and at this rate no number of cases would do."
        end = "agrees with the claim" if inside else "differs from the claim"
        return (
            "One cannot tell: the interval holds the claim, but also rates far from it. It would "
            f"take {int(needed):,} cases to say that such a rate {end}."
        )

    def _range_words(self) -> str:
        n = len(self.specifications)
        if n == 1:
            return "No other way to count was possible with these data."
        counts = self.verdicts
        said = [f"{count} {word}" for word, count in counts.items() if count]
        return (
            f"The same data give {_percent(self.lowest)} to {_percent(self.highest)} in {n} "
            f"defensible ways to count ({', '.join(said)})."
        )

    def __repr__(self) -> str:
        shown = self.specifications.drop(columns=["source", "n_effective"])
        head = f"ClaimResult({self.claimed()}: {self.verdict})"
        return f"{head}\n{self.sentence()}\n{shown.to_string(index=False)}"

    def _repr_html_(self) -> str:
        table = self.specifications.drop(columns=["n_effective"])
        body = str(table.to_html(index=False, escape=True, na_rep="not known"))
        return f"<p>{html.escape(self.sentence())}</p>{body}"

    def explain(self) -> str:
        """Say what was computed, with formula and source, and what it does not tell."""
        used = self.specifications["definition"].unique()
        definitions = [
            f"{one.title}: {one.source}."
            for name, one in claim_policy().definitions.items()
            if name in used
        ]
        couples = ""
        if self.n_couples is not None:
            couples = (
                f" {self.n_couples} couples; {self.n_without_couple} people without one are left "
                "out. Two partners are one cluster in every interval; a couple's outcome is known "
                "as soon as one partner decides it; the mean of two scores has the threshold of a "
                f"person times sqrt((1 + {self.error_correlation:g}) / 2)."
            )
        return "\n".join(
            [
                f"A specification curve: {len(self.specifications)} ways to count the same "
                f"{self.n_people} people.{couples}",
                *definitions,
                *self.rules,
                "Missing outcomes: left out; counted as not improved, which is also the worst "
                "case for a share of improved; counted as improved, the best case.",
                f"Intervals: Wilson 1927, {100 * self.confidence:g} %, at the effective size where "
                "people belong together.",
                "Verdict: 'below' or 'above' where the whole interval is; 'compatible' where it "
                f"overlaps the claim and stays within {100 * self.margin:g} points of it; else "
                "'cannot tell'. Cases to tell: the fewest at which, with the same rate, Wilson's "
                "interval would exclude the claim, or for a rate inside it stay within the margin.",
                "What this does not tell: which definition is right. The specifications are not "
                "independent of each other, so how many agree is no test. Nor does a rate say "
                "that the help caused it.",
                *(f"Warning: {text}" for text in self.warnings),
            ]
        )


def _percent(value: float) -> str:
    return f"{100 * value:.0f} %"
