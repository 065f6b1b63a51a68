"""The sentences about risk, couples and methods that several reports share."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from outcomes.change.methods import METHODS as METHOD_CARDS
from outcomes.instruments import RiskFlags
from outcomes.privacy import Policy
from outcomes.reports.document import Prose
from outcomes.showing import format as fmt
from outcomes.showing.risk import shown_risk
from outcomes.tables import Table
from outcomes.tables.notes import lacking

METHODS = (
    "There are several ways to say that one person changed reliably. Where they agree, the answer "
    "does not hang on the choice; where they differ, the range is the answer."
)
COUPLES = (
    "A couple is two people. What became of it depends on whether one asks for both partners, at "
    "least one, or their mean; one better and one worse is always said."
)
NOT_ADJUSTED = (
    "Plain differences of shares, not adjusted: they mix what the help did with who came for it. "
    "The adjusted difference above is the fair one."
)
NO_DIFFERENCE = (
    "The plain differences of shares, which are not adjusted, are not shown either: the groups "
    "were too different at the start."
)
HEADINGS = {
    "ChangeResult": "Change of one person",
    "RateDifferences": "Differences between groups, not adjusted",
    "MethodsResult": "Several methods of reliable change",
    "ZonesResult": "The three zones",
    "CoupleResult": "Couples",
    "MissingAnswers": "People without an end score",
    "ClaimResult": "The claimed rate, counted in every way",
    "FirstChange": "Time to the first reliable improvement",
    "OnTrack": "Expected course and alerts",
    "EarlyResponse": "Early response",
    "Setbacks": "Setbacks",
    "SuddenGains": "Sudden gains",
    "GrowthCourse": "The course of the scores",
    "MmrmResult": "Change at planned visits",
    "LeavingResult": "Who leaves, and when",
    "DoseResult": "Outcomes by number of sessions",
    "PractitionersResult": "Differences between practitioners",
    "PartnerAgreement": "How alike partners are",
    "DyadicGrowthResult": "Both partners over time",
    "ApimResult": "Each partner and the other",
}
# A line that counts people; counts stand in tables, where small ones hide.
_COUNTS = re.compile(
    r"\d(?: of [\d,]+)? (?:same )?(?:people|persons|couples|answers|forms|scores can)\b"
    r"|same \d[\d,]* people|^Couples: \d|\d (?:clusters|practitioners|episodes)\b"
)
_CHECK = "Check that each was followed up before reading on."


def risk(flags: RiskFlags, policy: Policy, n_people: int | None = None) -> str:
    """Risk before any result; a number that is small, or gives a small one away, is hidden."""
    if not flags.instruments:
        return flags.sentence
    names = fmt.listed([known.name for known in flags.instruments])
    seen = shown_risk(flags, policy, n_people)
    if seen.ever is None:
        return (
            f"How many people answered a question about risk ({names}) above the lowest answer is "
            "hidden, because a number behind it is small enough to point at people. Check the "
            "records of everybody asked before reading on."
        )
    if seen.ever == 0:
        of = "people" if seen.asked is None else f"{fmt.count(seen.asked)} people"
        return (
            f"None of the {of} asked about risk ({names}) answered above the lowest answer. That "
            "does not show that nobody is at risk."
        )
    whole = "Of the people" if seen.asked is None else f"Of {fmt.count(seen.asked)} people"
    latest = "how many of them on their latest form is hidden, because a number behind it is small"
    if seen.latest is not None:
        latest = f"{fmt.count(seen.latest)} of them on their latest form"
    return (
        f"{whole} asked about risk ({names}), {fmt.count(seen.ever)} answered a risk question "
        f"above the lowest answer at least once, {latest}. {_CHECK}"
    )


def nothing_shown(table: Table) -> str | None:
    """One sentence in place of a table of numbers that shows none of them, else None.

    Zero of none is no number: there was nobody it could be told of.
    """
    cells = [cell for row in table.rows for cell in row if cell.kind != "text"]
    if not cells or any(cell.state == "shown" and not _of_none(cell.text) for cell in cells):
        return None
    name = table.caption.split(":")[0]
    if any(cell.state == "suppressed" for cell in cells):
        return (
            f"{name}: every number is hidden, because it is small or would give a small one away."
        )
    return f"{name}: there are no scores from which they could be told."


def brief(table: Table) -> Table:
    """The table without rows that hold no number, and a note naming them by their state."""
    kept, hidden, nobody = [], [], []
    for row in table.rows:
        numbers = [cell for cell in row if cell.kind != "text"]
        name = ", ".join(cell.text for cell in row if cell.kind == "text")
        if any(cell.state == "shown" and not _of_none(cell.text) for cell in numbers):
            kept.append(row)
        elif any(cell.state == "suppressed" for cell in numbers):
            hidden.append(name)
        else:
            nobody.append(name)
    left = {row[0].text for row in kept}
    gone = tuple(f"{row[0].text}: " for row in table.rows if row[0].text not in left)
    notes = [note for note in table.notes if not note.startswith((*gone, f"'{fmt.NOT_AVAILABLE}'"))]
    notes += lacking(kept)
    if hidden:
        notes.append(f"Hidden, so not listed: {'; '.join(hidden)}.")
    if nobody:
        notes.append(f"There is nobody of whom it could be told: {'; '.join(nobody)}.")
    return replace(table, rows=tuple(kept), notes=tuple(notes))


def explained(parts: Iterable[object]) -> tuple[Prose, ...]:
    """The explanation of each result under a heading in words, without counts of people."""
    found = []
    for part in parts:
        explain = getattr(part, "explain", None)
        name = HEADINGS.get(type(part).__name__)
        if explain is None or name is None:
            continue
        lines = tuple(_plain(line) for line in explain().split("\n") if _told(line))
        found.append(Prose(name, lines))
    return tuple(found)


def _told(line: str) -> bool:
    return bool(line.strip()) and not _COUNTS.search(_without_size(line))


def _plain(line: str) -> str:
    """A line for readers: columns as words, no size of the group."""
    words = _without_size(line).replace("practitioner_or_couple", "practitioner or couple")
    words = words.replace("couple_mean", "couple mean").split("; give occasions=")[0]
    for name, method in METHOD_CARDS.items():
        words = re.sub(rf"^{name}\b", method.name, words)
    return fmt.sentence(words)


def _without_size(line: str) -> str:
    """The zones are defined in a line that also counts people; the definition stays."""
    return re.sub(r"^Zones of [\d,]+ people", "Zones of people", line)


def _of_none(words: str) -> bool:
    return words == fmt.n_of(0, 0)
