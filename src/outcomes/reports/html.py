"""The document as one HTML file that loads nothing from anywhere.

Everything a person typed is escaped and stripped of control and text-direction marks; the
Content-Security-Policy allows the one style sheet of the file and images inside it, no
script and no address.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

import pandas as pd
from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from outcomes.figures.figure import Figure
from outcomes.privacy import Policy
from outcomes.reports.document import Document, slug
from outcomes.reports.policy import report_policy
from outcomes.showing import format as fmt
from outcomes.tables.table import Cell, Table, TableColumn, missing, shown, text

# C0 and C1 controls, and marks that reorder or hide the text around them.
UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
)
SVG_TAG = re.compile(r"<svg\b[^>]*>")
SVG_LENGTH = re.compile(r'\s(width|height)="([\d.]+)(pt|px|)"')
PIXELS = {"pt": 4 / 3, "px": 1.0, "": 1.0}  # CSS: 96 pixels and 72 points to the inch
# What kind of answer a verdict is decides its colour; the words and the sign say which one.
TONES = {
    "supported": "answered",
    "not supported": "answered",
    "equivalent": "answered",
    "cannot tell": "open",
    "not comparable": "open",
    "not measurable": "open",
    "suppressed": "hidden",
}


def render(
    document: Document,
    *,
    policy: Policy,
    colophon: Mapping[str, str] | None = None,
    beside: Iterable[str] = (),
    lang: str = "en-GB",
) -> str:
    """The document as the text of one HTML file.

    `colophon` is printed at the end: short facts such as the run and the version; `beside`
    names the files next to this one. The same document gives the same bytes.
    """
    css = _template("report.css")
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            css=Markup(css),  # noqa: S704 - our own file
            style_hash=Markup(f"'sha256-{digest}'"),  # noqa: S704 - base64
            lang=lang,
            meta=document.meta,
            chapters=list(document.chapters()),
            beside=list(beside),
            policy=policy,
            colophon=dict(colophon or {}),
            narrow_below=report_policy().narrow_below,
        )
    )


@cache
def _environment() -> Environment:
    names = ("report.html.j2", "blocks.html.j2")
    environment = Environment(
        loader=DictLoader({name: _template(name) for name in names}),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_inert,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "slug": slug,
        "data_uri": _data_uri,
        "tone": lambda verdict: TONES[str(verdict)],
    }
    environment.globals |= {"figure_table": figure_table, "svg_size": _svg_size}
    return environment


def _template(name: str) -> str:
    return files("outcomes.reports").joinpath("templates", name).read_text(encoding="utf-8")


def _inert(value: object) -> object:
    """What any expression of the template prints: a number stays with its percent sign.

    Marks that change how other text is read are taken out.
    """
    if type(value) is not str:
        return value
    return UNSEEN.sub("", value).replace(" %", "\N{NO-BREAK SPACE}%")


def _data_uri(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def _svg_size(svg: str) -> tuple[int, int] | None:
    """Width and height of a drawing, so that the page does not jump while it opens."""
    tag = SVG_TAG.search(svg)
    found = {
        side: round(float(length) * PIXELS[unit])
        for side, length, unit in SVG_LENGTH.findall(tag[0] if tag else "")
    }
    return (found["width"], found["height"]) if len(found) == 2 else None


def figure_table(figure: Figure) -> Table:
    """The numbers behind a figure as a table, cut at the packaged number of rows."""
    frame = figure.data
    limit = report_policy().figure_rows
    notes = (
        (f"The first {fmt.count(limit)} of {fmt.count(len(frame))} rows.",)
        if len(frame) > limit
        else ()
    )
    columns = tuple(
        TableColumn(
            str(name),
            fmt.sentence(str(name).replace("_", " ")),
            "number" if pd.api.types.is_numeric_dtype(frame[name]) else "text",
        )
        for name in frame.columns
    )
    rows = tuple(
        tuple(_cell(value) for value in row)
        for row in frame.head(limit).itertuples(index=False, name=None)
    )
    return Table(f"data-{figure.id}", f"Numbers behind: {figure.caption}", columns, rows, notes)


def _cell(value: object) -> Cell:
    if value is None or value is pd.NA or value is pd.NaT:
        return missing("text")
    if isinstance(value, bool):
        return text("yes" if value else "no")
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, int | float):
        # Data under a figure are for checking it: three decimals, whole numbers as such.
        return shown(
            value, fmt.plain(value) if float(value).is_integer() else f"{value:.3f}", "number"
        )
    if isinstance(value, pd.Timestamp):
        return text(value.date().isoformat())
    return text(str(value))
