"""`oc.impute`: multiple imputation of a frame, by arm, with clusters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.arms import require_columns
from outcomes.models.missing.chains import Drawn, Group, run_chains
from outcomes.models.missing.coding import Codes, Variable, canonical_order, code
from outcomes.models.missing.convergence import mixed_badly, rhat_frame, trace_frame
from outcomes.models.missing.imputations import Imputations
from outcomes.models.missing.policy import numbers

FloatArray = npt.NDArray[np.float64]
ALL = "all"
INDEPENDENT = "rows taken as independent"
RANDOM = "random intercept by cluster for numbers, words without it"
FIXED = "few clusters, each with a mean of its own"


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """One group of rows: its name, its rows in canonical order, and what was drawn."""

    name: str
    rows: Codes
    group: Group
    drawn: Drawn
    how: str


def impute(
    frame: pd.DataFrame,
    *,
    variables: Sequence[str],
    cluster: str | None = None,
    arm: str | None = None,
    by_arm: bool = True,
    m: int = 20,
    cycles: int = 10,
    methods: Mapping[str, str] | None = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
    passive: Mapping[str, str] | None = None,
    seed: int = 0,
) -> Imputations:
    """Fill what is missing in `variables`, m times, each given all the others.

    `arm`: rows of one arm are imputed from that arm alone (`by_arm`), or together with the
    arm as predictor; together also, with a warning, where an arm has too few rows. Where
    clusters have people in both arms, "alone" means that the arm changes every coefficient
    while a cluster's own deviation stays one. Without `arm` all rows stand together.
    `cluster`: people of one practitioner are alike; numbers get a random intercept by
    cluster, or a mean for each where clusters are few (policy.toml). `methods`: "pmm"
    (default for numbers), "norm", "logistic", "multinomial" by column. `bounds`: ends of a
    scale by column; such a column must be matched. `passive`: columns computed after
    imputation, as {"change": "post - pre"}; they predict nothing. The seed decides every
    draw, the order of the rows none.

    Raises UsageError for unknown columns or options, NotEnoughData for a column without
    values, or none in an arm.
    """
    names, asked = list(variables), dict(methods or {})
    _check(frame, names, cluster, arm, m=m, cycles=cycles, passive=dict(passive or {}))
    coded = code(frame, names, asked, bounds or {})
    _check_bounds(coded)
    labels = None if cluster is None else frame[cluster]
    warned: list[str] = []
    parts = _parts(frame, coded, arm, labels, by_arm=by_arm, warned=warned)
    source = np.random.SeedSequence(seed)
    done = [
        _Part(name, rows, group, run_chains(group, m, cycles, child), how)
        for (name, rows, group, how), child in zip(parts, source.spawn(len(parts)), strict=True)
    ]
    incomplete = [one for one in coded if one.method]
    return _result(
        frame, incomplete, done, m=m, cycles=cycles, passive=dict(passive or {}), seed=seed,
        warned=warned,
    )  # fmt: skip


def _check(
    frame: pd.DataFrame,
    names: list[str],
    cluster: str | None,
    arm: str | None,
    *,
    m: int,
    cycles: int,
    passive: dict[str, str],
) -> None:
    require_columns(frame, [*names, *([cluster] if cluster else []), *([arm] if arm else [])])
    if not names or len(set(names)) != len(names):
        raise UsageError("name each variable once", where="variables")
    if {cluster, arm, *passive} & set(names):
        raise UsageError("arm, cluster and passive columns cannot be variables", where="variables")
    if m < 1 or cycles < 1:
        raise UsageError("m and cycles are at least 1", where="m, cycles")
    if arm and frame[arm].isna().any():
        raise UsageError(
            "some rows have no arm",
            where=f"column {arm!r}",
            how_many=int(frame[arm].isna().sum()),
            fix="leave these rows out",
        )


def _check_bounds(coded: tuple[Variable, ...]) -> None:
    for one in coded:
        if one.bounds is not None and one.method == "norm":
            raise UsageError(
                "normal draws do not keep to bounds",
                where=f"methods of {one.name!r}",
                fix="use 'pmm', which copies observed values, or give no bounds",
            )


def _parts(
    frame: pd.DataFrame,
    coded: tuple[Variable, ...],
    arm: str | None,
    labels: pd.Series | None,
    *,
    by_arm: bool,
    warned: list[str],
) -> list[tuple[str, Codes, Group, str]]:
    """The groups of rows that are imputed together."""
    everybody = np.arange(len(frame))
    none = np.empty((len(frame), 0))
    if arm is None:
        return [_part(ALL, everybody, coded, labels, fixed=none, marks=none)]
    words = frame[arm].astype("string")
    found = sorted(words.unique().tolist())
    rows = {name: np.flatnonzero(words.eq(name).to_numpy(dtype=bool)) for name in found}
    _none_empty(coded, rows, arm)
    marks = np.column_stack([none, *(words.eq(name).to_numpy(dtype=float) for name in found[1:])])
    if by_arm and _enough(coded, rows):
        if labels is None or not _shared(labels, words):
            return [
                _part(name, rows[name], coded, labels, fixed=none, marks=none) for name in found
            ]
        # A practitioner's own deviation is one and the same in both arms.
        return [_part(ALL, everybody, coded, labels, fixed=marks, marks=marks)]
    if by_arm:
        warned.append(
            "an arm has too few observed rows to be imputed by itself; the arms were imputed "
            "together, with the arm as predictor"
        )
    return [_part(ALL, everybody, coded, labels, fixed=marks, marks=none)]


def _shared(labels: pd.Series, words: pd.Series) -> bool:
    """Whether some cluster has people in more than one arm."""
    pairs = pd.DataFrame({"cluster": labels.to_numpy(dtype=object), "arm": words.to_numpy(object)})
    return bool(pairs.dropna().drop_duplicates()["cluster"].duplicated().any())


def _none_empty(coded: tuple[Variable, ...], rows: dict[str, Codes], arm: str) -> None:
    for one in coded:
        for name, own in rows.items():
            if one.method and one.gaps[own].all():
                raise NotEnoughData(
                    f"nobody in arm {name!r} has a value, so none can be imputed there",
                    where=f"column {one.name!r}, arm column {arm!r}",
                    how_many=len(own),
                    fix="compare what was measured in both arms",
                )


def _enough(coded: tuple[Variable, ...], rows: dict[str, Codes]) -> bool:
    """Whether every incomplete variable has rows enough for its predictors in every arm."""
    width = sum(max(len(one.levels) - 1, 1) for one in coded)
    limit = numbers()
    for one in coded:
        if not one.method:
            continue
        own = max(len(one.levels) - 1, 1)
        need = max(limit["fewest_observed"], limit["rows_per_column"] * (width - own + 1))
        if any(int((~one.gaps[part]).sum()) < need for part in rows.values()):
            return False
    return True


def _part(
    name: str,
    rows: Codes,
    coded: tuple[Variable, ...],
    labels: pd.Series | None,
    *,
    fixed: FloatArray,
    marks: FloatArray,
) -> tuple[str, Codes, Group, str]:
    """One group in canonical order, with its clusters as codes or as indicators."""
    own = tuple(_subset(one, rows) for one in coded)
    codes = None if labels is None else _cluster_codes(labels.iloc[rows])
    order = canonical_order(own, codes)
    own = tuple(_subset(one, order) for one in own)
    fixed, marks = fixed[rows[order]], marks[rows[order]]
    if codes is None:
        return name, rows[order], Group(own, fixed, marks, 0, None, 0), INDEPENDENT
    codes = _renumbered(codes[order], int(labels.iloc[rows].nunique()) if labels is not None else 0)
    count = int(codes.max()) + 1
    if count >= numbers()["few_clusters"]:
        return name, rows[order], Group(own, fixed, marks, 0, codes, count), RANDOM
    largest = int(np.bincount(codes).argmax())
    others = [place for place in range(count) if place != largest]
    indicators = np.column_stack([np.empty((len(rows), 0)), *(codes == place for place in others)])
    fixed = np.column_stack([fixed, indicators.astype(float)])
    return name, rows[order], Group(own, fixed, marks, len(others), None, 0), FIXED


def _subset(one: Variable, rows: Codes) -> Variable:
    """The variable in these rows; words that do not occur there are no levels there."""
    values = one.values[rows]
    method = one.method if np.isnan(values).any() else ""
    if not one.levels:
        return Variable(one.name, values, (), method, one.bounds)
    found = np.unique(values[~np.isnan(values)])
    again = np.searchsorted(found, values).astype(float)
    again[np.isnan(values)] = np.nan
    levels = tuple(one.levels[int(place)] for place in found)
    return Variable(one.name, again, levels, method, one.bounds)


def _cluster_codes(labels: pd.Series) -> Codes:
    """Numbers in sorted order of the labels; a row without one comes last, by itself."""
    codes, found = pd.factorize(labels, sort=True)
    return np.where(codes < 0, len(found), codes).astype(np.intp)


def _renumbered(codes: Codes, known: int) -> Codes:
    """Rising codes; rows with code `known` have no cluster, and each becomes one by itself."""
    alone = codes == known
    return np.where(alone, known + np.cumsum(alone) - 1, codes).astype(np.intp)


def _result(
    frame: pd.DataFrame,
    incomplete: list[Variable],
    parts: list[_Part],
    *,
    m: int,
    cycles: int,
    passive: dict[str, str],
    seed: int,
    warned: list[str],
) -> Imputations:
    values = {one.name: _gathered(one, parts, m) for one in incomplete}
    traces, rhats = [], []
    for part in parts:
        names = [one.name for one in part.group.variables if one.method]
        traces.append(trace_frame(part.drawn.traces, names, part.name))
        rhats.append(rhat_frame(part.drawn.traces, names, part.name))
    rhat = pd.concat(rhats, ignore_index=True)
    if not incomplete:
        warned = [*warned, "nothing is missing in these variables"]
    warned += [
        f"the chains of {name} have not mixed (R-hat above {numbers()['rhat']:g}): "
        "ask for more cycles"
        for name in mixed_badly(rhat, m, cycles, numbers()["rhat"])
    ]
    warned += _few_rows(parts)
    return Imputations(
        source_frame=frame,
        values=values,
        summary=_summary(frame, incomplete, values, rhat),
        convergence=pd.concat(traces, ignore_index=True),
        rhat=rhat,
        m=m,
        cycles=1 if len(incomplete) < 2 else cycles,
        groups=tuple(part.name for part in parts),
        together=_together(parts),
        clusters="; ".join(dict.fromkeys(part.how for part in parts)),
        passive=passive,
        seed=seed,
        warnings=tuple(warned),
    )


def _together(parts: list[_Part]) -> str:
    """How the arms stand in the first group, in words."""
    group = parts[0].group
    if group.marks.shape[1]:
        return "coefficients by arm, clusters across arms"
    return "arms together" if group.fixed.shape[1] > group.indicators else "all rows together"


def _gathered(one: Variable, parts: list[_Part], m: int) -> npt.NDArray[np.object_] | FloatArray:
    """Drawn values of one variable in the order of its missing rows in the frame."""
    whole = np.empty((m, len(one.values)), dtype=object if one.levels else float)
    for part in parts:
        own = next(other for other in part.group.variables if other.name == one.name)
        if not own.method:
            continue
        drawn = part.drawn.values[one.name]
        if one.levels:
            words = np.empty(len(own.levels), dtype=object)
            words[:] = own.levels
            whole[:, part.rows[own.gaps]] = words[drawn.astype(int)]
        else:
            whole[:, part.rows[own.gaps]] = drawn
    return whole[:, one.gaps]


def _summary(
    frame: pd.DataFrame,
    incomplete: list[Variable],
    values: dict[str, npt.NDArray[np.object_] | FloatArray],
    rhat: pd.DataFrame,
) -> pd.DataFrame:
    rows = []
    for one in incomplete:
        own = rhat[rhat["variable"] == one.name][["rhat_mean", "rhat_sd"]].to_numpy()
        known = np.isfinite(own).any()
        number = not one.levels
        rows.append(
            (one.name, one.method, len(frame), int(one.gaps.sum()),
             float(np.nanmean(one.values)) if number else np.nan,
             float(np.asarray(values[one.name], dtype=float).mean()) if number else np.nan,
             float(np.nanmax(own)) if known else np.nan)
        )  # fmt: skip
    columns = ["variable", "method", "n", "missing", "observed_mean", "imputed_mean", "rhat"]
    return pd.DataFrame(rows, columns=columns)


def _few_rows(parts: list[_Part]) -> list[str]:
    """Variables that lost predictors because rows are few, a sentence each."""
    fewer = {
        name
        for part in parts
        for name, (kept, every) in part.drawn.kept.items()
        if kept < every - part.group.indicators
    }
    return [
        f"{name} was imputed from the columns most related to it, because rows are few"
        for name in sorted(fewer)
    ]
