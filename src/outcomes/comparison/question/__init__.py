"""The question first: a target trial, what these data make of it, and its checklist."""

from outcomes.comparison.question.asking import Asked, ask
from outcomes.comparison.question.checklist import Checklist
from outcomes.comparison.question.eligibility import Eligibility
from outcomes.comparison.question.question import Question

__all__ = ["Asked", "Checklist", "Eligibility", "Question", "ask"]
