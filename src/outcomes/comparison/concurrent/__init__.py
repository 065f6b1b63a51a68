"""Care that is added later: landmark analysis and a time-varying exposure, never 'ever had'."""

from outcomes.comparison.concurrent.concurrent import concurrent
from outcomes.comparison.concurrent.courses import added_care
from outcomes.comparison.concurrent.landmark import landmark
from outcomes.comparison.concurrent.landmark_result import AtLandmark, LandmarkResult
from outcomes.comparison.concurrent.person_time import person_time
from outcomes.comparison.concurrent.result import ConcurrentResult

__all__ = [
    "AtLandmark",
    "ConcurrentResult",
    "LandmarkResult",
    "added_care",
    "concurrent",
    "landmark",
    "person_time",
]
