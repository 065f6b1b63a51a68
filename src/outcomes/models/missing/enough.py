"""How many imputations are enough: the two-stage rule of von Hippel (2020).

A pilot of m imputations gives the fraction of missing information, with an interval that is
symmetric on the logit scale. The standard error would move by a share `cv` between two sets
of 1 + (fmi / cv)² / 2 imputations; the upper end of the interval is used, so that the rule
errs on the careful side.
"""

from __future__ import annotations

import math

from scipy.special import expit, ndtri

from outcomes.errors import UsageError
from outcomes.models.missing.policy import numbers


def fmi_limits(fmi: float, m: int, level: float = 0.95) -> tuple[float, float]:
    """Interval of the fraction of missing information (von Hippel 2020; Harel 2007)."""
    if fmi <= 0:
        return 0.0, 0.0
    if fmi >= 1:
        return 1.0, 1.0
    centre = math.log(fmi / (1 - fmi))
    reach = float(ndtri((1 + level) / 2)) * math.sqrt(2 / m)
    return float(expit(centre - reach)), float(expit(centre + reach))


def enough_imputations(fmi: float, m: int, *, cv: float | None = None, level: float = 0.95) -> int:
    """Imputations needed after a pilot of `m` that gave `fmi`.

    `cv` is the share by which the standard error may move (default: policy.toml). Never
    less than 2. Raises UsageError for a share that is not positive.
    """
    share = numbers()["se_cv"] if cv is None else cv
    if not share > 0:
        raise UsageError("the allowed variation of the standard error is positive", where="cv")
    upper = fmi_limits(fmi, m, level)[1]
    return max(2, math.ceil(1 + (upper / share) ** 2 / 2))
