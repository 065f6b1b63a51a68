"""A figure as data: two drawings, caption, alternative text, and the numbers behind them."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass
from typing import Any

import pandas as pd


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """A finished figure.

    `svg` is drawn for a page (7.2 in), `svg_narrow` for a phone (3.6 in); both hold text as
    outlines, name no address and are the same bytes for the same input. `alt` says in words
    and numbers what is to be seen, `data` holds every number drawn and none that is hidden.
    """

    id: str
    caption: str
    alt: str
    svg: str
    svg_narrow: str
    data: pd.DataFrame
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain dictionaries and lists, for JSON; a missing number is null."""
        return {
            "id": self.id,
            "caption": self.caption,
            "alt": self.alt,
            "svg": self.svg,
            "svg_narrow": self.svg_narrow,
            "data": {
                "columns": [str(name) for name in self.data.columns],
                "rows": [
                    [_plain(value) for value in row]
                    for row in self.data.itertuples(index=False, name=None)
                ],
            },
            "notes": list(self.notes),
        }

    @classmethod
    def from_dict(cls, body: dict[str, Any]) -> Figure:
        """The figure that `to_dict` wrote."""
        data = pd.DataFrame(body["data"]["rows"], columns=body["data"]["columns"])
        return cls(
            id=body["id"],
            caption=body["caption"],
            alt=body["alt"],
            svg=body["svg"],
            svg_narrow=body["svg_narrow"],
            data=data,
            notes=tuple(body["notes"]),
        )

    def to_html(self) -> str:
        """A figure element: the wide drawing with its alternative text, caption and notes."""
        notes = "".join(f"<br><small>{html.escape(note)}</small>" for note in self.notes)
        return (
            f'<figure class="outcomes-figure" data-figure="{html.escape(self.id)}">'
            f'<div role="img" aria-label="{html.escape(self.alt)}">{self.svg}</div>'
            f"<figcaption>{html.escape(self.caption)}{notes}</figcaption></figure>"
        )

    def _repr_html_(self) -> str:
        return self.to_html()

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"Figure({self.id}: {self.caption} {self.alt})"


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a frame may hold
    if hasattr(value, "item"):
        value = value.item()
    if value is pd.NA or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value
