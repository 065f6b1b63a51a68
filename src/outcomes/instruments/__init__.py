"""Questionnaires as data: registry and scoring. No item text anywhere."""

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
from outcomes.instruments.scoring import score, score_items

__all__ = [
    "AnswerWords",
    "Cutoff",
    "Instrument",
    "MissingRule",
    "Norm",
    "ReadLabels",
    "Reliability",
    "ReliableChange",
    "declare",
    "get",
    "library",
    "list",
    "load",
    "own_instruments",
    "read_labels",
    "score",
    "score_items",
]
