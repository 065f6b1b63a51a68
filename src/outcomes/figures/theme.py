"""One look for all figures: colours, markers, type, and the way to SVG.

Colours are from Okabe and Ito's palette, told apart with every kind of colour blindness;
each arm also has its own marker and its own place, so that a grey print can be read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

WIDE, NARROW = 7.2, 3.6  # inches: the text of a page, a phone held upright
TEXT = {WIDE: 10.0, NARROW: 9.0}  # points; nothing is set smaller than 9

INK, MUTED, GRID, BAND = "#1a1a1a", "#5c5c5c", "#d9d9d9", "#ececec"
# A blue and an orange with the same contrast to white; no red and green, which judge.
ARMS = {
    "coaching": ("#0072B2", "o"),
    "therapy": ("#D55E00", "s"),
    "both": ("#8E4585", "D"),
    "other": ("#6b6b6b", "^"),
}
# For groups that are no arms.
OTHERS = (
    ("#0072B2", "o"),
    ("#D55E00", "s"),
    ("#8E4585", "D"),
    ("#6b6b6b", "^"),
    ("#00795C", "v"),
    ("#8A6D00", "P"),
)
_ID = re.compile(r'(\bid="|href="#|url\(#)')


@dataclass(frozen=True, slots=True)
class Style:
    """Colour and marker of one group."""

    color: str
    marker: str


def styles(groups: list[str]) -> dict[str, Style]:
    """Colour and marker by group: fixed for arms, in order for other groups."""
    if all(group in ARMS for group in groups):
        return {group: Style(*ARMS[group]) for group in groups}
    return {group: Style(*OTHERS[place % len(OTHERS)]) for place, group in enumerate(groups)}


def render(
    name: str, draw: Callable[[Canvas, float], None], height: Callable[[float], float]
) -> tuple[str, str]:
    """The wide and the narrow SVG of one figure.

    `draw` fills an empty matplotlib figure, given its width in inches; `height` gives the
    height in inches for a width. Neither pyplot nor the settings of the caller are touched.
    """
    wide, narrow = (_svg(name, draw, width, height(width)) for width in (WIDE, NARROW))
    return wide, narrow


def canvas(draw: Callable[[Canvas, float], None], width: float, height: float) -> Canvas:
    """A matplotlib figure of the given size in inches, drawn in the theme."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure as MatplotlibFigure

    with rc_context(_settings(width)):
        figure = MatplotlibFigure(figsize=(width, height), layout="constrained")
        draw(figure, width)
    return figure


def _svg(name: str, draw: Callable[[Canvas, float], None], width: float, height: float) -> str:
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    salt = f"{name}-{width}"
    with rc_context({**_settings(width), "svg.hashsalt": salt, "svg.fonttype": "path"}):
        figure = canvas(draw, width, height)
        FigureCanvasSVG(figure)
        buffer = StringIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(buffer, format="svg", metadata=nothing)
    return _clean(buffer.getvalue(), f"{name}-{'wide' if width == WIDE else 'narrow'}")


def _clean(svg: str, prefix: str) -> str:
    """An element to stand in a page: no prologue, and ids that no other figure has."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"\s*<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    return _ID.sub(lambda found: f"{found[1]}{prefix}-", body).strip() + "\n"


def _settings(width: float) -> Any:  # noqa: ANN401 - matplotlib's type lists 300 keys
    import seaborn

    size = TEXT[width]
    return {
        **seaborn.axes_style("ticks"),
        "font.family": "sans-serif",
        # Shipped with matplotlib, so that every machine draws the same outlines.
        "font.sans-serif": ["DejaVu Sans"],
        "font.size": size,
        "axes.titlesize": size + 1,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.labelsize": size,
        "xtick.labelsize": size,
        "ytick.labelsize": size,
        "axes.edgecolor": MUTED,
        "axes.labelcolor": INK,
        "text.color": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.unicode_minus": True,
        "figure.facecolor": "white",
        "savefig.facecolor": "white",
        "lines.solid_capstyle": "round",
    }
