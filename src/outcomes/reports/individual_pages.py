"""The pages of the report on individual change, each a list of blocks a notebook cell displays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from outcomes import figures, tables
from outcomes.reports import companion_words, words
from outcomes.reports import individual_words as say
from outcomes.reports.cohort_pages import CohortPages
from outcomes.reports.document import (
    FigureBlock,
    Page,
    Prose,
    ResultsBlock,
    Section,
    TableBlock,
    VerdictLine,
    Verdicts,
)
from outcomes.reports.individual_numbers import Individual
from outcomes.reports.individual_results import collect
from outcomes.reports.shares import Shares
from outcomes.schema import Verdict


@dataclass(frozen=True, slots=True)
class IndividualPages(CohortPages[Individual]):
    """The pages over the results of one cohort; see `individual_numbers.individual`."""

    title = "Individual change"

    def verdicts(self) -> Page:
        """Safety first, then who got worse and better, then the claim."""
        n = self.numbers
        shares = Shares.of(n.changes, n.policy)
        worse, better = (
            tuple(words.reliable_rate(shares, n.changes, arm, measure) for arm in n.cohort.arms)
            for measure in ("reliable_deterioration", "reliable_improvement")
        )
        verdict, sentence, title = say.claimed(n.claim, n.policy)
        return self._page(
            self._meta(),
            Section("verdicts", "What this report can and cannot say", say.QUESTION),
            Prose("Safety first", (companion_words.risk(n.risk, n.policy, n.n_people),)),
            Prose("Who got worse", worse),
            Prose("Who got better", better),
            Verdicts((VerdictLine(verdict, sentence, title),)),
            Prose("What it cannot say", say.cannot_say(n), style="list"),
            ResultsBlock(collect(n)),
        )

    def change(self) -> Page:
        """Change of each person, by intervention."""
        n = self.numbers
        return self._page(
            Section("change", "Change of each person", say.reliable(n.changes)),
            FigureBlock(figures.rates(n.changes, n.policy)),
            FigureBlock(figures.start_against_end(n.changes, n.policy, seed=n.seed)),
            TableBlock(tables.rates_table(n.changes, n.policy)),
            *self._shown(n.differences, figures.differences, tables.differences_table),
        )

    def methods(self) -> Page:
        """How the answer changes with the method."""
        n = self.numbers
        return self._page(
            Section("ways", "How the answer changes with the method", companion_words.METHODS),
            *self._shown(n.methods, None, tables.methods_table),
        )

    def zones(self) -> Page:
        """Moves between the three zones."""
        return self._page(
            Section("zones", "From zone to zone", say.ZONES),
            *self._shown(self.numbers.zones, figures.transitions, tables.zones_table),
        )

    def couples(self) -> Page:
        """What became of couples."""
        part = self.numbers.couples
        rates = partial(figures.couple_rates, units=("both", "either", "couple_mean"))
        return self._page(
            Section("couples", "Couples", companion_words.COUPLES),
            *self._shown(part, rates, None),
            *self._shown(part, figures.couple_table, partial(tables.couples_table, main=True)),
        )

    def claim(self) -> Page:
        """The claim card with its specification curve."""
        n = self.numbers
        verdict, sentence, title = say.claimed(n.claim, n.policy)
        shown = verdict is not Verdict.NOT_MEASURABLE
        parts = self._shown(n.claim, figures.specification_curve, tables.claim_table)
        return self._page(
            Section("claim", "The claimed rate of improvement", say.CLAIM),
            *((Verdicts((VerdictLine(verdict, sentence, title),)),) if shown else ()),
            *parts,
        )

    def sessions(self) -> Page:
        """Over the sessions."""
        n = self.numbers
        table = partial(tables.sessions_table, known=n.known())
        blocks = self._shown(n.first, figures.first_change, None)
        blocks += self._shown(n.track, figures.expected_course, table, short=True)
        for part in n.over:
            blocks += self._shown(part, None, table, short=True)
        return self._page(Section("sessions", "Over the sessions", say.SESSIONS), *blocks)

    def process(self) -> Page:
        """What was done, and how it was received."""
        n = self.numbers
        blocks = self._shown(n.process, figures.attendance, None)
        blocks += self._shown(n.process, figures.phases, tables.losses_table)
        blocks += self._shown(n.goals, figures.goal_board, tables.goals_table)
        blocks += self._shown(n.satisfaction, figures.satisfaction, tables.satisfaction_table)
        blocks += self._shown(n.benefits, figures.benefits, tables.benefits_table)
        return self._page(Section("process", "What was done and how it was received", say.PROCESS),
                          *blocks)  # fmt: skip

    def method(self) -> Page:
        """Methods, with the sources of every number they use."""
        n = self.numbers
        return self._methods(
            (
                *(n.changes, n.differences, n.methods, n.zones, n.couples),
                *(n.claim, n.first, n.track, *n.over),
            )
        )

    def _seeds(self) -> dict[str, int]:
        return {"figures and bootstrap": self.numbers.seed}
