"""The pages of the comparison report, each a list of blocks a notebook cell displays.

Nothing is estimated here: the pages arrange results, and ask `words`, `tables` and
`figures` for sentences, tables and pictures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from outcomes import figures, tables
from outcomes.reports import benefit_words, companion_words, leads, words
from outcomes.reports.cohort_pages import CohortPages
from outcomes.reports.companions import Absent
from outcomes.reports.comparison_numbers import Pair
from outcomes.reports.comparison_results import collect
from outcomes.reports.document import (
    FigureBlock,
    Meta,
    Page,
    Prose,
    ResultsBlock,
    Section,
    TableBlock,
    VerdictLine,
    Verdicts,
)
from outcomes.reports.pair_pages import PairPages
from outcomes.reports.question_blocks import checklist_blocks, question_blocks
from outcomes.showing import format as fmt


@dataclass(frozen=True, slots=True)
class ComparisonPages(PairPages):
    """The pages over two or three arms compared; see `comparison_numbers.compared`."""

    title = "Compared"

    def verdicts(self) -> Page:
        """Safety first, then what this report can and cannot say."""
        n = self.numbers
        instrument = n.cohort.instrument
        lines = [
            VerdictLine(
                part.verdict,
                words.mean_change(part, instrument, n.shares),
                f"People in {words.arm_name(part.arm)} ended better than they started",
            )
            for part in n.within
        ]
        lines += [self._answer(pair) for pair in n.pairs]
        risk = companion_words.risk(n.beside.risk, self.policy, n.beside.n_people)
        worse = tuple(
            words.reliable_rate(n.shares, n.changes, arm, "reliable_deterioration")
            for arm in n.cohort.arms
        )
        return self._page(
            self._head(),
            Section("verdicts", "What this report can and cannot say", leads.QUESTION),
            Prose("Safety first", (risk,)),
            Prose("Who got worse", worse),
            Verdicts(tuple(lines)),
            Prose("What it cannot say", words.cannot_say(n.cohort), style="list"),
            ResultsBlock(collect(n)),
        )

    def baseline(self) -> Page:
        """Who is in each arm at the start."""
        cohort = self.numbers.cohort
        table = tables.baseline_table(
            self.numbers.changes.frame,
            self.policy,
            instrument=cohort.instrument,
            arms=cohort.arms,
        )
        return self._page(
            Section("baseline", "Who is in each arm at the start", leads.BASELINE),
            TableBlock(table),
        )

    def change(self) -> Page:
        """Change within each arm: rates with intervals, start against end."""
        n = self.numbers
        improved = tuple(
            words.reliable_rate(n.shares, n.changes, arm, "reliable_improvement")
            for arm in n.cohort.arms
        )
        scatter = figures.start_against_end(n.changes, self.policy, seed=n.seed)
        return self._page(
            Section("change", "Change within each arm", leads.change(n.changes)),
            Prose(None, improved),
            FigureBlock(figures.rates(n.changes, self.policy)),
            FigureBlock(scatter),
            TableBlock(tables.rates_table(n.changes, self.policy)),
        )

    def ways(self) -> Page:
        """How the answer changes with the method of reliable change."""
        return self._page(
            Section("ways", "How the answer changes with the method", companion_words.METHODS),
            *self._shown(self.numbers.beside.methods, None, tables.methods_table),
        )

    def question(self) -> Page:
        """What is asked: the target trial and what stands in for it."""
        asked = self.numbers.question
        if isinstance(asked, Absent):
            return self._page(Section("question", "What is asked"), Prose(None, (asked.reason,)))
        return self._page(*question_blocks(asked))

    def published(self) -> Page:
        """Each arm's effect size beside published ones that were counted alike."""
        found = benefit_words.published(self.numbers.published, self.policy)
        every = [(arm, one) for arm, results in found.items() for one in results]
        top = Section("published", benefit_words.PUBLISHED, benefit_words.PUBLISHED_LEAD)
        if not every:
            return self._page(top, Prose(None, (benefit_words.NONE_PUBLISHED,)))
        said = tuple(benefit_words.beside(arm, one) for arm, one in every)
        tables_ = [
            TableBlock(replace(made, id=f"{made.id}-{arm}", caption=f"{made.caption}: {name}"))
            for arm, results in found.items()
            if results
            for made, name in [(tables.benchmarks_table(results, self.policy), words.arm_name(arm))]
        ]
        return self._page(top, Prose(None, said), *tables_)

    def couples(self) -> Page:
        """What became of couples."""
        table, arms = partial(tables.couples_table, main=True), self.numbers.cohort.arms
        return self._page(
            Section("couples", "Couples", companion_words.COUPLES),
            *self._shown(self.numbers.beside.couples, None, table, short=len(arms) > 2),
        )

    def missing(self) -> Page:
        """What is missing: end scores by arm and bounds."""
        n = self.numbers
        said = tuple(words.bounds(n.shares, arm) for arm in n.cohort.arms)
        return self._page(
            Section("missing", "What is missing", leads.MISSING),
            Prose(None, said),
            TableBlock(tables.missing_table(n.cohort.frame, self.policy, arms=n.cohort.arms)),
        )

    def method(self) -> Page:
        """Methods, with the sources of every number they use."""
        n = self.numbers
        # The pairs are compared in the same ways; how is told once.
        first = n.pairs[0]
        told = leads.methods(n.cohort, n.changes, first.effects, self.policy)
        beside = (n.beside.differences, n.beside.methods, n.beside.couples, first.leaving)
        return self._page(
            Section("methods", "Methods and sources", leads.METHODS),
            *(Prose(heading, paragraphs) for heading, paragraphs in told),
            *companion_words.explained(beside),
            TableBlock(tables.instrument_table(n.cohort.instrument)),
            Prose("Sources", leads.sources(n.changes, tuple(n.effects())), style="list"),
        )

    def provenance(self) -> Page:
        """How it was made, with the checklist of the question in front."""
        n = self.numbers
        made = CohortPages.provenance(self)
        if isinstance(n.question, Absent):
            return made
        primary = n.pairs[0].primary
        return self._page(*checklist_blocks(n.question, primary, n.study, n.cohort), *made.blocks)

    def _asked(self) -> Mapping[str, Any] | None:
        asked = self.numbers.question
        return None if isinstance(asked, Absent) else asked.record()

    def _answer(self, pair: Pair) -> VerdictLine:
        """The verdict on one pair, and whether a second way of adjusting agrees."""
        primary, *others = pair.effects
        return VerdictLine(
            primary.verdict,
            words.comparison(primary, self.numbers.cohort.instrument),
            words.claim(primary),
            words.agreement(primary, others[0]) if others else "",
        )

    def _seeds(self) -> dict[str, int]:
        return {"figures": self.numbers.seed, "imputation": self.numbers.seed}

    def _head(self) -> Meta:
        names = [words.arm_name(arm) for arm in self.numbers.cohort.arms]
        return replace(self._meta(), title=f"{fmt.sentence(fmt.listed(names))} compared")
