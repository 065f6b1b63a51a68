"""`growth`: the mean course of scores by group, from one mixed model.

  score = b0[g] + b1[g] f(t) + (u0 + u1 f(t))[person] + c[couple] + v[practitioner] + e

with f the chosen shape of time. Source: Laird & Ware 1982, Biometrics 38:963-974; Singer &
Willett 2003, chapter 4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.growth.policy import growth_policy
from outcomes.models.growth.result import GrowthCourse
from outcomes.models.growth.shapes import SHAPES, Shape, shape
from outcomes.models.inference import Marginal, estimate_table
from outcomes.models.mixed import MixedResult, mixed

FloatArray = npt.NDArray[np.float64]
UNITS = {"weeks": ("day", 7.0), "scores": ("number", 1.0)}
EVERYBODY = "everybody"
STEPS = 25  # points of a drawn curve


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of a frame of scores are called; see `growth`."""

    score: str
    client: str
    couple: str | None
    practitioner: str | None


@dataclass(frozen=True, slots=True, eq=False)
class _Data:
    """The frame of the model, and how it is to be read."""

    frame: pd.DataFrame
    by: str | None
    groups: tuple[str, ...]
    shared: tuple[str, ...]
    left_out: tuple[str, ...]


def growth(
    frame: pd.DataFrame,
    *,
    by: str | None = "arm",
    time: str = "weeks",
    shape_of_time: str = "linear",
    knot: float | None = None,
    score: str = "score",
    client: str = "client_id",
    couple: str | None = "couple_id",
    practitioner: str | None = "practitioner_id",
    horizon: float | None = None,
    ddf: str = "satterthwaite",
    level: float = 0.95,
) -> GrowthCourse:
    """Mean course of the scores of each group of `by`, from a frame as `oc.trajectories` gives.

    `time` is "weeks" since the start score or "scores" (their number); `shape_of_time` one of
    "linear", "log" and "piecewise" (with `knot`, in units of time). Couples and practitioners
    enter as shared intercepts where there are enough of them. `horizon` is the time up to
    which change is told; by default the last at which every group still has a quarter of its
    people.

    Raises UsageError for an unknown name, NotEnoughData where nobody has a second score.
    """
    form = shape(shape_of_time, knot)
    if time not in UNITS:
        raise UsageError(
            "There is no such unit of time.",
            where="parameter time",
            fix=f"One of {', '.join(UNITS)}.",
        )
    data = _data(frame, by, time, Columns(score, client, couple, practitioner))
    end = _horizon(data, client) if horizon is None else float(horizon)
    fit, formula = _fit(data, form, score, client, ddf=ddf, level=level)
    marginal = Marginal(fit.data.fixed, fit.effects)
    curve = _at(marginal, data, form, np.linspace(0, end, STEPS))
    change, differences = _changes(marginal, data, form, end)
    last = data.frame.groupby([*_grouping(data), client], observed=True)["time"].max()
    shapes = _shapes(data, form, score, client)
    return GrowthCourse(
        curve=curve,
        change=change,
        differences=differences,
        observed=_observed(data, score),
        shapes=shapes,
        fit=fit,
        formula=formula,
        by=by,
        unit=time,
        shape=form,
        horizon=end,
        n_people=_count(last, data),
        n_at_horizon=_count(last[last >= end], data),
        left_out=(*data.left_out, *_better(shapes)),
        level=level,
    )


def _data(frame: pd.DataFrame, by: str | None, unit: str, names: Columns) -> _Data:
    """The usable rows, with time in its unit and the grouping factors that are there."""
    column, divisor = UNITS[unit]
    needed = [names.score, names.client, column, *([by] if by else [])]
    missing = [name for name in needed if name not in frame.columns]
    if missing:
        raise UsageError(
            "Columns are missing.",
            where=f"columns {', '.join(missing)}",
            fix="Give one row for each score, as oc.trajectories does.",
        )
    rows = frame.dropna(subset=needed)
    rows = rows.assign(time=rows[column].to_numpy(dtype="float64") / divisor)
    if not rows["time"].gt(0).any():
        raise NotEnoughData(
            "Nobody has a second score.",
            where="trajectories",
            how_many=len(rows),
            fix="Read more scores, or compare start and end.",
        )
    shared, left_out = [], []
    for name, word in ((names.couple, "couples"), (names.practitioner, "practitioners")):
        if name is None or name not in rows.columns or rows[name].isna().all():
            continue
        if rows[name].nunique() < growth_policy().least:
            left_out.append(f"Fewer than {growth_policy().least} {word}: not in the model.")
            continue
        # Someone without a couple is a level of their own: independent of all others.
        own = rows[names.client].astype("string").radd("own ")
        rows = rows.assign(**{name: rows[name].astype("string").where(rows[name].notna(), own)})
        shared.append(name)
    groups = tuple(sorted(rows[by].astype("string").unique())) if by else (EVERYBODY,)
    if by:
        rows = rows.assign(**{by: rows[by].astype("string")})
    return _Data(rows.reset_index(drop=True), by, groups, tuple(shared), tuple(left_out))


def _fit(
    data: _Data,
    form: Shape,
    score: str,
    client: str,
    *,
    ddf: str,
    level: float,
    reml: bool = True,
) -> tuple[MixedResult, str]:
    """The model, and its formula."""
    values = form.values(data.frame["time"])
    columns = dict(zip(form.columns, values.T, strict=True))
    fixed = " + ".join(form.columns)
    if data.by and len(data.groups) > 1:
        fixed = f"{data.by} * {fixed}" if len(form.columns) == 1 else f"{data.by} * ({fixed})"
    terms = [f"({form.columns[0]} | {client})", *(f"(1 | {name})" for name in data.shared)]
    formula = f"{score} ~ {fixed} + {' + '.join(terms)}"
    made = mixed(formula, data.frame.assign(**columns), reml=reml, ddf=ddf, level=level)
    return made, formula


def _rows(marginal: Marginal, data: _Data, form: Shape, times: FloatArray) -> list[FloatArray]:
    """Weights of the coefficients at each time: one array (groups × p) a time."""
    over = [data.by] if data.by and len(data.groups) > 1 else []
    return [
        marginal.grid(over, at=dict(zip(form.columns, ([v] for v in row), strict=True)))[1]
        for row in form.values(times)
    ]


def _at(marginal: Marginal, data: _Data, form: Shape, times: FloatArray) -> pd.DataFrame:
    """The curve: the mean of each group at each time."""
    rows = np.array(_rows(marginal, data, form, times))
    labels = pd.DataFrame(
        {
            "group": np.repeat(data.groups, len(times)),
            "time": np.tile(times, len(data.groups)),
        }
    )
    stacked = rows.transpose(1, 0, 2).reshape(len(labels), -1)
    return estimate_table(marginal.effects, stacked, labels)


def _changes(
    marginal: Marginal, data: _Data, form: Shape, end: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Change from the start to the horizon by group, and each minus that of the first group."""
    start, stop = _rows(marginal, data, form, np.array([0.0, end]))
    rows = stop - start
    change = estimate_table(marginal.effects, rows, pd.DataFrame({"group": data.groups}))
    apart = rows[1:] - rows[:1]
    labels = pd.DataFrame({"group": data.groups[1:]}, dtype="string")
    labels["reference"] = data.groups[0]
    labels["contrast"] = labels["group"] + f" - {data.groups[0]}"
    return change, estimate_table(marginal.effects, apart, labels)


def _shapes(data: _Data, chosen: Shape, score: str, client: str) -> pd.DataFrame:
    """AIC of the chosen shape and of the others that need no further number, by ML."""
    forms = [chosen, *(Shape(name) for name in SHAPES[:2] if name != chosen.name)]
    fits = [
        _fit(data, form, score, client, ddf="none", level=0.95, reml=False)[0] for form in forms
    ]
    return pd.DataFrame(
        {
            "shape": [form.name for form in forms],
            "aic": [fit.aic if fit.convergence.usable else np.nan for fit in fits],
            "chosen": [form is chosen for form in forms],
        }
    )


def _better(shapes: pd.DataFrame) -> tuple[str, ...]:
    """A sentence where another shape fits clearly better than the chosen one."""
    chosen = float(shapes.loc[shapes["chosen"], "aic"].iloc[0])
    best = shapes.loc[shapes["aic"].idxmin()] if shapes["aic"].notna().any() else None
    if best is None or not chosen - float(best["aic"]) > growth_policy().aic:
        return ()
    return (
        f"The shape '{best['shape']}' fits the scores better than the chosen one "
        f"(AIC lower by {chosen - float(best['aic']):.0f}).",
    )


def _observed(data: _Data, score: str) -> pd.DataFrame:
    """Means of the scores at the start and in bins of later time that are equally full."""
    time = data.frame["time"]
    edges = np.unique(time[time > 0].quantile(np.linspace(0, 1, growth_policy().bins + 1)))
    place = np.where(time > 0, np.searchsorted(edges[1:-1], time, side="left") + 1, 0)
    group = data.frame[data.by] if data.by else pd.Series(EVERYBODY, index=data.frame.index)
    binned = data.frame.assign(group=group, bin=place).groupby(["group", "bin"], observed=True)
    return binned.agg(time=("time", "mean"), score=(score, "mean"), n=(score, "size")).reset_index()


def _horizon(data: _Data, client: str) -> float:
    """The last whole unit of time at which every group has a share of its people."""
    last = data.frame.groupby([*_grouping(data), client], observed=True)["time"].max()
    if data.by:
        reached = last.groupby(level=0, observed=True).quantile(1 - growth_policy().share)
    else:
        reached = pd.Series([last.quantile(1 - growth_policy().share)])
    return float(max(np.floor(reached.min()), 1.0))


def _grouping(data: _Data) -> list[str]:
    return [data.by] if data.by else []


def _count(last: pd.Series, data: _Data) -> dict[str, int]:
    """People by group."""
    if not data.by:
        return {EVERYBODY: len(last)}
    sizes = last.groupby(level=0, observed=True).size()
    return {name: int(sizes.get(name, 0)) for name in data.groups}
