"""What was taken out of a store, for people; never who it was."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd


@dataclass(frozen=True, slots=True, eq=False)
class Erased:
    """Rows and earlier versions removed, by table.

    `kept_for_partner` counts courses of couples that stay as courses of the partner alone;
    `repeated` says that the person had been erased before.
    """

    folder: Path
    rows: Mapping[str, int]
    earlier: Mapping[str, int]
    kept_for_partner: int
    repeated: bool = False

    def to_frame(self) -> pd.DataFrame:
        """table, rows, earlier_versions: how many were removed."""
        found = [(name, n, self.earlier.get(name, 0)) for name, n in self.rows.items()]
        return pd.DataFrame(found, columns=["table", "rows", "earlier_versions"])

    def lines(self) -> list[str]:
        """What happened, as lines of plain text."""
        if self.repeated:
            return ["this person was erased before: nothing of them is in the store"]
        frame = self.to_frame()
        shown = frame[(frame["rows"] > 0) | (frame["earlier_versions"] > 0)]
        width = max([5, *shown["table"].str.len()])
        lines = ["one person was erased", f"{'table':<{width}}      rows  earlier versions"]
        for table, rows, earlier in zip(*(shown[name] for name in shown), strict=True):
            lines.append(f"{table:<{width}} {rows:>9,} {earlier:>17,}")
        if self.kept_for_partner:
            courses = "course" if self.kept_for_partner == 1 else "courses"
            lines.append(
                f"{self.kept_for_partner} {courses} of a couple stay for the partner, as of one "
                "person: the partner's own answers, goals and appointments; rows of both were "
                "removed"
            )
        lines.append("if the person comes again in an export, their rows are dropped (forgotten)")
        return lines

    def explain(self) -> str:
        """What was removed, and what this does not reach."""
        return (
            "Rows that name the person or belong to their courses were removed from every table "
            "and from all earlier versions. Exports, reports, CSV tables, backups and copies of "
            "the store are not reached: delete the person there too."
        )

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(self.lines()[0])}</p>{self.to_frame().to_html(index=False)}"
