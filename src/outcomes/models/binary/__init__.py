"""Yes/no outcomes: the logistic mixed model, and the population-averaged model beside it."""

from outcomes.models.binary.beside import Beside
from outcomes.models.binary.gee import gee
from outcomes.models.binary.gee_result import GeeResult
from outcomes.models.binary.mixed_logistic import mixed_logistic
from outcomes.models.binary.mixed_result import MixedLogistic

__all__ = ["Beside", "GeeResult", "MixedLogistic", "gee", "mixed_logistic"]
