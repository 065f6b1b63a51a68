"""`ArmsComparison`: every pair of several arms, compared in one common population."""

from __future__ import annotations

import html
from dataclasses import dataclass

import pandas as pd

from outcomes.comparison.result import ComparisonResult
from outcomes.errors import UsageError
from outcomes.models.weighting import SeveralWeights
from outcomes.schema.drawing import Drawable
from outcomes.schema.verdicts import Verdict


@dataclass(frozen=True, slots=True, eq=False)
class ArmsComparison(Drawable):
    """`pairs` maps (reference, other) to a `ComparisonResult`; every one is other − reference.

    `weights` are those of the common population; None where two arms were compared alone or
    nothing could be estimated. `arms` were asked for, `included` are those with people
    enough to be in the common population. `n_in` counts the rows of the arms asked for,
    `n_used` those with an outcome.
    """

    pairs: dict[tuple[str, str], ComparisonResult]
    weights: SeveralWeights | None
    arms: tuple[str, ...]
    included: tuple[str, ...]
    estimand: str
    target: str | None
    n_in: int
    n_used: int

    def __getitem__(self, pair: tuple[str, str]) -> ComparisonResult:
        """The comparison of (reference, other), as it was made."""
        if pair not in self.pairs:
            known = "; ".join(f"{first}, {second}" for first, second in self.pairs)
            raise UsageError(f"no pair {pair}", where="pairs", fix=f"pairs are: {known}")
        return self.pairs[pair]

    @property
    def verdicts(self) -> dict[tuple[str, str], Verdict]:
        """The verdict of every pair."""
        return {pair: result.verdict for pair, result in self.pairs.items()}

    @property
    def population(self) -> str:
        """For whom every difference holds."""
        if self.weights is not None:
            return self.weights.population
        return next(iter(self.pairs.values())).population

    @property
    def means(self) -> dict[str, float]:
        """Adjusted means by arm, of the arms in a pair with an estimate."""
        return {arm: mean for one in self.pairs.values() for arm, mean in one.means.items()}

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader has to know beside the pairs."""
        out = [arm for arm in self.arms if arm not in self.included]
        said = [f"{arm} has too few people and is not in the common population" for arm in out]
        return tuple(said)

    @property
    def sources(self) -> tuple[str, ...]:
        """Who proposed what was used."""
        own = () if self.weights is None else self.weights.sources
        every = (*own, *(text for one in self.pairs.values() for text in one.sources))
        return tuple(dict.fromkeys(every))

    def to_frame(self) -> pd.DataFrame:
        """One row for each pair, with the columns of `ComparisonResult.to_frame`."""
        rows = [
            one.to_frame().assign(reference=one.reference, other=one.other)
            for one in self.pairs.values()
        ]
        frame = pd.concat(rows, ignore_index=True)
        first = ["reference", "other"]
        return frame[[*first, *(name for name in frame.columns if name not in first)]]

    def explain(self) -> str:
        """What was compared, for whom, and what it does not tell."""
        names = ", ".join(self.arms)
        parts = [
            f"Every pair of {names}. All differences hold for the same people: "
            f"{self.population}; so they add up, and none is about a population of its own.",
        ]
        if self.weights is not None:
            parts.append(self.weights.explain())
        parts.append(
            "Each pair is checked on its own (overlap, support, effective sample size, balance) "
            "and has its own verdict; one that fails shows no number. Intervals are not adjusted "
            "for the number of pairs: when the best of several is looked for, some difference is "
            "found by chance more often."
        )
        return " ".join([*parts, *(f"{text}." for text in self.warnings)])

    def __repr__(self) -> str:
        lines = [
            f"ArmsComparison({', '.join(self.arms)}; {self.estimand}: "
            f"{self.n_used} of {self.n_in} rows)"
        ]
        for (first, second), one in self.pairs.items():
            number = (
                f"{one.estimate:.3f} {one.unit}, {one.confidence:.0%} interval {one.low:.3f} to "
                f"{one.high:.3f}"
                if abs(one.estimate) >= 0
                else "no number"
            )
            lines.append(
                f"  {second} - {first}: {number}; {one.verdict} ({', '.join(one.reasons)})"
            )
        return "\n".join([*lines, *(f"warning: {text}" for text in self.warnings)])

    def _repr_html_(self) -> str:
        shown = ["reference", "other", "estimate", "low", "high", "unit", "verdict", "reasons"]
        table = str(self.to_frame()[shown].to_html(index=False, float_format=lambda x: f"{x:.3f}"))
        return table + "".join(f"<p>{html.escape(text)}</p>" for text in self.warnings)
