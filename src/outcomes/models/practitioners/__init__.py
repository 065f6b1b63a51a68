"""Practitioners, practices, sites: how much they differ, and who differs more than chance."""

from outcomes.models.practitioners.analysis import practitioners
from outcomes.models.practitioners.policy import PractitionerPolicy, practitioner_policy
from outcomes.models.practitioners.result import PractitionersResult

__all__ = ["PractitionerPolicy", "PractitionersResult", "practitioner_policy", "practitioners"]
