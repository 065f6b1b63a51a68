"""`PractitionersResult`: how much practitioners differ, and who differs more than chance."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from outcomes.models.inference.convergence import Convergence
from outcomes.models.inference.hypertext import fit_html
from outcomes.models.practitioners import words
from outcomes.models.practitioners.interventions import EqualVariances
from outcomes.models.practitioners.policy import PractitionerPolicy
from outcomes.schema.drawing import Drawable
from outcomes.schema.verdicts import Verdict


@dataclass(frozen=True, slots=True, eq=False)
class PractitionersResult(Drawable):
    """Practitioners (or practices, or sites) of one outcome; see `practitioners`.

    `shares` has a row for each group and model: group ("all" or an intervention), case_mix
    ("before" or "after"), n_practitioners, n clients, variance_practitioner and variance_rest in
    squared units, couple_correlation of partners given the practitioner, share with low and
    high at `level`. `table` has a row for each practitioner in the order of their pseudonyms: n,
    observed, expected and difference in `unit` (shares from 0 to 1 for `kind` "share"), control
    limits of the difference (inner_low to outer_high; nan where no value lies beyond), the
    shrunken estimate with low and high, comparison_low and _high, reliability, enough, finding
    (too_few, within, above, below, far_above or far_below). `events` is there for shares.
    `limits` says what they hold: "spread" or "chance". `curve` has the limits by number of
    clients for an average case mix, to draw. `equal` compares interventions.
    """

    shares: pd.DataFrame
    table: pd.DataFrame
    curve: pd.DataFrame
    coefficients: pd.DataFrame
    verdict: Verdict
    reasons: tuple[str, ...]
    equal: EqualVariances | None
    outcome: str
    practitioner: str
    case_mix: tuple[str, ...]
    intervention: str | None
    kind: str
    unit: str
    direction: str | None
    limits: str
    level: float
    loglik: float
    convergence: Convergence
    n_rows: int
    n_used: int
    dropped: dict[str, int]
    n_in_several: int
    policy: PractitionerPolicy
    warnings: tuple[str, ...]
    method: str
    source: str

    @property
    def converged(self) -> bool:
        """Whether estimates may be shown."""
        return self.convergence.converged

    @property
    def variances(self) -> pd.DataFrame:
        """Variances after case mix: between practitioners and of the rest."""
        row = self._main
        parts = {"practitioner": row["variance_practitioner"], "rest": row["variance_rest"]}
        return pd.DataFrame({"part": list(parts), "variance": list(parts.values())})

    @property
    def share(self) -> float:
        """Share of the variance at the practitioner after case mix, all together."""
        return float(self._main["share"])

    @property
    def low(self) -> float:
        """Lower limit of `share`."""
        return float(self._main["low"])

    @property
    def high(self) -> float:
        """Upper limit of `share`."""
        return float(self._main["high"])

    @property
    def n_practitioners(self) -> int:
        """All practitioners with a usable row."""
        return len(self.table)

    @property
    def n_enough(self) -> int:
        """Practitioners with enough clients to say anything of."""
        return int(self.table["enough"].sum())

    def outside(self) -> int:
        """Practitioners with enough clients beyond the inner limits, the far ones included."""
        return int((self.table["enough"] & self.table["finding"].isin(words.OUTSIDE)).sum())

    def outside_by_chance(self) -> float:
        """How many of them chance alone would put there on average."""
        return self.n_enough * (1 - self.policy.inner)

    def sentence(self) -> str:
        """What the data say, in a few sentences."""
        return words.sentence(self)

    def to_frame(self) -> pd.DataFrame:
        """Practitioners in the order of their pseudonyms; numbers only where clients are enough."""
        frame = self.table.copy()
        numbers = [name for name in frame.columns if name not in words.ALWAYS]
        frame[numbers] = frame[numbers].astype("float64").where(frame["enough"])
        return frame

    def explain(self) -> str:
        """What was computed, formula, source, and what it does not tell."""
        return words.explain(self)

    def __repr__(self) -> str:
        head = (
            f"PractitionersResult({self.outcome} by {self.practitioner}: {self.n_practitioners}, "
            f"{self.n_used:,} clients, {self.n_rows} rows)"
        )
        if not self.converged:
            return f"NOT CONVERGED: {self.convergence.sentence}\n{head}"
        lines = [head, f"  verdict: {self.verdict} ({', '.join(self.reasons)})"]
        shown = self.shares.drop(columns=["from_likelihood"])
        lines += [shown.to_string(index=False, float_format=lambda x: f"{x:.4g}"), self.sentence()]
        return "\n".join([*lines, *(f"warning: {text}" for text in self.warnings)])

    def _repr_html_(self) -> str:
        shares = self.shares.drop(columns=["from_likelihood"])
        return fit_html(self.convergence, self.sentence(), self.warnings, shares)

    @property
    def _main(self) -> pd.Series:
        rows = self.shares
        return rows[rows["group"].eq("all") & rows["case_mix"].eq("after")].iloc[0]
