"""Lets a result of any floor offer `.plot()` although only `figures/` can draw.

`figures/` stands above the rooms that make results, so a result cannot import it.
The package root installs the drawing function here once; a result asks for it when
somebody calls `.plot()`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from outcomes.errors import UsageError

_installed: list[Callable[..., Any]] = []


def install(draw: Callable[..., Any]) -> None:
    """Name the function that draws a result. The last one installed is used."""
    _installed[:] = [draw]


class Drawable:
    """Mixin for results: `.plot()` gives a Figure with caption, alternative text and data."""

    __slots__ = ()

    def plot(self, **options: Any) -> Any:
        """Draw this result; options are those of the matching builder in `figures/`."""
        if not _installed:
            raise UsageError(
                "nothing is installed that can draw", fix="import outcomes before calling plot()"
            )
        return _installed[-1](self, **options)
