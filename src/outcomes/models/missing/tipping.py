"""The tipping point: how much worse the unseen must have fared for the verdict to turn."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.arms import require_columns
from outcomes.models.missing.imputations import Imputations, numbers_of
from outcomes.models.missing.policy import numbers
from outcomes.models.missing.pooled import t_limits
from outcomes.models.missing.rubin import Rubin
from outcomes.models.missing.shifts import Course, Evaluate, course
from outcomes.schema.drawing import Drawable

FloatArray = npt.NDArray[np.float64]
# Words for an estimate with its standard error and degrees of freedom.
Judge = Callable[[float, float, float], str]

# Narrower than this the two sides differ by rounding, and a drawn curve could contradict the turn.
HALVINGS = 34
SOURCE = "Rubin 1987; Carpenter and Kenward 2013, chapter 10; Cro and others 2020"


@dataclass(frozen=True, slots=True, eq=False)
class TippingPoint(Drawable):
    """What becomes of the pooled estimate when imputed outcomes are shifted by delta points.

    `curve` has delta, estimate, se, df, low, high, p, fmi, verdict. `value` is the smallest
    shift for the worse that turns `verdict` (at no shift) into `after`, nan when none within
    `limits` does; `better_value` and `better_after` the same for the better. Without a
    direction, worse means upwards. `shifted` are the arms whose imputed outcomes are
    shifted, `n_shifted` how many people they are by arm, `n` all people by arm.
    """

    curve: pd.DataFrame
    value: float
    after: str
    better_value: float
    better_after: str
    verdict: str
    shifted: tuple[str, ...]
    n_shifted: Mapping[str, int]
    n: Mapping[str, int]
    unit: str
    direction: str | None
    reliable_change: float | None
    margin: float | None
    limits: tuple[float, float]
    level: float
    m: int
    contrast: str
    course: Course
    source: str = SOURCE

    @property
    def hides(self) -> tuple[int, ...]:
        """Counts of people that the slope of the curve gives away: shifted, and the others."""
        return (
            *self.n_shifted.values(),
            *(self.n[name] - shifted for name, shifted in self.n_shifted.items()),
        )

    @property
    def turns(self) -> bool:
        """Whether a shift for the worse within the limits turns the verdict."""
        return bool(np.isfinite(self.value))

    @property
    def in_reliable_changes(self) -> float:
        """The tipping value as a share of the reliable change; nan without either."""
        if self.reliable_change is None:
            return float("nan")
        return abs(self.value) / self.reliable_change

    @property
    def words(self) -> str:
        """The tipping value in words: 'turns at +4.2 points', 'holds'."""
        if not self.turns:
            return "holds"
        size = f"turns at {self.value:+.1f} {self.unit}".replace("-", "−")
        if self.reliable_change is None:
            return size
        return f"{size} ({self.in_reliable_changes:.2f} reliable changes)"

    def to_frame(self) -> pd.DataFrame:
        """The curve: a row for each delta drawn."""
        return self.curve.copy()

    def explain(self) -> str:
        """What was done, and what it does not tell."""
        who = " and ".join(self.shifted)
        return (
            f"The imputed outcomes of people in {who} were shifted by delta points and everything "
            f"was analysed and pooled again ({self.m} imputations). The tipping point is the "
            "smallest shift that turns the verdict. Whether people who left did differ that much "
            "is a judgement; the data cannot show it. Shifted values may leave the scale; the "
            f"worst case cannot. Source: {self.source}."
        )

    def __repr__(self) -> str:
        who = " and ".join(self.shifted)
        return (
            f"TippingPoint({self.contrast}; shifted: {who})\n  verdict without shift: "
            f"{self.verdict}; {self.words}" + (f", then {self.after}" if self.turns else "")
        )

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(repr(self))}</p>{self.curve.to_html(index=False)}"


def tipping_point(
    imputations: Imputations,
    analyse: Callable[[pd.DataFrame], Any],
    *,
    outcome: str,
    arm: str,
    shift: str | Sequence[str] | None = None,
    direction: str | None = None,
    limits: tuple[float, float] | None = None,
    reliable_change: float | None = None,
    margin: float | None = None,
    judge: Judge | None = None,
    unit: str = "points",
    level: float = 0.95,
) -> TippingPoint:
    """Shift the imputed outcomes of some arms until the verdict turns.

    `analyse` takes a completed frame and gives one estimate with se and df. `shift` names
    the arms (default: all). `direction` says which outcome is better, "lower" or "higher",
    and so which shift is for the worse. `limits`: the shifts searched (default: three
    standard deviations of the outcome either way). `judge` gives the verdict for estimate,
    se and df (default: supported when the interval excludes 0, else cannot tell).
    Raises UsageError for an outcome that was not imputed or an unknown arm.
    """
    frame = imputations.source_frame
    require_columns(frame, [outcome, arm])
    if outcome not in imputations.values:
        raise UsageError(
            "the outcome has no imputed value that could be shifted",
            where=f"column {outcome!r}",
            fix="name it among the variables of oc.impute",
        )
    words = frame[arm].astype("string")
    arms = sorted(words.dropna().unique().tolist())
    chosen = arms if shift is None else [shift] if isinstance(shift, str) else list(shift)
    if not set(chosen) <= set(arms):
        raise UsageError("shift names an unknown arm", where="shift", fix=", ".join(arms))
    gaps = frame[outcome].isna().to_numpy()
    moved = gaps & words.isin(chosen).to_numpy(dtype=bool)
    counts = {name: int((gaps & words.eq(name).to_numpy(dtype=bool)).sum()) for name in chosen}
    evaluate = _shifter(imputations, analyse, outcome, moved)
    observed = frame[outcome].to_numpy(dtype=float, na_value=np.nan)
    return follow(
        course(evaluate, _usual(observed)),
        judge or _excludes_zero(level),
        limits=limits or wide_limits(observed),
        shifted=tuple(chosen),
        n_shifted=counts,
        n={name: int(words.eq(name).sum()) for name in arms},
        unit=unit,
        direction=direction,
        reliable_change=reliable_change,
        margin=margin,
        level=level,
        contrast=outcome,
    )


def _shifter(
    imputations: Imputations,
    analyse: Callable[[pd.DataFrame], Any],
    outcome: str,
    moved: npt.NDArray[np.bool_],
) -> Evaluate:
    """Analyse every completed frame with the outcomes of `moved` rows shifted."""
    frames = list(imputations.frames())

    def evaluate(delta: float) -> tuple[FloatArray, FloatArray, float]:
        found = []
        for one in frames:
            values = one[outcome].to_numpy(dtype=float).copy()
            values[moved] += delta
            found.append(numbers_of(analyse(one.assign(**{outcome: values}))))
        q, s = (np.array([float(part[i]) for part in found]) for i in (0, 1))
        return q, s, float(np.mean([part[2] for part in found]))

    return evaluate


def wide_limits(observed: FloatArray) -> tuple[float, float]:
    """Shifts that are searched where the range of the scale is not known."""
    reach = numbers()["tipping_sds"] * _usual(observed)
    return -reach, reach


def _usual(observed: FloatArray) -> float:
    """One standard deviation of what was observed: a shift of usual size."""
    sd = float(np.nanstd(observed))
    if not sd > 0:
        raise NotEnoughData("the observed outcomes do not vary, so no shift has a size")
    return sd


def _excludes_zero(level: float) -> Judge:
    def judge(estimate: float, se: float, df: float) -> str:
        from scipy.special import stdtrit

        reach = float(stdtrit(min(df, 1e12), (1 + level) / 2)) * se
        return "supported" if abs(estimate) > reach else "cannot tell"

    return judge


def follow(
    path: Course,
    judge: Judge,
    *,
    limits: tuple[float, float],
    shifted: tuple[str, ...],
    n_shifted: Mapping[str, int],
    n: Mapping[str, int],
    unit: str,
    direction: str | None,
    reliable_change: float | None,
    margin: float | None,
    level: float,
    contrast: str,
) -> TippingPoint:
    """Walk along a course from no shift outwards until the verdict turns, either way."""
    low, high = limits
    if not low <= 0 <= high:
        raise UsageError("limits of the shift enclose 0", where="limits")
    sign = -1.0 if direction == "higher" else 1.0
    ends = (high, low) if sign > 0 else (low, high)
    steps = int(numbers()["tipping_steps"]) if path.exact else int(numbers()["curve_points"])
    first = _judged(path.at(0.0), judge)[0]
    worse, better = (_turn(path, judge, first, end, steps) for end in ends)
    found = TippingPoint(
        curve=pd.DataFrame(), value=worse[0], after=worse[1], better_value=better[0],
        better_after=better[1], verdict=first, shifted=shifted, n_shifted=dict(n_shifted),
        n=dict(n), unit=unit, direction=direction, reliable_change=reliable_change, margin=margin,
        limits=limits, level=level, m=len(path.lines), contrast=contrast, course=path,
    )  # fmt: skip
    ends = _drawn(found)
    points = np.linspace(*ends, int(numbers()["curve_points"]))
    turns = [value for value in (worse[0], better[0]) if ends[0] <= value <= ends[1]]
    return replace(found, curve=curve(path, judge, np.unique(np.r_[points, 0.0, turns]), level))


def _drawn(found: TippingPoint) -> tuple[float, float]:
    """The part of the limits that a curve shows: around the turn, else two reliable changes."""
    low, high = found.limits
    reach = max(high, -low)
    if found.turns:
        reach = numbers()["beyond_turn"] * abs(found.value)
    elif found.reliable_change is not None:
        reach = 2 * found.reliable_change
    return max(low, -reach), min(high, reach)


def curve(path: Course, judge: Judge, deltas: FloatArray, level: float) -> pd.DataFrame:
    """Pooled numbers and verdict at each delta."""
    pooled = path.at(deltas)
    low, high, p = t_limits(pooled, level)
    return pd.DataFrame(
        {"delta": deltas, "estimate": pooled.estimate, "se": pooled.se, "df": pooled.df,
         "low": low, "high": high, "p": p, "fmi": pooled.fmi, "verdict": _judged(pooled, judge)}
    )  # fmt: skip


def _judged(pooled: Rubin, judge: Judge) -> list[str]:
    rows = zip(pooled.estimate.tolist(), pooled.se.tolist(), pooled.df.tolist(), strict=True)
    return [judge(estimate, se, df) for estimate, se, df in rows]


def _turn(path: Course, judge: Judge, first: str, end: float, steps: int) -> tuple[float, str]:
    """The nearest delta towards `end` with another verdict, and that verdict; nan without."""
    if end == 0:
        return float("nan"), ""
    deltas = np.linspace(0.0, end, steps)
    words = _judged(path.at(deltas), judge)
    place = next((i for i, word in enumerate(words) if word != first), None)
    if place is None:
        return float("nan"), ""
    inside, beyond = float(deltas[place - 1]), float(deltas[place])
    after = words[place]
    for _ in range(HALVINGS if path.exact else HALVINGS // 4):
        middle = (inside + beyond) / 2
        word = _judged(path.at(middle), judge)[0]
        if word == first:
            inside = middle
        else:
            beyond, after = middle, word
    return beyond, after
