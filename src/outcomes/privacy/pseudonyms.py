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

import numpy as np
import pandas as pd

from outcomes.errors import InputError, UsageError
from outcomes.schema import TABLES, Kind, Sensitivity, Table

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
_BLOCK = hashlib.sha256().block_size
_ANY = re.compile(rf"[{''.join(PREFIXES.values())}]{_SHAPE}")
# Changing any of these changes every pseudonym.
_ID, _CHECK, _KEY = (f"outcomes {what} 1\0" for what in ("pseudonym", "checksum", "key id"))


def pseudonyms(
    values: pd.Series, key: bytes, kind: str, *, known: dict[str, str] | None = None
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
        Pseudonyms of this kind and key made before, by id; new ones are added.

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
    codes, distinct = pd.factorize(values.astype("string"))
    memory = {} if known is None else known
    ids = [str(value) for value in distinct.to_numpy(dtype=object)]
    new = [value for value in ids if value not in memory]
    fresh = dict(zip(new, _pseudonyms(new, key, kind), strict=True))
    memory |= {value: name for value, name in fresh.items() if name is not None}
    made = [memory.get(value) for value in ids]
    where = str(values.name or kind)
    foreign = made.count(None)
    if foreign:
        raise InputError(
            "ids are pseudonyms made with another key: the key was lost or changed, and people "
            "can no longer be matched across quarters",
            where=where,
            how_many=foreign,
            fix="name the old key file (--key FILE, or OUTCOMES_KEY)",
        )
    clashes = len(made) - len(set(made))
    if clashes:
        raise InputError(
            "two ids have one pseudonym: an id and its own pseudonym stand side by side",
            where=where,
            how_many=clashes,
            fix="put either the exports or the clean tables into the source, not both",
        )
    filled = pd.array([*made, None], dtype="string")[codes]
    return pd.Series(filled, index=values.index, name=values.name)


def pseudonymise(
    tables: Mapping[str, pd.DataFrame],
    key: bytes,
    *,
    known: dict[str, dict[str, str]] | None = None,
) -> dict[str, pd.DataFrame]:
    """Tables whose ids are pseudonyms, in the order of their new keys.

    Every column of sensitivity PSEUDONYM is replaced, by the table it refers to: `client_a`
    and `client_id` agree. Rows are sorted anew, since the old order is the order of the ids.
    `known` has pseudonyms made before by kind and id, and is added to.
    The tables given are not edited. Raises InputError as `pseudonyms`.
    """
    memory = {} if known is None else known
    hidden = {}
    for name, frame in tables.items():
        columns = {
            column: pseudonyms(
                frame[column].rename(f"{name}.{column}"),
                key,
                kind,
                known=memory.setdefault(kind, {}),
            )
            for column, kind in kinds(TABLES[name]).items()
        }
        replaced = frame.assign(**columns)
        order = list(TABLES[name].key)
        hidden[name] = replaced.sort_values(
            order, kind="stable", na_position="first", ignore_index=True
        )
    return hidden


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
    return _letters(key, _KEY, [""], BODY)[0]


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
        blank = pd.Series(pd.NA, index=frame.index, dtype="string")
        emptied[name] = frame.assign(**{column: blank})
    return emptied


def _pseudonyms(values: list[str], key: bytes, kind: str) -> list[str | None]:
    """The pseudonym of each id; None where it is a pseudonym of another key."""
    prefix = PREFIXES[kind]
    if any(map(re.compile(prefix + _SHAPE).fullmatch, values)):
        return [_pseudonym(value, key, kind) for value in values]
    bodies = _letters(key, f"{_ID}{kind}\0", values, BODY)
    checks = _letters(key, f"{_CHECK}{kind}\0", bodies, CHECK)
    return [prefix + body + check for body, check in zip(bodies, checks, strict=True)]


def _pseudonym(value: str, key: bytes, kind: str) -> str | None:
    prefix = PREFIXES[kind]
    if re.fullmatch(prefix + _SHAPE, value):
        body = value[len(prefix) : -CHECK]
        (check,) = _letters(key, f"{_CHECK}{kind}\0", [body], CHECK)
        return value if hmac.compare_digest(check, value[-CHECK:]) else None
    (body,) = _letters(key, f"{_ID}{kind}\0", [value], BODY)
    (check,) = _letters(key, f"{_CHECK}{kind}\0", [body], CHECK)
    return prefix + body + check


def _letters(key: bytes, start: str, ends: Sequence[str], length: int) -> list[str]:
    """For each end, the first letters of HMAC-SHA256 over start and end, in lower-case base 32."""
    # The states after key and start are computed once: RFC 2104, with a key of one block.
    block = (key if len(key) <= _BLOCK else hashlib.sha256(key).digest()).ljust(_BLOCK, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block))
    inner.update(start.encode("utf-8"))
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))
    digests = []
    for end in ends:
        inside, outside = inner.copy(), outer.copy()
        inside.update(end.encode("utf-8"))
        outside.update(inside.digest())
        digests.append(outside.digest())
    size = hashlib.sha256().digest_size
    bits = np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(-1, size)
    return _base32(bits, length)


def _base32(digests: np.ndarray, length: int) -> list[str]:
    """The first letters of base 32 (RFC 4648, lower case) of each row of bytes."""
    bits = np.unpackbits(digests[:, : -(-length * 5 // 8)], axis=1)[:, : length * 5]
    places = bits.reshape(len(digests), length, 5) @ np.array([16, 8, 4, 2, 1], dtype=np.uint8)
    letters = np.frombuffer(_ALPHABET, dtype=np.uint8)[places]
    text = letters.tobytes().decode("ascii")
    return [text[start : start + length] for start in range(0, len(text), length)]
