"""Service measures as NHS Talking Therapies defines them, from raw pairs."""

from outcomes.change.service.measures import service_measures
from outcomes.change.service.result import ServiceMeasures

__all__ = ["ServiceMeasures", "service_measures"]
