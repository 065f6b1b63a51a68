"""Practitioners in two roles, and help that is not of their role."""

from __future__ import annotations

import pandas as pd

from outcomes.cleaning.policy import Settings
from outcomes.cleaning.traced import Tables, Traced, Tracing


def join_roles(tables: Tables, settings: Settings) -> Traced:
    """Give a practitioner who is listed in different roles the role of both (two_roles)."""
    tracing = Tracing("join_roles", tables)
    if "practitioners" not in tables or tables["practitioners"].empty:
        return tracing.done()
    frame = tables["practitioners"]
    several = frame.groupby("practitioner_id")["role"].transform("nunique") > 1
    both = settings.policy.role_of_both
    cells = pd.Series(both, index=frame.index, dtype="string")
    tracing.change("practitioners", several & (frame["role"] != both), "two_roles", "role", cells)
    return tracing.done()


def check_roles(tables: Tables, settings: Settings) -> Traced:
    """Flag episodes whose practitioner does not offer that help (role_mismatch)."""
    tracing = Tracing("check_roles", tables)
    if "practitioners" not in tables or "episodes" not in tables:
        return tracing.done()
    episodes = tables["episodes"]
    role = tables["practitioners"].set_index("practitioner_id")["role"]
    role = role.reindex(episodes["practitioner_id"]).set_axis(episodes.index)
    for intervention, roles in settings.policy.roles_for.items():
        odd = (episodes["intervention"] == intervention) & role.notna() & ~role.isin(roles)
        tracing.flag("episodes", odd, "role_mismatch", "practitioner_id")
    return tracing.done()
