"""The pages of the report on trajectories, each a list of blocks a notebook cell displays."""

from __future__ import annotations

from dataclasses import dataclass

from outcomes import figures, tables
from outcomes.reports import companion_words
from outcomes.reports import trajectory_words as say
from outcomes.reports.cohort_pages import CohortPages
from outcomes.reports.companions import Absent
from outcomes.reports.document import (
    Block,
    Page,
    Prose,
    ResultsBlock,
    Section,
    TableBlock,
    VerdictLine,
    Verdicts,
)
from outcomes.reports.trajectory_numbers import Course
from outcomes.reports.trajectory_results import collect_course


@dataclass(frozen=True, slots=True)
class TrajectoryPages(CohortPages[Course]):
    """The pages over the results of one cohort; see `trajectory_numbers.course`."""

    title = "Trajectories"

    def verdicts(self) -> Page:
        """Safety first, then what the scores did."""
        n = self.numbers
        lines = (
            VerdictLine(*say.headline(n.growth, n.policy)),
            VerdictLine(*say.stayed(n.leaving, n.policy)),
            VerdictLine(*say.differ(n.practitioners)),
        )
        return self._page(
            self._meta(),
            Section("verdicts", "What this report can and cannot say", say.QUESTION),
            Prose("Safety first", (companion_words.risk(n.risk, n.policy, n.n_people),)),
            Verdicts(lines),
            Prose("What it cannot say", say.cannot_say(n), style="list"),
            ResultsBlock(collect_course(n)),
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
            *self._shown(self.numbers.dose, figures.dose_courses, tables.dose_table, short=True),
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
        return self._methods((n.growth, n.visits, n.leaving, n.dose, n.practitioners))

    def _apart(self) -> tuple[Block, ...]:
        """How the groups' changes differ, where any two may be shown."""
        part = self.numbers.growth
        if isinstance(part, Absent):
            return ()
        made = tables.growth_differences_table(part, self.policy)
        return (TableBlock(made),) if made.rows else ()
