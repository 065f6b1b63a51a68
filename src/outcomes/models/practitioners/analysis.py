"""`practitioners`: from a frame with one row for each client to a `PractitionersResult`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from outcomes.errors import UsageError
from outcomes.models.inference.convergence import Convergence
from outcomes.models.practitioners import words
from outcomes.models.practitioners.case_mix import Columns, Rows, rows
from outcomes.models.practitioners.coefficients import mean_coefficients, share_coefficients
from outcomes.models.practitioners.fitting import Model, adjusted, in_several, shares
from outcomes.models.practitioners.policy import PractitionerPolicy, practitioner_policy
from outcomes.models.practitioners.result import PractitionersResult
from outcomes.models.practitioners.table import curve, table
from outcomes.schema.verdicts import Verdict

LimitKind = Literal["spread", "chance"]


def practitioners(
    frame: pd.DataFrame,
    *,
    outcome: str,
    practitioner: str,
    case_mix: Sequence[str] = (),
    intervention: str | None = None,
    client: str | None = None,
    couple: str | None = None,
    trials: str | None = None,
    limits: LimitKind = "spread",
    direction: Literal["higher", "lower"] | None = None,
    unit: str = "points",
    level: float = 0.95,
) -> PractitionersResult:
    """How much practitioners (practices, sites) differ, after case mix, and who lies outside.

    One row for each client. `outcome`: a score or a change in `unit`, or true/false (0/1);
    with `trials`, a count of events among the trials of the row (then rows may be places or parts
    of them). `case_mix`: columns known at the start, numbers or words. `intervention`: held
    constant in the model, and the share is also given for each. `client`: checks that nobody
    has two rows. `couple`: partners share something beyond the practitioner, which would
    otherwise count as the practitioner's (missing: comes alone). `limits` "spread": the control
    limits add the usual spread between practitioners; "chance": by chance alone. `direction`:
    which outcome is better, used in words only.

    Raises UsageError for columns that do not fit, NotEnoughData where fewer than two
    practitioners or nothing within them is left.
    """
    _check(limits, level)
    rules, spread = practitioner_policy(), limits == "spread"
    columns = Columns(outcome, practitioner, tuple(case_mix), intervention, client, trials, couple)
    given = rows(frame, columns)
    model = adjusted(given, np.ones(len(given.y), dtype=bool))
    found, equal, failed = shares(model, level)
    main = found[found["group"].eq("all") & found["case_mix"].eq("after")].iloc[0]
    verdict, reasons = _verdict(main, model.convergence, rules)
    several = in_several(given)
    return PractitionersResult(
        shares=found,
        table=table(model, spread=spread, level=level, rules=rules),
        curve=curve(model, spread=spread, rules=rules),
        coefficients=_coefficients(model, level),
        verdict=verdict, reasons=reasons, equal=equal, kind=given.kind,
        outcome=outcome, practitioner=practitioner, case_mix=columns.case_mix,
        intervention=intervention, direction=direction, limits=limits, level=level,
        unit="proportion" if given.kind == "share" else unit,
        loglik=model.fit.loglik,
        convergence=model.convergence,
        n_rows=given.n_rows,
        n_used=int(given.weights.sum()),
        dropped=given.dropped,
        n_in_several=several,
        policy=rules,
        warnings=(*given.columns.notes(), *_said(given, model, several), *failed),
        method="random intercept by REML; exact interval of the share",
        source=words.SOURCE,
    )  # fmt: skip


def _check(limits: str, level: float) -> None:
    if limits not in ("spread", "chance"):
        raise UsageError(f"unknown limits {limits!r}", where="parameter limits",
                         fix="Choose from spread, chance.")  # fmt: skip
    if not 0 < level < 1:
        raise UsageError("The level is not between 0 and 1.", where="parameter level",
                         fix="Give a share, for example 0.95.")  # fmt: skip


def _verdict(
    main: pd.Series, convergence: Convergence, rules: PractitionerPolicy
) -> tuple[Verdict, tuple[str, ...]]:
    """On 'practitioners differ': see docs/models/practitioners.md."""
    if not convergence.usable:
        return Verdict.CANNOT_TELL, ("not_converged",)
    if main["n_practitioners"] < rules.minimum:
        return Verdict.CANNOT_TELL, ("few_practitioners",)
    if main["low"] > 0:
        return Verdict.SUPPORTED, ("interval_excludes_zero",)
    if main["high"] < rules.negligible:
        return Verdict.NOT_SUPPORTED, ("below_negligible",)
    return Verdict.CANNOT_TELL, ("interval_includes_zero",)


def _coefficients(model: Model, level: float) -> pd.DataFrame:
    if model.chance is None:
        return mean_coefficients(model.fit, model.given.columns.columns, level)
    if not model.chance.converged:
        return pd.DataFrame()
    return share_coefficients(model.given, model.chance.probability, level)


def _said(given: Rows, model: Model, several: int) -> list[str]:
    said = []
    if model.fit.practitioner == 0:
        said.append(
            "The best estimate of the variance between practitioners is zero: nobody can be told "
            "apart from the others with these clients."
        )
    if len(given.arms) > 1 and not several:
        said.append(
            "Nobody works in more than one intervention, so a difference between interventions "
            "cannot be told from a difference between their practitioners."
        )
    if len(given.arms) > 1 and several:
        said.append(
            f"{several} of the practitioners work in more than one intervention: in the model of "
            "all each of them has one deviation for all their clients, and each counts in the row "
            "of every intervention they work in."
        )
    return said
