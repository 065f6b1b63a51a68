"""What was done and how it was received: attendance, homework, phases, satisfaction, alliance."""

from outcomes.process.benefits import BenefitsResult, benefits
from outcomes.process.goals import GoalsResult, goals
from outcomes.process.process import ProcessResult, process
from outcomes.process.result import Findings
from outcomes.process.satisfaction import SatisfactionResult, satisfaction

__all__ = [
    "BenefitsResult",
    "Findings",
    "GoalsResult",
    "ProcessResult",
    "SatisfactionResult",
    "benefits",
    "goals",
    "process",
    "satisfaction",
]
