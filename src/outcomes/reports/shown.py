"""A result as figure and table of a page, or as the sentence that says why there is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from outcomes.privacy import Policy
from outcomes.reports.companion_words import brief, nothing_shown
from outcomes.reports.companions import Absent
from outcomes.reports.document import Block, FigureBlock, Prose, TableBlock

Draw = Callable[..., Any]


def shown(
    part: object,
    policy: Policy,
    figure: Draw | None,
    table: Draw | None,
    *,
    short: bool = False,
) -> tuple[Block, ...]:
    """Figure and table of a part; a sentence where it is absent or no number may be shown.

    `short`: rows of the table without a number are named in a note.
    """
    if isinstance(part, Absent):
        return () if table is None else (Prose(None, (part.reason,)),)
    blocks: list[Block] = []
    if figure is not None:
        blocks.append(FigureBlock(figure(part, policy)))
    if table is not None:
        made = table(part, policy)
        said = nothing_shown(made)
        blocks.append(
            TableBlock(brief(made) if short else made) if said is None else Prose(None, (said,))
        )
    return tuple(blocks)
