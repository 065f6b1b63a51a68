"""From a frame to arrays: complete rows, practitioners, case mix, and what it lets expect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit

from outcomes.errors import UsageError
from outcomes.models.arms import require_columns
from outcomes.models.design import Design, design
from outcomes.models.formula import complete_rows
from outcomes.models.least_squares import orthonormal
from outcomes.proportions import cluster_codes

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
Kind = Literal["mean", "share"]

MAX_STEPS = 40
# Largest score (in units of its rounding, √n) at which Newton has arrived.
ARRIVED = 1e-10
# A fitted log-odds beyond this for some row means that the case mix separates the events.
SEPARATED = 25.0
# A standardised column of which less than this is its own repeats the others.
REPEATS = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows that can be used, as arrays of equal length n.

    `y` is the outcome (a share of the row's `weights` clients where the row counts several),
    `codes` the practitioner as a place in `names`, `arm` the intervention as a place in `arms`
    (all 0 without one), `couples` the same number for partners who see the same practitioner
    (None where there are none). `columns` is the case mix with the intervention, `base` the
    intervention alone. `counted`: the rows count events among trials.
    """

    y: FloatArray
    weights: FloatArray
    codes: IntArray
    names: tuple[str, ...]
    arm: IntArray
    arms: tuple[str, ...]
    columns: Design
    base: Design
    kind: Kind
    counted: bool
    n_rows: int
    dropped: dict[str, int]
    couples: IntArray | None

    @property
    def squares(self) -> FloatArray | None:
        """Squared deviations from `y` inside each row; None where each row is one client."""
        return self.weights * self.y * (1 - self.y) if self.counted else None


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns of the frame are what."""

    outcome: str
    practitioner: str
    case_mix: tuple[str, ...]
    intervention: str | None = None
    client: str | None = None
    trials: str | None = None
    couple: str | None = None

    def names(self) -> list[str]:
        """All of them. Raises UsageError where one is named twice."""
        others = [self.intervention, self.client, self.trials]
        found = [self.outcome, self.practitioner, *self.case_mix]
        found += [name for name in others if name is not None]
        if len(set(found)) != len(found) or self.couple in found:
            raise UsageError("A column is named for two purposes.", where="parameters")
        return found


def rows(frame: pd.DataFrame, given: Columns) -> Rows:
    """Take the complete rows of a frame.

    Raises UsageError for columns that are not there or hold the wrong thing, and where a client
    has several rows.
    """
    names = given.names()
    together = [] if given.couple is None else [given.couple]
    require_columns(frame, [*names, *together])
    if together and given.trials is not None:
        raise UsageError(
            "Rows that count events cannot say who is a couple.",
            where="parameters couple and trials",
            fix="Give one row for each person, or leave out couple.",
        )
    usable, dropped = complete_rows(frame, tuple(names))
    kept = frame.loc[usable, [*names, *together]]
    if given.client is not None:
        _one_row_each(kept, given.client)
    y, weights, kind = _outcome(kept, given.outcome, given.trials)
    codes, found = _practitioners(kept[given.practitioner])
    arm = np.zeros(len(kept), dtype=np.intp)
    arms: tuple[str, ...] = ("all",)
    lead: list[str] = []
    if given.intervention is not None:
        lead = [given.intervention]
        places, words = pd.factorize(kept[given.intervention].astype("string"), sort=True)
        arm, arms = places.astype(np.intp), tuple(map(str, words))
    return Rows(
        y=y,
        weights=weights,
        codes=codes,
        names=found,
        arm=arm,
        arms=arms,
        columns=design(kept, [*lead, *given.case_mix]),
        base=design(kept, lead),
        kind=kind,
        counted=given.trials is not None,
        n_rows=len(frame),
        dropped=dropped,
        couples=_couples(kept, given.couple, codes),
    )


def _couples(kept: pd.DataFrame, couple: str | None, codes: IntArray) -> IntArray | None:
    """Partners who see the same practitioner; None where there are none."""
    if couple is None:
        return None
    own = cluster_codes(kept[couple])
    pairs = np.unique(own * (int(codes.max()) + 1) + codes, return_inverse=True)[1]
    return None if len(pairs) == pairs.max() + 1 else pairs.astype(np.intp)


def _practitioners(column: pd.Series) -> tuple[IntArray, tuple[str, ...]]:
    """Places and pseudonyms, numbers in the order of numbers, words in that of words."""
    words = column if pd.api.types.is_numeric_dtype(column) else column.astype("string")
    codes, found = pd.factorize(words, sort=True)
    return codes.astype(np.intp), tuple(map(str, found))


def _one_row_each(kept: pd.DataFrame, client: str) -> None:
    repeated = kept[client].duplicated(keep=False)
    if repeated.any():
        raise UsageError(
            "Some clients have more than one row, which would count them as several people.",
            where=f"column {client}",
            how_many=int(kept.loc[repeated, client].nunique()),
            fix="Keep one row for each client, for example the first episode; for scores of every "
            "session use oc.mixed with (1 | client) + (1 | practitioner).",
        )


def _outcome(
    kept: pd.DataFrame, outcome: str, trials: str | None
) -> tuple[FloatArray, FloatArray, Kind]:
    column = kept[outcome]
    if not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column)):
        raise UsageError(
            "The outcome is no number and no yes or no.",
            where=f"column {outcome}",
            fix="Give a score, a change, true and false, or a count with `trials`.",
        )
    y = column.to_numpy(dtype=np.float64)
    if trials is None:
        kind: Kind = "share" if np.isin(y, (0.0, 1.0)).all() else "mean"
        return y, np.ones(len(y)), kind
    n = kept[trials].to_numpy(dtype=np.float64)
    wrong = (n <= 0) | (y < 0) | (y > n) | (n % 1 != 0) | (y % 1 != 0)
    if wrong.any():
        raise UsageError(
            "Events are no whole numbers from 0 to the number of trials.",
            where=f"columns {outcome} and {trials}",
            how_many=int(wrong.sum()),
            fix="Give whole events of whole trials above zero in each row.",
        )
    return y / n, n, "share"


@dataclass(frozen=True, slots=True, eq=False)
class Chances:
    """The chance of the event for each row (n) from logistic regression on the case mix."""

    probability: FloatArray
    converged: bool
    message: str = ""


def chances(y: FloatArray, weights: FloatArray, X: FloatArray) -> Chances:
    """Fit a logistic regression of shares y of `weights` clients on X (n × q, no intercept).

    Newton's method on orthonormal columns, so that expected events add up to those observed.
    """
    share = float(weights @ y / weights.sum())
    if not 0 < share < 1:
        return Chances(np.full(len(y), share), False, "the event happened to all or to nobody")
    basis, _ = orthonormal(np.column_stack([np.ones(len(y)), X]))
    gamma = basis.T @ np.full(len(y), np.log(share / (1 - share)))
    limit = ARRIVED * np.sqrt(weights.sum())
    for _ in range(MAX_STEPS):
        linear = basis @ gamma
        probability = expit(linear)
        score = basis.T @ (weights * (y - probability))
        if np.abs(score).max() <= limit and np.abs(linear).max() < SEPARATED:
            return Chances(probability, True)
        if np.abs(linear).max() >= SEPARATED:
            break
        inside = weights * probability * (1 - probability)
        gamma = gamma + np.linalg.solve((basis * inside[:, None]).T @ basis, score)
    return Chances(probability, False, "the case mix separates who had the event")


def varying(X: FloatArray) -> FloatArray:
    """Columns that say something in these rows; inside one intervention some do not."""
    if not X.shape[1]:
        return X
    centred = X - X.mean(axis=0)
    size = np.sqrt((centred**2).sum(axis=0))
    triangle = np.asarray(np.linalg.qr(centred / np.where(size > 0, size, 1), mode="r"))
    kept: list[int] = []
    for place in np.flatnonzero(size > REPEATS * np.sqrt((X**2).sum(axis=0))):
        tried = [*kept, int(place)]
        if np.linalg.svd(triangle[:, tried])[1].min() > REPEATS:
            kept = tried
    return X[:, kept]
