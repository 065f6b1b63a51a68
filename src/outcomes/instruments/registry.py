"""All questionnaires the toolkit knows, read once from `library/`, and the user's own."""

from __future__ import annotations

import builtins
import difflib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import pandas as pd

from outcomes.errors import InstrumentError
from outcomes.instruments.model import Instrument
from outcomes.instruments.reading import load

# Instruments of the user's projects by id: their text and what it says. See `declare`.
_declared: dict[str, tuple[str, Instrument]] = {}


def get(id: str, own: Mapping[str, Instrument] | None = None) -> Instrument:
    """The instrument called `id`; `own` are the project's instruments beside the library.

    Raises InstrumentError naming the ids there are, near matches first.
    """
    known = {**_known(), **(own or {})}
    if id in known:
        return known[id]
    near = difflib.get_close_matches(str(id).lower(), known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    raise InstrumentError(
        f"no instrument is called {id!r}",
        where="instrument",
        fix=f"{hint}known: {', '.join(sorted(known))}",
    )


def declare(texts: Mapping[str, str]) -> None:
    """Add a project's own instruments to the registry for as long as the program runs.

    `texts` as for `own_instruments`. The same facts may be declared again. Raises
    InstrumentError for an id that already stands for other facts: what was read before
    must not change its meaning.
    """
    for where, text in texts.items():
        for name, instrument in own_instruments({where: text}).items():
            if _declared.get(name, (text, instrument))[0] != text:
                raise InstrumentError(
                    f"another project's instrument is called {name!r} too",
                    where=where,
                    fix="give one of them another id, or read the two projects in separate runs",
                )
            _declared[name] = (text, instrument)


def own_instruments(texts: Mapping[str, str]) -> dict[str, Instrument]:
    """Instruments of a project from TOML texts (name of the file: text), with all checks.

    Raises InstrumentError for an id that the library or another text already has.
    """
    found: dict[str, Instrument] = {}
    for where, text in texts.items():
        instrument = load(text, where)
        if instrument.id in library() or instrument.id in found:
            raise InstrumentError(
                f"two instruments are called {instrument.id!r}", where=where, fix="rename one"
            )
        found[instrument.id] = instrument
    return found


def _known() -> dict[str, Instrument]:
    return {**library(), **{name: instrument for name, (_, instrument) in _declared.items()}}


def list() -> pd.DataFrame:  # noqa: A001 - public name oc.instruments.list()
    """id, name, construct, purpose, direction, items, range, cutoff, reliable_change.

    Cut-off and threshold are the verified defaults; empty where none is verified.
    """
    rows: builtins.list[dict[str, object]] = []
    for instrument in _known().values():
        cutoff, change = instrument.cutoff(), instrument.threshold()
        rows.append(
            {
                "id": instrument.id,
                "name": instrument.name,
                "construct": instrument.construct,
                "purpose": instrument.purpose,
                "direction": instrument.direction,
                "n_items": instrument.n_items,
                "range": _range(instrument),
                "cutoff": None if cutoff is None else cutoff.value,
                "reliable_change": None if change is None else change.value,
            }
        )
    return pd.DataFrame(rows)


def _range(instrument: Instrument) -> str | None:
    if not instrument.has_total:
        return None
    return f"{instrument.total_min:g} to {instrument.total_max:g}"


@cache
def library() -> dict[str, Instrument]:
    """The shipped instruments by id, sorted. Raises InstrumentError for a duplicate id."""
    found: dict[str, Instrument] = {}
    folder = files("outcomes.instruments").joinpath("library")
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if not entry.name.endswith(".toml"):
            continue
        instrument = load(entry.read_text(encoding="utf-8"), entry.name)
        if instrument.id in found:
            raise InstrumentError(
                f"two files describe {instrument.id!r}", where=entry.name, fix="remove one"
            )
        found[instrument.id] = instrument
    return found
