"""The pages of the report on data quality, each a list of blocks a notebook cell displays."""

from __future__ import annotations

from dataclasses import dataclass

from outcomes.derive.completeness import BEGUN, EVERYBODY, PRACTICE
from outcomes.figures.response import response
from outcomes.privacy import Policy
from outcomes.reports import leads
from outcomes.reports import quality_words as words
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
from outcomes.reports.quality_numbers import Quality, collect, quality, quality_policy
from outcomes.schema import Study
from outcomes.tables import ledger_table
from outcomes.tables import quality as tables


@dataclass(frozen=True, slots=True)
class QualityPages:
    """The pages over the numbers of one study."""

    numbers: Quality

    @classmethod
    def of(
        cls, study: Study, *, policy: Policy, period: str = "all", practice: str | None = None
    ) -> QualityPages:
        """The pages of a study. Raises UsageError for an unknown practice or period."""
        return cls(quality(study, period=period, practice=practice, policy=policy))

    def verdicts(self) -> Page:
        """Whether this may be reported."""
        numbers = self.numbers
        claims = [words.lost(numbers), words.accounted(numbers)]
        claims += [words.measured(numbers, name) for name in numbers.instruments]
        return self._page(
            self._meta(),
            Section("verdicts", "May this be reported?", words.MAY),
            Verdicts(tuple(VerdictLine(*claim) for claim in claims)),
            Prose("What to mend first", words.problems(numbers), style="list"),
            ResultsBlock(tuple(collect(numbers))),
        )

    def read(self) -> Page:
        """What was read."""
        ledger, policy = self.numbers.ledger, self.numbers.policy
        return self._page(
            Section("read", "What was read", words.READ),
            TableBlock(tables.balance_table(ledger, policy)),
            TableBlock(tables.files_table(ledger, policy)),
        )

    def unused(self) -> Page:
        """What was not used and why."""
        ledger = self.numbers.ledger
        waiting = tables.waiting_table(ledger, self.numbers.policy)
        return self._page(
            Section("unused", "What was not used and why", words.UNUSED),
            TableBlock(waiting)
            if waiting.rows
            else Prose("Waiting for a decision", ("No row waits for a decision.",)),
            TableBlock(ledger_table(ledger, self.numbers.policy)),
            TableBlock(tables.reasons_table(ledger)),
            Attachment("ledger.csv", ledger.to_csv()),
        )

    def filled(self) -> Page:
        """How complete the tables are: by column, practice, time of start, and practitioner."""
        begun = "Quarter of start" if self.numbers.by_quarter else "Month of start"
        return self._page(
            Section("filled", "How complete the tables are", words.FILLED),
            TableBlock(tables.filled_table(self.numbers.filled, self.numbers.policy)),
            TableBlock(
                tables.filled_groups_table(
                    self.numbers.filled_groups, self.numbers.policy, begun=begun
                )
            ),
            TableBlock(tables.filled_spread_table(self.numbers.filled_groups, self.numbers.policy)),
        )

    def responses(self) -> Page:
        """Response rates: overall, by practice, by month of start, between practitioners."""
        numbers, policy = self.numbers, self.numbers.policy
        begun = "quarter of start" if numbers.by_quarter else "month of start"
        head = Section("responses", "Response rates", words.response_lead(numbers))
        if not numbers.instruments:
            return self._page(head, Prose(None, ("No outcome questionnaire was found.",)))
        captions = {
            EVERYBODY[0]: "Start and end scores of everybody",
            PRACTICE: "Start and end scores by practice",
            BEGUN: f"Start and end scores by {begun}",
        }
        by_dimension = {
            dimension: TableBlock(
                tables.response_table(
                    numbers.rows(dimension), policy, id=f"responses_{dimension}", caption=caption
                )
            )
            for dimension, caption in captions.items()
        }
        return self._page(
            head,
            by_dimension[EVERYBODY[0]],
            self._figure(PRACTICE, "practice", numbers.instruments),
            by_dimension[PRACTICE],
            self._figure(BEGUN, begun, numbers.instruments[:1]),
            by_dimension[BEGUN],
            TableBlock(tables.spread_table(numbers.spread, policy)),
        )

    def waits(self) -> Page:
        """Timing of the measures."""
        numbers = self.numbers
        head = Section("waits", "When scores were given", words.WAITS)
        if not len(numbers.waits):
            return self._page(head, Prose(None, ("There is no score to describe.",)))
        return self._page(head, TableBlock(tables.waits_table(numbers.waits, numbers.policy)))

    def advice(self) -> Page:
        """What to do next quarter."""
        return self._page(
            Section("next", "What to do next quarter", words.NEXT),
            Prose(None, words.advice(self.numbers), style="list"),
            Prose("The limits and their reasons", words.limits(), style="list"),
        )

    def provenance(self) -> Page:
        """How it was made."""
        numbers = self.numbers
        return self._page(
            Section("made", "How it was made", leads.MADE),
            Provenance(sources=numbers.study.sources, policy=numbers.policy.name),
        )

    def _figure(self, dimension: str, by: str, instruments: list[str]) -> FigureBlock:
        rows = self.numbers.rows(dimension)
        parts = rows[rows["instrument"].isin(instruments)]
        parts = parts.sort_values(
            "instrument", key=lambda s: s.map(instruments.index), kind="stable"
        )
        figure = response(
            parts,
            self.numbers.policy,
            id=f"response_{dimension}",
            caption=f"Share with an end score, of those whose episode ended, by {by}.",
            limit=quality_policy()["end_score"]["minimum"],
        )
        return FigureBlock(figure)

    def _page(self, *blocks: Block) -> Page:
        """The blocks as one page, after making sure that no row's id is in them."""
        return checked_page(self.numbers.study, blocks)

    def _meta(self) -> Meta:
        numbers = self.numbers
        facts = {
            "Source": numbers.study.name,
            "Practice": numbers.practice or "all",
            "Episodes that started in": "any time"
            if numbers.period.start is None
            else numbers.period.label,
        }
        return Meta("Data quality", "What can be relied on, and what to do better", facts)
