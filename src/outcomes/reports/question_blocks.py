"""The question of a comparison as blocks: target trial table, checklist, and its record.

For pages: `question_blocks` stands before any result, `checklist_blocks` in the appendix;
`Provenance(..., question=question.record())` brings the question into manifest.json.
"""

from __future__ import annotations

from outcomes import tables
from outcomes.comparison import ComparisonResult
from outcomes.comparison.question import Question
from outcomes.derive import Cohort
from outcomes.reports.document import Block, Prose, Section, TableBlock
from outcomes.schema import Study

_LEAD = (
    "What a trial would have to look like that answers this, and what stands in for each part of "
    "it in these records. It is fixed before any outcome is looked at."
)


def question_blocks(question: Question) -> tuple[Block, ...]:
    """Section, table of the target trial, and what nobody declared."""
    implied = [
        name.replace("_", " ")
        for name in question.intercurrent
        if name not in question.declared_events
    ]
    said = []
    if implied:
        said.append(
            f"Nobody declared how to handle {', '.join(implied)}; what the follow-up implies is "
            "in the table."
        )
    if question.margin is None:
        said.append("No margin was declared, so that nothing can be called equivalent.")
    return (
        Section("question", "What is asked", _LEAD),
        TableBlock(tables.question_table(question)),
        *((Prose("Not declared", tuple(said)),) if said else ()),
    )


def checklist_blocks(
    question: Question, effect: ComparisonResult | None, study: Study, cohort: Cohort
) -> tuple[Block, ...]:
    """The TARGET checklist as an appendix."""
    found = question.checklist(effect, study=study, cohort=cohort)
    return (
        Section("target", "Appendix: TARGET checklist", found.explain()),
        TableBlock(tables.checklist_table(found)),
    )
