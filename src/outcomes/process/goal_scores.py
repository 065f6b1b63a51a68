"""T scores of goals, for this room: those of `instruments/`, many parties at once."""

from outcomes.instruments.goals import gas_t

__all__ = ["gas_t"]
