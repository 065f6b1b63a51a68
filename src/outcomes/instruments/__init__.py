"""Questionnaires as data: registry and scoring. No item text anywhere."""

from outcomes.instruments.model import (
    Cutoff,
    Instrument,
    MissingRule,
    Norm,
    Reliability,
    ReliableChange,
)
from outcomes.instruments.reading import load
from outcomes.instruments.registry import get, library, list, own_instruments
from outcomes.instruments.scoring import score, score_items

__all__ = [
    "Cutoff",
    "Instrument",
    "MissingRule",
    "Norm",
    "Reliability",
    "ReliableChange",
    "get",
    "library",
    "list",
    "load",
    "own_instruments",
    "score",
    "score_items",
]
