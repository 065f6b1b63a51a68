"""Who may stand in a cohort: the steps of the narrowing, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from outcomes.derive.care import BOTH
from outcomes.derive.flow import Step
from outcomes.derive.period import Period
from outcomes.derive.policy import derive_policy
from outcomes.errors import NotEnoughData, UsageError
from outcomes.schema import Study, label, vocabularies


def eligible(
    rows: pd.DataFrame, arms: tuple[str, ...], span: Period, practice: str | None
) -> list[Step]:
    """List the steps from every episode of a frame of pairs to one row for each person."""
    everyone = pd.Series(True, index=rows.index)
    here = everyone if practice is None else rows["practice_id"].eq(practice).fillna(False)
    counted = rows["intervention"].isin(list(derive_policy().counted_care))
    two_kinds = rows["arm"].eq(BOTH)
    of_kind = rows["intervention"].isin(arms)
    if BOTH in arms:
        of_kind = of_kind | (two_kinds & counted)
    names = ", ".join(label("arm", arm).lower() for arm in arms)
    steps = [Step("read", "Episodes read", everyone)]
    if rows["client_id"].isna().any():
        steps.append(Step("named", "Episode names its client", rows["client_id"].notna()))
    place = "Any practice" if practice is None else f"Practice {practice}"
    when = "Ended or still open" if span.start is None else f"Ended in {span.label}"
    steps += [
        Step("practice", place, here),
        Step("period", when, span.contains(rows["ended_on"])),
        Step("intervention", f"Intervention compared: {names}", of_kind),
    ]
    kept = pd.concat([step.keep for step in steps], axis=1).all(axis=1)
    steps.append(Step("first", "The person's first such episode", _first_episode(rows, kept)))
    if BOTH not in arms:
        label_of_step = "Not in both kinds of care at the start"
        steps.append(Step("one_kind", label_of_step, ~two_kinds))
    elif (two_kinds & ~counted).any():
        # Usual care beside coaching or therapy is not "coaching and therapy together".
        label_of_step = "Not in usual care beside a kind of care compared"
        steps.append(Step("one_kind", label_of_step, counted | ~two_kinds))
    return steps


def scored_steps(rows: pd.DataFrame) -> list[Step]:
    """List the steps from persons to persons with both scores."""
    has_start, has_end = rows["pre"].notna(), rows["post"].notna()
    return [
        Step("start_score", "Score at the start", has_start),
        Step("paired", "Scores at the start and at the end", has_start & has_end),
    ]


def _first_episode(rows: pd.DataFrame, kept: pd.Series) -> pd.Series:
    """Whether a row is the person's first among `kept`: by start, then by episode key."""
    order = ["client_id", "started_on", "episode_id"]
    ranked = rows.loc[kept, order].sort_values(order, kind="stable")
    first = ranked.index[~ranked["client_id"].duplicated()]
    return pd.Series(rows.index.isin(first), index=rows.index)


def checked_arms(interventions: Sequence[str]) -> tuple[str, ...]:
    """Return the arms in the order given; UsageError where one is unknown or repeated."""
    asked = (interventions,) if isinstance(interventions, str) else tuple(interventions)
    known = vocabularies()["arm"].words
    unknown = [name for name in asked if name not in known]
    if unknown or not asked:
        what = (
            f"Unknown intervention: {', '.join(map(repr, unknown))}."
            if unknown
            else "No intervention was named."
        )
        raise UsageError(
            what, where="parameter interventions", fix=f"Choose from {', '.join(known)}."
        )
    if len(set(asked)) < len(asked):
        raise UsageError(
            "An intervention is named twice.",
            where="parameter interventions",
            fix="Name each intervention once.",
        )
    return asked


def check_practice(study: Study, practice: str | None) -> None:
    """Raise UsageError where no table of the study names `practice`."""
    if practice is None:
        return
    tables = (study.episodes, study.clients, study.couples, study.practitioners)
    known = sorted({name for table in tables for name in table["practice_id"].dropna()})
    if practice not in known:
        raise UsageError(
            f"Unknown practice: {practice!r}.",
            where="parameter practice",
            fix=f"Choose from {', '.join(known)}." if known else "The source names no practice.",
        )


def check_enough(
    frame: pd.DataFrame, counts: pd.DataFrame, arms: tuple[str, ...], place: str, name: str
) -> None:
    """Raise NotEnoughData where an arm is empty or nobody has both scores."""
    people = frame["arm"].value_counts()
    empty = [arm for arm in arms if people.get(arm, 0) == 0]
    if empty:
        at_kind = counts[counts["step"].eq("intervention")].set_index("arm")["persons"]
        raise NotEnoughData(
            f"No client with the intervention {', '.join(empty)}.",
            where=place,
            how_many=0,
            fix=_way_out(at_kind, empty),
        )
    if not frame["status"].eq("paired").any():
        raise NotEnoughData(
            f"Nobody has a score of {name} both at the start and at the end.",
            where=place,
            how_many=len(frame),
            fix=(
                f"{int(frame['pre'].notna().sum())} have a score at the start. Choose an "
                "instrument that is given at both times, or check how occasions are coded."
            ),
        )


def _way_out(at_kind: pd.Series, empty: list[str]) -> str:
    """Say what to do about empty arms, from the persons by arm at the intervention step."""
    lost = int(sum(at_kind.get(arm, 0) for arm in empty))
    if lost:
        return f"{lost} had such an episode, but an earlier eligible one of another kind."
    both = int(at_kind.get(BOTH, 0))
    if both and BOTH not in empty:
        return f"{both} were in both kinds of care at the start: compare 'both' as an arm."
    return "Choose another period or practice, or another intervention."
