"""Who may be in it: the criteria the tool applies, and those only the authors can."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from outcomes.derive.period import Period
from outcomes.errors import UsageError
from outcomes.schema import vocabularies


@dataclass(frozen=True, slots=True)
class Eligibility:
    """`period` (episodes that ended in it), `practice`, `unit`, and limits of the start score.

    `unit` is individual, couple or group (None: any). `start_at_least` and `start_at_most`
    bound the start score in points, both included. `others` are criteria in words that were
    applied before the data came here: they are printed, and not checked.
    """

    period: str = "all"
    practice: str | None = None
    unit: str | None = None
    start_at_least: float | None = None
    start_at_most: float | None = None
    others: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        Period.parse(self.period)
        if self.unit is not None and self.unit not in vocabularies()["unit"].words:
            raise UsageError(
                f"Unknown unit: {self.unit!r}.",
                where="Eligibility.unit",
                fix=f"One of {', '.join(vocabularies()['unit'].words)}.",
            )
        if isinstance(self.others, str):
            object.__setattr__(self, "others", (self.others,))
        object.__setattr__(self, "others", tuple(self.others))
        low, high = self.start_at_least, self.start_at_most
        if low is not None and high is not None and low > high:
            raise UsageError(
                "The lowest start score is above the highest.",
                where="Eligibility.start_at_least",
            )

    def applied(self) -> list[str]:
        """The criteria the tool applies, in words."""
        said = []
        if self.period != "all":
            said.append(f"the episode ended in {Period.parse(self.period).label}")
        if self.practice is not None:
            said.append(f"practice {self.practice}")
        if self.unit is not None:
            said.append(f"help as {'an ' if self.unit == 'individual' else 'a '}{self.unit}")
        low, high = self.start_at_least, self.start_at_most
        if low is not None:
            said.append(f"start score {low:g} or more")
        if high is not None:
            said.append(f"start score {high:g} or less")
        return said

    def keeps(self, frame: pd.DataFrame) -> pd.Series:
        """Which rows of a cohort meet `unit` and the limits of the start score."""
        keep = pd.Series(True, index=frame.index)
        if self.unit is not None:
            keep &= frame["unit"].eq(self.unit).fillna(False)
        if self.start_at_least is not None:
            keep &= frame["pre"].ge(self.start_at_least).fillna(False)
        if self.start_at_most is not None:
            keep &= frame["pre"].le(self.start_at_most).fillna(False)
        return keep

    def record(self) -> dict[str, Any]:
        """Plain words and numbers; what was not set is left out."""
        found = {
            "period": self.period,
            "practice": self.practice,
            "unit": self.unit,
            "start_at_least": self.start_at_least,
            "start_at_most": self.start_at_most,
            "others": list(self.others),
        }
        return {name: value for name, value in found.items() if value not in (None, [])}
