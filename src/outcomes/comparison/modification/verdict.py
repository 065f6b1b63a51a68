"""From the test of a modifier to its verdict; nothing else is looked at."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from outcomes.comparison.modification.policy import ModificationPolicy
from outcomes.comparison.policy import ComparisonPolicy
from outcomes.schema.verdicts import Verdict


def decide_modifier(
    test: Mapping[str, Any], rules: ModificationPolicy, checks: ComparisonPolicy
) -> tuple[Verdict, str]:
    """The verdict on 'the difference depends on this modifier', with the code of its reason.

    In this order, with p after Holm:
    cannot tell: no test (fewer than two subgroups with enough people in both arms), or too few
    degrees of freedom;
    cannot tell: what happens after the start is no property of the people who start;
    cannot tell: p above the level; that is never 'the same for all';
    cannot tell: p below it, but nobody had declared the modifier: a hint, to be tested in
    other people;
    supported: p below it and declared.
    """
    if math.isnan(test["p"]):
        return Verdict.CANNOT_TELL, "too_few"
    if checks.check("df", test["df"]):
        return Verdict.CANNOT_TELL, "df"
    if test["timing"] == "after_start":
        return Verdict.CANNOT_TELL, "after_start"
    if test["p_holm"] >= rules.level:
        return Verdict.CANNOT_TELL, "no_difference_shown"
    if test["status"] != "declared":
        return Verdict.CANNOT_TELL, "exploratory_hint"
    return Verdict.SUPPORTED, "differs"
