"""Every method has a reference: a new one without a row here fails.

A reference is R, a published table or a closed form, never this program's own output.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from outcomes import instruments
from outcomes.change import METHODS as CHANGE_METHODS
from outcomes.change.claims.definitions import claim_policy
from outcomes.change.cutoff import CRITERIA
from outcomes.change.jacobson_truax import SIGNS
from outcomes.change.partners.units import UNITS
from outcomes.change.sessions import CALLS as SESSION_CALLS
from outcomes.comparison.result import METHOD_NAMES
from outcomes.instruments.contradictions import SCORINGS
from outcomes.models import ESTIMANDS
from outcomes.models.cluster_robust import Kind
from outcomes.process.policy import METHODS as PROCESS_METHODS

TESTS = Path(__file__).resolve().parents[1]
JT = "change/test_change_jacobson_truax.py"
DAS = "change/test_change_methods_das.py"
GROWTH = "change/test_change_growth.py"
LINES = ("jt", "gln", "hll", "en", "nk", "ha")
WEIGHTING = "models/test_models_weighting.py"
CLUSTERS = "models/test_models_cluster_robust.py"
COMPARE = "comparison/test_comparison_compare.py"
PROCESS = "process/test_process_statistics.py"
SUBSCALES = "instruments/test_instruments_subscales.py"
GOALS = "process/test_process_goals.py"
EXACT = "proportions/test_proportions_exact.py"
CLAIMS = "change/test_change_claims.py"
PARTNERS = "change/test_change_partners.py"
SERVICE = "change/test_change_service.py"
GOALS = "instruments/test_instruments_goals.py"
SCORING = "instruments/test_instruments_scoring.py"

SESSIONS = "change/test_change_sessions.py"
_WAYS = [(direction, criterion) for direction in SIGNS for criterion in CRITERIA]
_ON_DAS = "R clinicalsignificance, DAS"
# Change methods: (test file, test) under criterion a and c, what it is held against.
_CHANGE = {
    **dict.fromkeys(LINES, (DAS, "test_categories_equal_r", _ON_DAS)),
    "stat": (DAS, "test_cutoff_only_equals_r", _ON_DAS),
    # The size of the change is held against R; the cut-off is that of jt.
    "anchor": (DAS, "test_amounts_equal_r", _ON_DAS),
    "percentage": (DAS, "test_amounts_equal_r", _ON_DAS),
    # R's index uses the random slope alone and is no reference; the model's numbers are.
    "hlm": (GROWTH, "test_equals_lme4_on_sessions_with_gaps", "R lme4; joint normal closed form"),
}
# R takes the clinical SD in b: equal once it is given the right one, and the closed form.
_IN_B = (DAS, "test_criterion_b_equals_r_once_r_is_given_the_right_sd", "R, and closed form")

# method: (test file, test, what it is held against)
REFERENCES: dict[tuple[str, str], tuple[str, str, str]] = {
    **{
        ("change", f"{name} {direction} {criterion}"): _IN_B
        if criterion == "b" and name in LINES
        else row
        for name, row in _CHANGE.items()
        for direction, criterion in _WAYS
    },
    ("criterion", "a"): (JT, "test_cutoffs_and_categories", "R clinicalsignificance, DAS"),
    ("criterion", "b"): (JT, "test_b_departs_from_r_because_r_uses_the_clinical_sd", "closed form"),
    ("criterion", "c"): (JT, "test_cutoffs_and_categories", "R clinicalsignificance, DAS"),
    ("share", "e_value"): (
        "proportions/test_proportions_sensitivity.py",
        "test_published_examples",
        "VanderWeele & Ding 2017",
    ),
    ("share", "clopper_pearson"): (EXACT, "test_against_r", "R binom.test"),
    ("share", "effective_size"): (EXACT, "test_t_on_clusters_less_one", "closed form"),
    ("share", "difference_limits"): (EXACT, "test_paired_by_hand", "closed form"),
    ("share", "ratio_limits"): (EXACT, "test_ratio_solves_its_equation", "closed form"),
    **{
        ("definition", name): (CLAIMS, test, against)
        for name, test, against in (
            ("any", "test_any_change_by_hand", "closed form"),
            ("percentage", "test_anchor_and_percentage_equal_r", "R clinicalsignificance, DAS"),
            ("mic", "test_anchor_and_percentage_equal_r", "R clinicalsignificance, DAS"),
            ("reliable", "test_a_third_a_half_or_two_thirds", "R clinicalsignificance, DAS"),
            ("crossed", "test_crossing_equals_r", "R clinicalsignificance, DAS"),
            ("recovered", "test_a_third_a_half_or_two_thirds", "R clinicalsignificance, DAS"),
        )
    },
    **{
        ("unit", name): (PARTNERS, "test_units", "closed form")
        for name in ("both", "either", "couple_mean", "weaker")
    },
    ("service", "nhs"): (SERVICE, "test_england_as_published", "NHS England 2017-2025"),
    ("compare", "ancova"): (COMPARE, "test_equals_r_on_btheb", "R lm, Beat the Blues"),
    ("compare", "weighting"): (COMPARE, "test_equals_r_on_lalonde", "R, lalonde"),
    ("compare", "aipw"): (COMPARE, "test_equals_r_on_lalonde", "R, lalonde"),
    ("sessions", "sudden_gains"): (
        SESSIONS,
        "test_equals_the_published_vectors_of_suddengains",
        "R suddengains, its own test vectors",
    ),
    ("sessions", "first_change"): (
        SESSIONS,
        "test_equals_turnbulls_published_estimate",
        "Turnbull's estimate, breast cosmesis data; statsmodels Aalen-Johansen",
    ),
    ("sessions", "setbacks"): (SESSIONS, "test_a_setback_and_its_recovery", "closed form"),
    ("sessions", "early_response"): (SESSIONS, "test_the_mark_divides_the_scores", "closed form"),
    ("sessions", "on_track"): (
        SESSIONS,
        "test_values_from_the_table_of_alerts_and_outcomes",
        "closed form",
    ),
    **{
        ("estimand", name): (WEIGHTING, "test_weights_equal_r", "R WeightIt, lalonde")
        for name in ("ATE", "ATT", "ATC", "ATO", "ATM")
    },
    **{
        ("covariance", name): (CLUSTERS, "test_equals_clubsandwich_on_btheb", "R clubSandwich")
        for name in ("CR0", "CR1", "CR2")
    },
    **{
        ("scoring", name): (SCORING, "test_closed_forms", "closed form")
        for name in ("sum", "mean_x10", "percent_x4")
    },
    ("scoring", "mean"): (
        SCORING,
        "test_reversal_uses_the_items_own_maximum_and_means_are_means",
        "closed form",
    ),
    ("process", "icc_agreement"): (PROCESS, "test_shrout_and_fleiss", "Shrout & Fleiss 1979"),
    ("process", "spearman"): (PROCESS, "test_spearman_equals_statpsych", "R statpsych, manual"),
    ("process", "pearson"): (PROCESS, "test_pearson_equals_scipy", "scipy"),
    ("process", "mean_interval"): (PROCESS, "test_alone_it_is_the_t_interval", "scipy"),
    ("process", "sd_interval"): (PROCESS, "test_sd_interval_closed_form", "closed form"),
    ("process", "becker_d"): (PROCESS, "test_closed_form", "closed form"),
    ("process", "net_promoter"): (PROCESS, "test_closed_form", "closed form"),
    ("process", "gas_t"): (PROCESS, "test_published_vectors", "R gasr"),
    ("scoring", "lookup"): (
        SUBSCALES,
        "test_swemwbs_equals_the_published_table",
        "the published table",
    ),
    ("scoring", "subscales"): (SUBSCALES, "test_closed_form_with_reversal", "closed form"),
    ("scoring", "goals"): (GOALS, "test_vectors", "Kiresuk & Sherman, published vectors"),
    ("scoring", "unscored"): (SCORING, "test_a_scale_of_mixed_items_takes_totals_only", "refused"),
    ("scoring", "total_only"): (SCORING, "test_a_total_out_of_range_stops", "passed through"),
}
METHODS = [
    *(
        ("change", f"{name} {direction} {criterion}")
        for name in CHANGE_METHODS
        for direction, criterion in _WAYS
    ),
    *(("process", name) for name in PROCESS_METHODS),
    *(("criterion", name) for name in CRITERIA),
    *(("sessions", call.__name__) for call in SESSION_CALLS),
    *(("compare", name) for name in METHOD_NAMES),
    *(("estimand", name) for name in ESTIMANDS),
    *(("covariance", name) for name in get_args(Kind)),
    *(("scoring", name) for name in SCORINGS),
    *(("definition", name) for name in claim_policy().definitions),
    *(("unit", name) for name in UNITS),
    ("service", "nhs"),
    *(
        ("share", name)
        for name in (
            "clopper_pearson",
            "effective_size",
            "difference_limits",
            "ratio_limits",
            "e_value",
        )
    ),
]


@pytest.mark.parametrize("method", METHODS, ids="-".join)
def test_a_method_has_a_reference(method):
    assert method in REFERENCES, "add a test against an independent reference, and its row here"
    file, test, _ = REFERENCES[method]
    source = (TESTS / file).read_text(encoding="utf-8")
    assert re.search(rf"^\s*def {test}\(", source, flags=re.MULTILINE)


def test_no_row_outlives_its_method():
    assert set(REFERENCES) == set(METHODS)


def test_every_scoring_rule_in_use_is_known():
    assert {i.scoring for i in instruments.library().values()} <= set(SCORINGS)
