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
from outcomes.comparison import compare, contrast, within_arms
from outcomes.derive import cohort, pairs, trajectories
from outcomes.instruments import pomp, risk_flags, score, subscales
from outcomes.models import weights
from outcomes.privacy import policy
from outcomes.process import benefits, goals, process, satisfaction
from outcomes.proportions import e_value, e_value_of_difference
from outcomes.schema.drawing import install as _install
from outcomes.sources import read

__all__ = [
    "__version__",
    "benefits",
    "change",
    "change_methods",
    "claim",
    "cohort",
    "compare",
    "contrast",
    "couples",
    "e_value",
    "e_value_of_difference",
    "early_response",
    "errors",
    "first_change",
    "goals",
    "instruments",
    "on_track",
    "pairs",
    "plot",
    "policy",
    "pomp",
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
    "trajectories",
    "weights",
    "within_arms",
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
