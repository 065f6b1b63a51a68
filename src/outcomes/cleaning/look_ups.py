"""Rows whose person is not in the list of the practice that should name them."""

from __future__ import annotations

from outcomes.cleaning.policy import Settings
from outcomes.cleaning.traced import LOOK_UP, Tables, Traced, Tracing

REASONS = ("not_in_look_up", "twice_in_look_up")


def check_look_ups(tables: Tables, settings: Settings) -> Traced:
    """Put aside rows that say in `_look_up` why the list did not tell who they are about."""
    tracing = Tracing("check_look_ups", tables, settings.accept)
    for name in tables:
        if LOOK_UP not in tracing[name]:
            continue
        for reason in REASONS:
            tracing.quarantine(name, tracing[name][LOOK_UP] == reason, reason)
    return tracing.done()
