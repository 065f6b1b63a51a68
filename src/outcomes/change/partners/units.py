"""Five ways to say that a couple changed, as one category or flag for each couple."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from outcomes.change.categories import (
    DETERIORATED,
    HARMED,
    IMPROVED,
    MISSING,
    RECOVERED,
    UNCHANGED,
    Flags,
    categorise,
    is_clinical,
)
from outcomes.change.indicators import Indicator
from outcomes.change.jacobson_truax import sign
from outcomes.errors import UsageError

Codes = npt.NDArray[np.int8]
Values = npt.NDArray[np.float64]

BETTER, WORSE = (RECOVERED, IMPROVED), (DETERIORATED, HARMED)
UNITS = {
    "both": "both partners",
    "either": "at least one partner",
    "couple_mean": "the mean of both partners",
    "weaker": "the partner who was worse off at the start",
}
_WORDS = {
    "reliable_improvement": (BETTER, "reliably better, recovered or not"),
    "recovered": ((RECOVERED,), "reliably better, clinical at the start and not at the end"),
    "unchanged": ((UNCHANGED,), "change within measurement error"),
    "reliable_deterioration": (WORSE, "reliably worse, harmed or not"),
}
_AMONG = {
    "paired": "of couples with both scores of both partners",
    "started": "of all couples; what is not known does not count as a case",
    "clinical at start": "of couples with both scores of both partners who were clinical at "
    "the start in the same sense",
}


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides a person's category: direction, threshold and cut-off with their rules."""

    direction: str
    threshold: float
    threshold_rule: str
    cutoff: float | None
    cutoff_rule: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Start, end and category of both partners, each couples x 2."""

    pre: Values
    post: Values
    codes: Codes

    @property
    def known(self) -> Flags:
        """Couples in which both partners have both scores."""
        return np.asarray((self.codes != MISSING).all(axis=1))


def mean_factor(error_correlation: float) -> float:
    """SEM of the mean of two scores, as a multiple of the SEM of one.

    sqrt((1 + rho) / 2), rho the correlation of the two partners' errors of measurement: 0.707
    where errors are independent, 1 where they are the same. From Var((a + b) / 2). Raises
    UsageError unless 0 <= rho <= 1.
    """
    if not 0 <= error_correlation <= 1:
        raise UsageError(
            "The correlation of the partners' errors is not between 0 and 1.",
            where="parameter error_correlation",
            fix="Give 0 where each answers alone, up to 1 where both fill in one form.",
        )
    return math.sqrt((1 + error_correlation) / 2)


def mean_codes(scored: Scored, rules: Rules, error_correlation: float) -> Codes:
    """Category of the couples' mean scores, with the threshold of a mean."""
    return categorise(
        scored.pre.mean(axis=1),
        scored.post.mean(axis=1),
        direction=rules.direction,
        threshold=rules.threshold * mean_factor(error_correlation),
        threshold_rule=rules.threshold_rule,
        cutoff=rules.cutoff,
        cutoff_rule=rules.cutoff_rule,
    )


def weaker_side(scored: Scored, direction: str) -> npt.NDArray[np.intp]:
    """Which partner (0 or 1) was worse off at the start; of two equal, who gained less."""
    toward = sign(direction)
    start = toward * scored.pre
    gain = toward * (scored.post - scored.pre)
    equal = start[:, 0] == start[:, 1]
    first = (start[:, 0] < start[:, 1]) | (equal & ~(gain[:, 0] > gain[:, 1]))
    return np.where(first, 0, 1).astype(np.intp)


def weaker_codes(scored: Scored, direction: str) -> Codes:
    """Category of the partner worse off at the start; missing where one cannot choose."""
    side = weaker_side(scored, direction)
    codes = np.take_along_axis(scored.codes, side[:, None], axis=1)[:, 0].astype(np.int8)
    codes[np.isnan(scored.pre).any(axis=1)] = MISSING
    # Of two who started equal nobody can be chosen while a gain is not known.
    equal = scored.pre[:, 0] == scored.pre[:, 1]
    codes[equal & np.isnan(scored.post).any(axis=1)] = MISSING
    return codes


def couple_indicators(
    scored: Scored, rules: Rules, own: dict[str, Codes]
) -> dict[str, list[Indicator]]:
    """Who counts as a couple that changed, by unit; "couple" holds what only couples have.

    `own` gives the categories of the units that have one ("couple_mean", "weaker").
    """
    found: dict[str, list[Indicator]] = {}
    for unit in UNITS:
        questions = []
        for measure, (codes, meaning) in _WORDS.items():
            if measure == "recovered" and rules.cutoff is None:
                continue
            hits = _hits(unit, scored, own, codes)
            words = f"{UNITS[unit][0].upper()}{UNITS[unit][1:]}: {meaning}"
            bases = {"paired": scored.known, "started": np.ones(len(hits), dtype=bool)}
            questions += [
                Indicator(measure, name, hits & base, base, f"{words}; {_AMONG[name]}.")
                for name, base in bases.items()
            ]
            if measure == "recovered":
                base = scored.known & clinical_couples(unit, scored, rules)
                among = _AMONG["clinical at start"]
                questions.append(
                    Indicator(
                        "reliable_recovery",
                        "clinical at start",
                        hits & base,
                        base,
                        f"{words}; {among}.",
                    )
                )
        found[unit] = questions
    found["couple"] = _only_couples(scored)
    return found


def clinical_couples(unit: str, scored: Scored, rules: Rules) -> Flags:
    """Couples in the clinical range at the start, in the sense of the unit."""
    if rules.cutoff is None or rules.cutoff_rule is None:
        return np.zeros(len(scored.pre), dtype=bool)
    each = is_clinical(scored.pre, rules.cutoff, rules.cutoff_rule)
    if unit == "both":
        return np.asarray(each.all(axis=1))
    if unit == "either":
        return np.asarray(each.any(axis=1))
    if unit == "weaker":
        side = weaker_side(scored, rules.direction)
        return np.asarray(np.take_along_axis(each, side[:, None], axis=1)[:, 0])
    return is_clinical(scored.pre.mean(axis=1), rules.cutoff, rules.cutoff_rule)


def discordant(codes: Codes) -> Flags:
    """Couples in which one partner got reliably better and the other reliably worse."""
    up, down = np.isin(codes, BETTER), np.isin(codes, WORSE)
    return np.asarray(up.any(axis=1) & down.any(axis=1))


def _hits(unit: str, scored: Scored, own: dict[str, Codes], codes: tuple[int, ...]) -> Flags:
    if unit in own:
        return np.isin(own[unit], codes)
    each = np.isin(scored.codes, codes)
    return np.asarray(each.all(axis=1) if unit == "both" else each.any(axis=1))


def _only_couples(scored: Scored) -> list[Indicator]:
    """Discordance, and couples of whom one or no partner can be judged."""
    n_known = (scored.codes != MISSING).sum(axis=1)
    everybody = np.ones(len(n_known), dtype=bool)
    apart = discordant(scored.codes)
    words = "One partner reliably better, the other reliably worse"
    return [
        Indicator("discordant", "paired", apart, scored.known, f"{words}; {_AMONG['paired']}."),
        Indicator("discordant", "started", apart, everybody, f"{words}; {_AMONG['started']}."),
        Indicator(
            "one_partner",
            "started",
            n_known == 1,
            everybody,
            "Both scores of one partner only; of all couples.",
        ),
        Indicator(
            "no_partner",
            "started",
            n_known == 0,
            everybody,
            "Neither partner has both scores; of all couples.",
        ),
    ]
