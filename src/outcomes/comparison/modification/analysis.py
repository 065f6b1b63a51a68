"""`who_benefits`: does the difference between two kinds of help depend on who is helped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from outcomes.comparison.compare import compare
from outcomes.comparison.modification.fits import fdr, holm
from outcomes.comparison.modification.one import How, Task, analyse
from outcomes.comparison.modification.policy import ModificationPolicy, modification_policy
from outcomes.comparison.modification.result import DECLARED, EXPLORATORY, WhoBenefits
from outcomes.comparison.modification.rows import Compared
from outcomes.comparison.modification.splits import split
from outcomes.comparison.modification.verdict import decide_modifier
from outcomes.comparison.policy import ComparisonPolicy, comparison_policy
from outcomes.comparison.result import ComparisonResult
from outcomes.errors import UsageError
from outcomes.models.arms import require_columns, two_arms
from outcomes.schema.verdicts import Verdict

UNKNOWN, MISSING = "not known", "missing"


def who_benefits(
    frame: pd.DataFrame,
    *,
    modifiers: Sequence[str],
    declared: Sequence[str] = (),
    covariates: Sequence[str],
    outcome: str = "post",
    arm: str = "arm",
    reference: str | None = None,
    other: str | None = None,
    cluster: str | None = None,
    estimand: str = "ATO",
    method: str = "weighting",
    direction: str | None = None,
    margin: float | None = None,
    unit: str = "points",
    confidence: float = 0.95,
    bands: Mapping[str, Sequence[float]] | None = None,
    instrument: str | None = None,
    timing: Mapping[str, str] | None = None,
    policy: ComparisonPolicy | None = None,
    rules: ModificationPolicy | None = None,
) -> WhoBenefits:
    """Estimate other − reference within subgroups of each modifier, and test whether it differs.

    The first arguments are those of `compare`, so that `**oc.contrast(cohort)` gives them.
    `modifiers` are columns: words make subgroups, a number is tested as a slope and shown in
    bands (`bands` by column as lower ends, the published ones of `instrument` for "pre", else
    thirds). `declared` are those written down before the outcomes were seen; all others are
    exploratory and never supported. `timing` says of a column "baseline", "chosen" or
    "after_start" where the policy does not. Each subgroup is weighed as the main comparison
    is, by a propensity of its own where n allows. A verdict on a modifier follows from the
    test between its subgroups alone, never from one subgroup's interval.

    Raises UsageError for unknown columns, options or a modifier that is arm or outcome,
    NotEnoughData when an arm has nobody with an outcome. Arms that are not comparable as a
    whole have no subgroups: then no number is given.
    """
    asked = _asked(frame, modifiers, declared, (outcome, arm))
    if method not in ("weighting", "ancova"):
        raise UsageError(
            "subgroups are compared by weighting or by ancova", where="method", fix="weighting"
        )
    chosen = policy or comparison_policy()
    own = rules or modification_policy()
    main = compare(
        frame, outcome=outcome, arm=arm, reference=reference, other=other, covariates=covariates,
        cluster=cluster, estimand=estimand, method=method, margin=margin, direction=direction,
        unit=unit, confidence=confidence, policy=chosen,
    )  # fmt: skip
    arms = two_arms(frame, arm, reference, other)
    rows = Compared.of(frame, arms, outcome, cluster, covariates)
    how = How(estimand, method == "weighting", confidence, chosen, own)
    return _within(
        main, rows, how, asked, declared=declared, bands=bands or {}, instrument=instrument,
        timing={**own.timing, **(timing or {})},
    )  # fmt: skip


def _within(
    main: ComparisonResult,
    rows: Compared,
    how: How,
    asked: Sequence[str],
    *,
    declared: Sequence[str],
    bands: Mapping[str, Sequence[float]],
    instrument: str | None,
    timing: Mapping[str, str],
) -> WhoBenefits:
    """Every modifier in turn, then the verdicts over all of them."""
    arms = (main.reference, main.other)
    tables, tests, levels = [], [], {"arm": np.where(rows.in_other, *arms[::-1]).astype(object)}
    for name in asked:
        parts = split(
            rows.frame[name],
            bands=bands.get(name),
            instrument=instrument if name == "pre" else None,
            thirds=how.rules.bands,
        )
        table, test = analyse(Task(rows, name, parts, how))
        tables.append(table)
        levels[name] = np.array([*parts.names, MISSING], dtype=object)[parts.codes]
        tests.append(test)
    subgroups = pd.concat(tables, ignore_index=True)
    found = _judged(pd.DataFrame(tests), declared, timing, how)
    if main.verdict is Verdict.NOT_COMPARABLE:
        subgroups, found = _emptied(subgroups), _emptied(found)
        found["verdict"], found["reason"] = str(Verdict.NOT_COMPARABLE), "arms_not_comparable"
    cells = pd.DataFrame(levels).groupby(list(levels), sort=True).size().rename("n").reset_index()
    return WhoBenefits(main, subgroups, found, cells, how.rules)


def _asked(
    frame: pd.DataFrame, modifiers: Sequence[str], declared: Sequence[str], taken: tuple[str, str]
) -> list[str]:
    names = list(modifiers)
    require_columns(frame, names)
    if not names:
        raise UsageError("no modifier is named", where="modifiers", fix="name columns")
    if len(set(names)) != len(names):
        raise UsageError("a modifier is named twice", where="modifiers")
    if set(names) & set(taken):
        raise UsageError("the outcome and the arm cannot be modifiers", where="modifiers")
    strange = [name for name in declared if name not in names]
    if strange:
        raise UsageError(
            f"declared, but not analysed: {', '.join(strange)}",
            where="declared",
            fix="analyse every modifier that was declared, whatever comes out",
        )
    return names


def _judged(
    tests: pd.DataFrame, declared: Sequence[str], timing: Mapping[str, str], how: How
) -> pd.DataFrame:
    """Tests with their status, adjusted p values and verdicts."""
    status = np.where(tests["modifier"].isin(list(declared)), DECLARED, EXPLORATORY)
    p = tests["p"].to_numpy(dtype=float)
    first = status == DECLARED
    adjusted = holm(p)  # an exploratory test stands among everything that was looked at
    adjusted[first] = holm(p[first])
    tests = tests.assign(
        status=status,
        timing=[timing.get(name, UNKNOWN) for name in tests["modifier"]],
        family=np.where(first, int((~np.isnan(p[first])).sum()), int((~np.isnan(p)).sum())),
        p_holm=adjusted,
        p_fdr=fdr(p),
    )
    found = [decide_modifier(row, how.rules, how.checks) for row in tests.to_dict("records")]
    return tests.assign(
        verdict=[str(verdict) for verdict, _ in found], reason=[reason for _, reason in found]
    )


def _emptied(table: pd.DataFrame) -> pd.DataFrame:
    """Without the numbers that would be an effect; counts stay."""
    numbers = table.select_dtypes("float").columns
    emptied = table.assign(**dict.fromkeys(numbers, float("nan")))
    return emptied.assign(state="not comparable") if "state" in emptied else emptied
