"""Proposes a `layout.toml` for a source, and after editing says what is still undecided."""

from __future__ import annotations

import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from outcomes.cleaning import cleaning_policy
from outcomes.errors import InputError, LayoutError, OutcomesError, OutputError
from outcomes.sources.folder import LAYOUT, is_pattern
from outcomes.sources.layout import SCHEMA
from outcomes.sources.proposal_columns import ColumnFacts, column_facts
from outcomes.sources.proposal_entries import (
    Keys,
    date_evidence,
    entries_for,
    key_values,
    sentinels,
    states_offsets,
)
from outcomes.sources.proposal_projects import project_lines
from outcomes.sources.proposal_samples import Sample, beside, samples, source_name
from outcomes.sources.proposal_suppliers import not_recognised, supplier_lines
from outcomes.sources.proposal_toml import Lines, open_questions, quoted, without_answered
from outcomes.sources.reading import read
from outcomes.sources.suppliers import suppliers

HEADER = """\
# A proposal by `outcomes layout`. Nothing here was decided that the exports do not prove.
# A value that begins with ? is undecided: write the right one, or take the mark away to accept
# what stands after it. Then run the same command again; what you wrote stays as it is.
"""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed layout, the line and text of each open question, and why a trial read failed."""

    text: str
    undecided: tuple[tuple[int, str], ...]
    refused: OutcomesError | None = None

    @property
    def finished(self) -> bool:
        """Whether the layout is ready: nothing is open and a trial read worked."""
        return not self.undecided and self.refused is None

    def lines(self, place: Path) -> list[str]:
        """Say what is open, and what to do next; `place` is the layout's file."""
        if self.undecided:
            said = [f"line {line}: {question}" for line, question in self.undecided]
            n = len(said)
            return [*said, f"{n} undecided: answer them in {place} and run this again"]
        if self.refused is not None:
            return ["nothing is undecided, but a trial read stopped:", str(self.refused)]
        return ["nothing is undecided, and a trial read works"]


@dataclass(frozen=True, slots=True, eq=False)
class _Source:
    """The samples of a source with the facts of their columns."""

    samples: tuple[Sample, ...]
    facts: tuple[Mapping[str, ColumnFacts], ...]
    keys: Keys
    order: str | None


def propose_layout(source: str | Path, edited: str | None = None) -> Proposal:
    """Describe a source as a layout.

    Parameters
    ----------
    source
        A folder, a file, or the address of a database.
    edited
        The text of an earlier proposal; what it decides is kept, files it does not name are
        added, and entries whose table was decided since get their columns.

    Raises
    ------
    InputError
        where the source is not there, empty, or cannot be opened.
    LayoutError
        where the edited text is not TOML.
    """
    found = _look(source)
    if edited is None:
        lines = [*HEADER.splitlines(), *_top(source, found)]
        for sample, facts in zip(found.samples, found.facts, strict=True):
            lines += ["", *_entries(sample, facts, found)]
    else:
        lines = _continued(edited, found)
    text = "\n".join(_single_spaced(lines)) + "\n"
    return Proposal(text, tuple(open_questions(text.splitlines())))


def tried(proposal: Proposal, source: str | Path, layout: str | Path) -> Proposal:
    """Try to read the source by a finished layout, which stands in a file."""
    if proposal.undecided:
        return proposal
    try:
        read(source, layout=layout)
    except OutcomesError as error:
        return replace(proposal, refused=error)
    return proposal


def write_layout(text: str, place: Path) -> None:
    """Write a layout whole or not at all. Raises OutputError where it cannot be written."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline="\n", dir=place.parent, prefix=f".{place.name}.",
            delete=False,
        ) as aside:  # fmt: skip
            aside.write(text)
        Path(aside.name).chmod(place.stat().st_mode & 0o777 if place.exists() else 0o644)
        Path(aside.name).replace(place)
    except OSError as error:
        raise OutputError(
            f"the layout cannot be written: {error.strerror}",
            where=str(place),
            fix="name another place with --out",
        ) from None


def layout_text(place: Path) -> str:
    """Read an edited proposal. Raises InputError where it is no text in UTF-8."""
    try:
        return place.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise InputError(
            "the layout cannot be read as UTF-8 text", where=str(place), fix="save it as UTF-8"
        ) from None


def layout_beside(source: str | Path) -> Path:
    """Where the layout of a source stands unless somebody says otherwise."""
    folder = Path(source)
    return folder / LAYOUT if folder.is_dir() else Path(LAYOUT)


def _look(source: str | Path) -> _Source:
    found = samples(source)
    facts = [{h: column_facts(str(h), s.frame[h]) for h in s.frame} for s in found]
    keys = [key for s, f in zip(found, facts, strict=True) for key in key_values(s, f)]
    orders = {date_evidence(s, f).order for s, f in zip(found, facts, strict=True)} - {None, "ymd"}
    order = str(orders.pop()) if len(orders) == 1 else None
    return _Source(tuple(found), tuple(facts), keys, order)


def _top(source: str | Path, found: _Source) -> list[str]:
    lines = Lines()
    lines.say("schema", SCHEMA)
    lines.say("name", source_name(source))
    if not any(_is_supplied(*pair) for pair in zip(found.samples, found.facts, strict=True)):
        names = dict.fromkeys(layout.name for layout in suppliers().values())
        lines.keys.append(f"# no file has the column names of a known export: {', '.join(names)}")
    lines.keys += beside(source)
    lines.keys.append("# exported_on = 2026-12-31  # the day of the export; else today counts")
    lines.keys.append('# ignore = ["list.csv"]  # files of the folder that are no exports')
    if any(states_offsets(facts) for facts in found.facts):
        question = 'times say how far they are from UTC: where is the practice? As "Europe/Berlin"'
        lines.ask("timezone", "", question)
    words: dict[str, int] = {}
    for sample in found.samples:
        for word, count in (sample.words or {}).items():
            words[word] = words.get(word, 0) + count
    if words:
        told = ", ".join(f"{quoted(word)} {n} times" for word, n in words.items())
        lines.say("missing", [*cleaning_policy().missing, *words], f"found {told}")
    places = {s.sheet or s.file: f for s, f in zip(found.samples, found.facts, strict=True)}
    odd = sentinels(places)
    if odd:
        told = ", ".join(f"{n:g} {count} times" for n, count in odd.items())
        usual = cleaning_policy().sentinels
        if set(odd) <= set(usual):
            lines.keys.append(f"# numbers that stand for missing answers: {told}")
        else:
            numbers = dict.fromkeys([*usual, *odd])
            lines.say("sentinels", list(numbers), f"found {told}")
    return lines.text()


def _is_supplied(sample: Sample, facts: Mapping[str, ColumnFacts]) -> bool:
    return sample.project is not None or supplier_lines(sample, facts) is not None


def _entries(
    sample: Sample, facts: Mapping[str, ColumnFacts], found: _Source, table: str | None = None
) -> list[str]:
    if table is None and sample.project is not None:
        return project_lines(sample, sample.project[1])
    supplied = supplier_lines(sample, facts) if table is None else None
    if supplied is not None:
        return supplied
    made = entries_for(sample, facts, found.keys, found.order, table)
    doubt = not_recognised(facts) if table is None else None
    return made if doubt is None else [made[0], doubt, *made[1:]]


def _continued(edited: str, found: _Source) -> list[str]:
    """The edited text, with questions that were answered gone and new entries added."""
    try:
        body = tomllib.loads(edited)
    except tomllib.TOMLDecodeError as error:
        raise LayoutError(
            f"the edited layout is not valid TOML: {error}", fix="correct that line"
        ) from None
    lines = without_answered(edited.splitlines())
    entries = [entry for entry in body.get("files", []) if isinstance(entry, dict)]
    named = [str(entry.get("file")) for entry in entries] + [*map(str, body.get("ignore", []))]
    pairs = [*zip(found.samples, found.facts, strict=True)]
    for entry in entries:
        if _lacks_columns(entry):
            for sample, facts in pairs:
                if sample.file == entry.get("file") and sample.sheet == entry.get("sheet"):
                    made = _entries(sample, facts, found, str(entry["table"]))
                    lines = _replaced(lines, entry, made)
    for sample, facts in pairs:
        if not any(_names(name, sample.file) for name in named):
            lines += ["", *_entries(sample, facts, found)]
    return lines


def _lacks_columns(entry: Mapping[str, Any]) -> bool:
    table = str(entry.get("table", "?"))
    told = {"columns", "items", "total", "visits", "supplier", "constants", "redcap"}
    return not table.startswith("?") and not told & set(entry)


def _names(name: str, file: str) -> bool:
    return name == file or (is_pattern(name) and fnmatchcase(file, name))


def _replaced(lines: Sequence[str], entry: Mapping[str, Any], made: Sequence[str]) -> list[str]:
    """Put lines in the place of the entry for this file that has no columns yet."""
    starts = [n for n, line in enumerate(lines) if line.strip() == "[[files]]"]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        block = tomllib.loads("\n".join(lines[start:end]))["files"][0]
        if block == entry:
            before = start - 1 if start and lines[start - 1].startswith("# ") else start
            return [*lines[:before], *made, "", *_comments(lines[start:end]), *lines[end:]]
    return [*lines]


def _comments(block: Sequence[str]) -> list[str]:
    """The comment above the next entry, which stands at the end of a block."""
    last = [*block]
    kept: list[str] = []
    while last and (not last[-1].strip() or last[-1].startswith("#")):
        kept.insert(0, last.pop())
    return kept


def _single_spaced(lines: Sequence[str]) -> list[str]:
    found: list[str] = []
    for line in lines:
        if line.strip() or (found and found[-1].strip()):
            found.append(line)
    while found and not found[-1].strip():
        found.pop()
    return found
