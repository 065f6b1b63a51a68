"""The part of a store that an export touches: only these partitions are opened for a merge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from outcomes.privacy import pseudonyms
from outcomes.privacy.pseudonyms import kinds
from outcomes.schema import TABLES, empty_table
from outcomes.sources.dataset import Dataset
from outcomes.sources.parquet import read_table
from outcomes.sources.partitions import codes, homes
from outcomes.sources.versions import HOME, MARKS


class Neighbourhood:
    """Rows of a store beside those of an export.

    `practices` are the partitions opened so far, `tables` their rows in the declared columns
    and `versions.MARKS`. Without a dataset the store is new and everything is empty.
    """

    __slots__ = ("_dataset", "_key", "practices", "tables")

    def __init__(self, dataset: Dataset | None, key: bytes | None) -> None:
        self._dataset = dataset
        self._key = key
        self.practices: set[str | None] = set()
        self.tables = {name: _nothing(name) for name in TABLES}

    def beside(self, raw: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
        """What the rows of an export may refer to, in the export's own ids.

        The export says `ann@example.org` where the store says a pseudonym. The pseudonyms of
        the ids in the export are made first and looked for; what is found is given back
        under the export's id, so that cleaning compares like with like.
        """
        found = self.hidden(raw)
        self.open_with({kind: pd.Index(known) for kind, known in found.items()})
        plain = {
            kind: pd.Series(known.index, index=pd.Index(known), dtype="string")
            for kind, known in found.items()
        }
        return {name: _in_ids_of(frame, name, plain) for name, frame in self.tables.items()}

    def hidden(self, raw: Mapping[str, pd.DataFrame]) -> dict[str, pd.Series]:
        """By kind, the ids in the store, with the ids of an export as their index."""
        return {kind: self._hidden(ids, kind) for kind, ids in _mentioned(raw).items()}

    def open_with(self, ids: Mapping[str, pd.Index]) -> None:
        """Open the partitions that hold one of these ids, given by kind."""
        if self._dataset is None:
            return
        holding = set(self.practices)
        for part in self._dataset.state.partitions:
            for kind, known in ids.items():
                if part.practice in holding or kind not in part.tables or known.empty:
                    continue
                (key,) = TABLES[kind].key
                content = self._dataset.content(part.tables[kind])
                there = read_table(content, TABLES[kind], {}, [key])[key]
                if there.isin(known).any():
                    holding.add(part.practice)
        self._open(holding)

    def settle(self, incoming: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
        """Say the practice of each row of an export in `HOME`, and open those practices too."""
        settled = self._housed(incoming)
        self._open(set().union(*(codes(frame[HOME]) for frame in settled.values())))
        return settled

    def housed(self) -> dict[str, pd.DataFrame]:
        """The opened rows with their practice in `HOME`."""
        found = homes(self.tables)
        return {name: f.assign(**{HOME: found[name]}) for name, f in self.tables.items()}

    def _open(self, practices: Iterable[str | None]) -> None:
        if self._dataset is None:
            return
        wanted = self.practices | (set(practices) & set(self._dataset.practices()))
        if wanted != self.practices:
            self.practices = wanted
            columns = {name: [*TABLES[name].names, *MARKS] for name in TABLES}
            self.tables = {
                name: self._dataset.stored(name, practices=wanted)[columns[name]] for name in TABLES
            }

    def _housed(self, incoming: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
        joined = {}
        for name, table in TABLES.items():
            own = incoming[name]
            joined[name] = own
            if len(table.key) == 1:
                known = self.tables[name]
                rest = known.loc[~known[table.key[0]].isin(own[table.key[0]]), table.names]
                joined[name] = pd.concat([own, rest], ignore_index=True)
        found = homes(joined)
        return {
            name: frame.assign(**{HOME: found[name].array[: len(frame)]})
            for name, frame in incoming.items()
        }

    def _hidden(self, ids: pd.Series, kind: str) -> pd.Series:
        """The id in the store by the id in the export."""
        hidden = ids if self._key is None else pseudonyms(ids, self._key, kind)
        return pd.Series(hidden.array, index=pd.Index(ids), dtype="string")


def mentioned(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.Index]:
    """All ids in tables, by the kind of row they name."""
    return {kind: pd.Index(ids) for kind, ids in _mentioned(tables).items()}


def _mentioned(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.Series]:
    found: dict[str, list[pd.Series]] = {}
    for name, frame in tables.items():
        for column, kind in kinds(TABLES[name]).items():
            if column in frame:
                found.setdefault(kind, []).append(frame[column].drop_duplicates())
    return {
        kind: pd.concat(parts).dropna().drop_duplicates().astype("string").rename(f"{kind} ids")
        for kind, parts in found.items()
    }


def _in_ids_of(frame: pd.DataFrame, name: str, plain: Mapping[str, pd.Series]) -> pd.DataFrame:
    named = {
        column: frame[column].map(plain[kind]).astype("string").fillna(frame[column])
        for column, kind in kinds(TABLES[name]).items()
        if kind in plain
    }
    return frame[TABLES[name].names].assign(**named)


def _nothing(name: str) -> pd.DataFrame:
    return empty_table(name).assign(**{m: pd.Series([], dtype=d) for m, d in MARKS.items()})
