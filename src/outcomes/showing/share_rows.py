"""Rows of couples' and services' rates with what may be shown, and their words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.change.differences import RateDifferences
from outcomes.change.indicators import Indicator, Rows
from outcomes.change.partners import CoupleResult
from outcomes.change.rates import group_masks
from outcomes.change.service import ServiceMeasures
from outcomes.privacy import Policy, suppress_rate
from outcomes.showing.disclosure import visible_rates
from outcomes.showing.questions import visible_questions

Flags = npt.NDArray[np.bool_]
UNITS = {
    "partner": "Each partner",
    "both": "Both partners",
    "either": "At least one partner",
    "couple_mean": "Mean of the couple",
    "weaker": "Partner worse off at the start",
    "couple": "The couple",
}
COUPLE_MEASURES = {
    "reliable_improvement": "Reliably better",
    "reliable_recovery": "Recovered",
    "unchanged": "No reliable change",
    "reliable_deterioration": "Reliably worse",
    "discordant": "One reliably better, the other reliably worse",
    "one_partner": "Both scores of one partner only",
    "no_partner": "No partner with both scores",
}
SERVICE_MEASURES = {
    "caseness": "At caseness at the start",
    "not_caseness": "Below caseness at the start",
    "unknown_caseness": "Caseness not known",
    "reliable_improvement": "Reliable improvement",
    "reliable_deterioration": "Reliable deterioration",
    "no_reliable_change": "No reliable change",
    "unpaired": "Without all four scores",
    "recovery": "Recovery",
    "reliable_recovery": "Reliable recovery",
}
# What readers need most is decided first, since each number shown may forbid a later one.
_SERVICE_FIRST = ("recovery", "reliable_improvement", "reliable_deterioration", "reliable_recovery")


def shown_couples(result: CoupleResult, policy: Policy) -> pd.DataFrame:
    """`result.rates` with a boolean column `shown`.

    Couples' units are decided together, since both, either and the mean are parts of the
    same couples; partners apart.
    """
    flags: dict[tuple[str, ...], bool] = {}
    people = [("partner", one) for one in result.questions["partner"][0]]
    for asked, rows in ((people, result.questions["partner"][1]), _of_couples(result)):
        for group, mask in group_masks(rows.groups, rows.n):
            answers = visible_questions([one for _, one in asked], policy, mask)
            for (unit, one), answer in zip(asked, answers, strict=True):
                flags[unit, group, one.measure, one.denominator] = answer
    return _flagged(result.rates, flags, ["unit", "group", "measure", "denominator"])


def shown_cells(
    result: CoupleResult, cells: Mapping[tuple[str, str], Flags], policy: Policy
) -> dict[tuple[str, str], bool]:
    """Which cells of the partners' cross-table may be shown beside the rates of couples.

    `cells` are couples by cell. Decided after the rates, since a cell is the difference of
    shares that stand in another figure.
    """
    asked, rows = _of_couples(result)
    questions = [
        replace(one, hits=one.hits & mask, base=one.base & mask)
        for _, mask in group_masks(rows.groups, rows.n)
        for _, one in asked
    ]
    base = result.questions["couple"][0][0].base
    wanted = [Indicator("cell", "paired", hits, base, "") for hits in cells.values()]
    answers = visible_questions([*questions, *wanted], policy)
    return dict(zip(cells, answers[len(questions) :], strict=True))


def shown_service(result: ServiceMeasures, policy: Policy) -> pd.DataFrame:
    """`result.rates` with a boolean column `shown`; a group is decided as a whole."""
    asked = sorted(result.questions, key=lambda one: one.measure not in _SERVICE_FIRST)
    flags: dict[tuple[str, ...], bool] = {}
    for group, mask in group_masks(result.rows.groups, result.rows.n):
        answers = visible_questions(asked, policy, mask)
        for one, answer in zip(asked, answers, strict=True):
            flags[group, one.measure] = answer
    return _flagged(result.rates, flags, ["group", "measure"])


def shown_differences(result: RateDifferences, policy: Policy) -> pd.DataFrame:
    """`result.frame` with `shown`: both shares may be shown beside all other rates.

    A difference gives away the share of one group once the other's is known, so it follows
    the decisions of the table of rates.
    """
    flags = visible_rates(result.changes, policy)
    rates = result.changes.rates[["group", "measure", "denominator"]].join(flags)
    counts = rates.groupby(["group", "measure"])["n"].all().to_dict()
    totals = rates.groupby(["group", "denominator"])["n_total"].all().to_dict()

    def seen(group: str, measure: str, denominator: str, n: int, n_total: int) -> bool:
        known = counts.get((group, measure), False) and totals.get((group, denominator), False)
        return bool(known) and not suppress_rate(n, n_total, policy)

    shown = [
        seen(row.group, row.measure, row.denominator, row.n, row.n_total)
        and seen(row.reference, row.measure, row.denominator, row.reference_n, row.reference_total)
        for row in result.frame.itertuples()
    ]
    return result.frame.assign(shown=shown)


def _of_couples(result: CoupleResult) -> tuple[list[tuple[str, Indicator]], Rows]:
    """The shares of couples with their units, the most wanted first."""
    units = [unit for unit in result.questions if unit != "partner"]
    asked = [(unit, one) for unit in units for one in result.questions[unit][0]]
    asked.sort(key=lambda pair: (pair[1].denominator != "paired", pair[1].measure == "unchanged"))
    return asked, result.questions["couple"][1]


def _flagged(
    table: pd.DataFrame, flags: dict[tuple[str, ...], bool], keys: list[str]
) -> pd.DataFrame:
    asked = zip(*(table[key] for key in keys), strict=True)
    return table.assign(shown=[flags[tuple(map(str, key))] for key in asked])
