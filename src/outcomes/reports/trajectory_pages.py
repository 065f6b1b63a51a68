"""The pages of the report on trajectories, each a list of blocks a notebook cell displays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from outcomes import figures, tables
from outcomes.privacy import Policy
from outcomes.reports import companion_words, leads
from outcomes.reports import trajectory_words as say
from outcomes.reports.companions import Absent
from outcomes.reports.document import (
    Attachment,
    Block,
    FigureBlock,
    Meta,
    Page,
    Prose,
    Provenance,
    ResultsBlock,
    Section,
    TableBlock,
    VerdictLine,
    Verdicts,
)
from outcomes.reports.gate import checked_page
from outcomes.reports.shown import Draw, shown
from outcomes.reports.trajectory_numbers import Course
from outcomes.reports.trajectory_results import collect_course


@dataclass(frozen=True, slots=True)
class TrajectoryPages:
    """The pages over the results of one cohort; see `trajectory_numbers.course`."""

    numbers: Course

    @property
    def policy(self) -> Policy:
        """What may be shown."""
        return self.numbers.policy

    def verdicts(self) -> Page:
        """Safety first, then what the scores did."""
        n = self.numbers
        lines = (
            VerdictLine(*say.headline(n.growth, n.policy)),
            VerdictLine(*say.stayed(n.leaving, n.policy)),
            VerdictLine(*say.differ(n.practitioners)),
        )
        people = int(n.cohort.frame["client_id"].nunique())
        return self._page(
            self._meta(),
            Section("verdicts", "What this report can and cannot say", say.QUESTION),
            Prose("Safety first", (companion_words.risk(n.risk, n.policy, people),)),
            Verdicts(lines),
            Prose("What it cannot say", say.cannot_say(n), style="list"),
            ResultsBlock(collect_course(n)),
        )

    def people(self) -> Page:
        """Who is in it."""
        cohort = self.numbers.cohort
        return self._page(
            Section("people", "Who is in it", leads.people(cohort)),
            FigureBlock(figures.flow(cohort, self.policy)),
            TableBlock(tables.flow_table(cohort, self.policy)),
        )

    def course(self) -> Page:
        """The course of the scores by intervention."""
        return self._page(
            Section("course", "The course of the scores", say.COURSE),
            *self._shown(self.numbers.growth, figures.course, tables.growth_table),
            *self._apart(),
        )

    def visits(self) -> Page:
        """Change at planned visits."""
        return self._page(
            Section("visits", "Change at planned visits", say.VISITS),
            *self._shown(self.numbers.visits, figures.visit_means, tables.visits_table),
        )

    def leaving(self) -> Page:
        """Who leaves, and when."""
        part = self.numbers.leaving
        return self._page(
            Section("leaving", "Who leaves, and when", say.LEAVING),
            *self._shown(part, figures.leaving_curves, None),
            *self._shown(part, figures.leaving_endings, tables.leaving_table),
            *(
                ()
                if isinstance(part, Absent)
                else self._shown(part, None, tables.dropout_definitions_table)
            ),
        )

    def dose(self) -> Page:
        """Change by the number of sessions."""
        return self._page(
            Section("sessions", "Change by the number of sessions", say.DOSE),
            *shown(
                self.numbers.dose, self.policy, figures.dose_courses, tables.dose_table, short=True
            ),
        )

    def practitioners(self) -> Page:
        """Whether practitioners differ."""
        return self._page(
            Section("practitioners", "Do practitioners differ?", say.PRACTITIONERS),
            *self._shown(
                self.numbers.practitioners, figures.funnel, tables.practitioner_shares_table
            ),
        )

    def method(self) -> Page:
        """Methods, with the sources of every number they use."""
        n = self.numbers
        parts = (n.growth, n.visits, n.leaving, n.dose, n.practitioners)
        return self._page(
            Section("methods", "Methods and sources", say.METHOD),
            *companion_words.explained(parts),
            TableBlock(tables.instrument_table(n.cohort.instrument)),
        )

    def provenance(self) -> Page:
        """How it was made, and which rows were not used."""
        n = self.numbers
        ledger: Any = n.study.ledger
        blocks: list[Block] = [Section("made", "How it was made", say.MADE)]
        if hasattr(ledger, "to_csv"):
            blocks.append(TableBlock(tables.ledger_table(ledger, n.policy)))
            blocks.append(Attachment("ledger.csv", ledger.to_csv()))
        blocks.append(Provenance(sources=n.study.sources, seeds={}, policy=n.policy.name))
        return self._page(*blocks)

    def _apart(self) -> tuple[Block, ...]:
        """How the groups' changes differ, where any two may be shown."""
        part = self.numbers.growth
        if isinstance(part, Absent):
            return ()
        made = tables.growth_differences_table(part, self.policy)
        return (TableBlock(made),) if made.rows else ()

    def _shown(self, part: object, figure: Draw | None, table: Draw | None) -> tuple[Block, ...]:
        """Figure and table of a part, or why there are none."""
        return shown(part, self.policy, figure, table)

    def _page(self, *blocks: Block) -> Page:
        """The blocks as one page, after making sure that no row's id is in them."""
        return checked_page(self.numbers.study, blocks)

    def _meta(self) -> Meta:
        cohort = self.numbers.cohort
        facts = {
            "Source": self.numbers.study.name,
            "Practice": cohort.practice or "all",
            "Episodes that ended in": leads.period(cohort),
            "Measure": cohort.instrument.name,
        }
        subtitle = f"{cohort.instrument.name}: {cohort.instrument.construct}"
        return Meta(title="Trajectories", subtitle=subtitle, facts=facts)
