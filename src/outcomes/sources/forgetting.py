"""Takes one person out of a store: every table, every earlier version, every file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from outcomes.cleaning import Forgotten, rows_of, widened
from outcomes.errors import InputError, OutputError, UsageError
from outcomes.privacy import key_id, pseudonyms
from outcomes.schema import TABLES
from outcomes.sources.commit import LOCK, Draft, left_over, sweep
from outcomes.sources.dataset import Dataset, open_store
from outcomes.sources.durable import unchanged_on_failure
from outcomes.sources.erased import Erased
from outcomes.sources.keys import key_file, load_key, lost
from outcomes.sources.locks import WAIT_SECONDS, exclusive
from outcomes.sources.parquet import read_table
from outcomes.sources.partitions import homes, partitioned
from outcomes.sources.state import Partition, State
from outcomes.sources.tombstones import mark, marks_of
from outcomes.sources.versions import HISTORY, MARKS
from outcomes.sources.writing import in_order, write_history, write_tables_of

_PARTNERS = ("client_a", "client_b")
# What a course of a couple becomes where the store may know of one of them only.
_ALONE = "individual"
Rows = dict[str, pd.DataFrame]


@dataclass(frozen=True, slots=True, eq=False)
class _Taken:
    """Current rows and history without the person, who they had, and counts by table."""

    current: Rows
    history: dict[str | None, Rows]
    who: Forgotten
    rows: Mapping[str, int]
    earlier: Mapping[str, int]
    kept_for_partner: int


def forget(
    store: str | Path,
    *,
    client: str | None = None,
    id: str | None = None,
    key: str | Path | None = None,
    wait: float = WAIT_SECONDS,
) -> Erased:
    """Take one person out of all tables and all earlier versions of a store.

    Parameters
    ----------
    store
        The folder of the store. Whatever happens, it holds the old or the new version.
    client
        The person as the store calls them: the pseudonym, or the id where ids are kept.
    id
        Or the id as the practice's software has it, from which the pseudonym is made.
    key
        The key file of the pseudonyms, for `id`; None takes `keys.key_file()`.
    wait
        Seconds to wait for another run that writes to the store.

    Returns
    -------
    Erased: how many rows and earlier versions were removed of each table. A mark stays in
    `store.json`, by which `merge` drops the person if they come again. Of the person's
    couples, the partner's own rows stay; rows of both are removed.

    Raises
    ------
    UsageError
        where not exactly one of `client` and `id` is given, or `id` in a store of kept ids.
    InputError
        where the store does not know the person, is damaged, or the key is another one.
    OutputError
        where the store cannot be written, or old files could not be removed.
    """
    if (client is None) == (id is None):
        raise UsageError("name one person", where="client, id", fix="give one of the two")
    folder = Path(store)
    open_store(folder)  # so that no lock is made in a folder that is no store
    with unchanged_on_failure(folder), exclusive(folder / LOCK, wait):
        dataset = open_store(folder)
        sweep(folder, dataset.state)
        person = client.strip() if client is not None else _pseudonym(dataset, str(id), key)
        return _forget(dataset, person)


def _pseudonym(dataset: Dataset, plain: str, key: str | Path | None) -> str:
    """The pseudonym of an id. The key must be there: a new one would find nobody."""
    if dataset.state.key_id is None:
        raise UsageError(
            "the store keeps ids as they came, and has no pseudonyms",
            where=str(dataset.folder),
            fix="name the person with --client and the id",
        )
    place = Path(key_file() if key is None else key).expanduser()
    if not place.exists():
        raise lost(dataset.folder, place)
    secret = load_key(place)
    if key_id(secret) != dataset.state.key_id:
        raise lost(dataset.folder, place)
    return str(pseudonyms(pd.Series([plain.strip()], dtype="string"), secret, "clients").iloc[0])


def _forget(dataset: Dataset, person: str) -> Erased:
    """Commit the store without the person, and leave no file of the versions before."""
    before = dataset.state
    known = any(group[0] == mark("clients", person) for group in before.forgotten)
    opened = _touched(dataset, person)
    if opened:
        taken = _taken(dataset, opened, person)
        draft = Draft(dataset.folder)
        partitions = _written(draft, dataset, opened, taken)
        rest = tuple(g for g in before.forgotten if g[0] != mark("clients", person))
        forgotten = (*rest, marks_of(taken.who))
        erased = Erased(dataset.folder, taken.rows, taken.earlier, taken.kept_for_partner)
        state = replace(before, partitions=partitions, superseded=(), forgotten=forgotten)
    elif known:
        # Perhaps the run before was stopped between its commit and the removal of old files.
        nothing = dict.fromkeys(TABLES, 0)
        erased = Erased(dataset.folder, nothing, nothing, 0, repeated=True)
        draft, state = Draft(dataset.folder), replace(before, superseded=())
    else:
        raise InputError(
            "the store does not know this person",
            where=str(dataset.folder),
            fix="check the pseudonym, or give the id as the practice's software has it with "
            "--id and the key of the store",
        )
    draft.commit(state, base=before)
    _require_gone(dataset.folder, state)
    return erased


def _require_gone(folder: Path, state: State) -> None:
    files = left_over(folder, state)
    if files:
        raise OutputError(
            "the person is out of the store, but files of earlier versions could not be removed",
            where=str(folder),
            how_many=len(files),
            fix="close the programs that have them open, and run this again",
        )


def _touched(dataset: Dataset, person: str) -> set[str | None]:
    """The practices that hold the person or a partner, now or in an earlier version."""
    found = {part.practice for part in dataset.state.partitions if _holds(dataset, part, {person})}
    if not found:
        return set()
    couples = dataset.stored("couples", practices=_with_tables(dataset, found))
    people = {person, *_couples_of(couples, person)}
    return {part.practice for part in dataset.state.partitions if _holds(dataset, part, people)}


def _holds(dataset: Dataset, part: Partition, people: set[str]) -> bool:
    """Whether a partition names one of these people; a row of it points up to its client."""
    file = part.tables.get("clients")
    if file is not None:
        there = read_table(dataset.content(file), TABLES["clients"], {}, ["client_id"])
        if there["client_id"].isin(people).any():
            return True
    for name, past in part.history.items():
        rows = read_table(dataset.content(past), TABLES[name], HISTORY)
        for column in ("client_id", *_PARTNERS):
            if column in rows and rows[column].isin(people).any():
                return True
    return False


def _couples_of(couples: pd.DataFrame, person: str) -> set[str]:
    """The partners of a person."""
    ours = couples[(couples[list(_PARTNERS)] == person).fillna(False).any(axis=1)]
    return {str(one) for one in ours[list(_PARTNERS)].to_numpy().ravel()} - {person}


def _with_tables(dataset: Dataset, opened: set[str | None]) -> set[str | None]:
    return opened & set(dataset.practices())


def _taken(dataset: Dataset, opened: set[str | None], person: str) -> _Taken:
    practices = _with_tables(dataset, opened)
    columns = {name: [*TABLES[name].names, *MARKS] for name in TABLES}
    current = {
        name: dataset.stored(name, practices=practices)[columns[name]].reset_index(drop=True)
        for name in TABLES
    }
    history = {
        part.practice: {
            name: read_table(dataset.content(file), TABLES[name], HISTORY)
            for name, file in part.history.items()
        }
        for part in dataset.state.partitions
        if part.practice in opened
    }
    who = _of_person(current, history, person)
    current, kept = _for_partners(current, who, person)
    rows, left = _without(current, who)
    earlier = dict.fromkeys(TABLES, 0)
    for practice, past in history.items():
        # A version that named the couple is about both of them.
        removed, history[practice] = _without(past, who, courses_too=True)
        earlier = {name: n + removed.get(name, 0) for name, n in earlier.items()}
    return _Taken(left, history, who, rows, earlier, kept)


def _of_person(current: Rows, history: Mapping[str | None, Rows], person: str) -> Forgotten:
    """Everything that is the person's, as all versions know it.

    An episode that is another's now was set right: its rows are not the person's.
    """
    who = widened(current, Forgotten(clients=frozenset({person})))
    own = set(current["episodes"]["episode_id"]) - set(who.episodes) - set(who.shared)
    goals = set(current["goals"]["goal_id"]) - set(who.goals)
    for past in history.values():
        who = widened(past, who)
    return replace(
        who,
        episodes=who.episodes - own - who.shared,
        shared=who.shared - own,
        goals=who.goals - goals,
    )


def _for_partners(current: Rows, who: Forgotten, person: str) -> tuple[Rows, int]:
    """Courses of the person's couples as courses of the partner alone, without free text."""
    episodes, couples = current["episodes"], current["couples"].set_index("couple_id")
    ours = episodes["couple_id"].isin(who.couples)
    if not ours.any():
        return current, 0
    first = couples["client_a"].where(couples["client_a"] != person, couples["client_b"])
    of = episodes["couple_id"]
    changed = {
        "client_id": episodes["client_id"].mask(ours, of.map(first)),
        "practice_id": episodes["practice_id"].mask(
            ours & episodes["practice_id"].isna(), of.map(couples["practice_id"])
        ),
        "unit": episodes["unit"].mask(ours, _ALONE),
        **{name: episodes[name].mask(ours, pd.NA) for name in ("couple_id", "approach", "domain")},
    }
    changed = {name: cells.astype(episodes[name].dtype) for name, cells in changed.items()}
    return current | {"episodes": episodes.assign(**changed)}, int(ours.sum())


def _without(
    tables: Rows, who: Forgotten, *, courses_too: bool = False
) -> tuple[dict[str, int], Rows]:
    """How many rows go, and the rows that stay; a rating of a removed session loses its name."""
    masks = rows_of(tables, who)
    if courses_too and "episodes" in tables:
        masks["episodes"] |= tables["episodes"]["couple_id"].isin(who.couples).to_numpy(dtype=bool)
    left = {name: frame[~masks[name]].reset_index(drop=True) for name, frame in tables.items()}
    counts = {name: int(np.count_nonzero(mask)) for name, mask in masks.items()}
    if "satisfaction" in left and "sessions" in tables:
        gone = tables["sessions"].loc[masks["sessions"], "session_id"]
        ratings = left["satisfaction"]
        emptied = ratings.assign(
            session_id=ratings["session_id"].mask(ratings["session_id"].isin(gone), pd.NA)
        )
        left["satisfaction"] = emptied
        if not courses_too:  # in the history several versions of a row stand side by side
            once = emptied.drop_duplicates(list(TABLES["satisfaction"].key), ignore_index=True)
            counts["satisfaction"] += len(emptied) - len(once)
            left["satisfaction"] = once
    return counts, left


def _written(
    draft: Draft, dataset: Dataset, opened: set[str | None], taken: _Taken
) -> tuple[Partition, ...]:
    """Write the opened partitions anew, and name the others as they are."""
    parts = partitioned(taken.current, homes(taken.current))
    found = {p.practice: p for p in dataset.state.partitions if p.practice not in opened}
    for practice in opened:
        tables = write_tables_of(draft, practice, parts.get(practice, {}))
        history = write_history(draft, practice, taken.history.get(practice, {}))
        if tables or history:
            found[practice] = Partition(practice, tables, history)
    return in_order(found)
