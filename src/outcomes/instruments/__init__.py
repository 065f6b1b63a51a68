"""Questionnaires as data: registry and scoring. No item text anywhere."""

from outcomes.instruments.goal_scores import GoalScores, goal_scores
from outcomes.instruments.goals import GoalChange, gas_change, gas_t, rating_change
from outcomes.instruments.labels import ReadLabels, read_labels
from outcomes.instruments.model import (
    AnswerWords,
    Cutoff,
    Instrument,
    MissingRule,
    Norm,
    Reliability,
    ReliableChange,
)
from outcomes.instruments.reading import load
from outcomes.instruments.registry import declare, get, library, list, own_instruments
from outcomes.instruments.risk import RiskFlags, risk_flags
from outcomes.instruments.scoring import score, score_items
from outcomes.instruments.subscale_scores import pomp, subscales
from outcomes.instruments.subscales import Conversion, Subscale

__all__ = [
    "AnswerWords",
    "Conversion",
    "Cutoff",
    "GoalChange",
    "GoalScores",
    "Instrument",
    "MissingRule",
    "Norm",
    "ReadLabels",
    "Reliability",
    "ReliableChange",
    "RiskFlags",
    "Subscale",
    "declare",
    "gas_change",
    "gas_t",
    "get",
    "goal_scores",
    "library",
    "list",
    "load",
    "own_instruments",
    "pomp",
    "rating_change",
    "read_labels",
    "risk_flags",
    "score",
    "score_items",
    "subscales",
]
