"""What every report on one cohort has: its head, its people, its methods, how it was made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from outcomes import figures, tables
from outcomes.derive import Cohort
from outcomes.privacy import Policy
from outcomes.reports import companion_words, leads
from outcomes.reports.document import (
    Attachment,
    Block,
    FigureBlock,
    Meta,
    Page,
    Provenance,
    Section,
    TableBlock,
)
from outcomes.reports.gate import checked_page
from outcomes.reports.shown import Draw, shown
from outcomes.schema import Study


class OfCohort(Protocol):
    """The numbers of a report on one cohort."""

    @property
    def study(self) -> Study:
        """Where they come from."""

    @property
    def cohort(self) -> Cohort:
        """The people."""

    @property
    def policy(self) -> Policy:
        """What may be shown."""


N = TypeVar("N", bound=OfCohort)


@dataclass(frozen=True, slots=True)
class CohortPages(Generic[N]):
    """Base: pages over the numbers of one cohort; a report adds pages of its own."""

    title: ClassVar[str]
    numbers: N

    @property
    def policy(self) -> Policy:
        """What may be shown."""
        return self.numbers.policy

    def people(self) -> Page:
        """Who is in it."""
        cohort = self.numbers.cohort
        return self._page(
            Section("people", "Who is in it", leads.people(cohort)),
            FigureBlock(figures.flow(cohort, self.policy)),
            TableBlock(tables.flow_table(cohort, self.policy)),
        )

    def provenance(self) -> Page:
        """How it was made, and which rows were not used."""
        study = self.numbers.study
        ledger: Any = study.ledger
        blocks: list[Block] = [Section("made", "How it was made", leads.MADE)]
        if hasattr(ledger, "to_csv"):
            blocks.append(TableBlock(tables.ledger_table(ledger, self.policy)))
            blocks.append(Attachment("ledger.csv", ledger.to_csv()))
        source = Provenance(
            sources=study.sources,
            seeds=self._seeds(),
            policy=self.policy.name,
            question=self._asked(),
        )
        return self._page(*blocks, source)

    def _methods(self, parts: Iterable[object]) -> Page:
        """Methods of the parts, with the sources of every number they use."""
        return self._page(
            Section("methods", "Methods and sources", leads.METHODS),
            *companion_words.explained(parts),
            TableBlock(tables.instrument_table(self.numbers.cohort.instrument)),
        )

    def _seeds(self) -> dict[str, int]:
        """Seeds of what is random in the report."""
        return {}

    def _asked(self) -> Mapping[str, Any] | None:
        """The record of the question the report answers; None where none is written down."""
        return None

    def _shown(
        self, part: object, figure: Draw | None, table: Draw | None, *, short: bool = False
    ) -> tuple[Block, ...]:
        """Figure and table of a part, or why there are none."""
        return shown(part, self.policy, figure, table, short=short)

    def _page(self, *blocks: Block) -> Page:
        """The blocks as one page, after making sure that no row's id is in them."""
        return checked_page(self.numbers.study, blocks)

    def _meta(self, **more: str) -> Meta:
        """The head of the report; `more` are further facts."""
        cohort = self.numbers.cohort
        facts = {
            "Source": self.numbers.study.name,
            "Practice": cohort.practice or "all",
            "Episodes that ended in": leads.period(cohort),
            "Measure": cohort.instrument.name,
            **more,
        }
        subtitle = f"{cohort.instrument.name}: {cohort.instrument.construct}"
        return Meta(title=self.title, subtitle=subtitle, facts=facts)
