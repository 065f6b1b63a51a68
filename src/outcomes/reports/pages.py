"""The pages of the comparison report, each a list of blocks a notebook cell displays.

Nothing is estimated here: the pages arrange results, and ask `words`, `tables` and
`figures` for sentences, tables and pictures.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from outcomes import figures, tables
from outcomes.change import ChangeResult
from outcomes.comparison import ComparisonResult, MissingAnswers, WithinArm
from outcomes.derive import Cohort
from outcomes.ledger import Ledger
from outcomes.privacy import Policy
from outcomes.reports import beliefs_words, companion_words, leads, words
from outcomes.reports.companions import Absent, Companions
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
from outcomes.reports.page_results import collect, difference_records, risk_records
from outcomes.reports.results import Result
from outcomes.reports.shares import Shares
from outcomes.reports.shown import shown
from outcomes.schema import Study, Verdict


@dataclass(frozen=True, slots=True)
class ComparisonPages:
    """Everything the comparison report shows, computed before and passed in.

    `effects` holds the primary comparison first, then the other ways of adjusting;
    `beside` what needs no adjustment: risk, plain differences, couples, several methods;
    `leaving` the primary comparison for several beliefs about missing end scores.
    """

    study: Study
    cohort: Cohort
    changes: ChangeResult
    within: tuple[WithinArm, ...]
    effects: tuple[ComparisonResult, ...]
    beside: Companions
    leaving: MissingAnswers | Absent
    policy: Policy
    seed: int

    @property
    def shares(self) -> Shares:
        """The rates, each with the word whether it may be said."""
        return Shares.of(self.changes, self.policy)

    def verdicts(self) -> Page:
        """Safety first, then what this report can and cannot say."""
        instrument = self.cohort.instrument
        shares = self.shares
        lines = [
            VerdictLine(
                part.verdict,
                words.mean_change(part, instrument, shares),
                f"People in {words.arm_name(part.arm)} ended better than they started",
            )
            for part in self.within
        ]
        primary, *others = self.effects
        lines.append(
            VerdictLine(
                primary.verdict,
                words.comparison(primary, instrument),
                words.claim(primary),
                words.agreement(primary, others[0]) if others else "",
            )
        )
        records = (
            *collect(self.cohort, self.changes, self.within, self.effects, self.policy),
            *self._beside_records(),
            *self._leaving_records(),
        )
        risk = companion_words.risk(self.beside.risk, self.policy, self.beside.n_people)
        safety = tuple(
            words.reliable_rate(self.shares, self.changes, arm, "reliable_deterioration")
            for arm in self.cohort.arms
        )
        return self._page(
            (
                self._meta(),
                Section("verdicts", "What this report can and cannot say", leads.QUESTION),
                Prose("Safety first", (risk,)),
                Prose("Who got worse", safety),
                Verdicts(tuple(lines)),
                Prose("What it cannot say", words.cannot_say(self.cohort), style="list"),
                ResultsBlock(records),
            )
        )

    def people(self) -> Page:
        """Who is in it: from episodes to pairs, persons and couples, by arm."""
        return self._page(
            (
                Section("people", "Who is in it", leads.people(self.cohort)),
                FigureBlock(figures.flow(self.cohort, self.policy)),
                TableBlock(tables.flow_table(self.cohort, self.policy)),
            )
        )

    def baseline(self) -> Page:
        """Who is in each arm at the start."""
        table = tables.baseline_table(
            self.changes.frame,
            self.policy,
            instrument=self.cohort.instrument,
            arms=self.cohort.arms,
        )
        return self._page(
            (
                Section("baseline", "Who is in each arm at the start", leads.BASELINE),
                TableBlock(table),
            )
        )

    def change(self) -> Page:
        """Change within each arm: rates with intervals, start against end."""
        improved = tuple(
            words.reliable_rate(self.shares, self.changes, arm, "reliable_improvement")
            for arm in self.cohort.arms
        )
        scatter = figures.start_against_end(self.changes, self.policy, seed=self.seed)
        return self._page(
            (
                Section("change", "Change within each arm", leads.change(self.changes)),
                Prose(None, improved),
                FigureBlock(figures.rates(self.changes, self.policy)),
                FigureBlock(scatter),
                TableBlock(tables.rates_table(self.changes, self.policy)),
            )
        )

    def methods_table(self) -> Page:
        """How the answer changes with the method of reliable change."""
        return self._page(
            (
                Section("ways", "How the answer changes with the method", companion_words.METHODS),
                *shown(self.beside.methods, self.policy, None, tables.methods_table),
            )
        )

    def couples(self) -> Page:
        """What became of couples."""
        table = partial(tables.couples_table, main=True)
        return self._page(
            (
                Section("couples", "Couples", companion_words.COUPLES),
                *shown(self.beside.couples, self.policy, None, table),
            )
        )

    def fair(self) -> Page:
        """The fair comparison: overlap, balance before and after, effect with interval."""
        primary = self.effects[0]
        blocks: list[Block] = [
            Section("comparison", "The fair comparison", leads.comparison(primary)),
            Verdicts(
                (VerdictLine(primary.verdict, words.comparison(primary, self.cohort.instrument)),)
            ),
        ]
        if primary.weights is not None:
            blocks.append(FigureBlock(figures.overlap(primary, self.policy)))
            blocks.append(FigureBlock(figures.balance(primary.weights, self.policy)))
        blocks.append(FigureBlock(figures.effect(list(self.effects), self.policy)))
        blocks.append(TableBlock(tables.comparison_table(list(self.effects), self.policy)))
        blocks.append(TableBlock(tables.diagnostics_table(primary)))
        if primary.weights is not None:
            blocks.append(TableBlock(tables.balance_table(primary.weights)))
        return self._page((*blocks, *self._plain_differences()))

    def leavers(self) -> Page:
        """What becomes of the verdict when people without an end score did worse."""
        found = self.leaving
        top = Section("leaving", beliefs_words.HEADING, beliefs_words.LEAD)
        if isinstance(found, Absent):
            return self._page((top, Prose(None, (found.reason,))))
        blocks: list[Block] = [top, Prose(None, beliefs_words.leaving(found, self.policy))]
        if len(found.answers) > 1:
            blocks.append(TableBlock(tables.answers_table(found, self.policy)))
            blocks.append(FigureBlock(figures.beliefs(found, self.policy)))
        if found.main is not None:
            blocks.append(FigureBlock(figures.tipping(found.main, self.policy)))
            blocks.append(TableBlock(tables.tipping_table(found, self.policy)))
        return self._page(tuple(blocks))

    def missing(self) -> Page:
        """What is missing: end scores by arm, bounds, and rows that were not used."""
        said = tuple(words.bounds(self.shares, arm) for arm in self.cohort.arms)
        blocks: list[Block] = [
            Section("missing", "What is missing", leads.MISSING),
            Prose(None, said),
            TableBlock(tables.missing_table(self.cohort.frame, self.policy, arms=self.cohort.arms)),
        ]
        ledger = self.study.ledger
        if isinstance(ledger, Ledger):
            blocks.append(TableBlock(tables.ledger_table(ledger, self.policy)))
            blocks.append(Attachment("ledger.csv", ledger.to_csv()))
        return self._page(tuple(blocks))

    def methods(self) -> Page:
        """Methods, with the sources of every number they use."""
        told = leads.methods(self.cohort, self.changes, self.effects, self.policy)
        return self._page(
            (
                Section("methods", "Methods and sources", leads.METHODS),
                *(Prose(heading, paragraphs) for heading, paragraphs in told),
                *companion_words.explained(
                    (
                        self.beside.differences,
                        self.beside.methods,
                        self.beside.couples,
                        self.leaving,
                    )
                ),
                TableBlock(tables.instrument_table(self.cohort.instrument)),
                Prose("Sources", leads.sources(self.changes, self.effects), style="list"),
            )
        )

    def provenance(self) -> Page:
        """How it was made."""
        return self._page(
            (
                Section("made", "How it was made", leads.MADE),
                Provenance(
                    sources=self.study.sources,
                    seeds={"figures": self.seed, "imputation": self.seed},
                    policy=self.policy.name,
                ),
            )
        )

    def _plain_differences(self) -> tuple[Block, ...]:
        """Differences of shares as the groups came; refused with the adjusted one."""
        if self.effects[0].verdict is Verdict.NOT_COMPARABLE:
            return (Prose("Not adjusted", (companion_words.NO_DIFFERENCE,)),)
        return (
            Prose("Not adjusted", (companion_words.NOT_ADJUSTED,)),
            *shown(self.beside.differences, self.policy, figures.differences, None),
        )

    def _beside_records(self) -> tuple[Result, ...]:
        """Risk, and the plain differences where a difference may be shown."""
        part, name = self.beside.differences, self.cohort.instrument.id
        found = [*risk_records(self.beside.risk, self.beside.n_people, self.policy)]
        refused = self.effects[0].verdict is Verdict.NOT_COMPARABLE
        if not isinstance(part, Absent) and not refused:
            found += difference_records(part, name, self.policy)
        return tuple(found)

    def _leaving_records(self) -> tuple[Result, ...]:
        """What imputation, shifts and bounds say, where the comparison says anything."""
        if isinstance(self.leaving, Absent):
            return ()
        name = self.cohort.instrument.id
        return tuple(beliefs_words.leaving_records(self.leaving, name, self.policy))

    def _page(self, blocks: tuple[Block, ...]) -> Page:
        """The blocks as one page, after making sure that no row's id is in them."""
        return checked_page(self.study, blocks)

    def _meta(self) -> Meta:
        names = " and ".join(words.arm_name(arm) for arm in self.cohort.arms)
        facts = {
            "Source": self.study.name,
            "Practice": self.cohort.practice or "all",
            "Episodes that ended in": leads.period(self.cohort),
            "Measure": self.cohort.instrument.name,
        }
        return Meta(
            title=f"{names.capitalize()} compared",
            subtitle=f"{self.cohort.instrument.name}: {self.cohort.instrument.construct}",
            facts=facts,
        )
