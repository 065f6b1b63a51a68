"""The sentences of the report on individual change; each follows from stored quantities."""

from __future__ import annotations

from outcomes.change import ChangeResult
from outcomes.change.claims import ClaimResult
from outcomes.change.claims.verdict import ClaimVerdict
from outcomes.privacy import Policy
from outcomes.reports.companions import Absent
from outcomes.reports.individual_numbers import Individual
from outcomes.reports.words import threshold
from outcomes.schema import Verdict
from outcomes.showing import format as fmt
from outcomes.showing.ways import shown_ways

QUESTION = (
    "Did each person change by more than measurement error, where did they end, and how much does "
    "the answer depend on how one counts?"
)
ZONES = (
    "Therapy is meant to move people out of the clinical zone, coaching from the functional into "
    "the flourishing one. The table shows both kinds of move, and moves back."
)
CLAIM = (
    "A rate of improvement is a definition: whom one counts, out of whom, and what becomes of "
    "those without a score. Every defensible combination is shown, and the claim is tested by each."
)
SESSIONS = (
    "What the scores between the start and the end say: when people first were reliably better, "
    "who fell back, and whom an alert would have pointed out."
)
PROCESS = (
    "What was done and how it was received. Nothing here says that it caused the change: people "
    "who come more often, or rate better, differ in other ways too."
)

_VERDICTS = {
    ClaimVerdict.COMPATIBLE: Verdict.SUPPORTED,
    ClaimVerdict.BELOW: Verdict.NOT_SUPPORTED,
    ClaimVerdict.ABOVE: Verdict.NOT_SUPPORTED,
    ClaimVerdict.CANNOT_TELL: Verdict.CANNOT_TELL,
}


def claimed(part: ClaimResult | Absent, policy: Policy) -> tuple[Verdict, str, str]:
    """Verdict, sentence and title of the claim card."""
    if isinstance(part, Absent):
        return Verdict.NOT_MEASURABLE, part.reason, "The claimed rate"
    title = f"{part.claimed()} improve"
    ways = shown_ways(part, policy)
    if not bool(ways.loc[ways["headline"], "shown"].all()):
        return Verdict.SUPPRESSED, "The numbers are too small to show.", title
    said = part.sentence()
    if not bool(ways["shown"].all()):
        # The range over all ways would give away the ends of those that are hidden.
        said = said.split(" The same data give ")[0] + " Some ways to count are hidden."
    return _VERDICTS[part.verdict], said, title


def reliable(changes: ChangeResult) -> str:
    """What counts as change."""
    lead = f"A change counts as reliable when it is {threshold(changes)}."
    if changes.cutoff is None:
        return f"{lead} No verified cut-off separates clinical from healthy scores here."
    return f"{lead} The clinical range ends at {fmt.plain(changes.cutoff)}."


def cannot_say(numbers: Individual) -> tuple[str, ...]:
    """What the report does not tell, and what the data did not allow."""
    found = [
        "Whether the help caused the change: people also change without help, and who starts "
        "high moves towards the mean.",
        "Whether coaching and therapy differ: people who choose one or the other differ at the "
        "start. The comparison report asks that.",
    ]
    parts = {
        "Zones": numbers.zones,
        "Couples": numbers.couples,
        "Several methods": numbers.methods,
        "The claim": numbers.claim,
        "Time to first change": numbers.first,
        "Alerts": numbers.track,
        "Satisfaction": numbers.satisfaction,
        "Goals": numbers.goals,
        "Benefits": numbers.benefits,
    }
    found += [
        f"{name}: not in this report, because: {part.reason}"
        for name, part in parts.items()
        if isinstance(part, Absent)
    ]
    return tuple(found)
