"""Results as pictures: each with caption, alternative text and the numbers behind it.

matplotlib and seaborn are imported when the first figure is drawn, not before.
"""

from outcomes.figures.balance import balance
from outcomes.figures.benefits import benefits
from outcomes.figures.couples import couple_rates, couple_table
from outcomes.figures.differences import differences
from outcomes.figures.effect import effect
from outcomes.figures.figure import Figure
from outcomes.figures.flow import flow
from outcomes.figures.goal_board import goal_board
from outcomes.figures.overlap import overlap
from outcomes.figures.phases import attendance, phases
from outcomes.figures.plot import plot
from outcomes.figures.rates import rates
from outcomes.figures.satisfaction import satisfaction
from outcomes.figures.scores import start_against_end
from outcomes.figures.service import service_rates
from outcomes.figures.sessions import expected_course, first_change
from outcomes.figures.specification import specification_curve
from outcomes.figures.ways import methods, over_sessions, thresholds
from outcomes.figures.zones import transitions

__all__ = [
    "Figure",
    "attendance",
    "balance",
    "benefits",
    "couple_rates",
    "couple_table",
    "differences",
    "effect",
    "expected_course",
    "first_change",
    "flow",
    "goal_board",
    "methods",
    "over_sessions",
    "overlap",
    "phases",
    "plot",
    "rates",
    "satisfaction",
    "service_rates",
    "specification_curve",
    "start_against_end",
    "thresholds",
    "transitions",
]
