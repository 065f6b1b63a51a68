"""What may be shown of results, and how a number is worded: shared by figures, tables and prose."""

from outcomes.showing.disclosure import releasable, visible_flow, visible_rates, visible_steps

__all__ = ["releasable", "visible_flow", "visible_rates", "visible_steps"]
