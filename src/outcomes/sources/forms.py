"""Clean forms of one questionnaire as a matrix: a row for each form, a column for each item."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from outcomes.cleaning.ordinary import Texts
from outcomes.instruments.coded import CodedAnswers, looked_up, score_coded
from outcomes.instruments.registry import get
from outcomes.instruments.scoring import SCORE_COLUMNS
from outcomes.schema import TABLES
from outcomes.schema.ordering import order_by

_OCCASION_BITS, _RATER_BITS, _DAY_BITS = 4, 4, 22
_WHO_BITS = 63 - _OCCASION_BITS - _RATER_BITS - _DAY_BITS
_FIRST_DAY = np.datetime64("0001-01-01", "D").astype("int64")


@dataclass(frozen=True, slots=True, eq=False)
class Forms:
    """n forms with their `answers` to some items; `taken_on` in days since 1970."""

    instrument: str
    items: tuple[int, ...]
    client: Texts
    episode: Texts
    taken_on: np.ndarray
    occasion: Texts
    rater: Texts
    answers: CodedAnswers

    def __len__(self) -> int:
        return len(self.taken_on)

    def merged(self) -> Forms:
        """One row for each administration, where answers of one come from several lines."""
        who = self.client.codes.astype(np.int64) * (len(self.episode.texts) + 1)
        who += self.episode.codes
        if who.max(initial=0) >> _WHO_BITS:
            who = pd.factorize(who)[0].astype(np.int64)
        key = (who << _DAY_BITS) + (self.taken_on - _FIRST_DAY)
        key = (key << _OCCASION_BITS) + self.occasion.codes + 1
        key = (key << _RATER_BITS) + self.rater.codes + 1
        number, distinct = pd.factorize(key)
        if len(distinct) == len(self):
            return self
        # Numbers count up in the order of the lines, so the first line of each begins a form.
        first = np.diff(np.maximum.accumulate(number), prepend=-1) > 0
        whole = self._at(np.flatnonzero(first))
        # A larger code is a larger answer, and any is larger than none.
        np.maximum.at(whole.answers.codes, number[~first], self.answers.codes[~first])
        return whole

    def ordered(self) -> Forms:
        """Sorted as `instruments.score` sorts: client, episode, date, rater, occasion.

        The distinct texts are sorted too, and only those that a form has.
        """
        whole = replace(
            self,
            client=_sorted(self.client),
            episode=_sorted(self.episode),
            occasion=_sorted(self.occasion),
            rater=_sorted(self.rater),
        )
        last = [np.where(c.codes < 0, len(c.texts), c.codes) for c in (whole.occasion, whole.rater)]
        order = order_by((whole.client.codes, whole.episode.codes, whole.taken_on, *last[::-1]))
        return whole._at(order)

    def renamed(self, client: np.ndarray, episode: np.ndarray) -> Forms:
        """With other ids in place of the distinct ones."""
        return replace(
            self,
            client=replace(self.client, texts=client),
            episode=replace(self.episode, texts=episode),
        )

    def keys(self, *, coded: bool = False) -> dict[str, pd.Series]:
        """Who, what and when of each form; texts as categories where `coded`."""
        text = _category if coded else _text
        return {
            "client_id": text(self.client),
            "episode_id": text(self.episode),
            "instrument": text(Texts(np.zeros(len(self), int), np.array([self.instrument]))),
            "taken_on": pd.Series(self.taken_on.astype("datetime64[D]").astype("datetime64[s]")),
            "occasion": text(self.occasion),
            "rater": text(self.rater),
        }

    def scores(self, *, coded: bool = False) -> pd.DataFrame:
        """A row for each form with `SCORE_COLUMNS`, as `instruments.score` gives it.

        With `coded` the texts are categories, for which they have to be distinct (`ordered`).
        """
        instrument = get(self.instrument)
        scored = score_coded(instrument, self.answers, self.items)
        frame = pd.DataFrame(
            {
                **self.keys(coded=coded),
                "score": scored["score"],
                "n_answered": scored["n_answered"].astype("Int64"),
                "n_items": instrument.n_items,
                "prorated": scored["prorated"],
            },
            copy=False,
        )
        return frame[SCORE_COLUMNS]

    def responses(self) -> pd.DataFrame:
        """The answers as rows of the canonical table, in no order."""
        values = self.answers.values()
        line, item = np.nonzero(~np.isnan(values))
        found = pd.DataFrame(self.keys()).iloc[line].reset_index(drop=True)
        found["item"] = pd.array(np.array(self.items).astype(str)[item], dtype="string")
        found["value"] = pd.array(values[line, item], dtype="Float64")
        return found[TABLES["responses"].names]

    def table(self) -> pa.Table:
        """A wide table: keys, then `item_1` and so on, as whole numbers where all are."""
        columns: dict[str, pa.Array] = {
            "client_id": _dictionary(self.client),
            "episode_id": _dictionary(self.episode),
            "taken_on": pa.array(self.taken_on.astype("int32"), pa.int32()).cast(pa.date32()),
            "occasion": _dictionary(self.occasion),
            "rater": _dictionary(self.rater),
        }
        for item, codes in zip(self.items, self.answers.codes.T, strict=True):
            columns[f"item_{item}"] = _smallest(codes, self.answers.numbers)
        return pa.table(columns)

    def _at(self, rows: np.ndarray) -> Forms:
        def part(column: Texts) -> Texts:
            return replace(column, codes=column.codes[rows])

        return replace(
            self,
            client=part(self.client),
            episode=part(self.episode),
            taken_on=self.taken_on[rows],
            occasion=part(self.occasion),
            rater=part(self.rater),
            answers=self.answers.at(rows),
        )


def _sorted(column: Texts) -> Texts:
    """The same cells, with sorted texts of which each is used."""
    used = np.zeros(len(column.texts) + 1, dtype=bool)
    used[column.codes] = True
    texts = column.texts[used[:-1]]
    order = pc.sort_indices(pa.array(texts, pa.large_string())).to_numpy()
    place = np.full(len(used), -1, dtype=np.int64)
    place[np.flatnonzero(used[:-1])[order]] = np.arange(len(order))
    return Texts(place[column.codes], texts[order])


def _dictionary(column: Texts) -> pa.DictionaryArray:
    codes = pa.array(column.codes.astype("int32"), mask=column.codes < 0)
    return pa.DictionaryArray.from_arrays(codes, pa.array(list(column.texts), pa.large_string()))


def _text(column: Texts) -> pd.Series:
    return pd.Series(pd.array(_dictionary(column).cast(pa.large_string()), dtype="string"))


def _category(column: Texts) -> pd.Series:
    dtype = pd.CategoricalDtype(pd.Index(column.texts, dtype="string"))
    codes = column.codes.astype("int32")
    return pd.Series(pd.Categorical.from_codes(codes, dtype=dtype, validate=False))


def _smallest(codes: np.ndarray, numbers: np.ndarray) -> pa.Array:
    """The answers to one item, in bytes where all are whole and small."""
    filled = np.nan_to_num(numbers)
    with np.errstate(invalid="ignore"):
        small = filled.astype(np.int8)
    exact = small == filled
    table = small if exact.all() or exact[np.unique(codes)].all() else filled
    return pa.array(looked_up(codes, table), mask=codes == 0)
