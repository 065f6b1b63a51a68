"""How a method decides: its line, its cut-off and who is better or worse, from the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtri

from outcomes.change import jacobson_truax as jt
from outcomes.change.categories import Flags, combine, is_clinical, moved_along
from outcomes.change.cutoff import CutoffUsed, Norms, criterion_value
from outcomes.change.jacobson_truax import Numbers
from outcomes.change.methods import METHODS, ONE_SIDED, Line, Method, Sample, amounts, growth, ha
from outcomes.change.threshold import Evidence, Threshold, find_threshold, measured, unverified
from outcomes.errors import NotEnoughData, UsageError
from outcomes.proportions import critical_value

# Residual variance, as a share of that of the scores, below which it is rounding.
_NO_ERROR = 1e-8


@dataclass(frozen=True, slots=True)
class Asked:
    """The parameters of `change` that decide how much change counts."""

    method: str
    reliability: float | None = None
    reliability_post: float | None = None
    sd: float | None = None
    important_change: float | None = None
    percentage: float | None = None
    confidence: float = 0.95


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """The threshold used, the line it belongs to (None for hlm and stat), and the sample."""

    threshold: Threshold
    line: Line | None
    sample: Sample | None = None
    fit: growth.GrowthFit | None = None
    method: str = "jt"

    def index(self, pre: Numbers, post: Numbers) -> Numbers:
        """Each person's index; missing where the method has none."""
        if self.fit is not None:
            return np.asarray(self.fit.slope / self.fit.posterior_sd)
        if self.line is None or (self.threshold.s_diff is None and not self.line.relative):
            return np.full(len(pre), np.nan)
        return self.line.index(pre, post)


def find_method(method: str) -> Method:
    """The card of a method; UsageError for an unknown one."""
    if method not in METHODS:
        raise UsageError(
            f"Unknown method: {method!r}.",
            where="parameter method",
            fix=f"Choose from {', '.join(METHODS)}.",
        )
    return METHODS[method]


def critical(method: str, confidence: float) -> float:
    """Critical value of the index: two-sided, one-sided for Hageman and Arrindell."""
    two_sided = critical_value(confidence)
    return float(ndtri(confidence)) if METHODS[method].sided == ONE_SIDED else two_sided


def decide(known: Evidence, post: Numbers, asked: Asked) -> Decision:
    """The threshold and line of every method that needs start and end scores alone."""
    check_asked(asked)
    if asked.method == "jt":
        limit = find_threshold(
            known, reliability=asked.reliability, sd=asked.sd, confidence=asked.confidence
        )
        error = 1.0 if limit.s_diff is None else limit.s_diff
        return Decision(limit, Line(1.0, 0.0, error, limit.value / error, limit.rule))
    if asked.method in ("anchor", "percentage"):
        return _amount(known, asked)
    if asked.method == "stat":
        basis = "crossing the cut-off, whatever the size of the change"
        return Decision(Threshold(0.0, "exceeds", basis, sources=(METHODS["stat"].source,)), None)
    card = METHODS[asked.method]
    base = measured(known, reliability=asked.reliability, sd=asked.sd, confidence=asked.confidence)
    sample = sample_of(known.pre, post, base, asked.reliability_post)
    if card.line is None:
        raise ValueError(asked.method)
    line = card.line(sample, critical(asked.method, asked.confidence))
    limit = replace(
        base, value=line.critical * line.error, sources=(card.source, *base.sources[1:])
    )
    return Decision(limit, line, sample, method=card.id)


def check_asked(asked: Asked) -> None:
    """UsageError for a parameter that the method does not use, or an impossible one."""
    card = find_method(asked.method)
    given = {
        "reliability_post": asked.reliability_post,
        "important_change": asked.important_change,
        "percentage": asked.percentage,
    }
    for name, value in given.items():
        if value is None:
            continue
        if name not in card.needs:
            raise UsageError(
                f"Method {card.id!r} does not use {name}.",
                where=f"parameter {name}",
                fix="Leave it out, or choose the method that uses it.",
            )
        if not (np.isfinite(value) and value > 0):
            raise UsageError("The value is not above zero.", where=f"parameter {name}")
    post = asked.reliability_post
    if post is not None and not post < 1:
        raise UsageError(
            "The reliability is not between 0 and 1.", where="parameter reliability_post"
        )


def _amount(known: Evidence, asked: Asked) -> Decision:
    """Important change in points, given or the instrument's; or a percentage."""
    if asked.method == "percentage":
        if asked.percentage is None:
            raise UsageError(
                "Percentage change needs the percentage.",
                where="parameter percentage",
                fix="Give percentage=50 for a change of at least 50 % of the start score.",
            )
        line = amounts.share(asked.percentage)
        source = METHODS["percentage"].source
        limit = Threshold(asked.percentage, line.rule, "given percentage", sources=(source,))
        return Decision(limit, line)
    source = METHODS["anchor"].source
    if asked.important_change is not None:
        line = amounts.important(asked.important_change)
        basis = "given important change"
        limit = Threshold(asked.important_change, line.rule, basis, sources=(source,))
        return Decision(limit, line)
    instrument = known.instrument
    facts = () if instrument is None else instrument.important_change
    usable = sorted(
        (fact for fact in facts if fact.verified or known.allow_unverified),
        key=lambda fact: not fact.verified,
    )
    if instrument is None or not usable:
        raise UsageError(
            "The minimal important change is not known.",
            where="parameter important_change",
            fix="Give important_change= in points, with its source in your report.",
        )
    fact = usable[0]
    warnings = () if fact.verified else (unverified("important change", instrument),)
    line = amounts.important(float(fact.value))
    sources = (source, f"important change: {fact.source}")
    limit = Threshold(
        float(fact.value),
        line.rule,
        "published important change",
        sources=sources,
        warnings=warnings,
    )
    return Decision(limit, line)


def sample_of(
    pre: Numbers, post: Numbers, base: Threshold, reliability_post: float | None
) -> Sample:
    """The moments every method may use; NotEnoughData with fewer than two pairs."""
    if base.sd is None or base.reliability is None:
        raise ValueError("a measured threshold carries SD and reliability")
    both = ~np.isnan(pre + post)
    if int(both.sum()) < 2:
        raise NotEnoughData("Fewer than two people have both scores.", how_many=int(both.sum()))
    complete = bool(both.all())
    x, y = (pre, post) if complete else (pre[both], post[both])
    n = len(x)
    mean_x, mean_y = float(x.mean()), float(y.mean())
    away_x, away_y = x - mean_x, y - mean_y
    sd_x = float(np.sqrt(away_x @ away_x / (n - 1)))
    sd_y = float(np.sqrt(away_y @ away_y / (n - 1)))
    joint = float(away_x @ away_y / (n - 1))
    return Sample(
        reliability=base.reliability,
        reliability_post=base.reliability if reliability_post is None else reliability_post,
        sd=base.sd,
        mean=mean_x if complete else float(np.nanmean(pre)),
        mean_pre=mean_x,
        mean_post=mean_y,
        sd_pre=sd_x,
        sd_post=sd_y,
        correlation=joint / (sd_x * sd_y) if sd_x > 0 and sd_y > 0 else 0.0,
    )


def decide_growth(scores: Numbers, times: Sequence[float] | None, confidence: float) -> Decision:
    """Fit the growth model; the threshold is the critical value of its index."""
    count = scores.shape[1]
    at = np.arange(count, dtype=np.float64) if times is None else np.asarray(times, np.float64)
    if len(at) != count or len(np.unique(at)) != count or not np.isfinite(at).all():
        raise UsageError(
            "There is not one different time for each occasion.",
            where="parameter times",
            fix="Give one number for each column of occasions, for example weeks since the start.",
        )
    fitted = growth.fit(scores, at)
    if fitted.residual <= _NO_ERROR * float(np.nanvar(scores)):
        raise NotEnoughData(
            "The scores lie exactly on straight lines, so that no error can be estimated.",
            where="parameter occasions",
            how_many=fitted.n_people,
            fix="Check that the occasions are not computed from each other.",
        )
    warnings: tuple[str, ...] = ()
    if not fitted.converged:
        warnings = ("The growth model did not converge; do not use its categories.",)
    spread = float(fitted.covariance[1, 1])
    if spread <= 1e-8 * fitted.residual:
        warnings += ("The slopes do not differ between people: everybody gets the average slope.",)
    limit = Threshold(
        critical("hlm", confidence),
        "exceeds",
        f"growth model, {fitted.n_people} people with {fitted.n_scores} scores",
        sources=(METHODS["hlm"].source,),
        warnings=warnings,
    )
    return Decision(limit, None, fit=fitted, method="hlm")


def for_method(
    line: CutoffUsed,
    criterion: str | None,
    decision: Decision,
    direction: str,
    confidence: float,
) -> CutoffUsed:
    """The cut-off as the method uses it: between true scores for Hageman and Arrindell."""
    if decision.method != "ha" or criterion is None or decision.sample is None:
        return line
    return true_cutoff(line, criterion, decision.sample, direction, confidence)


def true_cutoff(
    line: CutoffUsed, criterion: str, sample: Sample, direction: str, confidence: float
) -> CutoffUsed:
    """The cut-off between true scores, and the end score that is beyond it with confidence.

    Criteria a, b and c of Hageman and Arrindell: the SDs of the criterion are those of true
    scores, SD * sqrt(r) with r = (SD^2 - SEM^2) / SD^2 of the population itself. In b the
    SD is the functional population's.
    """
    error = jt.sem(sample.sd, sample.reliability)

    def shrunk(norms: Norms | None) -> Norms | None:
        if norms is None:
            return None
        return replace(norms, sd=ha.true_sd(norms.sd, error))

    value = criterion_value(criterion, shrunk(line.clinical), shrunk(line.functional), direction)
    return replace(
        line,
        value=value,
        end_value=ha.end_cutoff(value, sample, critical("ha", confidence), jt.sign(direction)),
        sources=(ha.SOURCE, *line.sources[1:]),
    )


def classify(
    pre: Numbers,
    post: Numbers,
    decision: Decision,
    line: CutoffUsed,
    *,
    direction: str,
    method: str,
) -> np.typing.NDArray[np.int8]:
    """Positions in CATEGORIES, one for each pair, by the decision and the cut-off."""
    missing = np.isnan(post - pre)
    at_start = at_end = beyond = None
    if line.value is not None and line.rule is not None:
        at_start = is_clinical(pre, line.value, line.rule)
        at_end = is_clinical(post, line.value, line.rule)
        beyond = line.beyond(post, direction)
    if method == "stat":
        better, worse = crossed(at_start, at_end, beyond)
        return combine(better, worse, missing)
    if decision.line is not None:
        better, worse = moved_along(pre, post, decision.line, direction)
    else:
        index = jt.sign(direction) * decision.index(pre, post)
        missing |= np.isnan(index)
        better, worse = index > decision.threshold.value, -index > decision.threshold.value
    return combine(better, worse, missing, at_start=at_start, at_end=at_end, beyond=beyond)


def crossed(
    at_start: Flags | None, at_end: Flags | None, beyond: Flags | None = None
) -> tuple[Flags, Flags]:
    """Who left the clinical range and who entered it; UsageError without a cut-off."""
    if at_start is None or at_end is None:
        raise UsageError(
            "Method 'stat' compares with a cut-off, and there is none.",
            where="parameter criterion",
            fix="Give criterion='a', 'b' or 'c', or an instrument with a verified cut-off.",
        )
    return at_start & (~at_end if beyond is None else beyond), ~at_start & at_end
