"""Reliable change and cut-offs of Jacobson and Truax, as pure functions of numbers and arrays.

Source: Jacobson, N. S. & Truax, P. (1991). Clinical significance: a statistical approach to
defining meaningful change in psychotherapy research. J Consult Clin Psychol 59(1), 12-19.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from outcomes.errors import UsageError

SOURCE = "Jacobson & Truax 1991, J Consult Clin Psychol 59:12-19"
Numbers = npt.NDArray[np.float64]

# +1 where a higher score is better, so that gain = sign * (post - pre).
SIGNS = {"higher": 1.0, "lower": -1.0}


def sign(direction: str) -> float:
    """Return +1.0 for "higher" (is better), -1.0 for "lower"; UsageError otherwise."""
    if direction not in SIGNS:
        raise UsageError(
            f"Unknown direction: {direction!r}.",
            where="parameter direction",
            fix="Say which score is better: 'lower' or 'higher'.",
        )
    return SIGNS[direction]


def sem(sd: float, reliability: float) -> float:
    """Return the standard error of measurement, SD * sqrt(1 - r), in points.

    Raises UsageError unless sd > 0 and 0 < reliability < 1.
    """
    if not (math.isfinite(sd) and sd > 0):
        raise UsageError(
            "The standard deviation is not above zero.",
            where="parameter sd",
            fix="Give the standard deviation of the start scores, in points.",
        )
    if not 0 < reliability < 1:
        raise UsageError(
            "The reliability is not between 0 and 1.",
            where="parameter reliability",
            fix="Give a coefficient such as Cronbach's alpha or a retest correlation.",
        )
    return sd * math.sqrt(1 - reliability)


def s_diff(error: float) -> float:
    """Return the standard error of the difference of two scores, sqrt(2) * SEM, in points."""
    return math.sqrt(2) * error


def index(pre: Numbers, post: Numbers, difference_error: float) -> Numbers:
    """Reliable change index (post - pre) / s_diff; positive where the score went up."""
    return (post - pre) / difference_error


def cutoff_a(clinical_mean: float, clinical_sd: float, direction: str) -> float:
    """Two standard deviations from the clinical mean, towards the better side."""
    return clinical_mean + sign(direction) * 2 * clinical_sd


def cutoff_b(functional_mean: float, functional_sd: float, direction: str) -> float:
    """Two standard deviations from the functional mean, towards the worse side.

    The standard deviation is that of the FUNCTIONAL population: criterion b asks whether
    a score lies within the range of functional people. The R package
    clinicalsignificance uses the clinical one, which contradicts the definition and
    coincides with it only where both are equal, as in the 1991 example.
    """
    return functional_mean - sign(direction) * 2 * functional_sd


def cutoff_c(
    clinical_mean: float, clinical_sd: float, functional_mean: float, functional_sd: float
) -> float:
    """Return the point as many SDs from the clinical mean as from the functional one.

    (SD_clin * M_func + SD_func * M_clin) / (SD_clin + SD_func); the same in both directions.
    """
    both = clinical_sd + functional_sd
    return (clinical_sd * functional_mean + functional_sd * clinical_mean) / both
