"""The goal board: where the goals of each domain started, where they are, how many are met."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.figures.shares import notes
from outcomes.figures.strips import Axis, Strip, draw, height
from outcomes.privacy import Policy
from outcomes.process import GoalsResult
from outcomes.schema import label, vocabularies
from outcomes.showing import format as fmt
from outcomes.showing.process import visible_shares, visible_size

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

_AXIS = Axis(0, 10, (0, 2.5, 5, 7.5, 10), ("0", "2.5", "5", "7.5", "10"), "Rating, 0 to 10")
_COLUMNS = ["group", "domain", "n", "start", "latest", "met", "met_total"]


def goal_board(result: GoalsResult, policy: Policy) -> Figure:
    """For each domain and group: mean start (open mark) and latest rating, and the share met.

    The ratings are those from 0 to 10; the share met counts goals on either scale.
    """
    rated = result.means[result.means["measure"].eq("rating") & result.means["held"].eq("all")]
    sizes = visible_size(rated["n"], policy)
    met = result.shares[result.shares["measure"].eq("met")]
    seen = visible_shares(result, policy)
    groups = fmt.ordered_groups(result.by, rated["group"])
    look = theme.styles(groups)
    strips: list[Strip] = []
    data: list[tuple[object, ...]] = []
    said: list[str] = []
    for domain in _ordered(rated["domain"]):
        title = "All goals" if domain == "all" else _named(domain)
        strips.append(Strip(title, heading=True))
        for group in groups:
            part = rated[rated["domain"].eq(domain) & rated["group"].eq(group)]
            if part.empty:
                continue
            row, visible = part.iloc[0], bool(sizes[part.index[0]])
            family = "goals.all" if domain == "all" else f"goals.domain.{domain}"
            share = met[met["family"].eq(family) & met["group"].eq(group)].iloc[0]
            told = bool(seen[share.name])
            strip = _strip(row, share, (visible, told), fmt.group_name(result.by, group), look)
            strips.append(strip)
            numbers = (row["n"], row["start"], row["latest"]) if visible else (None,) * 3
            counts = (share["n"], share["n_total"]) if told else (None, None)
            data.append((group, domain, *numbers, *counts))
            said.append(f"{title}, {strip.label}: {strip.words}")

    def paint(canvas: Canvas, width: float) -> None:
        draw(canvas, width, strips, _AXIS)

    svg, narrow = theme.render("goal_board", paint, lambda width: height(strips, width))
    by = "" if result.by is None else f" by {result.by.replace('_', ' ')}"
    more = ("Met: the expected level or above on the attainment scale, 10 of 10 on the rating.",)
    return Figure(
        id="goal_board",
        caption=(
            f"Goal board{by}: mean rating at the start (open mark) and latest (full mark), and the "
            "share of goals met."
        ),
        alt=f"Ratings of goals at the start and latest. {'; '.join(said)}.",
        svg=svg,
        svg_narrow=narrow,
        data=pd.DataFrame(data, columns=_COLUMNS),
        notes=notes(any(None in row for row in data), policy, more),
    )


def _ordered(domains: pd.Series) -> list[str]:
    there = set(domains)
    words = [word for word in vocabularies()["goal_domain"].words if word in there]
    return ["all", *words, *sorted(there - set(words) - {"all"})]


def _named(domain: str) -> str:
    known = domain in vocabularies()["goal_domain"].words
    return label("goal_domain", domain) if known else fmt.sentence(domain)


def _strip(
    row: pd.Series,
    share: pd.Series,
    visible: tuple[bool, bool],
    name: str,
    look: dict[str, theme.Style],
) -> Strip:
    rated, told = visible
    style = look[str(row["group"])]
    met = "met: " + fmt.HIDDEN
    if told and share["n_total"]:
        met = f"met: {fmt.percent(share['rate'])} ({fmt.n_of(share['n'], share['n_total'])})"
    elif told:
        met = "met: none rated again"
    if not rated or not row["n"]:
        return Strip(name, met, style=style)
    ends = f"{fmt.points(row['start'])} to {fmt.points(row['latest'])}"
    return Strip(
        name, f"{ends}; {met}", float(row["latest"]), start=float(row["start"]), style=style
    )
