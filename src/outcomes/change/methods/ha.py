"""Hageman and Arrindell: change scores shrunk by their own reliability, true cut-offs.

Source: Hageman, W. J. J. M. & Arrindell, W. A. (1999). Establishing clinically significant
change: increment of precision and the distinction between individual and group level of
analysis. Behav Res Ther 37(12), 1169-1193.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import ndtr

from outcomes.change import jacobson_truax
from outcomes.change.methods.model import ONE_SIDED, Line, Method, Sample
from outcomes.errors import NotEnoughData

SOURCE = "Hageman & Arrindell 1999, Behav Res Ther 37:1169-1193"


def own_reliability(sd: float, error: float) -> float:
    """Reliability of scores that spread by `sd`, (SD^2 - SEM^2) / SD^2.

    NotEnoughData where the scores spread no more than measurement error.
    """
    found = (sd**2 - error**2) / sd**2 if sd > 0 else 0.0
    if found <= 0:
        raise NotEnoughData(
            "The scores spread no more than measurement error alone would make them.",
            fix="Use method 'jt', or check the reliability and sd given.",
        )
    return found


def change_reliability(sample: Sample) -> float:
    """r_dd, the reliability of the difference of two scores.

    (S1^2 r1 + S2^2 r2 - 2 S1 S2 r12) / (S1^2 + S2^2 - 2 S1 S2 r12). NotEnoughData where it is
    not above 0: then the differences spread no more than measurement error.
    """
    error = jacobson_truax.sem(sample.sd, sample.reliability)
    s1, s2 = sample.sd_pre, sample.sd_post
    both = 2 * s1 * s2 * sample.correlation
    spread = s1**2 + s2**2 - both
    true = s1**2 * own_reliability(s1, error) + s2**2 * own_reliability(s2, error) - both
    if spread <= 0 or true <= 0:
        raise NotEnoughData(
            "The differences between start and end spread no more than measurement error, so "
            "that they have no reliability of their own.",
            fix="Use method 'jt', or check the reliability and sd given.",
        )
    return true / spread


def line(sample: Sample, critical: float) -> Line:
    """Index = [D r_dd + (M_end - M_start)(1 - r_dd)] / [sqrt(r_dd) sqrt(2) SEM]."""
    r_dd = change_reliability(sample)
    error = jacobson_truax.s_diff(jacobson_truax.sem(sample.sd, sample.reliability))
    return Line(
        slope=1.0,
        constant=-(sample.mean_post - sample.mean_pre) * (1 - r_dd) / r_dd,
        error=error / math.sqrt(r_dd),
        critical=critical,
    )


def true_sd(sd: float, error: float) -> float:
    """Standard deviation of true scores, SD * sqrt(r) with the population's own r."""
    return sd * math.sqrt(own_reliability(sd, error))


def end_cutoff(cutoff: float, sample: Sample, critical: float, sign: float) -> float:
    """End score beyond which somebody is beyond the true cut-off with confidence.

    [M_end + (end - M_end) r_end - cutoff] / [sqrt(r_end) SEM] = sign * critical, solved for
    the end score.
    """
    error = jacobson_truax.sem(sample.sd, sample.reliability)
    r_end = own_reliability(sample.sd_post, error)
    needed = cutoff + sign * critical * math.sqrt(r_end) * error
    return sample.mean_post + (needed - sample.mean_post) / r_end


@dataclass(frozen=True, slots=True)
class GroupLevel:
    """Shares of the group, estimated without classifying anybody.

    `better` and `worse`: whose true score rose or fell (on the better side). `beyond`: whose
    true end score is beyond the cut-off; None without one.
    """

    better: float
    worse: float
    beyond: float | None


def group_level(sample: Sample, sign: float, cutoff: float | None) -> GroupLevel:
    """Shares under normal true scores: Phi(mean / true SD) of change and of the end score.

    True change has mean M_end - M_start and variance r_dd * S_D^2, the true end score mean
    M_end and variance r_end * S_end^2.
    """
    s1, s2 = sample.sd_pre, sample.sd_post
    spread = math.sqrt(s1**2 + s2**2 - 2 * s1 * s2 * sample.correlation)
    shift = sign * (sample.mean_post - sample.mean_pre)
    better = float(ndtr(shift / (math.sqrt(change_reliability(sample)) * spread)))
    beyond = None
    if cutoff is not None:
        error = jacobson_truax.sem(sample.sd, sample.reliability)
        beyond = float(ndtr(sign * (sample.mean_post - cutoff) / true_sd(s2, error)))
    return GroupLevel(better, 1 - better, beyond)


METHOD = Method(
    id="ha",
    name="Hageman and Arrindell",
    formula="[D * r_dd + (M_end - M_start) * (1 - r_dd)] / [sqrt(r_dd) * sqrt(2) * SEM], one-sided",
    source=SOURCE,
    use="A sample large enough for its own r_dd, and a claim of recovery that must hold with "
    "confidence: the end score has to be beyond the true cut-off by more than its error.",
    avoid="Small samples, or samples whose change scores barely spread: r_dd is then unstable. "
    "Each person's verdict depends on the mean change of the others.",
    needs=("reliability",),
    caution="The intervals of the shares take the rule as fixed, although it is estimated from the "
    "same people: in simulation they cover far less often than they say "
    "(docs/validation-change.md). Do not use it for people chosen by a high start score.",
    sided=ONE_SIDED,
    line=line,
)
