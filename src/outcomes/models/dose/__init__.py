"""Outcomes by number of sessions: a description in which ending is part of the outcome."""

from outcomes.models.dose.dose import dose
from outcomes.models.dose.result import DoseResult

__all__ = ["DoseResult", "dose"]
