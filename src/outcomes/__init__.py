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
from outcomes.change import change
from outcomes.comparison import compare, contrast, within_arms
from outcomes.derive import cohort, pairs
from outcomes.instruments import score
from outcomes.models import weights
from outcomes.privacy import policy
from outcomes.schema.drawing import install as _install
from outcomes.sources import read

__all__ = [
    "__version__",
    "change",
    "cohort",
    "compare",
    "contrast",
    "errors",
    "instruments",
    "pairs",
    "plot",
    "policy",
    "read",
    "schema",
    "score",
    "weights",
    "within_arms",
]


def plot(result: Any, **options: Any) -> Any:
    """Draw a result: the same as `result.plot()`.

    Returns a Figure with the picture, its caption, alternative text and data.
    matplotlib is imported here, on the first call, since it is slow to import.
    """
    from outcomes.figures import plot as draw

    return draw(result, **options)


_install(plot)
