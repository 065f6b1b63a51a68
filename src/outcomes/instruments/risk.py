"""`risk_flags`: answers to risk items above nothing, which come before any result."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.instruments.model import Instrument
from outcomes.instruments.registry import get
from outcomes.instruments.scoring import ADMINISTRATION, laid_out
from outcomes.schema import Study

FLAG_COLUMNS = [*ADMINISTRATION, "n_answered", "n_flagged", "flagged"]
PERSON = ["client_id", "episode_id", "instrument", "rater"]


@dataclass(frozen=True, slots=True, eq=False)
class RiskFlags:
    """Administrations with a risk item answered above its lowest code.

    `frame` has one row for each administration of a questionnaire with risk items, columns
    `FLAG_COLUMNS`; `flagged` is missing where no risk item was answered. `people` has one
    row for each person, episode and questionnaire: whether any form was flagged, the day of
    the latest flag, and whether the latest answered form still is.
    """

    frame: pd.DataFrame
    people: pd.DataFrame
    instruments: tuple[Instrument, ...]
    n_in: int
    n_used: int

    @property
    def n_people(self) -> int:
        """How many people were ever flagged."""
        flagged = self.people[self.people["ever"].fillna(False)]
        return int(flagged["client_id"].nunique())

    @property
    def n_open(self) -> int:
        """How many people are flagged on their latest answered form."""
        latest = self.people[self.people["latest"].fillna(False)]
        return int(latest["client_id"].nunique())

    @property
    def sentence(self) -> str:
        """What it says, to stand before any result. Counts are not hidden here."""
        if not self.instruments:
            return "No questionnaire with a question about risk was used."
        asked = int(self.people[self.people["ever"].notna()]["client_id"].nunique())
        names = ", ".join(known.name for known in self.instruments)
        return (
            f"Of {asked} people asked about risk ({names}), {self.n_people} answered a risk "
            f"question above the lowest answer at least once, {self.n_open} of them on their "
            "latest form. Check that each was followed up before reading on."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row for each administration."""
        return self.frame.copy()

    def explain(self) -> str:
        """What counts as a flag, and what it does not tell."""
        lines = [
            f"Risk items: {self.n_used} of {self.n_in} forms have one answered.",
            *(_items(known) for known in self.instruments),
            "A flag is any answer above the lowest code of a risk item. It is a reason to look, "
            "not a diagnosis; no flag does not mean no risk, and a total never outweighs it.",
            "People without an answer to a risk item are not counted as free of risk.",
        ]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"RiskFlags({self.sentence})"

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(self.sentence)}</p>"


def risk_flags(study: Study, *, own: Mapping[str, Instrument] | None = None) -> RiskFlags:
    """Flag every form of a study with a risk item answered above its lowest code.

    Items are compared as exported, before reversal; risk items are never reversed. Raises as
    `score`, for answers out of range and items answered twice.
    """
    parts, used = [], []
    for name, rows in study.responses.groupby("instrument", sort=True):
        instrument = get(str(name), own)
        if instrument.risk_items:
            parts.append(_flagged(instrument, rows))
            used.append(instrument)
    frame = pd.concat(parts, ignore_index=True) if parts else _nobody()
    frame = frame.sort_values([*PERSON, "taken_on", "occasion"], ignore_index=True)
    return RiskFlags(
        frame=frame,
        people=_people(frame),
        instruments=tuple(used),
        n_in=len(frame),
        n_used=int(frame["flagged"].notna().sum()),
    )


def _flagged(instrument: Instrument, rows: pd.DataFrame) -> pd.DataFrame:
    forms, answers, _ = laid_out(instrument, rows)
    values = answers[[*instrument.risk_items]].to_numpy(dtype="float64")
    n_answered = (~np.isnan(values)).sum(axis=1)
    n_flagged = (values > float(instrument.item_min or 0)).sum(axis=1)
    flagged = pd.Series(n_flagged > 0).astype("boolean").mask(n_answered == 0)
    return forms.assign(n_answered=n_answered, n_flagged=n_flagged, flagged=flagged)[FLAG_COLUMNS]


def _people(frame: pd.DataFrame) -> pd.DataFrame:
    """One row for each person, episode and questionnaire."""
    known = frame[frame["flagged"].notna()]
    ever = known[known["flagged"].fillna(False)]
    grouped = known.groupby(PERSON, dropna=False)["flagged"]
    found = frame[PERSON].drop_duplicates(ignore_index=True)
    # Of two forms on one day the flagged one counts: a risk is not undone by another form.
    last_day = known.groupby(PERSON, dropna=False)["taken_on"].transform("max")
    last = known[known["taken_on"].eq(last_day)]
    columns = {
        "ever": grouped.max(),
        "latest": last.groupby(PERSON, dropna=False)["flagged"].max(),
        "flagged_on": ever.groupby(PERSON, dropna=False)["taken_on"].max(),
    }
    for name, values in columns.items():
        found = found.merge(values.rename(name).reset_index(), on=PERSON, how="left")
    return found


def _items(instrument: Instrument) -> str:
    items = ", ".join(map(str, instrument.risk_items))
    return f"{instrument.name}: item {items} above {instrument.item_min or 0:g}."


def _nobody() -> pd.DataFrame:
    frame = pd.DataFrame({name: pd.Series([], dtype="string") for name in FLAG_COLUMNS})
    return frame.astype({"n_answered": "int64", "n_flagged": "int64", "flagged": "boolean",
                         "taken_on": "datetime64[s]"})  # fmt: skip
