"""`change_methods`: how the answer changes with the method and the criterion."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from outcomes.change.all_methods import Codes, agreement, classify_all, tallies
from outcomes.change.categories import CATEGORIES, MISSING
from outcomes.change.cutoff import CRITERIA, CutoffUsed, find_cutoff, given_norms
from outcomes.change.decide import Asked, Decision, decide, decide_growth, for_method
from outcomes.change.jacobson_truax import Numbers
from outcomes.change.methods import METHODS, RELIABLE_CHANGE
from outcomes.change.rates import NOT_STATED
from outcomes.change.scores import Columns, occasion_scores, start_and_end
from outcomes.change.threshold import Evidence, find_direction
from outcomes.errors import UsageError
from outcomes.instruments.model import Instrument
from outcomes.instruments.registry import get
from outcomes.proportions import wilson
from outcomes.schema.drawing import Drawable

__all__ = ["MethodsResult", "change_methods"]
BETTER = ("recovered", "improved")


@dataclass(frozen=True, slots=True, eq=False)
class MethodsResult(Drawable):
    """The same people by every method and criterion.

    `codes` (combination, people) are positions in CATEGORIES, in the order of
    `combinations`; `rates` has one row for each combination, group and category (share of
    those the method could classify, Wilson interval), and `reliable_improvement`.
    `left_out` says which methods could not be used and why.
    """

    codes: Codes
    combinations: tuple[tuple[str, str], ...]
    rates: pd.DataFrame
    cutoffs: dict[tuple[str, str], CutoffUsed]
    decisions: dict[str, Decision]
    direction: str
    n_in: int
    confidence: float
    left_out: dict[str, str]
    warnings: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """The rates, one row for each method, criterion, group and category."""
        return self.rates.copy()

    def categories(self) -> pd.DataFrame:
        """One row for each person (in the order given), one column for each combination."""
        names = [f"{method}_{criterion}" for method, criterion in self.combinations]
        kinds = list(CATEGORIES)
        return pd.DataFrame(
            {
                name: pd.Categorical.from_codes(row, categories=kinds)
                for name, row in zip(names, self.codes, strict=True)
            }
        )

    def wide(self, measure: str = "recovered", group: str | None = None) -> pd.DataFrame:
        """Share by method (rows) and criterion (columns), of one measure and group."""
        rows = self.rates[self.rates["measure"] == measure]
        rows = rows[rows["group"] == (group or rows["group"].iloc[0])]
        table = rows.pivot_table(index="method", columns="criterion", values="rate", sort=False)
        return table.rename_axis(columns=None)

    def agreement(self) -> pd.DataFrame:
        """Each two methods under the same criterion: share in the same category, kappa."""
        place = {pair: row for row, pair in enumerate(self.combinations)}
        rows = []
        for criterion in dict.fromkeys(name for _, name in self.combinations):
            methods = [method for method, name in self.combinations if name == criterion]
            for one, two in combinations(methods, 2):
                same, kappa, n = agreement(
                    self.codes[place[one, criterion]], self.codes[place[two, criterion]]
                )
                rows.append((criterion, one, two, n, same, kappa))
        return pd.DataFrame(
            rows, columns=["criterion", "method", "other", "n", "same_category", "kappa"]
        )

    def spread(self) -> tuple[float, float]:
        """Smallest and largest share recovered over all combinations, all groups together."""
        counts = tallies(self.codes, [None])[:, 0]
        shares = counts[:, 0] / counts[:, :MISSING].sum(axis=1)
        return float(np.nanmin(shares)), float(np.nanmax(shares))

    def __repr__(self) -> str:
        low, high = self.spread()
        lines = [
            f"MethodsResult({self.n_in} people, {len(self.combinations)} combinations; recovered "
            f"{100 * low:.1f} % to {100 * high:.1f} %)"
        ]
        for group in self.rates["group"].unique():
            lines += [f"recovered, {group}:", (100 * self.wide(group=group)).round(1).to_string()]
        lines += [f"not used: {name} ({why})" for name, why in self.left_out.items()]
        return "\n".join([*lines, *(f"warning: {text}" for text in self.warnings)])

    def _repr_html_(self) -> str:
        notes = [f"{name} not used: {why}" for name, why in self.left_out.items()]
        said = "".join(f"<p>{html.escape(text)}</p>" for text in (*notes, *self.warnings))
        return said + str(self.rates.to_html(index=False, escape=True, na_rep="not known"))

    def explain(self) -> str:
        """Say what was compared and what the comparison does not tell."""
        low, high = self.spread()
        cards = [METHODS[name] for name in self.decisions]
        return "\n".join(
            [
                f"The same {self.n_in} people by {len(self.combinations)} combinations of method "
                f"and criterion: recovered between {100 * low:.1f} % and {100 * high:.1f} %. The "
                "spread is the part of the answer that the choice of method makes, not the help.",
                *(f"{card.id}: {card.formula}. {card.source}." for card in cards),
                *(f"{name} not used: {why}" for name, why in self.left_out.items()),
                f"Shares are of those the method could classify, within each group; intervals: "
                f"Wilson 1927, {100 * self.confidence:g} %, people as independent. kappa: Cohen "
                "1960; high agreement of two methods does not make either right.",
                *(f"Warning: {text}" for text in self.warnings),
            ]
        )


def change_methods(
    frame: pd.DataFrame,
    *,
    instrument: str | Instrument | None = None,
    pre: str = "pre",
    post: str = "post",
    direction: str | None = None,
    reliability: float | None = None,
    reliability_post: float | None = None,
    sd: float | None = None,
    clinical_mean: float | None = None,
    clinical_sd: float | None = None,
    functional_mean: float | None = None,
    functional_sd: float | None = None,
    occasions: Sequence[str] | None = None,
    times: Sequence[float] | None = None,
    methods: Sequence[str] = RELIABLE_CHANGE,
    criteria: Sequence[str] = CRITERIA,
    by: str | None = None,
    confidence: float = 0.95,
    allow_unverified: bool = False,
) -> MethodsResult:
    """Classify everybody by each method under each criterion, in one pass.

    Parameters as in `change`. Without `occasions` (three or more columns) "hlm" is left out
    with the reason: two points fit every line exactly. Raises as `change` does.
    """
    found = get(instrument) if isinstance(instrument, str) else instrument
    toward = find_direction(direction, found)
    columns = Columns(pre, post, by, None)
    before, after = start_and_end(frame, columns, found)
    known = Evidence(before, found, allow_unverified)
    wanted, left_out = _usable(methods, occasions)
    seen = None if occasions is None else occasion_scores(frame, occasions, found)
    decisions = {}
    for name in wanted:
        end_r = reliability_post if name == "nk" else None
        asked = Asked(name, reliability, end_r, sd, confidence=confidence)
        decisions[name] = _decided(known, after, asked, seen, times)
    ill = given_norms(clinical_mean, clinical_sd, "clinical")
    well = given_norms(functional_mean, functional_sd, "functional")
    lines = {k: find_cutoff(known, k, toward, clinical=ill, functional=well) for k in criteria}
    cutoffs = {
        (name, criterion): for_method(lines[criterion], criterion, decision, toward, confidence)
        for name, decision in decisions.items()
        for criterion in criteria
    }
    codes = classify_all(before, after, decisions, cutoffs, toward)
    return MethodsResult(
        codes=codes,
        combinations=tuple(cutoffs),
        rates=_rates(codes, tuple(cutoffs), None if by is None else frame[by], confidence),
        cutoffs=cutoffs,
        decisions=decisions,
        direction=toward,
        n_in=len(frame),
        confidence=confidence,
        left_out=left_out,
        warnings=_warnings(decisions, lines),
    )


def _decided(
    known: Evidence,
    post: Numbers,
    asked: Asked,
    seen: Numbers | None,
    times: Sequence[float] | None,
) -> Decision:
    """The decision of one method; of the growth model from every occasion."""
    if asked.method == "hlm" and seen is not None:
        return decide_growth(seen, times, asked.confidence)
    return decide(known, post, asked)


def _warnings(decisions: dict[str, Decision], lines: dict[str, CutoffUsed]) -> tuple[str, ...]:
    """Every warning once."""
    said = [text for decision in decisions.values() for text in decision.threshold.warnings]
    said += [text for line in lines.values() for text in line.warnings]
    cautions = ((METHODS[name].name, METHODS[name].caution) for name in decisions)
    said += [f"{name}: {text}" for name, text in cautions if text]
    return tuple(dict.fromkeys(said))


def _usable(
    methods: Sequence[str], occasions: Sequence[str] | None
) -> tuple[list[str], dict[str, str]]:
    """Methods that can be used, and why the others cannot."""
    unknown = [name for name in methods if name not in RELIABLE_CHANGE]
    if unknown or not methods:
        raise UsageError(
            "Only the methods that ask for more than measurement error are compared.",
            where="parameter methods",
            fix=f"Choose from {', '.join(RELIABLE_CHANGE)}.",
        )
    if "hlm" in methods and occasions is None:
        why = "a growth model needs at least three occasions; give occasions=[...]"
        return [name for name in methods if name != "hlm"], {"hlm": why}
    return list(methods), {}


def _rates(
    codes: Codes, pairs: Sequence[tuple[str, str]], groups: pd.Series | None, confidence: float
) -> pd.DataFrame:
    """method, criterion, group, measure, n, n_total, rate, low, high."""
    names, masks = ["all"], [None]
    if groups is not None:
        places, values = pd.factorize(groups, sort=True)
        names = [str(value) for value in values]
        masks = [places == place for place in range(len(values))]
        if (places == -1).any():
            names, masks = [*names, NOT_STATED], [*masks, places == -1]
    counts = tallies(codes, masks)
    rows: list[tuple[object, ...]] = []
    for place, (method, criterion) in enumerate(pairs):
        for which, group in enumerate(names):
            each = dict(zip(CATEGORIES, counts[place, which].tolist(), strict=True))
            total = sum(each.values()) - each["missing"]
            shown = {name: each[name] for name in CATEGORIES[:MISSING]}
            shown["reliable_improvement"] = sum(each[name] for name in BETTER)
            for measure, n in shown.items():
                low, high = wilson(n, total, confidence)
                rate = n / total if total else np.nan
                rows.append((method, criterion, group, measure, n, total, rate, low, high))
    names_ = ["method", "criterion", "group", "measure", "n", "n_total", "rate", "low", "high"]
    return pd.DataFrame(rows, columns=names_)
