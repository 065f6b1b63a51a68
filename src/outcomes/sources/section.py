"""Reads one table of a TOML file key by key and refuses what nobody asked for."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from outcomes.errors import LayoutError

_NAMES = {str: "a text", int: "a whole number", dict: "a table", list: "a list", date: "a date",
          bool: "true or false", float: "a number"}  # fmt: skip


def near(word: str, known: Iterable[str]) -> str:
    """Say what `word` may have meant, followed by all there is."""
    everything = list(known)
    close = difflib.get_close_matches(word, everything, n=3, cutoff=0.5)
    offer = f"did you mean {' or '.join(map(repr, close))}? " if close else ""
    return f"{offer}known: {', '.join(everything)}" if everything else offer


class Section:
    """One TOML table; `where` names file and place in every LayoutError."""

    __slots__ = ("_body", "_known", "where")

    def __init__(self, body: dict[str, Any], where: str) -> None:
        self._body = body
        self._known: list[str] = []
        self.where = where

    def text(self, key: str, default: str | None = None) -> str | None:
        """Return a text, or the default."""
        return default if (value := self._get(key, str)) is None else str(value)

    def required(self, key: str) -> str:
        """Return a text that must be there."""
        value = self.text(key)
        if value is None:
            raise self.refuse(f"the key {key!r} is missing", f"add {key} = ...")
        return value

    def whole(self, key: str, default: int) -> int:
        """Return a whole number, or the default."""
        return default if (value := self._get(key, int)) is None else int(value)

    def truth(self, key: str) -> bool:
        """Return true or false; false where nothing is said."""
        return bool(self._get(key, bool))

    def day(self, key: str) -> date | None:
        """Return a date, or None."""
        value = self._get(key, date)
        return value if isinstance(value, date) else None

    def table(self, key: str) -> dict[str, Any]:
        """Return a table, empty where there is none."""
        return dict(self._get(key, dict) or {})

    def texts(self, key: str) -> tuple[str, ...] | None:
        """Return a list of texts, or None."""
        return None if (found := self._list(key, str)) is None else tuple(map(str, found))

    def numbers(self, key: str) -> tuple[float, ...] | None:
        """Return a list of numbers, or None."""
        found = self._list(key, int, float)
        return None if found is None else tuple(map(float, found))

    def tables(self, key: str) -> list[dict[str, Any]]:
        """Return an array of tables, empty where there is none."""
        return self._list(key, dict) or []

    def either(self, key: str, *kinds: type) -> Any:  # noqa: ANN401 - what TOML holds
        """Return a value of one of several kinds, or None."""
        return self._get(key, *kinds)

    def table_keys(self) -> list[str]:
        """Return all keys, for tables whose keys are names of columns or words."""
        return list(self._body)

    def finish(self) -> None:
        """Refuse keys that were never asked for."""
        for key in self._body:
            if key not in self._known:
                raise self.refuse(f"unknown key {key!r}", near(key, self._known))

    def refuse(self, what: str, fix: str) -> LayoutError:
        """Build the error for this place."""
        return LayoutError(what, where=self.where, fix=fix)

    def _get(self, key: str, *kinds: type) -> Any:  # noqa: ANN401 - what TOML holds
        self._known.append(key)
        value = self._body.get(key)
        # TOML's true is a Python int, and its timestamps are Python dates: neither is meant.
        odd = isinstance(value, datetime) or (isinstance(value, bool) and bool not in kinds)
        if value is not None and (odd or not isinstance(value, kinds)):
            wanted = " or ".join(_NAMES.get(kind, kind.__name__) for kind in kinds)
            raise self.refuse(f"the key {key!r} has the wrong type", f"make it {wanted}")
        return value

    def _list(self, key: str, *kinds: type) -> list[Any] | None:
        found = self._get(key, list)
        if found is None:
            return None
        if not all(isinstance(item, kinds) and not isinstance(item, bool) for item in found):
            wanted = " or ".join(_NAMES.get(kind, kind.__name__) for kind in kinds)
            raise self.refuse(f"the list {key!r} holds something else", f"each item is {wanted}")
        return list(found)
