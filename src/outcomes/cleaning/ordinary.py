"""Which lines of a wide questionnaire are ordinary: every rule is known to let them pass.

The rules are those of `pipeline.STEPS`, which judge each answer as a row of its own. Most lines
need none of that: their words are known, their person and episode are there, their answers lie on
the scale, and no other form of theirs is near. Where in doubt a line is not ordinary, and its
answers go through the steps. Pure functions of codes and numbers; nothing here drops a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from outcomes.cleaning.dates import parse_dates
from outcomes.cleaning.policy import Settings
from outcomes.cleaning.resent import Resent, judge_resent
from outcomes.instruments.coded import looked_up
from outcomes.schema import EARLIEST, TABLES, Table, empty_table
from outcomes.schema.texts import places_of, text_array

_NO_DAY, _NEVER = np.iinfo(np.int64).min, np.iinfo(np.int64).max
_NOBODY = -2
# Days fit into 22 bits for all years a date may have.
_DAY_BITS = 22


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """A column as `codes` (-1: empty) into its distinct `texts`."""

    codes: np.ndarray
    texts: np.ndarray

    def take(self) -> np.ndarray:
        """The cells, None where empty."""
        cells: np.ndarray = np.append(self.texts, [None])[self.codes]
        return cells

    def used(self, lines: np.ndarray) -> np.ndarray:
        """The distinct texts of some lines."""
        there = np.zeros(len(self.texts) + 1, dtype=bool)
        there[self.codes[lines]] = True
        texts: np.ndarray = self.texts[there[:-1]]
        return texts


@dataclass(frozen=True, slots=True, eq=False)
class WideLines:
    """Lines of one questionnaire, cell by cell; n lines, k items.

    `words` are the columns as they are mapped, by name; `occasion` and `rater` hold those with a
    meaning, and `known` says that every word of the line has one. `taken_on` counts days since
    1970 (`no_day()` where it is no date). `cells` (n, k) are codes into the distinct
    `cell_texts` (None where nothing is written) and their `numbers` (NaN where none is);
    `answered` (n, k) says that something is written, `usable` (n, k) that it is a code of the
    scale. `low` and `high` (k) are the ends of the scale.
    """

    instrument: str
    client: Texts
    episode: Texts
    taken_on: np.ndarray
    occasion: Texts
    rater: Texts
    known: np.ndarray
    words: dict[str, Texts]
    cells: np.ndarray
    cell_texts: np.ndarray
    numbers: np.ndarray
    answered: np.ndarray
    usable: np.ndarray
    low: np.ndarray
    high: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Relations:
    """People and episodes that lines refer to.

    `participants` has, for each episode, the place of its client and of each partner among
    `clients`; `started_on` and `ended_on` count days since 1970 (`no_day()` where not known).
    """

    clients: pa.Array
    episodes: pa.Array
    participants: tuple[np.ndarray, ...]
    started_on: np.ndarray
    ended_on: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """Masks of lines, which exclude each other.

    `ordinary` lines pass as they are; of `single` lines one answer stands for all usable ones,
    since only what the line says of person, episode, day and occasion is in doubt; of
    `entangled` lines each answer has to be looked at beside those of other lines. `repeats` and
    `replaced` lines are not used, since another line gives the same form (`resent`).
    """

    ordinary: np.ndarray
    single: np.ndarray
    entangled: np.ndarray
    repeats: np.ndarray
    replaced: np.ndarray


def no_day() -> int:
    """Stands for a day that cannot be read."""
    return _NO_DAY


def judge(lines: WideLines, relations: Relations, settings: Settings) -> Judgement:
    """Tell ordinary lines from others, given the people and episodes they refer to."""
    there = (lines.client.codes >= 0) & (lines.episode.codes >= 0) & (lines.rater.codes >= 0)
    dated = lines.taken_on != _NO_DAY
    near = near_others(lines, window_days(settings))
    latest = np.datetime64(settings.exported_on, "D").astype("int64")
    earliest = np.datetime64(EARLIEST, "D").astype("int64")
    in_time = dated & (lines.taken_on >= earliest) & (lines.taken_on <= latest)
    sound = there & in_time & lines.known & belongs(lines, relations, settings)
    again = _resent(lines, near, sound, window_days(settings))
    lost = again.repeats | again.replaced
    entangled = near & ~again.settled
    witnesses = _witnesses(lines, sound & ~entangled & ~lost)
    if witnesses.all():
        none = np.zeros_like(sound)
        return Judgement(none, none, witnesses, none, none)
    entangled |= witnesses
    rest = ~entangled & ~lost
    return Judgement(sound & rest, ~sound & rest, entangled, again.repeats, again.replaced)


def _resent(lines: WideLines, near: np.ndarray, sound: np.ndarray, days: int) -> Resent:
    where = np.flatnonzero(near)
    whole = sound[where] & (lines.usable[where] == lines.answered[where]).all(axis=1)
    found = judge_resent(
        _who(lines, where),
        lines.taken_on[where],
        (lines.occasion.codes[where], lines.rater.codes[where]),
        np.where(lines.usable[where], lines.numbers[lines.cells[where]], np.nan),
        whole,
        days=days,
    )
    masks = [np.zeros(len(near), dtype=bool) for _ in range(3)]
    for mask, part in zip(masks, (found.settled, found.repeats, found.replaced), strict=True):
        mask[where] = part
    return Resent(*masks)


def window_days(settings: Settings) -> int:
    """Within how many days another form of the same person and episode may matter."""
    return settings.resubmission_days


def near_others(lines: WideLines, days: int) -> np.ndarray:
    """Lines with another line of the same person and episode within some days."""
    dated = lines.taken_on != _NO_DAY
    usable = dated & (lines.client.codes >= 0) & (lines.episode.codes >= 0)
    where = np.flatnonzero(usable)
    who = _who(lines, where)
    day = lines.taken_on[where] - np.datetime64("0001-01-01", "D").astype("int64")
    key = (who << _DAY_BITS) + day
    order = np.argsort(key, kind="stable")
    # Between two people lies more than the largest day, between two days their distance.
    close = (np.diff(key[order]) <= days) & (np.diff(who[order]) == 0)
    near = np.zeros(len(dated), dtype=bool)
    near[where[order[1:][close]]] = True
    near[where[order[:-1][close]]] = True
    return near


def _who(lines: WideLines, where: np.ndarray) -> np.ndarray:
    """A number for person and episode of some lines."""
    client = lines.client.codes[where].astype(np.int64)
    who: np.ndarray = client * (len(lines.episode.texts) + 1) + lines.episode.codes[where]
    return who


def belongs(lines: WideLines, relations: Relations, settings: Settings) -> np.ndarray:
    """Lines whose person takes part in the episode, at a day that raises no question."""
    person = _positions(relations.clients, lines.client)
    place = _positions(relations.episodes, lines.episode)
    takes_part = np.zeros(len(place), dtype=bool)
    for owner in relations.participants:
        takes_part |= np.append(owner, _NOBODY)[place] == person
    first = np.append(relations.started_on, _NEVER)[place]
    ended = np.append(relations.ended_on, _NO_DAY)[place]
    last = np.where(ended == _NO_DAY, _NEVER, ended + settings.policy.after_episode_days)
    # The smallest number stands for no start, from which no days can be taken.
    early = lines.taken_on < first - settings.policy.before_episode_days
    dated = first != _NO_DAY
    member: np.ndarray = (person >= 0) & (place >= 0) & takes_part & dated & ~early
    return member & (lines.taken_on <= last)


def relations(tables: Mapping[str, pd.DataFrame]) -> Relations:
    """Who and what lines can refer to, of clean tables or of raw ones with ISO dates.

    Of a repeated key the first row counts.
    """
    people, couples, episodes = (
        _keyed(tables.get(name), TABLES[name]) for name in ("clients", "couples", "episodes")
    )
    clients = text_array(people["client_id"])
    couple = text_array(couples["couple_id"])
    of_couple = places_of(couple, episodes["couple_id"])
    owners = [places_of(clients, episodes["client_id"])]
    for partner in ("client_a", "client_b"):
        place = np.append(places_of(clients, couples[partner]), -1)
        owners.append(place[of_couple])
    return Relations(
        clients=clients,
        episodes=text_array(episodes["episode_id"]),
        participants=tuple(np.where(owner < 0, _NOBODY, owner) for owner in owners),
        started_on=_days(episodes["started_on"]),
        ended_on=_days(episodes["ended_on"]),
    )


def _keyed(frame: pd.DataFrame | None, table: Table) -> pd.DataFrame:
    (key,) = table.key
    if frame is None:
        return empty_table(table.name)
    keys = text_array(frame[key])
    if not keys.null_count and len(keys.unique()) == len(keys):
        return frame
    return frame[frame[key].notna()].drop_duplicates(key)


def _positions(ids: pa.Array, column: Texts) -> np.ndarray:
    places: np.ndarray = np.append(places_of(ids, column.texts), -1)[column.codes]
    return places


def _days(dates: pd.Series) -> np.ndarray:
    """Days since 1970, of dates or of ISO texts."""
    typed = dates if dates.dtype.kind == "M" else parse_dates(dates, "ymd")
    days = typed.to_numpy(dtype="datetime64[D]")
    return np.where(np.isnat(days), _NO_DAY, days.astype("int64"))


def _witnesses(lines: WideLines, sound: np.ndarray) -> np.ndarray:
    """Two sound lines that prove the answers are not shifted; all lines where none prove it.

    Answers look recoded by position only where one end of the scale never occurs. The steps
    see a few answers of the file; with a line for each end among them they judge as they
    would judge the whole file.
    """
    found = np.zeros(len(sound), dtype=bool)
    for end in (lines.low, lines.high):
        at_end = _has(lines, end) & sound
        if not at_end.any():
            return np.ones(len(sound), dtype=bool)
        found[int(np.argmax(at_end))] = True
    return found


def _has(lines: WideLines, ends: np.ndarray) -> np.ndarray:
    """Lines with a usable answer that is the end of its item's scale."""
    found = np.zeros(len(lines.cells), dtype=bool)
    for item, end in enumerate(ends):
        at_end = looked_up(lines.cells[:, item], lines.numbers == end)
        found |= at_end & lines.usable[:, item]
    return found
