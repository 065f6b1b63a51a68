"""Did coaching or therapy help, was it more than noise, and do the two differ?

Five lines that run::

    import outcomes as oc
    study = oc.read("data/example")
    pairs = oc.pairs(study, "phq9")
    result = oc.change(pairs, instrument="phq9", by="arm")
    print(result.rates)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

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
from outcomes.derive import cohort, dyads, endings, pairs, trajectories, visits
from outcomes.instruments import pomp, risk_flags, score, subscales
from outcomes.privacy import policy
from outcomes.process import benefits, goals, process, satisfaction
from outcomes.proportions import e_value, e_value_of_difference
from outcomes.schema.drawing import install as _install
from outcomes.sources import read, read_question

if TYPE_CHECKING:
    from outcomes.comparison import (
        compare,
        compare_arms,
        compare_times,
        contrast,
        equivalence,
        margin,
        missing_answers,
        noninferiority,
        within_arms,
    )
    from outcomes.comparison.benchmarks import (
        benchmark,
        benchmarks,
        observed_share,
        pre_post_effect,
    )
    from outcomes.comparison.concurrent import added_care, concurrent, landmark, person_time
    from outcomes.comparison.family import family
    from outcomes.comparison.laboratory import laboratory
    from outcomes.comparison.modification import modifiers, who_benefits
    from outcomes.comparison.overturn import (
        agreement,
        evalue,
        hidden_confounding,
        negative_control,
        overturn,
        regression_to_the_mean,
        specifications,
    )
    from outcomes.comparison.question import Eligibility, Question
    from outcomes.comparison.standardised import standardised_rate
    from outcomes.models import (
        Recipe,
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
    from outcomes.models.weighting import weights_of_several

# Models need much of SciPy, whose import takes longer than cleaning a practice: on first use.
_LATER = {
    "outcomes.comparison": (
        "compare",
        "compare_arms",
        "compare_times",
        "contrast",
        "equivalence",
        "margin",
        "missing_answers",
        "noninferiority",
        "within_arms",
    ),
    "outcomes.comparison.benchmarks": (
        "benchmark",
        "benchmarks",
        "observed_share",
        "pre_post_effect",
    ),
    "outcomes.comparison.concurrent": (
        "added_care",
        "concurrent",
        "landmark",
        "person_time",
    ),
    "outcomes.comparison.family": ("family",),
    "outcomes.comparison.laboratory": ("laboratory",),
    "outcomes.comparison.modification": (
        "modifiers",
        "who_benefits",
    ),
    "outcomes.comparison.overturn": (
        "agreement",
        "evalue",
        "hidden_confounding",
        "negative_control",
        "overturn",
        "regression_to_the_mean",
        "specifications",
    ),
    "outcomes.comparison.question": (
        "Eligibility",
        "Question",
    ),
    "outcomes.comparison.standardised": ("standardised_rate",),
    "outcomes.models": (
        "Recipe",
        "dose",
        "gee",
        "impute",
        "mixed",
        "mixed_logistic",
        "mmrm",
        "pool",
        "practitioners",
        "tipping_point",
        "weights",
        "worst_case",
    ),
    "outcomes.models.dyads": (
        "apim",
        "dyadic_growth",
        "pair_partners",
        "partner_agreement",
    ),
    "outcomes.models.growth": ("growth",),
    "outcomes.models.leaving": (
        "cox",
        "dropout_weights",
        "leaving",
        "leaving_by_visit",
    ),
    "outcomes.models.weighting": ("weights_of_several",),
}

__all__ = [
    "Eligibility",
    "Question",
    "Recipe",
    "__version__",
    "added_care",
    "agreement",
    "apim",
    "benchmark",
    "benchmarks",
    "benefits",
    "change",
    "change_methods",
    "claim",
    "cohort",
    "compare",
    "compare_arms",
    "compare_times",
    "concurrent",
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
    "equivalence",
    "errors",
    "evalue",
    "family",
    "first_change",
    "gee",
    "goals",
    "growth",
    "hidden_confounding",
    "impute",
    "instruments",
    "laboratory",
    "landmark",
    "leaving",
    "leaving_by_visit",
    "margin",
    "missing_answers",
    "mixed",
    "mixed_logistic",
    "mmrm",
    "modifiers",
    "negative_control",
    "noninferiority",
    "observed_share",
    "on_track",
    "overturn",
    "pair_partners",
    "pairs",
    "partner_agreement",
    "person_time",
    "plot",
    "policy",
    "pomp",
    "pool",
    "practitioners",
    "pre_post_effect",
    "process",
    "rate_differences",
    "read",
    "read_question",
    "regression_to_the_mean",
    "risk_flags",
    "satisfaction",
    "schema",
    "score",
    "service_measures",
    "setbacks",
    "specifications",
    "standardised_rate",
    "subscales",
    "sudden_gains",
    "thresholds",
    "tipping_point",
    "trajectories",
    "visits",
    "weights",
    "weights_of_several",
    "who_benefits",
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


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """What is imported on its first use."""
        for module, names in _LATER.items():
            if name in names:
                globals()[name] = found = getattr(import_module(module), name)
                return found
        if f"{__name__}.{name}" in _LATER:
            return import_module(f"{__name__}.{name}")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})


_install(plot)
