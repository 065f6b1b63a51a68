"""Did coaching or therapy help, was it more than noise, and do the two differ?

Five lines that run::

    import outcomes as oc
    study = oc.read("data/example")
    pairs = oc.pairs(study, "phq9")
    result = oc.change(pairs, instrument="phq9", by="arm")
    print(result.rates)
"""

from __future__ import annotations

from typing import Any

from outcomes import errors, instruments, schema
from outcomes._version import __version__
from outcomes.change import change, change_methods, thresholds, zones
from outcomes.change.claims import claim
from outcomes.change.differences import rate_differences
from outcomes.change.partners import couples
from outcomes.change.service import service_measures
from outcomes.change.sessions import (
    early_response,
    first_change,
    on_track,
    setbacks,
    sudden_gains,
)
from outcomes.comparison import compare, contrast, missing_answers, within_arms
from outcomes.derive import cohort, dyads, endings, pairs, trajectories, visits
from outcomes.instruments import pomp, risk_flags, score, subscales
from outcomes.models import (
    dose,
    gee,
    impute,
    mixed,
    mixed_logistic,
    mmrm,
    pool,
    practitioners,
    tipping_point,
    weights,
    worst_case,
)
from outcomes.models.dyads import apim, dyadic_growth, pair_partners, partner_agreement
from outcomes.models.growth import growth
from outcomes.models.leaving import cox, dropout_weights, leaving, leaving_by_visit
from outcomes.privacy import policy
from outcomes.process import benefits, goals, process, satisfaction
from outcomes.proportions import e_value, e_value_of_difference
from outcomes.schema.drawing import install as _install
from outcomes.sources import read

__all__ = [
    "__version__",
    "apim",
    "benefits",
    "change",
    "change_methods",
    "claim",
    "cohort",
    "compare",
    "contrast",
    "couples",
    "cox",
    "dose",
    "dropout_weights",
    "dyadic_growth",
    "dyads",
    "e_value",
    "e_value_of_difference",
    "early_response",
    "endings",
    "errors",
    "first_change",
    "gee",
    "goals",
    "growth",
    "impute",
    "instruments",
    "leaving",
    "leaving_by_visit",
    "missing_answers",
    "mixed",
    "mixed_logistic",
    "mmrm",
    "on_track",
    "pair_partners",
    "pairs",
    "partner_agreement",
    "plot",
    "policy",
    "pomp",
    "pool",
    "practitioners",
    "process",
    "rate_differences",
    "read",
    "risk_flags",
    "satisfaction",
    "schema",
    "score",
    "service_measures",
    "setbacks",
    "subscales",
    "sudden_gains",
    "thresholds",
    "tipping_point",
    "trajectories",
    "visits",
    "weights",
    "within_arms",
    "worst_case",
    "zones",
]


def plot(result: Any, **options: Any) -> Any:
    """Draw a result: the same as `result.plot()`.

    Returns a Figure with the picture, its caption, alternative text and data.
    matplotlib is imported here, on the first call, since it is slow to import.
    """
    from outcomes.figures import plot as draw

    return draw(result, **options)


_install(plot)
