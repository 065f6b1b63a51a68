"""The table of practitioners: observed, expected, control limits, shrunken estimate, finding."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.models.practitioners import words
from outcomes.models.practitioners.case_mix import Rows
from outcomes.models.practitioners.count_limits import Counts, count_limits
from outcomes.models.practitioners.fitting import Model
from outcomes.models.practitioners.limits import Limits, mean_curve, mean_limits
from outcomes.models.practitioners.policy import PractitionerPolicy
from outcomes.models.practitioners.shrinkage import comparison_reach, shrunken

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

# Points of the drawn limits.
CURVE = 160


def table(model: Model, *, spread: bool, level: float, rules: PractitionerPolicy) -> pd.DataFrame:
    """One row for each practitioner, in the order of the pseudonyms."""
    given, fit = model.given, model.fit
    n, k = fit.sums.clients, len(given.names)
    observed = np.bincount(given.codes, weights=given.weights * given.y, minlength=k) / n
    control = _control(model, rules, spread=spread)
    guess = shrunken(fit, level)
    enough = (n >= rules.minimum_clients) & (guess.weight >= rules.reliability)
    reach = comparison_reach(guess.se[enough], rules.comparison)
    body: dict[str, object] = {"practitioner": pd.array(given.names, dtype="string")}
    if len(given.arms) > 1:
        body["intervention"] = _arms_of(given)
    body["n"] = n.astype(np.int64)
    if given.kind == "share":
        body["events"] = np.rint(observed * n).astype(np.int64)
    body |= {
        "observed": observed,
        "expected": observed - control.difference,
        "difference": control.difference,
        **control.ends(),
        "estimate": guess.estimate,
        "low": guess.low,
        "high": guess.high,
        "comparison_low": guess.estimate - reach * guess.se,
        "comparison_high": guess.estimate + reach * guess.se,
        "reliability": guess.weight,
        "enough": enough,
        "finding": pd.array(_findings(control, enough), dtype="string"),
    }
    return pd.DataFrame(body)


def curve(model: Model, *, spread: bool, rules: PractitionerPolicy) -> pd.DataFrame:
    """Limits by number of clients for a practitioner with the average case mix."""
    fit, levels = model.fit, (rules.inner, rules.outer)
    n = np.unique(np.geomspace(2, max(float(fit.sums.clients.max()), 3.0), CURVE).round())
    if model.chance is None:
        worth = float(fit.sums.n.sum()) / fit.sums.total
        found = mean_curve(fit, n * worth, levels, spread=spread)
    else:
        p, weights = model.chance.probability, model.given.weights
        total = weights.sum()
        share, chance = float(weights @ p / total), float(weights @ (p * (1 - p)) / total)
        chance *= fit.sums.total / float(fit.sums.n.sum()) / (1 + fit.sums.couple_ratio)
        counts = Counts(n * share, n, n * share, n * chance)
        found = count_limits(counts, fit.practitioner if spread else 0.0, levels)
    return pd.DataFrame({"n": n.astype(np.int64), **found.ends()})


def _control(model: Model, rules: PractitionerPolicy, *, spread: bool) -> Limits:
    given, fit, levels = model.given, model.fit, (rules.inner, rules.outer)
    if model.chance is None:
        return mean_limits(fit, levels, spread=spread)
    p, k = model.chance.probability, len(given.names)

    def added(values: FloatArray) -> FloatArray:
        found = np.bincount(given.codes, weights=given.weights * values, minlength=k)
        return found.astype(np.float64)

    # Partners who are alike: what clients are worth, n, is fewer than there are.
    alike = fit.sums.clients / fit.sums.n / (1 + fit.sums.couple_ratio)
    counts = Counts(added(given.y), fit.sums.clients, added(p), added(p * (1 - p)) * alike)
    return count_limits(counts, fit.practitioner if spread else 0.0, levels)


def _findings(control: Limits, enough: BoolArray) -> npt.NDArray[np.object_]:
    near, far = control.beyond()
    found = np.full(len(near), words.WITHIN, dtype=object)
    for side, word in ((1, "above"), (-1, "below")):
        found[near == side] = word
        found[far == side] = f"far_{word}"
    found[~enough] = words.TOO_FEW
    return found


def _arms_of(given: Rows) -> pd.Series:
    """The intervention of each practitioner, or all of theirs joined by 'and'."""
    worked = np.zeros((len(given.names), len(given.arms)), dtype=bool)
    worked[given.codes, given.arm] = True
    names = np.array(given.arms, dtype=object)
    return pd.Series([" and ".join(names[row]) for row in worked], dtype="string")
