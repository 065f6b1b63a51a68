"""The pages of the report on couples, each a list of blocks a notebook cell displays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from outcomes import figures, tables
from outcomes.reports import companion_words
from outcomes.reports import couples_words as say
from outcomes.reports.cohort_pages import CohortPages
from outcomes.reports.companions import Absent
from outcomes.reports.couples_numbers import ALLIANCE, SATISFACTION, Couples
from outcomes.reports.couples_results import collect_couples
from outcomes.reports.document import (
    Block,
    FigureBlock,
    Page,
    Prose,
    ResultsBlock,
    Section,
    TableBlock,
    Verdicts,
)
from outcomes.reports.shown import Draw
from outcomes.showing import format as fmt
from outcomes.showing.dyads import may_show

NAMES = {SATISFACTION: "satisfaction", ALLIANCE: "rating of the sessions"}


@dataclass(frozen=True, slots=True)
class CouplesPages(CohortPages[Couples]):
    """The pages over the couples of one cohort; see `couples_numbers.couples_numbers`."""

    title = "Couples"

    def verdicts(self) -> Page:
        """Safety first, then who got better, how alike, how they move, who goes with whom."""
        n = self.numbers
        name = f"{n.cohort.instrument.name} score"
        lines = [say.mean_change(part, name) for part in n.means]
        lines += [say.alike(label, part, n.policy) for label, part in n.agreement.items()]
        lines += [*say.courses(n.growth, n.policy), *say.partners(n)]
        return self._page(
            self._meta(Partners=self._partners()),
            Section("verdicts", "What this report can and cannot say", say.QUESTION),
            Prose("Safety first", (companion_words.risk(n.risk, n.policy, n.n_people),)),
            Prose("Couples in whom somebody got worse", say.worse(n)),
            Verdicts(tuple(lines)),
            Prose("What it cannot say", say.cannot_say(n), style="list"),
            ResultsBlock(collect_couples(n)),
        )

    def people(self) -> Page:
        """Who the couples are."""
        return self._page(
            Section("people", "Who the couples are", say.people(self.numbers)),
            TableBlock(tables.couples_who_table(self.numbers.couples, self.policy)),
        )

    def start_and_end(self) -> Page:
        """Where both partners started and ended."""
        n = self.numbers
        parts = [
            figures.StartAndEnd(
                fmt.sentence(say.who(part, part.start)), part.start.arm, part.start, part.end
            )
            for part in n.means
        ]
        name = f"{n.cohort.instrument.name} score"
        return self._page(
            Section("means", "Where partners started and ended", say.MEANS),
            FigureBlock(figures.start_and_end(parts, name)),
        )

    def change(self) -> Page:
        """What became of each couple."""
        part = self.numbers.couples
        rates = partial(figures.couple_rates, units=("both", "either", "couple_mean"))
        return self._page(
            Section("change", "What became of each couple", say.change(self.numbers)),
            *self._shown(part, rates, None),
            *self._shown(
                part,
                figures.couple_table,
                partial(tables.couples_table, main=True),
                short=True,
            ),
        )

    def agreement(self) -> Page:
        """How alike partners are."""
        known = {k: v for k, v in self.numbers.agreement.items() if not isinstance(v, Absent)}
        absent = tuple(
            f"{label}: {part.reason}"
            for label, part in self.numbers.agreement.items()
            if isinstance(part, Absent)
        )
        part = known or Absent("No score has values of both partners.")
        return self._page(
            Section("agreement", "How alike partners are", say.AGREEMENT),
            *self._shown(part, figures.agreement, tables.agreement_table),
            *((Prose(None, absent),) if absent and known else ()),
        )

    def growth(self) -> Page:
        """Both partners over the sessions."""
        draw = partial(figures.partner_courses, unit="points")
        return self._page(
            Section("growth", "Both partners over the sessions", say.GROWTH),
            *self._model(self.numbers.growth, draw, tables.partner_courses_table),
        )

    def partners(self) -> Page:
        """Each partner's satisfaction and both ratings of the sessions."""
        return self._page(
            Section("partners", "Each partner and the other", say.APIM),
            *self._model(
                self.numbers.apim,
                partial(figures.dyad_paths, names=NAMES),
                partial(tables.apim_table, names=NAMES),
            ),
        )

    def method(self) -> Page:
        """Methods, with the sources of every number they use."""
        n = self.numbers
        first = next((p for p in n.agreement.values() if not isinstance(p, Absent)), None)
        return self._methods((n.changes, n.couples, first, n.growth, n.apim))

    def _partners(self) -> str:
        return "not told apart" if self.numbers.dyads.roles is None else "man and woman"

    def _model(self, part: Any, figure: Draw, table: Draw) -> tuple[Block, ...]:  # noqa: ANN401
        """Figure and table of a model; one sentence where it may not be shown."""
        if isinstance(part, Absent):
            return (Prose(None, (part.reason,)),)
        if not part.converged:
            return (Prose(None, ("Cannot tell: the model did not converge.",)),)
        if not may_show(part, self.policy):
            return (Prose(None, ("Too few couples to show.",)),)
        return self._shown(part, figure, table)
