"""A questionnaire as data: items, range, direction, cut-offs, thresholds, each with its source."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import InstrumentError
from outcomes.instruments.subscales import Conversion, Subscale

CLINICAL_SIDES = ("at_or_above", "above", "at_or_below", "below")


@dataclass(frozen=True, slots=True)
class Cutoff:
    """A score that separates the clinical range from the rest.

    `clinical` says which side is clinical and whether the value itself belongs to it.
    """

    id: str
    value: float
    clinical: str
    meaning: str
    source: str
    verified: bool

    def is_clinical(self, scores: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Which scores lie in the clinical range; a missing score lies nowhere."""
        values = np.asarray(scores, dtype="float64")
        compare = {
            "at_or_above": np.greater_equal,
            "above": np.greater,
            "at_or_below": np.less_equal,
            "below": np.less,
        }[self.clinical]
        return np.asarray(compare(values, self.value) & ~np.isnan(values))


@dataclass(frozen=True, slots=True)
class ReliableChange:
    """A published threshold of reliable change in points, with the confidence it was made for."""

    value: float
    confidence: float
    rule: str  # "at_least" | "exceeds"
    source: str
    verified: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class ImportantChange:
    """A minimal important change in points: how much matters, not how much is measurable."""

    value: float
    source: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Reliability:
    """A reliability coefficient: its kind (alpha, test_retest, ...), value and source."""

    kind: str
    value: float
    source: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Norm:
    """Mean and SD of a named population; `role` is clinical, functional or other."""

    population: str
    role: str
    mean: float
    sd: float
    source: str
    verified: bool
    n: int | None = None


@dataclass(frozen=True, slots=True)
class MissingRule:
    """Up to `most` unanswered items may be replaced by the mean of the answered ones."""

    most: int
    source: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Band:
    """A named range of scores, both ends included."""

    low: float
    high: float
    label: str


@dataclass(frozen=True, slots=True)
class AnswerWords:
    """What the response options are called, and the code of each, before any reversal."""

    words: Mapping[str, float]
    source: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Licence:
    """Under what terms the questionnaire may be used; the toolkit ships no item text."""

    status: str
    item_text: str
    source: str


@dataclass(frozen=True, slots=True, eq=False)
class Instrument:
    """A questionnaire's scoring facts. Nothing unverified is used unless asked for."""

    id: str
    name: str
    full_name: str
    construct: str
    purpose: str
    direction: str  # "lower" | "higher": which score is better; "mixed": it differs by subscale
    source: str
    n_items: int
    item_min: float | None
    item_max: float | None
    item_step: float
    item_max_overrides: Mapping[int, float]
    reversed_items: tuple[int, ...]
    risk_items: tuple[int, ...]
    scoring: str  # a word of contradictions.SCORINGS
    total_min: float
    total_max: float
    unit: str
    missing: MissingRule | None
    cutoffs: tuple[Cutoff, ...]
    reliable_change: tuple[ReliableChange, ...]
    important_change: tuple[ImportantChange, ...]
    reliability: tuple[Reliability, ...]
    norms: tuple[Norm, ...]
    bands: tuple[Band, ...]
    licence: Licence
    traps: tuple[str, ...]
    answer_words: AnswerWords | None = None
    subscales: tuple[Subscale, ...] = ()
    conversion: Conversion | None = None
    reversed_verified: bool = True

    @property
    def has_total(self) -> bool:
        """Whether there is one score of the whole; some are scored by parts only."""
        return not math.isnan(self.total_min)

    @property
    def labels(self) -> dict[str, float]:
        """Word of a response option to its code; empty where none is known and verified."""
        known = self.answer_words
        return dict(known.words) if known is not None and known.verified else {}

    def cutoff(self, id: str | None = None, *, allow_unverified: bool = False) -> Cutoff | None:
        """The first verified cut-off, or the one called `id`.

        Raises InstrumentError when `id` is unknown, or unverified without `allow_unverified`.
        """
        if id is None:
            usable = [c for c in self.cutoffs if c.verified or allow_unverified]
            return min(usable, key=lambda c: not c.verified) if usable else None
        named = [c for c in self.cutoffs if c.id == id]
        if not named:
            raise InstrumentError(
                f"{self.name} has no cut-off called {id!r}",
                where=f"instrument {self.id}",
                fix=f"one of: {', '.join(c.id for c in self.cutoffs) or 'none is known'}",
            )
        if not (named[0].verified or allow_unverified):
            raise InstrumentError(
                f"the cut-off {id!r} of {self.name} is not verified",
                where=f"instrument {self.id}",
                fix="ask for it by name with allow_unverified=True, and say so in the report",
            )
        return named[0]

    def threshold(self, *, allow_unverified: bool = False) -> ReliableChange | None:
        """The published reliable-change threshold: the first verified one, else None."""
        usable = [t for t in self.reliable_change if t.verified or allow_unverified]
        return min(usable, key=lambda t: not t.verified) if usable else None

    def reliability_value(self, *, allow_unverified: bool = False) -> Reliability | None:
        """The published reliability: the first verified one, else None."""
        usable = [r for r in self.reliability if r.verified or allow_unverified]
        return min(usable, key=lambda r: not r.verified) if usable else None

    def maximum_of(self, item: int) -> float | None:
        """The highest code of an item (1-based)."""
        return self.item_max_overrides.get(item, self.item_max)

    def facts(self) -> pd.DataFrame:
        """fact, value, source, verified: every number the instrument carries."""
        rows: list[tuple[str, str, str, bool]] = []
        for cut in self.cutoffs:
            side = cut.clinical.replace("_", " ")
            rows.append(
                (f"cut-off: {cut.meaning}", f"{side} {cut.value:g}", cut.source, cut.verified)
            )
        for change in self.reliable_change:
            rule = change.rule.replace("_", " ")
            size = f"{rule} {change.value:g} points ({100 * change.confidence:g} %)"
            rows.append(("reliable change", size, change.source, change.verified))
        for mic in self.important_change:
            rows.append(("important change", f"{mic.value:g} points", mic.source, mic.verified))
        for rel in self.reliability:
            rows.append((f"reliability ({rel.kind})", f"{rel.value:g}", rel.source, rel.verified))
        for norm in self.norms:
            value = f"mean {norm.mean:g}, SD {norm.sd:g}"
            rows.append((f"norm: {norm.population}", value, norm.source, norm.verified))
        if self.missing is not None:
            rule = f"up to {self.missing.most} replaced by the mean of the others"
            rows.append(("unanswered items", rule, self.missing.source, self.missing.verified))
        if self.answer_words is not None:
            known = self.answer_words
            pairs = ", ".join(f"{word} = {code:g}" for word, code in known.words.items())
            rows.append(("answers in words", pairs, known.source, known.verified))
        rows += _structure(self)
        return pd.DataFrame(rows, columns=["fact", "value", "source", "verified"])

    def explain(self) -> str:
        """How the score is made and read."""
        how = {
            "subscales": "scored by subscale, without a total",
            "goals": "ratings of personal goals, scored by oc.instruments.goal_scores",
            "unscored": "not scored here",
        }.get(self.scoring)
        if how is not None:
            return f"{self.full_name}: {how}."
        return (
            f"{self.full_name}: {self.n_items} items, score {self.total_min:g} to "
            f"{self.total_max:g} by rule '{self.scoring}'; {self.direction} is better. A score "
            "with unanswered items is missing unless a verified rule allows otherwise."
        )

    def __repr__(self) -> str:
        facts = self.facts()
        lines = [f"{self.name} ({self.id}): {self.construct}", self.explain()]
        for row in facts.itertuples():
            mark = "" if row.verified else " [not verified: used only when asked for]"
            lines.append(f"  {row.fact}: {row.value}{mark}; {row.source}")
        lines.append(f"  licence: {self.licence.status}")
        lines += [f"  beware: {trap}" for trap in self.traps]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        card = f"<p><strong>{html.escape(self.name)}</strong> {html.escape(self.explain())}</p>"
        licence = f"<p>Licence: {html.escape(self.licence.status)}</p>"
        traps = "".join(f"<li>Beware: {html.escape(trap)}</li>" for trap in self.traps)
        facts = self.facts()
        facts["verified"] = facts["verified"].map({True: "yes", False: "no: only when asked for"})
        return f"{card}{facts.to_html(index=False, escape=True)}{licence}<ul>{traps}</ul>"


def _structure(instrument: Instrument) -> Iterator[tuple[str, str, str, bool]]:
    """Reversed items, subscales and table of scores as facts."""
    if instrument.reversed_items:
        items = ", ".join(map(str, instrument.reversed_items))
        yield ("reversed items", items, instrument.source, instrument.reversed_verified)
    for part in instrument.subscales:
        which = ", ".join(map(str, part.items)) or f"{part.n_items}, which ones is not verified"
        size = f"items {which}; {part.minimum:g} to {part.maximum:g}, {part.direction} is better"
        yield (f"subscale: {part.id.replace('_', ' ')}", size, part.source, part.verified)
    if instrument.conversion is not None:
        table = instrument.conversion
        ends = f"{min(table.scores)} to {max(table.scores)}"
        yield ("table of scores", f"from sums {ends}", table.source, table.verified)
