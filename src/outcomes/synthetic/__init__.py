"""A practice that does not exist, with known effects and known faults, to try and test with."""

from outcomes.synthetic.build import Practice, practice

__all__ = ["Practice", "practice"]
