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
from outcomes.comparison.concurrent.history import EVENT, SCORE
from outcomes.comparison.estimators import UNCERTAINTIES
from outcomes.comparison.family import METHODS as CORRECTED
from outcomes.comparison.overturn.policy import METHODS as OVERTURN_METHODS
from outcomes.comparison.result import METHOD_NAMES
from outcomes.instruments.contradictions import SCORINGS
from outcomes.models import ESTIMANDS
from outcomes.models.binary.sandwich import CORRECTIONS
from outcomes.models.binary.working import CORRELATIONS
from outcomes.models.cluster_robust import Kind
from outcomes.models.leaving import METHODS as LEAVING_METHODS
from outcomes.models.missing.coding import METHODS as IMPUTATION_METHODS
from outcomes.models.mixed.confint import METHODS as INTERVALS
from outcomes.models.mixed.model import DDF
from outcomes.models.practitioners.policy import METHODS as PRACTITIONER_METHODS
from outcomes.models.repeated import STRUCTURES
from outcomes.models.repeated.mmrm import Ddf
from outcomes.models.weighting.generalised import SEVERAL
from outcomes.models.weighting.recipe import TRIMMINGS, WAYS
from outcomes.process.policy import METHODS as PROCESS_METHODS

TESTS = Path(__file__).resolve().parents[1]
MIXED = "models/test_models_mixed_reference.py"
JT = "change/test_change_jacobson_truax.py"
DAS = "change/test_change_methods_das.py"
GROWTH = "change/test_change_growth.py"
LINES = ("jt", "gln", "hll", "en", "nk", "ha")
WEIGHTING = "models/test_models_weighting.py"
POOLING = "models/test_models_missing_pooling.py"
IMPUTE = "models/test_models_missing_impute.py"
MISSING = "comparison/test_comparison_missing.py"
CLUSTERS = "models/test_models_cluster_robust.py"
COMPARE = "comparison/test_comparison_compare.py"
ESTIMATORS = "comparison/test_comparison_estimators.py"
PROCESS = "process/test_process_statistics.py"
SUBSCALES = "instruments/test_instruments_subscales.py"
GOALS = "process/test_process_goals.py"
EXACT = "proportions/test_proportions_exact.py"
CLAIMS = "change/test_change_claims.py"
PARTNERS = "change/test_change_partners.py"
APIM = "models/test_models_dyads_apim.py"
DYADIC = "models/test_models_dyads_growth.py"
COUPLES_ENGINE = "models/test_models_dyads_engine.py"
SERVICE = "change/test_change_service.py"
GOALS = "instruments/test_instruments_goals.py"
SCORING = "instruments/test_instruments_scoring.py"

PRACTITIONERS = "models/test_models_practitioners.py"
LIMITS = "models/test_models_practitioner_limits.py"
SESSIONS = "change/test_change_sessions.py"
REPEATED = "models/test_models_repeated_reference.py"
ENGINE = "models/test_models_repeated_engine.py"
LEFT = "models/test_models_leaving_curves.py"
COX = "models/test_models_leaving_cox.py"
SURVIVAL = "R survival, Beat the Blues"
BINARY = "models/test_models_binary_mixed.py"
GEE = "models/test_models_binary_gee.py"
DOSE = "models/test_models_dose.py"
E_VALUES = "comparison/test_comparison_overturn_evalue.py"
HIDDEN = "comparison/test_comparison_overturn_hidden.py"
OVERTURN = "comparison/test_comparison_overturn_parts.py"
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
    ("mixed", "satterthwaite"): (MIXED, "test_equals_lme4", "R lme4, lmerTest"),
    ("mixed", "kenward-roger"): (MIXED, "test_kenward_roger_equals_pbkrtest", "R pbkrtest"),
    ("mixed", "none"): (MIXED, "test_equals_lme4", "R lme4"),
    ("mixed intervals", "profile"): (MIXED, "test_profile_intervals_equal_lme4", "R lme4"),
    ("mixed intervals", "wald"): (MIXED, "test_equals_lme4", "R lme4, lmerTest"),
    ("criterion", "a"): (JT, "test_cutoffs_and_categories", "R clinicalsignificance, DAS"),
    ("criterion", "b"): (JT, "test_b_departs_from_r_because_r_uses_the_clinical_sd", "closed form"),
    ("criterion", "c"): (JT, "test_cutoffs_and_categories", "R clinicalsignificance, DAS"),
    ("share", "e_value"): (
        "proportions/test_proportions_sensitivity.py",
        "test_published_examples",
        "VanderWeele & Ding 2017",
    ),
    **{
        ("overturn", name): row
        for name, row in {
            "e_value": (E_VALUES, "test_equals_r", "R EValue; VanderWeele & Ding 2017"),
            "odds_and_hazard_ratios": (E_VALUES, "test_equals_r", "R EValue"),
            "bias": (HIDDEN, "test_the_bias_is_what_leaving_a_covariate_out_does", "a refit"),
            "robustness_value": (
                HIDDEN,
                "test_darfur_from_t_and_df_alone",
                "Cinelli & Hazlett 2020; R sensemakr",
            ),
            "bounds": (
                HIDDEN,
                "test_darfur_bounds_grow_with_the_multiple",
                "Cinelli & Hazlett 2020; R sensemakr",
            ),
            "drift": (OVERTURN, "test_equals_the_integral", "numerical integration"),
            "negative_control": (
                OVERTURN,
                "test_quiet_is_shown_and_not_only_not_found",
                "closed form",
            ),
            "agreement": (OVERTURN, "test_the_rule_of_disagreement", "closed form"),
            "specifications": (
                OVERTURN,
                "test_each_is_the_comparison_it_names",
                "compare, way by way",
            ),
        }.items()
    },
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
    ("compare", "ancova_interactions"): (
        ESTIMATORS,
        "test_g_computation_and_interactions_equal_r",
        "R lm, lalonde",
    ),
    ("compare", "g_computation"): (
        ESTIMATORS,
        "test_standardised_means_equal_stacked_equations",
        "stacked equations in R",
    ),
    ("uncertainty", "fixed"): (
        ESTIMATORS,
        "test_cr2_of_weighted_regressions_equals_club_sandwich",
        "R clubSandwich",
    ),
    ("uncertainty", "stacked"): (
        ESTIMATORS,
        "test_stacked_error_of_weighting_equals_weightit",
        "R WeightIt",
    ),
    ("uncertainty", "bootstrap"): (
        ESTIMATORS,
        "test_percentile_t_by_hand",
        "closed form",
    ),
    ("uncertainty", "bootstrap_bca"): (ESTIMATORS, "test_bca_by_hand", "closed form, R boot"),
    ("times", "share and mean time"): (
        ESTIMATORS,
        "test_weighted_incidence_equals_survival",
        "R survival",
    ),
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
    ("leaving", "kaplan_meier"): (LEFT, "test_kaplan_meier_equals_r_on_btheb", SURVIVAL),
    ("leaving", "nelson_aalen"): (LEFT, "test_nelson_aalen_median_and_mean_equal_r", "R survival"),
    ("leaving", "restricted_mean"): (LEFT, "test_restricted_mean_equals_r", SURVIVAL),
    ("leaving", "aalen_johansen"): (LEFT, "test_aalen_johansen_equals_r", "R survival"),
    ("leaving", "cluster_df"): (
        "models/test_models_leaving_degrees.py",
        "test_degrees_of_freedom_equal_bell_and_mccaffreys_by_matrices",
        "closed form, Bell & McCaffrey 2002",
    ),
    ("leaving", "log_rank"): (LEFT, "test_rank_tests_equal_r", SURVIVAL),
    ("leaving", "peto"): (LEFT, "test_rank_tests_equal_r", SURVIVAL),
    **{
        ("leaving", f"cox_{ties}"): (COX, "test_equals_r_on_btheb", SURVIVAL)
        for ties in ("efron", "breslow", "exact")
    },
    ("leaving", "cox_clustered"): (COX, "test_strata_and_clusters_equal_r", SURVIVAL),
    ("leaving", "proportional"): (COX, "test_proportional_hazards_equal_r", SURVIVAL),
    ("leaving", "concordance"): (COX, "test_equals_r_on_btheb", SURVIVAL),
    ("leaving", "discrete_logit"): (COX, "test_discrete_time_equals_r", "R glm, Beat the Blues"),
    ("leaving", "discrete_cloglog"): (COX, "test_discrete_time_equals_r", "R glm, Beat the Blues"),
    ("leaving", "dropout_weights"): (
        "models/test_models_leaving_weights.py",
        "test_weights_equal_r_on_btheb",
        "R glm and lm, Beat the Blues",
    ),
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
    **{
        ("practitioners", name): row
        for name, row in {
            "share": (PRACTITIONERS, "test_share_and_likelihood_equal_lme4", "R lme4; exact F"),
            "shrunken": (PRACTITIONERS, "test_modes_equal_lme4", "R lme4; Henderson's equations"),
            "comparison_interval": (PRACTITIONERS, "test_comparison_reach", "closed form"),
            "mean_limits": (
                LIMITS,
                "test_chance_alone_is_the_exact_t_of_one_against_the_others",
                "dense algebra; Thompson 1935",
            ),
            "count_limits": (LIMITS, "test_outside_is_the_mid_p_of_the_binomial", "scipy"),
            "case_mix": (LIMITS, "test_expected_equals_statsmodels", "statsmodels; R lmerTest"),
            "equal_variances": (PRACTITIONERS, "test_two_variances_equal_nlme", "R nlme"),
        }.items()
    },
    ("scoring", "lookup"): (
        SUBSCALES,
        "test_swemwbs_equals_the_published_table",
        "the published table",
    ),
    ("scoring", "subscales"): (SUBSCALES, "test_closed_form_with_reversal", "closed form"),
    ("scoring", "goals"): (GOALS, "test_vectors", "Kiresuk & Sherman, published vectors"),
    **{
        ("dyads", name): (file, test, against)
        for name, file, test, against in (
            ("apim", APIM, "test_equals_nlme", "R nlme"),
            ("apim_structural", APIM, "test_structural_model_equals_lavaan", "R lavaan"),
            ("distinguishability", APIM, "test_roles_equal_nlme_and_lavaan", "R nlme, lavaan"),
            (
                "ratio_fieller",
                APIM,
                "test_fieller_is_its_own_equation",
                "closed form",
            ),
            ("ddf", APIM, "test_df_equal_lmertest_and_pbkrtest", "R pbkrtest"),
            (
                "agreement_anova",
                APIM,
                "test_agreement_equals_the_reml_estimate",
                "R nlme",
            ),
            ("agreement_pairwise", APIM, "test_double_entry_equals_the_ml_estimate", "R nlme"),
            ("growth", DYADIC, "test_equals_nlme", "R nlme lme"),
            (
                "growth_alone",
                DYADIC,
                "test_complete_courses_of_people_alone_have_n_minus_one_df",
                "closed form",
            ),
            (
                "likelihood",
                COUPLES_ENGINE,
                "test_equals_the_normal_density_at_full_size",
                "scipy, n x n",
            ),
            (
                "kenward_roger",
                COUPLES_ENGINE,
                "test_kenward_roger_equals_n_by_n_matrices",
                "n x n matrices",
            ),
        )
    },
    ("binary", "laplace"): (
        BINARY,
        "test_laplace_equals_lme4_searched_to_the_end",
        "R lme4, Beat the Blues",
    ),
    ("binary", "quadrature"): (BINARY, "test_quadrature_equals_lme4", "R lme4; integrals"),
    ("binary", "nested"): (
        BINARY,
        "test_nested_groups_equal_lme4_and_a_spread_of_zero_is_an_answer",
        "R lme4, IMPLEMENT",
    ),
    ("binary", "crossed"): (BINARY, "test_crossed_groups_equal_lme4", "R lme4, NHS providers"),
    ("binary", "profile"): (BINARY, "test_profile_limits_equal_lme4", "R lme4"),
    ("binary", "modes"): (BINARY, "test_conditional_modes_equal_lme4", "R lme4"),
    ("binary", "probabilities"): (
        BINARY,
        "test_probabilities_are_integrals_and_their_errors_are_delta",
        "numerical integration",
    ),
    ("binary", "between-within"): (
        BINARY,
        "test_degrees_of_freedom_follow_where_a_term_varies",
        "closed form",
    ),
    **{
        ("gee", name): (GEE, "test_equals_geepack", "R geepack, Beat the Blues")
        for name in CORRELATIONS
    },
    **{
        ("gee correction", name): (GEE, "test_corrections_equal_clubsandwich", "R clubSandwich")
        for name in ("kauermann-carroll", "mancl-derouen")
    },
    ("gee correction", "none"): (GEE, "test_equals_geepack", "R geepack, Beat the Blues"),
    ("gee correction", "average"): (
        GEE,
        "test_corrections_are_in_order_and_df_are_few",
        "closed form",
    ),
    ("dose", "shares"): (DOSE, "test_counts_and_intervals_by_hand", "closed form"),
    ("dose", "means"): (
        DOSE,
        "test_means_are_t_intervals_and_the_contrast_has_welchs_error",
        "scipy",
    ),
    ("scoring", "unscored"): (SCORING, "test_a_scale_of_mixed_items_takes_totals_only", "refused"),
    ("pooling", "rubin"): (POOLING, "test_pooled_coefficients_equal_r", "R mice, Beat the Blues"),
    ("pooling", "satterthwaite"): (
        POOLING,
        "test_degrees_of_freedom_that_count_clusters_are_those_of_two_mean_squares",
        "scipy, Welch",
    ),
    ("pooling", "D1"): (POOLING, "test_d1_and_d2_equal_r", "R mice and mitml, Beat the Blues"),
    ("pooling", "D2"): (POOLING, "test_d1_and_d2_equal_r", "R mice and mitml, Beat the Blues"),
    ("pooling", "r_squared"): (POOLING, "test_equals_r", "R mice, Beat the Blues"),
    ("pooling", "enough"): (
        POOLING,
        "test_von_hippels_rule_with_the_fraction_known",
        "closed form, von Hippel 2020",
    ),
    ("missing", "delta"): (POOLING, "test_shifted_outcomes_equal_r", "R mice, Beat the Blues"),
    ("missing", "worst_case"): (MISSING, "test_bounds_by_hand", "closed form"),
    ("missing", "imbens_manski"): (
        MISSING,
        "test_between_them_the_equation_holds",
        "closed form, Imbens & Manski 2004",
    ),
    ("imputation", "norm"): (
        IMPUTE,
        "test_regression_draws_have_the_posterior_of_the_closed_form",
        "closed form",
    ),
    ("imputation", "pmm"): (IMPUTE, "test_a_donor_is_one_of_the_nearest", "closed form"),
    ("imputation", "logistic"): (
        IMPUTE,
        "test_logistic_draws_centre_on_the_maximum_of_the_likelihood",
        "statsmodels",
    ),
    ("imputation", "multinomial"): (
        IMPUTE,
        "test_three_words_are_drawn_with_their_shares",
        "closed form",
    ),
    ("imputation", "two_level"): (
        IMPUTE,
        "test_density_of_the_intraclass_correlation_equals_dense_matrices",
        "closed form with dense matrices",
    ),
    ("scoring", "total_only"): (SCORING, "test_a_total_out_of_range_stops", "passed through"),
}
_MMRM = (REPEATED, "test_the_maximum_is_no_lower_than_that_of_r", "R mmrm 0.3.18 and nlme gls")
REFERENCES |= {
    **{("repeated", name): _MMRM for name in ("us", "toeph", "ar1h", "csh", "toep", "ar1", "cs")},
    **{
        ("repeated", name): (REPEATED, "test_structures_equal_gls", "R nlme gls")
        for name in ("id", "idh")
    },
    ("repeated", "ri_ar1"): (
        ENGINE,
        "test_the_objective_is_that_of_the_whole_matrices",
        "closed form; R nlme lme with time in place of visits",
    ),
    **{
        ("mmrm df", name): (REPEATED, "test_at_the_covariance_of_r_everything_is_equal", "R mmrm")
        for name in ("kenward-roger", "kenward-roger-linear", "satterthwaite")
    },
    ("mmrm df", "cr2"): (REPEATED, "test_robust_covariance_equals_clubsandwich", "R clubSandwich"),
    ("mmrm df", "none"): _MMRM,
}
_RECIPE = "models/test_models_weight_recipe.py"
REFERENCES |= {
    ("weighting", "logistic"): (_RECIPE, "test_weights_equal_a_solved_glm", "R glm, lalonde"),
    ("weighting", "bias_reduced"): (
        _RECIPE,
        "test_in_a_two_by_two_table_adds_half_to_each_cell",
        "Firth 1993; R glm on augmented data",
    ),
    ("weighting", "entropy"): (_RECIPE, "test_equals_r_and_balances_exactly", "R; WeightIt"),
    ("weighting", "splines"): (_RECIPE, "test_columns_equal_hmisc", "R Hmisc"),
    ("weighting", "crump"): (
        _RECIPE,
        "test_crump_equals_the_search_over_all_sets",
        "R, search over all sets",
    ),
    ("weighting", "support"): (
        _RECIPE,
        "test_support_keeps_the_range_both_reach",
        "closed form",
    ),
    ("weighting", "scores"): (
        "models/test_models_weight_scores.py",
        "test_stacked_standard_error_equals_weightit",
        "R WeightIt, lalonde",
    ),
}
_SEVERAL = "models/test_models_weight_several.py"
REFERENCES |= {
    **{
        ("several arms", name): (_SEVERAL, "test_equals_r_multinomial", "R nnet multinom, solved")
        for name in ("ATE", "ATT", "ATO", "ATM")
    },
    ("several arms", "balanced"): (
        _SEVERAL,
        "test_overlap_weights_balance_every_mean_of_three_arms",
        "closed form: equal means",
    ),
}
METHODS = [
    *(("several arms", name) for name in (*SEVERAL, "balanced")),
    *(("repeated", name) for name in STRUCTURES),
    *(("weighting", name) for name in (*WAYS, *TRIMMINGS, "bias_reduced", "splines", "scores")),
    *(("mmrm df", name) for name in get_args(Ddf)),
    *(
        ("change", f"{name} {direction} {criterion}")
        for name in CHANGE_METHODS
        for direction, criterion in _WAYS
    ),
    *(("process", name) for name in PROCESS_METHODS),
    *(("practitioners", name) for name in PRACTITIONER_METHODS),
    *(("mixed", name) for name in DDF),
    *(("mixed intervals", name) for name in INTERVALS),
    *(("criterion", name) for name in CRITERIA),
    *(("sessions", call.__name__) for call in SESSION_CALLS),
    *(("compare", name) for name in METHOD_NAMES),
    *(("uncertainty", name) for name in UNCERTAINTIES),
    ("times", "share and mean time"),
    *(("overturn", name) for name in OVERTURN_METHODS),
    *(("leaving", name) for name in LEAVING_METHODS),
    *(("estimand", name) for name in ESTIMANDS),
    *(("covariance", name) for name in get_args(Kind)),
    *(("scoring", name) for name in SCORINGS),
    *(("definition", name) for name in claim_policy().definitions),
    *(("unit", name) for name in UNITS),
    *(("pooling", name) for name in ("rubin", "satterthwaite", "D1", "D2", "r_squared", "enough")),
    *(("missing", name) for name in ("delta", "worst_case", "imbens_manski")),
    *(("imputation", name) for name in (*IMPUTATION_METHODS, "two_level")),
    ("service", "nhs"),
    *(
        ("dyads", name)
        for name in (
            *("apim", "apim_structural", "distinguishability", "ratio_fieller", "ddf"),
            *("agreement_anova", "agreement_pairwise", "growth", "growth_alone", "likelihood"),
            "kenward_roger",
        )
    ),
    *(
        ("binary", name)
        for name in (
            "laplace",
            "quadrature",
            "nested",
            "crossed",
            "profile",
            "modes",
            "probabilities",
            "between-within",
        )
    ),
    *(("gee", name) for name in CORRELATIONS),
    *(("gee correction", name) for name in CORRECTIONS),
    *(("dose", name) for name in ("shares", "means")),
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


FAMILY = "comparison/test_comparison_family.py"
MARGINS = "comparison/test_comparison_margins.py"
CONCURRENT = "comparison/test_comparison_concurrent.py"
REFERENCES |= {
    **{("family", name): (FAMILY, "test_adjusted_p_equal_r", "R p.adjust") for name in CORRECTED},
    ("family", "intervals"): (FAMILY, "test_intervals_by_hand", "closed form"),
    ("margin", "equivalence"): (
        MARGINS,
        "test_two_one_sided_tests_equal_r",
        "R t.test and TOSTER, Beat the Blues",
    ),
    ("margin", "noninferiority"): (
        MARGINS,
        "test_noninferiority_of_a_comparison_equals_r",
        "R lm, Beat the Blues",
    ),
    ("concurrent", "landmark"): (CONCURRENT, "test_people_by_hand", "closed form"),
    ("concurrent", "weights"): (CONCURRENT, "test_weights_equal_statsmodels", "statsmodels"),
    ("concurrent", "score"): (
        CONCURRENT,
        "test_without_weights_it_is_least_squares_with_cr2",
        "dense matrices",
    ),
    ("concurrent", "event"): (CONCURRENT, "test_weighted_logit_equals_statsmodels", "statsmodels"),
}
METHODS += [
    *(("family", name) for name in (*CORRECTED, "intervals")),
    *(("margin", name) for name in ("equivalence", "noninferiority")),
    *(("concurrent", name) for name in ("landmark", "weights", SCORE, EVENT)),
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
