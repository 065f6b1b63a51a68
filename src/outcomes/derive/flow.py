"""Who was left out of a cohort, at which step: persons, couples and episodes."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from outcomes.schema import vocabularies

TOTAL = "all"
FLOW_COLUMNS = [
    "step",
    "label",
    "arm",
    "persons",
    "couples",
    "episodes",
    "left_out",
    "couples_left_out",
    "episodes_left_out",
]


@dataclass(frozen=True, slots=True)
class Step:
    """One narrowing of the cohort: which rows meet it, whatever the other steps say."""

    id: str
    label: str
    keep: pd.Series


def flow(rows: pd.DataFrame, steps: list[Step], arms: tuple[str, ...]) -> pd.DataFrame:
    """Count people after each step, for every arm and for "all" together.

    `rows` is a frame of pairs; each step narrows what the steps before left. Persons and
    couples are counted once however many episodes they have, so before the step that
    keeps one episode a person may stand in two arms and the arms need not add up to "all".
    A couple is counted while at least one partner remains. left_out, couples_left_out and
    episodes_left_out are those lost at this step, so that nobody is lost without a line.
    """
    names = [TOTAL, *arms, *_other_arms(rows["arm"], arms)]
    kept = pd.Series(True, index=rows.index)
    before: pd.DataFrame | None = None
    parts = []
    for step in steps:
        kept = kept & step.keep
        counts = _counts(rows[kept], names)
        lost = counts - counts if before is None else before - counts
        part = counts.assign(
            step=step.id,
            label=step.label,
            left_out=lost["persons"],
            couples_left_out=lost["couples"],
            episodes_left_out=lost["episodes"],
        )
        parts.append(part.rename_axis("arm").reset_index())
        before = counts
    return pd.concat(parts, ignore_index=True)[FLOW_COLUMNS]


def _other_arms(arm: pd.Series, asked: tuple[str, ...]) -> list[str]:
    """Arms in the data that were not asked for."""
    there = set(arm.dropna())
    return [name for name in vocabularies()["arm"].words if name in there and name not in asked]


def _counts(rows: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """persons, couples and episodes by arm, with "all" first."""
    columns = {"persons": "client_id", "couples": "couple_id", "episodes": "episode_id"}
    by_arm = rows.groupby("arm")[list(columns.values())].nunique()
    by_arm.loc[TOTAL] = rows[list(columns.values())].nunique()
    by_arm = by_arm.rename(columns={source: name for name, source in columns.items()})
    return by_arm.reindex(names, fill_value=0).astype("int64")
