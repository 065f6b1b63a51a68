"""The course of scores over time by group: one growth model, told in the scale of the scores."""

from outcomes.models.growth.course import growth
from outcomes.models.growth.result import GrowthCourse
from outcomes.models.growth.shapes import SHAPES, Shape, shape

__all__ = ["SHAPES", "GrowthCourse", "Shape", "growth", "shape"]
