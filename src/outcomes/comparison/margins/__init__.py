"""Margins declared in advance, and the tests of equivalence and non-inferiority against them."""

from outcomes.comparison.margins.margin import Margin, margin
from outcomes.comparison.margins.result import AgainstMargin
from outcomes.comparison.margins.two_one_sided import equivalence, noninferiority

__all__ = ["AgainstMargin", "Margin", "equivalence", "margin", "noninferiority"]
