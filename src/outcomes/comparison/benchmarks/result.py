"""`BenchmarkResult`: a practice's number beside a published one."""

from __future__ import annotations

import html
from dataclasses import dataclass

import pandas as pd

from outcomes.comparison.benchmarks import words
from outcomes.comparison.benchmarks.library import Benchmark
from outcomes.comparison.benchmarks.observed import Observed
from outcomes.comparison.benchmarks.standing import Range, Standing
from outcomes.schema.drawing import Drawable


@dataclass(frozen=True, slots=True, eq=False)
class BenchmarkResult(Drawable):
    """`observed` is the practice's number, `entry` the published one.

    `differing` names what keeps them from being compared (what, practice's, published);
    `range` holds the difference with its intervals and the band, None where not comparable.
    `spread`: the band is the published range of services or samples.
    """

    entry: Benchmark
    observed: Observed
    differing: tuple[tuple[str, str, str], ...]
    range: Range | None
    group: str
    spread: bool

    @property
    def standing(self) -> Standing:
        """above, below, compatible, cannot tell or not comparable."""
        return Standing.NOT_COMPARABLE if self.range is None else self.range.standing

    @property
    def verdict(self) -> str:
        """The standing as a word."""
        return str(self.standing)

    @property
    def good_enough(self) -> bool | None:
        """Whether 'worse than the benchmark by more than the margin' is ruled out."""
        if self.range is None:
            return None
        return self.range.good_enough if self.entry.better == "higher" else self.range.bad_enough

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know before comparing."""
        return words.warnings(self)

    def to_frame(self) -> pd.DataFrame:
        """Two rows: the practice and the published number, with all that defines them."""
        ours, entry = self.observed, self.entry
        rows = [
            {
                "whose": "practice", "value": ours.value, "low": ours.low, "high": ours.high,
                "n": ours.n, "total": ours.total, "instrument": ours.instrument,
                "measure": ours.measure, "definition": ours.definition,
                "denominator": ours.denominator, "unit": ours.unit,
                "standardiser": ours.standardiser, "year": "", "population": "", "source": "",
                "verified": True,
            },
            {
                "whose": "published", "value": entry.value, "low": entry.low, "high": entry.high,
                "n": entry.n, "total": entry.total, "instrument": " or ".join(entry.instruments),
                "measure": entry.measure, "definition": entry.definition,
                "denominator": entry.denominator, "unit": entry.unit,
                "standardiser": entry.standardiser, "year": entry.year,
                "population": entry.population, "source": entry.source, "verified": entry.verified,
            },
        ]  # fmt: skip
        frame = pd.DataFrame(rows).astype({"low": float, "high": float, "n": "Int64"})
        return frame.assign(verdict=self.verdict)

    def sentence(self) -> str:
        """Both numbers with their definitions, and where the practice stands."""
        return words.sentence(self)

    def explain(self) -> str:
        """What was compared, how, and what it does not tell."""
        return words.explain(self)

    def __repr__(self) -> str:
        lines = [f"BenchmarkResult({self.entry.name}: {self.verdict})", f"  {self.sentence()}"]
        lines += [f"  {line}" for line in words.facts(self.entry)]
        return "\n".join([*lines, *(f"warning: {text}" for text in self.warnings)])

    def _repr_html_(self) -> str:
        facts = "".join(f"<li>{html.escape(line)}</li>" for line in words.facts(self.entry))
        notes = "".join(f"<p>Warning: {html.escape(text)}</p>" for text in self.warnings)
        return f"<p>{html.escape(self.sentence())}</p><ul>{facts}</ul>{notes}"
