"""Who leaves and when: dropout over time with numbers still there, and ways of ending."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.models.leaving import LeavingResult
from outcomes.privacy import Policy
from outcomes.showing import format as fmt
from outcomes.showing.leaving import STATES, numbers_at_risk, visible_curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

    from outcomes.figures.theme import Style

Curves = dict[str, pd.DataFrame]
_LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1)))
_ROOM = 1.06  # the axis ends a little above the highest limit drawn
_BEYOND = 1.04  # and a little after the horizon, so that a step there can be seen


def leaving_curves(result: LeavingResult, policy: Policy, state: str | None = None) -> Figure:
    """One curve for each group with its interval, its name at its end, numbers still there below.

    `state` is one of the causes (default: the first) or "in care". Steps that few people make
    are joined; a group whose numbers are hidden is named, not drawn.
    """
    state = state or result.causes[0]
    names = {g: fmt.group_name(result.by, g) for g in _ordered(result)}
    found = {g: visible_curve(result, g, state, policy) for g in names}
    shown = {g: rows for g, rows in found.items() if rows is not None}
    looks = theme.styles(list(names))

    def draw(canvas: Canvas, width: float) -> None:
        ticks = _ticks(result.horizon, 4 if width == theme.NARROW else 7)
        rows = len(shown)
        if rows == 0:
            _nothing(canvas)
            return
        ax, below = canvas.subplots(
            2, 1, sharex=True, gridspec_kw={"height_ratios": [6, 0.55 + 0.45 * rows]}
        )
        for place, (group, curve) in enumerate(shown.items()):
            _curve(ax, curve, result.horizon, looks[group], place, start=_start(state))
        _axis(ax, shown, state, ticks, result)
        _name_ends(ax, shown, names, looks)
        risks = {g: numbers_at_risk(result, g, ticks, policy) for g in shown}
        _risk_table(below, risks, names, looks, ticks)

    svg, narrow = theme.render(
        f"leaving-{state}", draw, lambda width: (3.2 if width == theme.NARROW else 3.6)
        + 0.24 * len(shown)
    )  # fmt: skip
    data = _data(shown)
    return Figure(
        id=f"leaving_{state.replace(' ', '_')}",
        caption=f"{STATES[state]}, share of {result.who} by {result.unit} since the start, with "
        f"{fmt.level(result.level)} interval. {_definition(result, state)}"
        "Below: how many are still in care.",
        alt=_alt(result, found, names, state),
        svg=svg,
        svg_narrow=narrow,
        data=data,
        notes=_notes(found, names, policy),
    )


def leaving_endings(result: LeavingResult, policy: Policy) -> Figure:
    """A panel for each group: at each time, dropped out below, ended as planned above, the rest.

    Bands are cumulative incidences; only dropout has its interval drawn. A way of ending that
    few people took is not drawn apart from the rest.
    """
    names = {g: fmt.group_name(result.by, g) for g in _ordered(result)}
    curves = {
        (g, c): rows
        for g in names
        for c in result.causes
        if (rows := visible_curve(result, g, c, policy)) is not None
    }
    shown = [g for g in names if (g, result.causes[0]) in curves]

    def draw(canvas: Canvas, width: float) -> None:
        if not shown:
            _nothing(canvas)
            return
        down = width == theme.NARROW
        shape = (len(shown), 1) if down else (1, len(shown))
        axes = canvas.subplots(*shape, sharey=True, sharex=True, squeeze=False).ravel()
        for place, (ax, group) in enumerate(zip(axes, shown, strict=True)):
            mine = {c: rows for (g, c), rows in curves.items() if g == group}
            _bands(ax, mine, result)
            ax.set_title(f"{names[group]} (n = {_n(result, group)})")
            ax.set_xticks(_ticks(result.horizon, 4 if down or len(shown) > 2 else 6))
            if not down or place == len(shown) - 1:
                ax.set_xlabel(f"{result.unit} since the start")

    svg, narrow = theme.render(
        "leaving-endings",
        draw,
        lambda width: 3.2 * (max(len(shown), 1) if width == theme.NARROW else 1),
    )
    columns = ["group", "state", "time", "share", "low", "high"]
    parts = [rows.assign(group=g, state=c)[columns] for (g, c), rows in curves.items()]
    data = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    hidden_groups = {g: (None if g not in shown else data) for g in names}
    return Figure(
        id="leaving_endings",
        caption=f"How {result.who} ended, by {result.unit} since the start: at each time the "
        "height of a band is the share that had ended so; lines beside the lowest band: "
        f"{fmt.level(result.level)} interval. {_definition(result, result.causes[0])}".strip(),
        alt="; ".join(
            f"{names[g]}, {STATES[c].lower()}: {fmt.percent(float(rows['share'].iloc[-1]))} by "
            f"{result.horizon:g} {result.unit}"
            for (g, c), rows in curves.items()
        )
        or "Too few to draw.",
        svg=svg,
        svg_narrow=narrow,
        data=data,
        notes=_notes(hidden_groups, names, policy),
    )


def _ordered(result: LeavingResult) -> list[str]:
    return fmt.ordered_groups(result.by, result.groups)


def _start(state: str) -> float:
    return 1.0 if state == "in care" else 0.0


def _n(result: LeavingResult, group: str) -> int:
    return int(result.summary.set_index("group").loc[group, "n"])


def _ticks(horizon: float, most: int) -> np.ndarray:
    """Round times from 0 up to the horizon, at most `most` of them after 0."""
    steps = [1, 2, 4, 5, 6, 8, 10, 12, 13, 20, 26, 30, 50, 60, 90, 100, 180, 365, 1000]
    fitting = [step for step in steps if horizon / step <= most]
    step = fitting[0] if fitting else horizon / most
    if horizon < 1:
        step = horizon / most
    return np.arange(0, horizon + 1e-9, step)


def _steps(curve: pd.DataFrame, horizon: float, name: str, start: float) -> tuple[np.ndarray, ...]:
    time = np.concatenate([[0.0], curve["time"], [_BEYOND * horizon]])
    values = curve[name].fillna(curve["share"]).to_numpy()
    return time, np.concatenate([[start], values, values[-1:]])


def _curve(
    ax: Axes, curve: pd.DataFrame, horizon: float, look: Style, place: int, *, start: float
) -> None:
    time, share = _steps(curve, horizon, "share", start)
    low, high = (_steps(curve, horizon, name, start)[1] for name in ("low", "high"))
    ax.fill_between(time, low, high, step="post", color=look.color, alpha=0.16, linewidth=0)
    style = _LINES[place % len(_LINES)]
    ax.step(time, share, where="post", color=look.color, linewidth=2.2, linestyle=style)


def _axis(ax: Axes, shown: Curves, state: str, ticks: np.ndarray, result: LeavingResult) -> None:
    top = 1.0
    if state != "in care":
        highest = max(float(rows["high"].fillna(rows["share"]).max()) for rows in shown.values())
        top = min(1.0, _ROOM * highest)
    ax.set_ylim(0, top)
    ax.set_xlim(0, _BEYOND * result.horizon)
    ax.set_xticks(ticks)
    ax.tick_params(axis="x", labelbottom=True)
    ax.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.3g} %")
    ax.set_xlabel(f"{result.unit} since the start")
    ax.set_ylabel(STATES[state].lower())


def _name_ends(ax: Axes, shown: Curves, names: dict[str, str], looks: dict[str, Style]) -> None:
    """The name of each group beside the end of its curve, apart where ends are near."""
    ends = sorted(((float(rows["share"].iloc[-1]), g) for g, rows in shown.items()))
    low, high = ax.get_ylim()
    gap, last = 0.075 * (high - low), -np.inf
    for end, group in ends:
        at = max(end, last + gap)
        last = at
        ax.annotate(
            names[group],
            (1.015, at),
            xycoords=("axes fraction", "data"),
            va="center",
            ha="left",
            color=looks[group].color,
            fontweight="bold",
            annotation_clip=False,
        )


def _risk_table(
    ax: Axes,
    risks: dict[str, list[int | None]],
    names: dict[str, str],
    looks: dict[str, Style],
    ticks: np.ndarray,
) -> None:
    """Numbers still in care at each tick, one line for each group."""
    ax.set_ylim(len(risks) - 0.4, -1.2)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.tick_params(axis="both", length=0, labelbottom=False)
    ax.set_yticks([])
    ax.annotate("Still in care", (0, -0.85), xycoords=("axes fraction", "data"), va="center",
                fontweight="bold", annotation_clip=False)  # fmt: skip
    for line, (group, counts) in enumerate(risks.items()):
        ax.annotate(names[group], (1.015, line), xycoords=("axes fraction", "data"), va="center",
                    color=looks[group].color, annotation_clip=False)  # fmt: skip
        for tick, count in zip(ticks, counts, strict=True):
            said = "·" if count is None else fmt.count(count)
            ha = "left" if tick == 0 else "center"
            ax.text(tick, line, said, ha=ha, va="center", clip_on=False)


def _bands(ax: Axes, curves: Curves, result: LeavingResult) -> None:
    """Dropout from below; the other ways from above; what is left between is still in care."""
    horizon = result.horizon
    times = [rows["time"] for rows in curves.values()]
    grid = np.unique(np.concatenate([[0.0, _BEYOND * horizon], *times]))
    values = {cause: _on(grid, rows) for cause, rows in curves.items()}
    first = result.causes[0]
    colors = {first: "#B3541E", "planned": "#5B8DB8", "other": "#B9B9B9"}
    bottom = values[first]
    ax.fill_between(grid, 0, bottom, step="post", color=colors[first], linewidth=0)
    for name in ("low", "high"):
        time, limit = _steps(curves[first], horizon, name, 0.0)
        ax.step(time, limit, where="post", color="#5e2a0c", linewidth=1, linestyle=":")
    top = np.ones_like(grid)
    labels = [(first, bottom[-1] / 2, bottom[-1])]
    for cause in [c for c in ("planned", "other") if c in values]:
        under = top - values[cause]
        ax.fill_between(grid, under, top, step="post", color=colors[cause], linewidth=0)
        labels.append((cause, (under[-1] + top[-1]) / 2, top[-1] - under[-1]))
        top = under
    rest = "in care" if len(values) == len(result.causes) else "in care or other"
    labels.append((rest, (bottom[-1] + top[-1]) / 2, top[-1] - bottom[-1]))
    _band_names(ax, labels)
    ax.set_ylim(0, 1)
    ax.set_xlim(0, _BEYOND * horizon)
    ax.set_yticks(np.linspace(0, 1, 5), ["0", "25", "50", "75", "100 %"])


def _band_names(ax: Axes, labels: list[tuple[str, float, float]]) -> None:
    """Each band's name and share at the horizon, beside its end, apart where bands are thin."""
    last = -np.inf
    for state, middle, share in sorted(labels, key=lambda item: item[1]):
        at = max(middle, last + 0.085)
        last = at
        name = STATES.get(state, "In care or other")
        ax.annotate(f"{name} {fmt.percent(share)}", (1.015, at),
                    xycoords=("axes fraction", "data"), va="center", ha="left",
                    annotation_clip=False)  # fmt: skip


def _on(grid: np.ndarray, rows: pd.DataFrame) -> np.ndarray:
    place = np.searchsorted(rows["time"].to_numpy(), grid, side="right")
    return np.concatenate([[0.0], rows["share"]])[place]


def _nothing(canvas: Canvas) -> None:
    ax = canvas.subplots()
    ax.text(0.5, 0.5, "Too few to draw", ha="center", va="center")
    ax.set_axis_off()


def _data(shown: Curves) -> pd.DataFrame:
    columns = ["group", "time", "share", "low", "high"]
    if not shown:
        return pd.DataFrame(columns=columns)
    parts = [rows.assign(group=group)[columns] for group, rows in shown.items()]
    return pd.concat(parts, ignore_index=True)


def _definition(result: LeavingResult, state: str) -> str:
    if state == "in care":
        return "Any ending counts. "
    return f"{result.definition}. " if state == result.causes[0] else ""


def _alt(
    result: LeavingResult, found: dict[str, pd.DataFrame | None], names: dict[str, str], state: str
) -> str:
    parts = []
    for group, rows in found.items():
        if rows is None:
            parts.append(f"{names[group]}: {fmt.HIDDEN}")
            continue
        last = rows.iloc[-1]
        parts.append(
            f"{names[group]}: {fmt.percent(float(last['share']))}, interval "
            f"{fmt.percent_interval(float(last['low']), float(last['high']))}"
        )
    return f"{STATES[state]} by {result.horizon:g} {result.unit}: {'; '.join(parts)}."


def _notes(
    found: dict[str, pd.DataFrame | None], names: dict[str, str], policy: Policy
) -> tuple[str, ...]:
    notes = []
    gone = [names[group] for group, rows in found.items() if rows is None]
    if gone:
        notes.append(
            "Not drawn, because numbers are small or would give small ones away: "
            f"{', '.join(gone)}."
        )
    if policy.suppress and len(gone) < len(found):
        notes.append(
            f"Steps of fewer than {policy.minimum_count} are joined with the next; a dot stands "
            "for a number that is hidden."
        )
    return tuple(notes)
