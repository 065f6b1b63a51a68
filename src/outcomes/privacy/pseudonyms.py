"""Keyed pseudonyms in place of ids, and no free text: what clean tables may carry out.

A pseudonym is the prefix of its kind, 16 letters of HMAC-SHA256 over kind and id, and 4 letters
of a keyed checksum over those. The checksum tells our own pseudonyms from ids, so that tables
already pseudonymised pass unchanged, and from pseudonyms of another key, which are refused.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from outcomes.errors import InputError, UsageError
from outcomes.schema import TABLES, Kind, Sensitivity, Table
from outcomes.schema.texts import text_array, text_bytes

# What a pseudonym stands for, by the table whose rows the id names.
PREFIXES = {
    "clients": "C",
    "couples": "K",
    "practitioners": "T",
    "episodes": "E",
    "sessions": "S",
    "goals": "G",
    "referrals": "R",
}
# 80 bits: ten million people share a pseudonym with a probability of about 1 in 10^10.
BODY = 16
# 20 bits: of a million foreign values of our shape, about one would pass as our own.
CHECK = 4
_SHAPE = rf"[a-z2-7]{{{BODY + CHECK}}}"
_ALPHABET = b"abcdefghijklmnopqrstuvwxyz234567"
# Five bytes are eight letters of five bits.
_OCTETS, _LETTERS = 5, 8
_BLOCK = hashlib.sha256().block_size
_ANY = re.compile(rf"[{''.join(PREFIXES.values())}]{_SHAPE}")
# Changing any of these changes every pseudonym.
_ID, _CHECK, _KEY = (f"outcomes {what} 1\0" for what in ("pseudonym", "checksum", "key id"))


@dataclass(slots=True, eq=False)
class KnownNames:
    """Pseudonyms of one kind and key made so far: `names` in the order of `ids`."""

    ids: pa.Array = field(default_factory=lambda: pa.array([], pa.large_string()))
    names: pa.Array = field(default_factory=lambda: pa.array([], pa.large_string()))

    def of(self, ids: pa.Array) -> pa.Array:
        """The pseudonym of each id, missing where there is none yet."""
        return self.names.take(pc.index_in(ids, value_set=self.ids))

    def add(self, ids: pa.Array, names: pa.Array) -> None:
        """Remember new ones; an id without a name is none."""
        there = names.is_valid()
        self.ids = pa.concat_arrays([self.ids, ids.filter(there)])
        self.names = pa.concat_arrays([self.names, names.filter(there)])


def pseudonyms(
    values: pd.Series, key: bytes, kind: str, *, known: KnownNames | None = None
) -> pd.Series:
    """Replace ids by keyed pseudonyms; missing stays missing.

    Parameters
    ----------
    values
        Ids as text. Pseudonyms made with the same key stay as they are.
    key
        The secret. The same id, kind and key give the same pseudonym everywhere.
    kind
        The table whose rows the ids name (`PREFIXES`).
    known
        Pseudonyms of this kind and key made before; new ones are added.

    Returns
    -------
    Text with the index and the name of `values`.

    Raises
    ------
    UsageError
        where there is no such kind.
    InputError
        where ids are pseudonyms of another key, or two of them would become one.
    """
    if kind not in PREFIXES:
        raise UsageError(
            f"there are no pseudonyms for {kind!r}", fix=f"use one of: {', '.join(PREFIXES)}"
        )
    if values.isna().all():
        return values.astype("string")
    memory = KnownNames() if known is None else known
    coded = text_array(values).dictionary_encode()
    ids: pa.Array = coded.dictionary
    new = ids.filter(memory.of(ids).is_null())
    memory.add(new, _pseudonyms(new, key, kind))
    made = memory.of(ids)
    where = str(values.name or kind)
    if made.null_count:
        raise InputError(
            "ids are pseudonyms made with another key: the key was lost or changed, and people "
            "can no longer be matched across quarters",
            where=where,
            how_many=made.null_count,
            fix="name the old key file (--key FILE, or OUTCOMES_KEY)",
        )
    clashes = len(made) - len(made.unique())
    if clashes:
        raise InputError(
            "two ids have one pseudonym: an id and its own pseudonym stand side by side",
            where=where,
            how_many=clashes,
            fix="put either the exports or the clean tables into the source, not both",
        )
    filled = pd.array(made.take(coded.indices), dtype="string")
    return pd.Series(filled, index=values.index, name=values.name)


def pseudonymise(
    tables: Mapping[str, pd.DataFrame],
    key: bytes,
    *,
    known: dict[str, KnownNames] | None = None,
) -> dict[str, pd.DataFrame]:
    """Tables whose ids are pseudonyms, in the order of their new keys.

    Every column of sensitivity PSEUDONYM is replaced, by the table it refers to: `client_a`
    and `client_id` agree. Rows are sorted anew, since the old order is the order of the ids.
    `known` has pseudonyms made before by kind, and is added to.
    The tables given are not edited. Raises InputError as `pseudonyms`.
    """
    memory = {} if known is None else known
    hidden = {}
    for name, frame in tables.items():
        if frame.empty and (frame.dtypes[[*kinds(TABLES[name])]] == "string").all():
            hidden[name] = frame
            continue
        columns = {
            column: pseudonyms(
                frame[column].rename(f"{name}.{column}"),
                key,
                kind,
                known=memory.setdefault(kind, KnownNames()),
            )
            for column, kind in kinds(TABLES[name]).items()
        }
        hidden[name] = _in_order(frame.assign(**columns), list(TABLES[name].key))
    return hidden


def _in_order(frame: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    if len(frame) < 2:
        return frame.reset_index(drop=True)
    if len(key) > 1 or frame[key[0]].isna().any():
        return frame.sort_values(key, kind="stable", na_position="first", ignore_index=True)
    order = pc.sort_indices(text_array(frame[key[0]])).to_numpy()
    return frame.take(order).reset_index(drop=True)


def kinds(table: Table) -> dict[str, str]:
    """For each id column of a table, the table whose rows it names."""
    to = {reference.column: reference.table for reference in table.references}
    return {
        column.name: to.get(column.name, table.name)
        for column in table.columns
        if column.sensitivity is Sensitivity.PSEUDONYM
    }


def holds_pseudonyms(tables: Mapping[str, pd.DataFrame]) -> bool:
    """Whether any id has the shape of a pseudonym, of whatever key."""
    return any(
        bool(frame[column].str.fullmatch(PREFIXES[kind] + _SHAPE).any())
        for name, frame in tables.items()
        for column, kind in kinds(TABLES[name]).items()
    )


def is_pseudonym(value: str) -> bool:
    """Whether a text has the shape of a pseudonym, of whatever kind and key."""
    return _ANY.fullmatch(value) is not None


def key_id(key: bytes) -> str:
    """A short name of the key, which may be published: the key cannot be had from it."""
    return _letters(key, _KEY, [b""], BODY).tobytes().decode("ascii")


def text_columns() -> tuple[str, ...]:
    """Columns of free text, as table.column."""
    return tuple(
        f"{table.name}.{column.name}"
        for table in TABLES.values()
        for column in table.columns
        if column.kind is Kind.TEXT
    )


def withheld_text(allowed: Collection[str]) -> tuple[str, ...]:
    """Columns of free text (table.column) that are not among `allowed`.

    A column is allowed as `approach` or `episodes.approach`. Raises UsageError where there is
    no such column of free text.
    """
    columns = text_columns()
    short = [column.partition(".")[2] for column in columns]
    unknown = sorted(set(allowed) - {*columns, *short})
    if unknown:
        raise UsageError(
            f"there is no column of free text called {', '.join(unknown)}",
            where="allow_text",
            fix=f"one of: {', '.join(columns)}",
        )
    return tuple(
        column
        for column, name in zip(columns, short, strict=True)
        if not {column, name} & set(allowed)
    )


def without_text(
    tables: Mapping[str, pd.DataFrame], columns: Iterable[str]
) -> dict[str, pd.DataFrame]:
    """Tables in which these columns (table.column) are empty. The tables given are not edited."""
    emptied = dict(tables)
    for place in columns:
        name, _, column = place.partition(".")
        frame = emptied[name]
        if frame[column].isna().all():
            continue
        blank = pd.Series(pd.NA, index=frame.index, dtype="string")
        emptied[name] = frame.assign(**{column: blank})
    return emptied


def _pseudonyms(ids: pa.Array, key: bytes, kind: str) -> pa.Array:
    """The pseudonym of each id; missing where it is a pseudonym of another key."""
    prefix = PREFIXES[kind]
    shaped = np.diff(text_bytes(ids)[1]) == len(prefix) + BODY + CHECK
    if shaped.any() and any(map(re.compile(prefix + _SHAPE).fullmatch, ids.to_pylist())):
        return pa.array([_pseudonym(i, key, kind) for i in ids.to_pylist()], pa.large_string())
    bodies = _letters(key, f"{_ID}{kind}\0", ids.cast(pa.large_binary()).to_pylist(), BODY)
    checks = _letters(key, f"{_CHECK}{kind}\0", _each_row(bodies), CHECK)
    start = np.full((len(ids), 1), ord(prefix), dtype=np.uint8)
    return _texts(np.hstack([start, bodies, checks]))


def _texts(letters: np.ndarray) -> pa.Array:
    """Rows of ASCII letters as texts."""
    ends = np.arange(len(letters) + 1, dtype=np.int64) * letters.shape[1]
    parts = [pa.py_buffer(ends), pa.py_buffer(np.ascontiguousarray(letters))]
    return pa.LargeStringArray.from_buffers(len(letters), *parts)


def _each_row(letters: np.ndarray) -> list[bytes]:
    whole, width = letters.tobytes(), letters.shape[1]
    return [whole[start : start + width] for start in range(0, len(whole), width)]


def _pseudonym(value: str, key: bytes, kind: str) -> str | None:
    prefix = PREFIXES[kind]
    shaped = re.fullmatch(prefix + _SHAPE, value) is not None
    if shaped:
        body = value[len(prefix) : -CHECK].encode("ascii")
    else:
        body = _letters(key, f"{_ID}{kind}\0", [value.encode()], BODY).tobytes()
    check = _letters(key, f"{_CHECK}{kind}\0", [body], CHECK).tobytes()
    if shaped:
        return value if hmac.compare_digest(check, value[-CHECK:].encode("ascii")) else None
    return prefix + (body + check).decode("ascii")


def _letters(key: bytes, start: str, ends: Sequence[bytes], length: int) -> np.ndarray:
    """For each end, the first letters of HMAC-SHA256 over start and end, in lower-case base 32.

    Returns ASCII (n, length).
    """
    # The states after key and start are computed once: RFC 2104, with a key of one block.
    block = (key if len(key) <= _BLOCK else hashlib.sha256(key).digest()).ljust(_BLOCK, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block))
    inner.update(start.encode("utf-8"))
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))
    digests = bytearray()
    for end in ends:
        inside, outside = inner.copy(), outer.copy()
        inside.update(end)
        outside.update(inside.digest())
        digests += outside.digest()
    size = hashlib.sha256().digest_size
    return _base32(np.frombuffer(digests, dtype=np.uint8).reshape(-1, size), length)


def _base32(digests: np.ndarray, length: int) -> np.ndarray:
    """The first letters of base 32 (RFC 4648, lower case) of each row of bytes, as ASCII."""
    groups = -(-length // _LETTERS)
    parts = digests[:, : groups * _OCTETS].reshape(-1, groups, _OCTETS).astype(np.int64)
    whole = parts @ (1 << np.arange(8 * (_OCTETS - 1), -1, -8))
    places = whole[:, :, None] >> np.arange(5 * (_LETTERS - 1), -1, -5) & 31
    letters = np.frombuffer(_ALPHABET, dtype=np.uint8)
    found: np.ndarray = letters[places.reshape(len(digests), groups * _LETTERS)[:, :length]]
    return found
