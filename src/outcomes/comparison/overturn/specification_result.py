"""`Specifications`: every way the comparison could have been made, and how far they agree."""

from __future__ import annotations

import html
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.comparison.overturn.policy import OverturnPolicy
from outcomes.comparison.overturn.words import number
from outcomes.schema.drawing import Drawable
from outcomes.schema.verdicts import Verdict

SOURCES = (
    "Simonsohn, Simmons and Nelson 2020",
    "Steegen, Tuerlinckx, Gelman and Vanpaemel 2016",
)


@dataclass(frozen=True, slots=True, eq=False)
class Specifications(Drawable):
    """One row for each declared specification.

    `frame`: definition, scale ("points" or "shares"), missing, adjustment, method,
    estimand; estimate (other − reference) with low and high; advantage (positive: the other
    arm did better) with its limits; verdict, reasons, n_used, n_reference, n_other;
    headline. Estimates are nan where the arms are not comparable or people are too few;
    the row stays and is counted.
    """

    frame: pd.DataFrame
    reference: str
    other: str
    confidence: float
    margin: float | None
    direction: str
    warnings: tuple[str, ...]
    limits: OverturnPolicy
    n_people: int
    sources: tuple[str, ...] = SOURCES

    def to_frame(self) -> pd.DataFrame:
        """Every specification."""
        return self.frame.copy()

    @property
    def headline(self) -> pd.Series | None:
        """The row of the reported comparison, or None where it was not among them."""
        rows = self.frame[self.frame["headline"]]
        return rows.iloc[0] if len(rows) else None

    def summary(self) -> pd.DataFrame:
        """One row for each scale: counts, share on the side of the headline, median, range.

        `same_sign` is the share of estimates on the side of the headline (without one: of
        the majority), `same_verdict` those with its verdict and side; on another scale than
        the headline's the commonest verdict there.
        """
        rows = []
        for scale, part in self.frame.groupby("scale", sort=False):
            made = part[part["advantage"].notna()]
            side = self._side(made)
            on_it = np.sign(made["advantage"]) == side
            verdict = self._verdict(made, str(scale))
            rows.append({
                "scale": scale, "declared": len(part), "estimated": len(made),
                "not_comparable": int(part["verdict"].eq(str(Verdict.NOT_COMPARABLE)).sum()),
                "too_few": int((part["advantage"].isna()
                                & part["verdict"].ne(str(Verdict.NOT_COMPARABLE))).sum()),
                "same_sign": float(on_it.mean()) if len(made) else np.nan,
                "same_verdict": float((on_it & made["verdict"].eq(verdict)).mean())
                if len(made) else np.nan,
                "median": made["advantage"].median(), "lowest": made["advantage"].min(),
                "highest": made["advantage"].max(),
            })  # fmt: skip
        return pd.DataFrame(rows)

    def _side(self, made: pd.DataFrame) -> float:
        head = self.headline
        if head is not None and head["advantage"] == head["advantage"]:
            return float(np.sign(head["advantage"]))
        return float(np.sign(made["advantage"].median())) if len(made) else 0.0

    def _verdict(self, made: pd.DataFrame, scale: str | None = None) -> str:
        head = self.headline
        if head is not None and scale in (None, head["scale"]):
            return str(head["verdict"])
        return str(made["verdict"].mode().iloc[0]) if len(made) else ""

    @property
    def same_sign(self) -> float:
        """Share of all estimates on the side of the headline; nan without estimates."""
        return self._share(verdict=False)

    @property
    def same_verdict(self) -> float:
        """Share with the headline's verdict and side, among its own scale; nan without."""
        return self._share(verdict=True)

    def _share(self, *, verdict: bool) -> float:
        head = self.headline
        made = self.frame[self.frame["advantage"].notna()]
        if verdict and head is not None:
            made = made[made["scale"].eq(head["scale"])]
        if made.empty:
            return float("nan")
        on_it = np.sign(made["advantage"]) == self._side(made)
        if verdict:
            on_it &= made["verdict"].eq(self._verdict(made))
        return float(on_it.mean())

    @property
    def stands(self) -> str:
        """holds, verdict (fewer than the policy's share have it), sign, or blocked."""
        if np.isnan(self.same_sign):
            return "blocked"
        if self.same_sign < self.limits.same_sign:
            return "sign"
        return "verdict" if self.same_verdict < self.limits.same_verdict else "holds"

    @property
    def sentence(self) -> str:
        """How many ways there are, and how far they say the same."""
        total, made = len(self.frame), int(self.frame["advantage"].notna().sum())
        if not made:
            return f"None of the {total} ways to make the comparison gave an estimate."
        refused = int(self.frame["verdict"].eq(str(Verdict.NOT_COMPARABLE)).sum())
        parts = [f"Of {total} ways to make the comparison {made} gave an estimate"]
        if refused:
            parts.append(f" (in {refused} the arms were not comparable)")
        who = "the headline" if self.headline is not None else "the majority"
        parts.append(f"; {100 * self.same_sign:.0f} % lie on the side of {who}")
        if self.headline is not None:
            scale = self.headline["scale"]
            parts.append(
                f" and, of those in {scale}, {100 * self.same_verdict:.0f} % have its verdict "
                f"'{self.headline['verdict']}'"
            )
        points = self.summary().query("scale == 'points'")
        if len(points) and points.iloc[0]["estimated"]:
            row = points.iloc[0]
            parts.append(
                f", in points from {number(row['lowest'])} to {number(row['highest'])} "
                f"(median {number(row['median'])}; above 0: {self.other} did better)"
            )
        return "".join(parts) + "."

    def explain(self) -> str:
        """How the specifications were chosen and what a curve of them does not tell."""
        return (
            "Every combination of the declared choices: what counts as the outcome, what is "
            "adjusted for, for whom the difference holds (estimand), the method, and what is "
            "done with people without an end score. All are shown and counted, those without "
            "an estimate too. Shares of people are differences of shares. Intervals as in a "
            "comparison, with clusters. The specifications share their people, so they are no "
            "independent tests, and their share on one side is no probability. What all of "
            f"them leave out, all of them miss. Sources: {'; '.join(self.sources)}."
        )

    def __repr__(self) -> str:
        table = self.summary().to_string(index=False, float_format="{:.2f}".format)
        return f"Specifications({self.other} - {self.reference}): {self.sentence}\n{table}"

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(self.sentence)}</p>{self.summary().to_html(index=False)}"
