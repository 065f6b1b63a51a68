"""A frame and a formula as times, events and a matrix, with every row that is left out counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import UsageError
from outcomes.models.arms import require_columns
from outcomes.models.formula.fixed import (
    complete_rows,
    expression_values,
    fixed_design,
    fixed_variables,
)
from outcomes.models.formula.lme4 import parse
from outcomes.models.leaving.risk import FloatArray, IntArray
from outcomes.proportions import cluster_codes


@dataclass(frozen=True, slots=True, eq=False)
class ModelFrame:
    """Complete rows: times (n), events (n of 0 and 1), X (n × p) without a constant.

    `terms` gives the positions of each term's columns; `strata` codes (0 without any),
    `clusters` codes or None.
    """

    time: FloatArray
    event: IntArray
    X: FloatArray
    names: tuple[str, ...]
    terms: dict[str, list[int]]
    strata: IntArray
    clusters: npt.NDArray[np.intp] | None
    n_rows: int
    dropped: dict[str, int]
    dropped_terms: tuple[str, ...]

    def counts(self) -> dict[str, Any]:
        """What a result keeps of the rows: how many, with how many events, and who is left out."""
        return {
            "n_rows": self.n_rows,
            "n_used": len(self.time),
            "n_events": int(self.event.sum()),
            "dropped": self.dropped,
            "dropped_terms": self.dropped_terms,
        }


@dataclass(frozen=True, slots=True)
class Asked:
    """What a model was asked: the formula, who has the event, who is not independent."""

    formula: str
    event: str
    cause: str | None
    cluster: str | None
    level: float

    def fields(self) -> dict[str, Any]:
        """By name, for a result."""
        return {
            "formula": self.formula,
            "event": self.event,
            "cause": self.cause,
            "cluster": self.cluster,
            "level": self.level,
        }


def model_frame(
    formula: str,
    frame: pd.DataFrame,
    *,
    event: str,
    cause: str | None,
    strata: str | None,
    cluster: str | None,
) -> ModelFrame:
    """Read `time ~ terms` and the columns named; see `cox` for what they may be.

    Raises UsageError for a formula that cannot be read, random terms, an unknown column or
    an event that is not yes or no.
    """
    parsed = parse(formula)
    if parsed.random:
        raise UsageError(
            "A model of leaving takes no random terms.",
            where="parameter formula",
            fix="Name the practitioner or couple with cluster= or strata=.",
        )
    named = [name for name in (event, strata, cluster) if name is not None]
    require_columns(frame, named)
    variables = fixed_variables(parsed.fixed, frame)
    needed = [*variables, event, *([strata] if strata else [])]
    time_columns = [parsed.response] if parsed.response in frame.columns else []
    usable, dropped = complete_rows(frame, (*time_columns, *dict.fromkeys(needed)))
    rows = frame.loc[usable]
    design = fixed_design(parsed.fixed, rows)
    own = [place for place, term in enumerate(design.term_of) if term != "(intercept)"]
    if not own:
        raise UsageError("The formula has no term.", where="parameter formula",
                         fix="Write it as weeks ~ arm.")  # fmt: skip
    kept_terms = [design.term_of[place] for place in own]
    terms: dict[str, list[int]] = {}
    for position, term in enumerate(kept_terms):
        terms.setdefault(term, []).append(position)
    layers = np.zeros(len(rows), dtype=np.intp)
    if strata is not None:
        layers = pd.factorize(rows[strata])[0].astype(np.intp)
    return ModelFrame(
        time=expression_values(parsed.response, rows, what="time"),
        event=event_flags(rows[event], cause),
        X=np.ascontiguousarray(design.matrix[:, own]),
        names=tuple(design.names[place] for place in own),
        terms=terms,
        strata=layers,
        clusters=None if cluster is None else cluster_codes(rows[cluster]),
        n_rows=len(frame),
        dropped=dropped,
        dropped_terms=design.dropped,
    )


def event_flags(column: pd.Series, cause: str | None) -> IntArray:
    """1 where the event came: True or 1; with `cause` where the column says that word.

    Raises UsageError for other values, and for a cause that nobody has.
    """
    if cause is not None:
        words = column.astype("string")
        if not words.eq(cause).any():
            raise UsageError(
                "Nobody has this cause.",
                where=f"column {column.name}, cause {cause!r}",
                fix=f"Words there are {', '.join(sorted(words.dropna().unique()))}.",
            )
        return np.asarray(words.eq(cause).fillna(False), dtype=bool).astype(np.intp)
    if not (pd.api.types.is_bool_dtype(column) or pd.api.types.is_numeric_dtype(column)):
        raise UsageError(
            "The event is neither yes or no nor a number.",
            where=f"column {column.name}",
            fix="Give a column of True and False, or name the word that counts with cause=.",
        )
    values = column.to_numpy(dtype="float64", na_value=np.nan)
    wrong = ~np.isin(values, (0.0, 1.0))
    if wrong.any():
        raise UsageError(
            "The event is not 0 or 1 everywhere.",
            where=f"column {column.name}",
            how_many=int(wrong.sum()),
        )
    return np.asarray(values, dtype=np.intp)
