"""Lines of a proposed layout: keys, the evidence beside them, and marks for what is open."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

# A value that begins with it is undecided: taking the mark away accepts what stands after it.
MARK = "?"
UNDECIDED = "# UNDECIDED: "
# What follows `=` on a line, in a list, or on a line of its own.
_MARKED = re.compile(r"""(?:^|[=\[,])\s*["']\?""")
# A line of TOML that takes effect once its # is taken away.
_OFFER = re.compile(r"""#\s*[\["]""")


@dataclass(slots=True)
class Lines:
    """The lines of one entry or of the top of a layout, in the order TOML needs."""

    head: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    ignore: list[str] = field(default_factory=list)
    tables: dict[str, list[str]] = field(default_factory=dict)
    tail: list[str] = field(default_factory=list)

    def say(self, key: str, value: object, evidence: str = "", *, table: str | None = None) -> None:
        """Add a key that is decided by evidence."""
        self._place(table).append(f"{_key(key, table)} = {quoted(value)}{_note(evidence)}")

    def ask(self, key: str, value: str, question: str, *, table: str | None = None) -> None:
        """Add a key for a person to decide; `value` is what is likely, "" for nothing."""
        marked = f"{MARK} {value}" if value else MARK
        place = self._place(table)
        place += [f"{UNDECIDED}{one_line(question)}", f"{_key(key, table)} = {quoted(marked)}"]

    def leave(self, column: str, evidence: str) -> None:
        """Leave a column out for a reason."""
        self.ignore.append(f"  {quoted(column)},{_note(evidence)}")

    def ask_leave(self, column: str, question: str) -> None:
        """Ask whether a column may be left out."""
        self.ignore += [f"  {UNDECIDED}{one_line(question)}", f"  {quoted(f'{MARK} {column}')},"]

    def text(self) -> list[str]:
        """All lines."""
        found = [*self.head, *self.keys]
        if self.ignore:
            found += ["ignore = [", *self.ignore, "]"]
        for name, lines in self.tables.items():
            found += [f"[{name}]", *lines]
        return [*found, *self.tail]

    def _place(self, table: str | None) -> list[str]:
        return self.keys if table is None else self.tables.setdefault(table, [])


def quoted(value: object) -> str:
    """Write a value as TOML has it."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(quoted, value))}]"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def one_line(text: str) -> str:
    """Text for a comment; a header may hold line ends."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def is_marked(line: str) -> bool:
    """Whether a line still holds a mark, or an offer that nobody took up yet."""
    bare = line.strip()
    return _OFFER.match(bare) is not None or _MARKED.search(bare) is not None


def open_questions(lines: Iterable[str]) -> list[tuple[int, str]]:
    """Line number and question of everything that is still undecided."""
    listed = [*lines]
    found = []
    for n, line in enumerate(listed):
        bare = line.strip()
        after = listed[n + 1] if n + 1 < len(listed) else ""
        before = listed[n - 1].strip() if n else ""
        if bare.startswith(UNDECIDED.strip()):
            if is_marked(after):
                found.append((n + 1, bare.removeprefix(UNDECIDED.strip()).strip()))
        elif (
            not bare.startswith("#")
            and is_marked(line)
            and not before.startswith(UNDECIDED.strip())
        ):
            found.append((n + 1, "a value still begins with the mark ?"))
    return found


def without_answered(lines: Iterable[str]) -> list[str]:
    """The lines without questions that have been answered."""
    listed = [*lines]
    return [
        line
        for n, line in enumerate(listed)
        if not line.strip().startswith(UNDECIDED.strip())
        or is_marked(listed[n + 1] if n + 1 < len(listed) else "")
    ]


def _key(key: str, table: str | None) -> str:
    """Write a key as TOML has it: a word of ours bare, a word of theirs in quotes."""
    return quoted(key) if table is not None and table.startswith("files.codes") else key


def _note(evidence: str) -> str:
    return f"  # {one_line(evidence)}" if evidence else ""
