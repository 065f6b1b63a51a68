"""Couples as two people: how alike they are, how each goes with the other, how both change."""

from outcomes.models.dyads.agreement import PartnerAgreement, partner_agreement
from outcomes.models.dyads.apim import apim
from outcomes.models.dyads.apim_result import ApimResult
from outcomes.models.dyads.growth import dyadic_growth
from outcomes.models.dyads.growth_result import DyadicGrowthResult
from outcomes.models.dyads.partners import pair_partners

__all__ = [
    "ApimResult",
    "DyadicGrowthResult",
    "PartnerAgreement",
    "apim",
    "dyadic_growth",
    "pair_partners",
    "partner_agreement",
]
