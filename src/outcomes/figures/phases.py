"""The phases of the work as a funnel: how many closed episodes reached each."""

from __future__ import annotations

from outcomes.figures.figure import Figure
from outcomes.figures.shares import share_figure
from outcomes.privacy import Policy
from outcomes.process import ProcessResult
from outcomes.showing import format as fmt


def phases(result: ProcessResult, policy: Policy) -> Figure:
    """One bar for each phase and group: share of closed episodes that reached it."""
    closed = result.shares["family"].eq("phases") & result.shares["measure"].str.endswith("_closed")
    by = "" if result.by is None else f" by {result.by.replace('_', ' ')}"
    return share_figure(
        result,
        policy,
        result.shares[closed],
        name="phases",
        caption=(
            f"Phases reached{by}: share of closed episodes with "
            f"{fmt.level(result.confidence)} interval. A later phase implies the earlier ones."
        ),
        about="Share of closed episodes that reached each phase.",
    )


def attendance(result: ProcessResult, policy: Policy) -> Figure:
    """Appointments kept, missed and cancelled, and tasks agreed and done."""
    wanted = result.shares["family"].isin(["attendance", "homework_set", "homework_done"])
    told = wanted & ~result.shares["measure"].str.endswith("_recorded")
    by = "" if result.by is None else f" by {result.by.replace('_', ' ')}"
    return share_figure(
        result,
        policy,
        result.shares[told],
        name="attendance",
        caption=(
            f"Appointments and tasks{by}: shares with {fmt.level(result.confidence)} intervals "
            "that allow for people with several appointments."
        ),
        about="Shares of appointments and tasks.",
    )
