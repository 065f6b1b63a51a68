"""`oc.regression_to_the_mean`: how far scores drift back when nothing is done."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtr, stdtrit

from outcomes.comparison.overturn.policy import overturn_policy
from outcomes.comparison.overturn.regression_result import ArmDrift, Population, RegressionToMean
from outcomes.errors import InstrumentError, RangeError
from outcomes.instruments.model import Instrument
from outcomes.instruments.registry import get
from outcomes.models.arms import require_columns

FloatArray = npt.NDArray[np.float64]
EVERYBODY = "everybody in the comparison"


def selected_drift(
    mean: float, sd: float, reliability: float, cut: float, *, above: bool = True
) -> float:
    """Expected change of people selected because their score lay beyond a cut.

    (1 − r) sd φ(z) / (1 − Φ(z)) with z = (cut − mean) / sd, towards the mean: negative when
    those above the cut were selected. Scores are normal, `reliability` r is the correlation
    of two scores without change between them.

    Source: Davis 1976, Am. J. Epidemiol. 104:493.
    """
    _check(reliability, sd)
    z = (cut - mean) / sd if above else (mean - cut) / sd
    tail = float(ndtr(-z))
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    # Far out the tail is 0 in floating point; Mills' ratio there is z.
    reach = density / tail if tail > 0 else z
    size = (1 - reliability) * sd * reach
    return -size if above else size


def arm_drift(mean: float, population_mean: float, reliability: float) -> float:
    """Expected change of an arm with that start mean, (1 − r)(population mean − arm mean)."""
    return (1 - reliability) * (population_mean - mean)


def regression_to_the_mean(
    frame: pd.DataFrame,
    *,
    instrument: str | Instrument | None = None,
    reliability: float | None = None,
    population_mean: float | None = None,
    population_sd: float | None = None,
    population: str = "the population given",
    cut: float | None = None,
    arm: str = "arm",
    arms: Sequence[str] | None = None,
    pre: str = "pre",
    post: str = "post",
    direction: str | None = None,
    confidence: float = 0.95,
    allow_unverified: bool = False,
) -> RegressionToMean:
    """How far each arm's mean would be expected to move with no help at all.

    People come when they are at their worst. An arm whose start mean lies (mean − mu) from
    the mean mu of the population it is drawn from moves back by (1 − r) of that, r the
    reliability. mu is given, that of each verified norm of the instrument, and that of
    everybody in the comparison. `cut`: people were taken in beyond it (above, where lower
    is better); then each population's drift by selection is given too.

    Raises InstrumentError without a reliability (given or the instrument's verified one),
    RangeError for one outside 0 to 1.
    """
    found = get(instrument) if isinstance(instrument, str) else instrument
    toward = direction or (found.direction if found is not None else "lower")
    require_columns(frame, [arm, pre, post])
    r, kind = _reliability(found, reliability, allow_unverified=allow_unverified)
    starts = frame[pre].to_numpy(dtype=float, na_value=np.nan)
    words = frame[arm].astype("string")
    names = sorted(words.dropna().unique()) if arms is None else [str(name) for name in arms]
    used = words.isin(names).to_numpy(dtype=bool) & ~np.isnan(starts)
    populations = _populations(
        found, starts[used], (population, population_mean, population_sd),
        allow_unverified=allow_unverified,
    )  # fmt: skip
    changes = frame[post].to_numpy(dtype=float, na_value=np.nan) - starts
    rows = [
        _one(
            name, starts, changes, used & words.eq(name).fillna(False).to_numpy(dtype=bool),
            populations=populations, reliability=r, confidence=confidence,
        )
        for name in names
    ]  # fmt: skip
    selected = {
        one.name: selected_drift(one.mean, one.sd, r, cut, above=toward == "lower")
        for one in populations
        if cut is not None and one.sd > 0
    }
    return RegressionToMean(
        reliability=r, reliability_kind=kind, populations=populations, arms=tuple(rows),
        cut=cut, selected=selected, direction=toward, confidence=confidence,
        told=r >= overturn_policy().reliable,
    )  # fmt: skip


def _check(reliability: float, sd: float) -> None:
    if not 0 < reliability <= 1:
        raise RangeError("a reliability lies above 0 and at most at 1", where="reliability")
    if not sd > 0:
        raise RangeError("a standard deviation is above 0", where="sd")


def _reliability(
    instrument: Instrument | None, given: float | None, *, allow_unverified: bool
) -> tuple[float, str]:
    if given is not None:
        _check(given, 1.0)
        return float(given), "given"
    known = [] if instrument is None else list(instrument.reliability)
    usable = [one for one in known if one.verified or allow_unverified]
    if not usable:
        raise InstrumentError(
            "the drift of scores needs a reliability, and none is known",
            where="parameter reliability",
            fix="give the correlation of two scores without change between them",
        )
    # A retest sees what changes from week to week; alpha sees only items that disagree.
    best = next((one for one in usable if one.kind.startswith("test_retest")), usable[0])
    return best.value, best.kind


def _populations(
    instrument: Instrument | None,
    starts: FloatArray,
    given: tuple[str, float | None, float | None],
    *,
    allow_unverified: bool,
) -> tuple[Population, ...]:
    """The population given, the instrument's norms of people at a start, and everybody here."""
    name, mean, sd = given
    found = [] if mean is None else [Population(name, float(mean), float(sd or math.nan), "given")]
    if mean is None and instrument is not None:
        found = [
            Population(norm.population, norm.mean, norm.sd, norm.source)
            for norm in instrument.norms
            if norm.role in ("clinical", "functional") and (norm.verified or allow_unverified)
        ]
    if len(starts) > 1:
        spread = float(np.std(starts, ddof=1))
        found.append(Population(EVERYBODY, float(np.mean(starts)), spread, "these data"))
    return tuple(found)


def _one(
    name: str,
    starts: FloatArray,
    changes: FloatArray,
    rows: npt.NDArray[np.bool_],
    *,
    populations: tuple[Population, ...],
    reliability: float,
    confidence: float,
) -> ArmDrift:
    mine = starts[rows]
    n = len(mine)
    mean = float(mine.mean()) if n else math.nan
    # Those of the arm with both scores, since the others have no change to hold it against.
    both = rows & ~np.isnan(changes)
    reach = math.nan
    if n > 1:
        error = float(mine.std(ddof=1)) / math.sqrt(n)
        reach = (1 - reliability) * float(stdtrit(n - 1, (1 + confidence) / 2)) * error
    drift = {one.name: arm_drift(mean, one.mean, reliability) for one in populations}
    change = float(changes[both].mean()) if both.any() else math.nan
    return ArmDrift(name, n, int(both.sum()), mean, change, drift, reach)
