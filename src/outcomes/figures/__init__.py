"""Results as pictures: each with caption, alternative text and the numbers behind it.

matplotlib and seaborn are imported when the first figure is drawn, not before.
"""

from outcomes.figures.balance import balance
from outcomes.figures.effect import effect
from outcomes.figures.figure import Figure
from outcomes.figures.flow import flow
from outcomes.figures.overlap import overlap
from outcomes.figures.plot import plot
from outcomes.figures.rates import rates
from outcomes.figures.scores import start_against_end

__all__ = [
    "Figure",
    "balance",
    "effect",
    "flow",
    "overlap",
    "plot",
    "rates",
    "start_against_end",
]
