"""Pages of the comparison report that speak of pairs of arms: one part for each pair."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from outcomes import figures, tables
from outcomes.reports import beliefs_words, benefit_words, companion_words, leads, words
from outcomes.reports import overturn_words as say
from outcomes.reports.cohort_pages import CohortPages
from outcomes.reports.companions import Absent
from outcomes.reports.comparison_numbers import Compared, Pair
from outcomes.reports.document import (
    Block,
    FigureBlock,
    Page,
    Prose,
    Section,
    TableBlock,
    VerdictLine,
    Verdicts,
)
from outcomes.showing import format as fmt
from outcomes.showing.overturn import drift_said, ways_shown


@dataclass(frozen=True, slots=True)
class PairPages(CohortPages[Compared]):
    """Base: the fair comparison of each pair, who benefits, and what would overturn it."""

    def fair(self) -> Page:
        """The fair comparison: overlap, balance before and after, effect with interval."""
        blocks: list[Block] = []
        for pair in self.numbers.pairs:
            title = self._titled("The fair comparison", pair)
            blocks.append(
                Section(self._id("comparison", pair), title, leads.comparison(pair.primary))
            )
            blocks += self._named(pair, self._fair)
        return self._page(*self._together(), *blocks, *self._plain_differences())

    def leavers(self) -> Page:
        """What becomes of the verdict when people without an end score did worse."""
        blocks: list[Block] = []
        for pair in self.numbers.pairs:
            title = self._titled(beliefs_words.HEADING, pair)
            blocks.append(Section(self._id("leaving", pair), title, beliefs_words.LEAD))
            blocks += self._named(pair, self._leavers)
        return self._page(*blocks)

    def benefit(self) -> Page:
        """On whom the difference depends."""
        blocks: list[Block] = []
        for pair in self.numbers.pairs:
            title = self._titled(benefit_words.HEADING, pair)
            blocks.append(Section(self._id("benefit", pair), title, benefit_words.LEAD))
            blocks += self._named(pair, self._benefit)
        return self._page(*blocks)

    def overturn(self) -> Page:
        """What would overturn the answer: methods, hidden confounding, choices, drift."""
        blocks: list[Block] = []
        for pair in self.numbers.pairs:
            title = self._titled(say.HEADING, pair)
            blocks.append(Section(self._id("overturn", pair), title, say.LEAD))
            blocks += self._named(pair, self._doubts)
        return self._page(*blocks)

    def _fair(self, pair: Pair) -> list[Block]:
        primary = pair.primary
        said = words.comparison(primary, self.numbers.cohort.instrument)
        blocks: list[Block] = [Verdicts((VerdictLine(primary.verdict, said),))]
        if primary.weights is not None:
            blocks.append(FigureBlock(figures.overlap(primary, self.policy)))
            blocks.append(FigureBlock(figures.balance(primary.weights, self.policy)))
        blocks.append(FigureBlock(figures.effect(list(pair.effects), self.policy)))
        blocks.append(TableBlock(tables.comparison_table(list(pair.effects), self.policy)))
        blocks.append(TableBlock(tables.diagnostics_table(primary)))
        if primary.weights is not None:
            blocks.append(TableBlock(tables.balance_table(primary.weights)))
        return blocks

    def _leavers(self, pair: Pair) -> list[Block]:
        found = pair.leaving
        if isinstance(found, Absent):
            return [Prose(None, (found.reason,))]
        blocks: list[Block] = [Prose(None, beliefs_words.leaving(found, self.policy))]
        if len(found.answers) > 1:
            blocks.append(TableBlock(tables.answers_table(found, self.policy)))
            blocks.append(FigureBlock(figures.beliefs(found, self.policy)))
        if found.main is not None:
            blocks.append(FigureBlock(figures.tipping(found.main, self.policy)))
            blocks.append(TableBlock(tables.tipping_table(found, self.policy)))
        return blocks

    def _benefit(self, pair: Pair) -> list[Block]:
        found = pair.benefit
        if isinstance(found, Absent):
            return [Prose(None, (found.reason,))]
        blocks: list[Block] = [Prose(None, benefit_words.depends(found))]
        blocks += self._shown(found, figures.subgroups, tables.subgroups_table, short=True)
        return [*blocks, TableBlock(tables.modifiers_table(found))]

    def _together(self) -> list[Block]:
        """Three arms or more about the same people; nothing for two."""
        found = self.numbers.together
        if found is None:
            return []
        top = Section("together", benefit_words.TOGETHER, benefit_words.TOGETHER_LEAD)
        if isinstance(found, Absent):
            return [top, Prose(None, (found.reason,))]
        said = tuple(f"{fmt.sentence(text)}." for text in found.warnings)
        return [
            top,
            *((Prose(None, said),) if said else ()),
            FigureBlock(figures.pairs_of_arms(found, self.policy)),
        ]

    def _doubts(self, pair: Pair) -> list[Block]:
        found = pair.overturn
        blocks: list[Block] = [Prose(None, say.said(found, self.policy))]
        if not found.threats:
            return blocks
        blocks.append(FigureBlock(figures.overturn_panel(found, self.policy)))
        blocks.append(TableBlock(tables.overturn_table(found, self.policy)))
        if found.agreement is not None:
            blocks.append(Prose(say.METHODS, (found.agreement.sentence,)))
            blocks += self._shown(
                found.agreement, figures.effect_panel, tables.methods_agreement_table
            )
        blocks.append(Prose(say.HIDDEN, (found.hidden.sentence, found.evalues.sentence)))
        blocks += self._shown(found.hidden, figures.hidden_contours, tables.strengths_table)
        blocks.append(FigureBlock(figures.evalue_curve(found.evalues, self.policy)))
        if found.specifications is not None:
            told = ways_shown(found.specifications, self.policy).sentence
            blocks.append(Prose(say.CHOICES, (told,)))
            blocks += self._shown(
                found.specifications, figures.comparison_curve, tables.specifications_table
            )
        if found.drift is not None:
            blocks.append(Prose(say.DRIFT, (drift_said(found.drift, self.policy),)))
            blocks += self._shown(found.drift, figures.expected_drift, tables.drift_table)
        return blocks

    def _plain_differences(self) -> tuple[Block, ...]:
        """Differences of shares as the groups came; refused with the adjusted one."""
        if self.numbers.refused:
            return (Prose("Not adjusted", (companion_words.NO_DIFFERENCE,)),)
        return (
            Prose("Not adjusted", (companion_words.NOT_ADJUSTED,)),
            *self._shown(self.numbers.beside.differences, figures.differences, None),
        )

    def _titled(self, title: str, pair: Pair) -> str:
        """A title, with the pair where the report has several."""
        if len(self.numbers.pairs) == 1:
            return title
        return f"{title}: {words.arm_name(pair.other)} against {words.arm_name(pair.reference)}"

    def _id(self, name: str, pair: Pair) -> str:
        """An id that no other pair has."""
        several = len(self.numbers.pairs) > 1
        return f"{name}-{pair.other}-{pair.reference}" if several else name

    def _named(self, pair: Pair, make: Callable[[Pair], list[Block]]) -> list[Block]:
        """Blocks of a pair, their figures and tables under ids of its own."""
        return [self._renamed(block, pair) for block in make(pair)]

    def _renamed(self, block: Block, pair: Pair) -> Block:
        if isinstance(block, FigureBlock):
            return FigureBlock(replace(block.figure, id=self._id(block.figure.id, pair)))
        if isinstance(block, TableBlock):
            return TableBlock(replace(block.table, id=self._id(block.table.id, pair)))
        return block
