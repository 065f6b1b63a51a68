"""What may count as the outcome: score, change, reliable improvement, recovery."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.change import ChangeResult, change, is_clinical
from outcomes.errors import InstrumentError, OutcomesError, UsageError
from outcomes.instruments.model import Instrument

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
POINTS, SHARES = "points", "shares"


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """One outcome of every row: `values` (nan where not known), `unchanged` if nothing changed.

    `scale` is "points" or "shares"; `among` marks the rows it is asked of.
    """

    name: str
    words: str
    scale: str
    higher_is_better: bool
    values: FloatArray
    unchanged: FloatArray
    among: BoolArray

    def outcome(self, missing: str) -> FloatArray:
        """Values with nan for those left out: not asked of, or without an end score."""
        found = self.values
        if missing == "counted as unchanged":
            found = np.where(np.isnan(found), self.unchanged, found)
        return np.asarray(np.where(self.among, found, np.nan))


WORDS = {
    "score": "score at the end",
    "change": "change of the score",
    "reliable_improvement": "reliable improvement",
    "recovery": "recovery of those in the clinical range",
}


def defined(
    frame: pd.DataFrame,
    *,
    names: Sequence[str],
    scores: tuple[str, str],
    direction: str,
    instrument: Instrument | str | None,
    thresholds: Mapping[str, Any],
) -> tuple[tuple[Definition, ...], tuple[str, ...]]:
    """The definitions asked for, and why others cannot be had.

    `scores` names the columns of start and end; `thresholds` go to `oc.change`. Raises
    UsageError for an unknown name.
    """
    unknown = sorted(set(names) - set(WORDS))
    if unknown:
        raise UsageError(
            f"unknown definition {', '.join(unknown)}",
            where="parameter definitions",
            fix=f"some of {', '.join(WORDS)}",
        )
    pre, post = scores
    start = frame[pre].to_numpy(dtype=float, na_value=np.nan)
    end = frame[post].to_numpy(dtype=float, na_value=np.nan)
    higher = direction == "higher"
    everybody = np.ones(len(frame), dtype=bool)
    made: dict[str, Definition] = {
        "score": Definition("score", WORDS["score"], POINTS, higher, end, start, everybody),
        "change": Definition(
            "change", WORDS["change"], POINTS, higher, end - start,
            np.where(np.isnan(start), np.nan, 0.0), everybody,
        ),
    }  # fmt: skip
    said: list[str] = []
    if set(names) - set(made):
        made |= _shares(
            lambda: change(
                frame, instrument=instrument, pre=pre, post=post, direction=direction, **thresholds
            ),
            start, said,
        )  # fmt: skip
    return tuple(made[name] for name in names if name in made), tuple(said)


def _shares(
    classify: Callable[[], ChangeResult], start: FloatArray, said: list[str]
) -> dict[str, Definition]:
    try:
        result = classify()
    except (InstrumentError, UsageError) as error:
        said.append(f"shares of people could not be defined: {_what(error)}")
        return {}
    category = result.to_frame()["category"].astype(str).to_numpy()
    missing = category == "missing"
    none = np.where(np.isnan(start), np.nan, 0.0)
    better = np.where(missing, np.nan, np.isin(category, ("recovered", "improved")).astype(float))
    everybody = np.ones(len(start), dtype=bool)
    found = {
        "reliable_improvement": Definition(
            "reliable_improvement", WORDS["reliable_improvement"], SHARES, True, better, none,
            everybody,
        )
    }  # fmt: skip
    if result.cutoff is None or result.cutoff_rule is None:
        said.append("recovery could not be defined: no cut-off is known")
        return found
    clinical = is_clinical(start, result.cutoff, result.cutoff_rule)
    recovered = np.where(missing, np.nan, (category == "recovered").astype(float))
    found["recovery"] = Definition(
        "recovery", WORDS["recovery"], SHARES, True, recovered, none, clinical
    )
    return found


def _what(error: OutcomesError) -> str:
    return str(getattr(error, "what", error))
