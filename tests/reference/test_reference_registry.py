"""Every method has a reference: a new one without a row here fails.

A reference is R, a published table or a closed form, never this program's own output.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from outcomes import instruments
from outcomes.change.classify import METHODS as CHANGE_METHODS
from outcomes.change.cutoff import CRITERIA
from outcomes.comparison.result import METHOD_NAMES
from outcomes.instruments.contradictions import SCORINGS
from outcomes.models import ESTIMANDS
from outcomes.models.cluster_robust import Kind

TESTS = Path(__file__).resolve().parents[1]
JT = "change/test_change_jacobson_truax.py"
WEIGHTING = "models/test_models_weighting.py"
CLUSTERS = "models/test_models_cluster_robust.py"
COMPARE = "comparison/test_comparison_compare.py"
SCORING = "instruments/test_instruments_scoring.py"

# method: (test file, test, what it is held against)
REFERENCES: dict[tuple[str, str], tuple[str, str, str]] = {
    ("change", "jt"): (JT, "test_reliable_change_counts", "R clinicalsignificance, DAS"),
    ("criterion", "a"): (JT, "test_cutoffs_and_categories", "R clinicalsignificance, DAS"),
    ("criterion", "b"): (JT, "test_b_departs_from_r_because_r_uses_the_clinical_sd", "closed form"),
    ("criterion", "c"): (JT, "test_cutoffs_and_categories", "R clinicalsignificance, DAS"),
    ("compare", "ancova"): (COMPARE, "test_equals_r_on_btheb", "R lm, Beat the Blues"),
    ("compare", "weighting"): (COMPARE, "test_equals_r_on_lalonde", "R, lalonde"),
    ("compare", "aipw"): (COMPARE, "test_equals_r_on_lalonde", "R, lalonde"),
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
    ("scoring", "total_only"): (SCORING, "test_a_total_out_of_range_stops", "passed through"),
}
METHODS = [
    *(("change", name) for name in CHANGE_METHODS),
    *(("criterion", name) for name in CRITERIA),
    *(("compare", name) for name in METHOD_NAMES),
    *(("estimand", name) for name in ESTIMANDS),
    *(("covariance", name) for name in get_args(Kind)),
    *(("scoring", name) for name in SCORINGS),
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
