"""`CoupleResult`: one row for each couple, and the rates of every unit."""

from __future__ import annotations

import html
from dataclasses import dataclass

import pandas as pd

from outcomes.change.indicators import Indicator, Rows
from outcomes.change.result import ChangeResult
from outcomes.schema.drawing import Drawable

UNIT_ORDER = ("partner", "both", "either", "couple_mean", "weaker", "couple")
_SAID = {
    "both": "both partners are reliably better",
    "either": "at least one partner is",
    "couple_mean": "the mean of the couple is",
    "weaker": "the partner who was worse off at the start is",
}


@dataclass(frozen=True, slots=True, eq=False)
class CoupleResult(Drawable):
    """Couples with their categories in each unit, and rates with unit and denominator.

    `frame` has one row for each couple: mean scores in points, the categories of the partner
    who did better and who did worse, of the mean and of the partner worse off at the start,
    and whether they are discordant (missing unless both are known). `rates` adds `unit` to
    the columns of `ChangeResult.rates`. `people` is the result for single people;
    `mean_threshold` the reliable change of a couple's mean, in points. `questions` holds
    who counts in each rate.
    """

    frame: pd.DataFrame
    rates: pd.DataFrame
    people: ChangeResult
    questions: dict[str, tuple[list[Indicator], Rows]]
    couple: tuple[str, ...]
    cluster: str | None
    error_correlation: float
    mean_threshold: float
    n_without_couple: int

    @property
    def n_couples(self) -> int:
        """All couples."""
        return len(self.frame)

    @property
    def n_both(self) -> int:
        """Couples with both scores of both partners."""
        return int(self.frame["partners_with_both_scores"].eq(2).sum())

    @property
    def n_one(self) -> int:
        """Couples with both scores of one partner only."""
        return int(self.frame["partners_with_both_scores"].eq(1).sum())

    @property
    def by(self) -> str | None:
        """Column of the groups."""
        return self.people.by

    @property
    def confidence(self) -> float:
        """Confidence of the intervals."""
        return self.people.confidence

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know before using the numbers."""
        return self.people.warnings

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each couple."""
        return self.frame.copy()

    def rate(self, unit: str, measure: str, denominator: str = "paired") -> pd.DataFrame:
        """Rows of `rates`, one for each group."""
        table = self.rates
        return table[
            table["unit"].eq(unit)
            & table["measure"].eq(measure)
            & table["denominator"].eq(denominator)
        ]

    def cross_table(self) -> pd.DataFrame:
        """Couples by the partner who did better (rows) and who did worse (columns).

        Only couples with both partners known; it has no first and second partner.
        """
        known = self.frame[self.frame["partners_with_both_scores"].eq(2)]
        table = pd.crosstab(known["better_partner"], known["worse_partner"], dropna=False)
        wanted = [name for name in known["better_partner"].cat.categories if name != "missing"]
        return table.reindex(index=wanted, columns=wanted, fill_value=0)

    def sentence(self) -> str:
        """What became of the couples, in words, with denominators and intervals."""
        said = []
        groups = self.rates["group"].unique()
        for group in groups:
            label = "" if len(groups) == 1 else f"{str(group).capitalize()}: "
            said.append(label + self._group_sentence(str(group)))
        return " ".join(said)

    def _group_sentence(self, group: str) -> str:
        started = self._row("couple", "one_partner", "started", group)
        known = int(self._row("couple", "discordant", "paired", group)["n_total"])
        head = f"Of {started['n_total']} couples, {known} have both scores of both partners"
        if known == 0:
            return f"{head}; nothing can be said of couples."
        head += f", and in {started['n']} only one partner has. "
        parts = [
            f"{words} in {_counted(self._row(unit, 'reliable_improvement', 'paired', group))}"
            for unit, words in _SAID.items()
        ]
        apart = _counted(self._row("couple", "discordant", "paired", group))
        return (
            f"{head}Of those {known}, {'; '.join(parts)}. In {apart} one partner is reliably "
            "better and the other reliably worse."
        )

    def _row(self, unit: str, measure: str, denominator: str, group: str) -> pd.Series:
        found = self.rate(unit, measure, denominator)
        return found[found["group"].eq(group)].iloc[0]

    def __repr__(self) -> str:
        head = (
            f"CoupleResult({self.n_couples} couples, {self.n_both} with both scores of both "
            f"partners, {self.n_one} of one)"
        )
        shown = self.rates[self.rates["denominator"].ne("started")]
        table = shown.drop(columns=["definition", "n_effective"]).to_string(index=False)
        return f"{head}\n{table}"

    def _repr_html_(self) -> str:
        table = self.rates.drop(columns=["n_effective"])
        body = str(table.to_html(index=False, escape=True, na_rep="not known"))
        return f"<p>{html.escape(self.sentence())}</p>{body}"

    def explain(self) -> str:
        """Say what was computed, with formula and source, and what it does not tell."""
        people = self.people
        clusters = self.cluster or "couple"
        return "\n".join(
            [
                f"Couples: {self.n_couples}; both scores of both partners in {self.n_both}, of "
                f"one partner in {self.n_one}; {self.n_without_couple} people belong to none "
                "and are left out.",
                "partner: every person of a couple. both: both partners. either: at least one. "
                "couple_mean: the mean of the two scores. weaker: the partner who was worse off "
                "at the start (of two equal, who gained less).",
                f"Reliable change of a person: {people.threshold:.4g} {people.unit} "
                f"({people.basis}). Of a couple's mean: that times sqrt((1 + rho) / 2) = "
                f"{self.mean_threshold:.4g}, since Var((a + b) / 2) = SEM^2 * (1 + rho) / 2; rho, "
                "the correlation of the two partners' errors of measurement, is "
                f"{self.error_correlation:g} (0: each answers alone and does not see the other's "
                "form). The cut-off is that of a person.",
                "Discordant: one partner reliably better, the other reliably worse; their mean "
                "may show no change.",
                "'paired': couples with both scores of both partners. 'started': all couples; "
                "what is not known does not count as a case. 'clinical at start': both partners, "
                "at least one, the mean, or the weaker partner was, as the unit says.",
                f"Intervals: Wilson 1927, {100 * self.confidence:g} %; for people, two of a couple "
                f"are one cluster ({clusters}), with the effective size of Korn & Graubard 1998.",
                "What this does not tell: whether the help caused the change. The partner worse "
                "off at the start is chosen by a score with error, so part of their gain is "
                "regression to the mean; 'either' is reached by chance more often than 'both'.",
                "Sources: Jacobson & Truax 1991; the variance of a mean of two; "
                + "; ".join(people.sources)
                + ".",
            ]
        )


def _counted(row: pd.Series) -> str:
    if row["n_total"] == 0:
        return "0 of 0"
    return (
        f"{row['n']} of {row['n_total']} ({100 * row['rate']:.0f} %, "
        f"{100 * row['low']:.0f} to {100 * row['high']:.0f} %)"
    )
