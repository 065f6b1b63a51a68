"""The simulation laboratory: worlds with a known answer, and how often the tool finds it."""

from outcomes.comparison.laboratory.estimators import WAYS, Tried, Way, attempt, ways_of
from outcomes.comparison.laboratory.people import COVARIATES, draw, truth
from outcomes.comparison.laboratory.result import LaboratoryResult
from outcomes.comparison.laboratory.run import laboratory
from outcomes.comparison.laboratory.scenario import Scenario, scenario, scenarios

__all__ = [
    "COVARIATES",
    "WAYS",
    "LaboratoryResult",
    "Scenario",
    "Tried",
    "Way",
    "attempt",
    "draw",
    "laboratory",
    "scenario",
    "scenarios",
    "truth",
    "ways_of",
]
