"""Results as pictures: each with caption, alternative text and the numbers behind it.

matplotlib and seaborn are imported when the first figure is drawn, not before.
"""

from outcomes.figures.balance import balance
from outcomes.figures.beliefs import beliefs
from outcomes.figures.benefits import benefits
from outcomes.figures.chains import chains
from outcomes.figures.couples import couple_rates, couple_table
from outcomes.figures.course import course
from outcomes.figures.differences import differences
from outcomes.figures.dose import dose_counts, dose_courses, dose_shares
from outcomes.figures.drift import expected_drift
from outcomes.figures.dyads import agreement, dyad_paths
from outcomes.figures.effect import effect
from outcomes.figures.effect_panel import effect_panel
from outcomes.figures.evalue import evalue_curve
from outcomes.figures.figure import Figure
from outcomes.figures.flow import flow
from outcomes.figures.goal_board import goal_board
from outcomes.figures.hidden import hidden_contours
from outcomes.figures.leaving import leaving_curves, leaving_endings
from outcomes.figures.leaving_models import dropout_weighting, leaving_ratios
from outcomes.figures.modification import subgroups
from outcomes.figures.odds import odds_ratios
from outcomes.figures.overlap import overlap
from outcomes.figures.partner_courses import partner_courses
from outcomes.figures.phases import attendance, phases
from outcomes.figures.plot import plot
from outcomes.figures.plot_comparison import plot_comparison
from outcomes.figures.plot_overturn import plot_overturn
from outcomes.figures.practitioners import funnel, shrunken
from outcomes.figures.rates import rates
from outcomes.figures.satisfaction import satisfaction
from outcomes.figures.scores import start_against_end
from outcomes.figures.service import service_rates
from outcomes.figures.sessions import expected_course, first_change
from outcomes.figures.several_arms import pairs_of_arms
from outcomes.figures.specification import specification_curve
from outcomes.figures.specifications import comparison_curve
from outcomes.figures.start_and_end import StartAndEnd, start_and_end
from outcomes.figures.threats import overturn_panel
from outcomes.figures.tipping import tipping
from outcomes.figures.visits import visit_means
from outcomes.figures.ways import methods, over_sessions, thresholds
from outcomes.figures.zones import transitions

__all__ = [
    "Figure",
    "StartAndEnd",
    "agreement",
    "attendance",
    "balance",
    "beliefs",
    "benefits",
    "chains",
    "comparison_curve",
    "couple_rates",
    "couple_table",
    "course",
    "differences",
    "dose_counts",
    "dose_courses",
    "dose_shares",
    "dropout_weighting",
    "dyad_paths",
    "effect",
    "effect_panel",
    "evalue_curve",
    "expected_course",
    "expected_drift",
    "first_change",
    "flow",
    "funnel",
    "goal_board",
    "hidden_contours",
    "leaving_curves",
    "leaving_endings",
    "leaving_ratios",
    "methods",
    "odds_ratios",
    "over_sessions",
    "overlap",
    "overturn_panel",
    "pairs_of_arms",
    "partner_courses",
    "phases",
    "plot",
    "plot_comparison",
    "plot_overturn",
    "rates",
    "satisfaction",
    "service_rates",
    "shrunken",
    "specification_curve",
    "start_against_end",
    "start_and_end",
    "subgroups",
    "thresholds",
    "tipping",
    "transitions",
    "visit_means",
]
