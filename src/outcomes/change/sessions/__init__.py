"""Change over the sessions: first change, setbacks, sudden gains, alerts, early response."""

from outcomes.change.sessions.early import EarlyResponse, early_response
from outcomes.change.sessions.first_change import FirstChange, first_change
from outcomes.change.sessions.on_track import OnTrack, on_track
from outcomes.change.sessions.rule import Scale
from outcomes.change.sessions.setbacks import Setbacks, setbacks
from outcomes.change.sessions.shares import OverSessions
from outcomes.change.sessions.sudden import SuddenGains, sudden_gains

CALLS = (early_response, first_change, on_track, setbacks, sudden_gains)

__all__ = [
    "CALLS",
    "EarlyResponse",
    "FirstChange",
    "OnTrack",
    "OverSessions",
    "Scale",
    "Setbacks",
    "SuddenGains",
    "early_response",
    "first_change",
    "on_track",
    "setbacks",
    "sudden_gains",
]
